cdef class Inside:
    cdef list _found
    cdef object _analyzer
    cdef object _flow
    cdef long long _owed_out
    cdef long long _owed_in
    cdef str _named
    cpdef bint sated(self) except? -1
    cpdef object feed(self, int side, bytes data, long long now)
    cdef int _owe(self, int side, long long size) except? -1
