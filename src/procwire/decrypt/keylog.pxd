cdef class KeyLog:
    cdef readonly object vault
    cdef public long long generation
    cdef public bint complete
    cdef readonly long long lines
    cdef readonly long long faulty
    cdef readonly long long evicted
    cdef readonly long long refused
    cdef long long _held_bytes
    cdef long long _blocks
    cdef long long _limit
    cdef bint _keeping
    cdef dict _used
    cdef object _known
    cdef dict _flows
    cdef readonly bytearray rest
    cdef bint _overlong
    cdef object _again
    cdef object _older
    cdef bint _placed
    cdef long long _at
    cdef long long _line_at
    cdef dict _places
    cdef object _give_way(self)
    cdef object _found_again(self, bytes random)
    cpdef bint lacks(self, bytes random) except? -1
    cpdef bint expects(self) except? -1
