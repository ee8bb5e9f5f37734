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
    cpdef object turn(self, str stage, object cipher, object secret=*)
