from procwire.packet.cursor cimport Cursor

cdef int header(Cursor c) noexcept nogil
