from procwire.decrypt.keylog cimport KeyLog
from procwire.decrypt.half cimport Half

cdef class Session:
    cdef KeyLog _log
    cdef long long _generation
    cdef readonly tuple halves
    cdef public int client
    cdef public int version
    cdef public object suite
    cdef public int number
    cdef public list randoms
    cdef public long long records
    cdef public long long now
    cdef long long _order
    cdef public long long opened
    cdef public object failed
    cdef bint _mac_after
    cdef bint _early
    cdef bytes _server_random
    cdef bytes _offered
    cdef list _next
    cpdef object feed(self, int side, bytes data)
    cdef object _record(self, int side, Half half, object record, list found)
    cdef object _shut(self, int side, object record, list found)
    cdef object _open(self, int side, Half half, object record)
