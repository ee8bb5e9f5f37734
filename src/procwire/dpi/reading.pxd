cimport cython
from procwire.dpi.chooser cimport Undecided
from procwire.dpi.entry cimport Entry
from procwire.dpi.opening cimport Opening
from procwire.model.flow cimport Flow

@cython.no_gc
@cython.final
cdef class Reading:
    cdef public Opening opening
    cdef public Entry entry
    cdef public object parser
    cdef public long long counted
    cdef public long long owed_out
    cdef public long long owed_in
    cdef object context
    cdef Undecided waiting
    cdef public bint proven
    cdef public bint good
    cdef public bint datagrams
    cdef public int bad
    cdef public int faults
    cdef public int depth
    cdef public str chain
    cdef public str said
    cdef public object expected
    cdef public object defect
    cpdef object adopt(self, Entry entry, object context)
    cpdef object name(self, Flow flow)
    cpdef long long growth(self) noexcept
    cpdef object feed(self, int side, bytes data, long long now)
    cpdef object lose(self, int side, long long size, long long now)
    cpdef object finish(self, long long now)
    cpdef bytes remainder(self, int side)
    cpdef long long appetite(self, int side) noexcept
    cpdef bint sated(self) noexcept
    cdef object _call(self, int side, bytes data, long long lost, long long now)
    cdef int _choose(self, bytes data) except? -1
    cdef int _ask(self, int side) except? -1
    cdef object _drawn(self, object source)
    cdef void _bad(self) noexcept
    cdef void _owe(self, int side, long long size) noexcept
