cdef class Head:
    cdef public str method
    cdef public str target
    cdef public str version
    cdef public int status
    cdef public str reason
    cdef public dict fields
    cdef public list faults
    cpdef str text(self, bytes name)
