cimport cython

@cython.final
cdef class Sieve:
    cdef Py_ssize_t _least
    cdef bytes _holds
    cdef bytes _places
    cdef bytes _few
    cdef unsigned long long[::1] _masks
    cpdef bint refuses(self, bytes data)
    cdef bint _lacks(self, bytes data)
