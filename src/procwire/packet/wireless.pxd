from procwire.packet.cursor cimport Cursor

cdef int radio(Cursor c, int step) noexcept nogil
