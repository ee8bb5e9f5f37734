cimport cython
from procwire.dpi.entry cimport Entry

@cython.final
cdef class Candidates:
    cdef dict _tables
    cdef dict _hints
    cdef dict _ordered
    cpdef object table(self, int proto)
    cpdef object front(self, int proto, int sport, int dport)
    cpdef object order(self, int proto, int sport, int dport, int byte)

@cython.final
cdef class Answer:
    cdef readonly Entry entry
    cdef readonly list waiting
    cdef readonly object defect

cpdef tuple in_order(object front, object table)
cpdef Answer ask(object entries, bytes stream, int side, object context)
