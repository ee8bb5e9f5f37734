from procwire.packet.cursor cimport Cursor

cdef int mpls(Cursor c) noexcept nogil
cdef int nibble(Cursor c) noexcept nogil
