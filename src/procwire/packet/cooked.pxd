from procwire.packet.cursor cimport Cursor

cdef int header(Cursor c, int step) noexcept nogil
