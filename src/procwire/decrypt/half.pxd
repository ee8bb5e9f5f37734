from procwire.decrypt.records cimport RecordStream

cdef class Half:
    cdef public RecordStream stream
    cdef public object messages
    cdef public object backlog
    cdef public str stage
    cdef public object cipher
    cdef public object secret
    cdef public long long number
    cdef public bint gapped
    cdef public bint lossy
    cdef long long _missing
    cdef long long _count
    cdef long long _wire
    cdef long long _last
    cdef int _futile
    cdef int _passed
    cpdef object opened(self, long long number, Py_ssize_t size)
    cpdef object stayed_shut(self)
    cpdef object turn(self, str stage, object cipher, object secret=*)
