cimport cython
from procwire.dpi.chooser cimport Chooser
from procwire.dpi.sieve cimport Sieve
@cython.final
cdef class Entry:
    cdef readonly str name
    cdef readonly object claims
    cdef readonly object parser
    cdef object _module
    cdef readonly dict usual
    cdef readonly bint finishes
    cdef readonly Chooser chooser
    cdef readonly bint follows
    cdef readonly str confidence
    cdef readonly Sieve stream
    cdef readonly Sieve datagram
    cdef object _have(self, object claims, object parser, object module)
    cpdef object load(self)
