from procwire.packet.cursor cimport Cursor

cdef int ip4(Cursor c) noexcept nogil
cdef int ip6(Cursor c) noexcept nogil
cdef int extensions(Cursor c) noexcept nogil
