from procwire.packet.cursor cimport Cursor

cdef int tcp(Cursor c) noexcept nogil
cdef int udp(Cursor c) noexcept nogil
cdef int ported(Cursor c) noexcept nogil
cdef int truncated(Cursor c) noexcept nogil
