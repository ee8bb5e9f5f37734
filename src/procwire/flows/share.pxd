cdef class Share:
    cdef public int part
    cdef public int parts
    cdef public bint together
    cdef public long long turn
    cdef public int step
    cdef public long long heard
    cdef public list places
    cdef public str strained
    cdef bint mine(self, unsigned int key) noexcept
    cdef int note(self, long long heard) except? -1
