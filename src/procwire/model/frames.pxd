cdef class FrameBatch:
    cdef public object buffer
    cdef public int capacity
    cdef public int count
    cdef public long long first
    cdef public long long[::1] offset
    cdef public unsigned int[::1] captured
    cdef public unsigned int[::1] wire
    cdef public long long[::1] time
    cdef public unsigned short[::1] link
    cdef public unsigned short[::1] interface
    cdef public unsigned char[::1] flags
    cdef public unsigned short[::1] segments
    cdef public unsigned int[::1] vlan
