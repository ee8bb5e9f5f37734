cimport cython

@cython.no_gc
@cython.final
cdef class Opening:
    cdef public object context
    cdef list _table
    cdef object _front
    cdef object _banned
    cdef object _limits
    cdef public tuple pieces
    cdef bytes _stream_out
    cdef bytes _stream_in
    cdef object _candidates
    cdef public long long held
    cdef int _bound
    cdef int _tries
    cdef public bint datagrams
    cdef public bint loose
    cdef public object defect
    cdef public tuple sizes
    cdef public bytes start
    cpdef object first(self, int side, bytes data, long long now, object waiting, object found)
    cdef object _decide(self, int side, bytes stream, bytes data, long long now, object found)
    cdef bytes _stream(self, int side)
    cdef void _keep(self, int side, bytes stream)
    cdef object _ask(self, int side, bytes stream, object asked)
    cdef object _confirmed(self, int side, bytes data, object waiting)
    cdef bint _suits(self, object entry, object piece)
    cdef object _order(self, int side, bytes stream)
    cdef object _refused(self, int side)
    cdef bint _enough(self, long long size)
