from procwire.packet.cursor cimport Cursor

cdef int frame(Cursor c, int step) noexcept nogil
cdef int ethernet(Cursor c) noexcept nogil
cdef int unread(Cursor c) noexcept nogil
cdef void restore(Cursor c) noexcept nogil
