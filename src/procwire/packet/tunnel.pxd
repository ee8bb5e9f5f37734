from procwire.packet.cursor cimport Cursor

cdef int gre(Cursor c) noexcept nogil
cdef int etherip(Cursor c) noexcept nogil
cdef int datagram(Cursor c) noexcept nogil
