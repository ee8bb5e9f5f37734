from procwire.model.frames cimport FrameBatch

cdef class PcapWalk:
    cdef public long long position
    cdef public long long need
    cdef public str fault
    cdef public long long frames
    cdef public long long octets
    cdef public long long odd_times
    cdef public long long limit
    cdef public int link
    cdef object _roster
    cdef dict _places
    cdef bint _big
    cdef bint _modified
    cdef int _lengths
    cdef int _head
    cdef long long _scale
    cdef long long _last
    cdef long long _device
    cdef int _place
    cdef long long _fraction(self, long long fraction)
    cdef void _extras(self, unsigned char[::1] data, long long at, FrameBatch batch, int row)
    cdef int _plausible(self, unsigned char[::1] data, long long at, long long end, bint final)
    cdef long long _sane(self, unsigned char[::1] data, long long at)
