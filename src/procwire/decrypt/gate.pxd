from procwire.decrypt.keylog cimport KeyLog
from procwire.dpi.chooser cimport Chooser, Undecided

cpdef bytes random_of(bytes data, bint stream)

cdef class Gate(Chooser):
    cdef KeyLog _keys
    cdef object _protocols
    cdef object _plain
    cdef object _load
    cdef bint _stream
    cdef object _keyed(self, object context)
    cdef object _unread(self, object parser, long long now)

cdef class QuicGate(Gate):
    cdef object _begun(self, object context, bytes random)

cdef class Waiting(Undecided):
    cdef QuicGate _gate
    cdef object _context
    cdef object _clear
    cdef list _held
