cimport cython
from procwire.model.flow cimport Flow

@cython.final
cdef class Telling:
    cdef object _emit
    cdef bint _told
    cdef bint _named
    cdef object _expected
    cdef object _announced
    cdef object _known
    cpdef object tell(self, Flow flow, object seen, long long now)
    cdef object _expect(self, Flow flow, object told, long long now)
    cdef object _open(self, Flow flow, object held)
