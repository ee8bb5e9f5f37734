cimport cython
from procwire.dpi.candidates cimport Candidates
from procwire.dpi.opening cimport Opening
from procwire.dpi.reading cimport Reading
from procwire.model.flow cimport Flow

@cython.final
cdef class Asking:
    cdef readonly object expected
    cdef readonly dict transports
    cdef readonly dict by_name
    cdef object _registry
    cdef Candidates _candidates
    cdef object _limits
    cdef bint _told
    cdef bint _named
    cpdef Reading begin(self, Flow flow, long long now)
    cpdef object context(self, Flow flow, Reading state)
    cpdef Opening opening(self, Flow flow, Reading state)
    cpdef object order(self, Flow flow, Reading state, int byte)
    cpdef object guess(self, Flow flow, object opening)
    cdef object _front(self, Flow flow, str said)
