cimport cython
@cython.final
cdef class Tally:
    cdef public long long held
    cdef public long long recognised
    cdef public long long given_up
    cdef public long long overflowed
    cdef public long long faults
    cdef public long long defects
    cdef public str defect
    cpdef object broken(self, object defect)
