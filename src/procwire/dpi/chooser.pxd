cdef class Chooser:
    cpdef object choose(self, object context, bytes data)
    cpdef object finish(self, object parser, long long now)

cdef class Undecided:
    cdef public object successor
