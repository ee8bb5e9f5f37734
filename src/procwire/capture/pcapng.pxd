from procwire.model.frames cimport FrameBatch
from procwire.capture.section cimport Section

cdef class PcapngWalk:
    cdef public long long position
    cdef public long long need
    cdef public str fault
    cdef public long long frames
    cdef public long long octets
    cdef public long long skipped_blocks
    cdef public Section section
    cdef long long _measure(self, unsigned char[::1] data, long long at, long long end)
    cdef void _packet(self, unsigned int kind, unsigned char[::1] data, long long at, long long end, FrameBatch batch)
    cdef void _after(self, unsigned int kind, unsigned char[::1] data, long long at, long long end, FrameBatch batch)
    cdef int _options(self, unsigned char[::1] data, long long at, long long end)
    cdef void _block(self, unsigned int kind, unsigned char[::1] data, long long at, long long length)
    cdef int _plausible(self, unsigned char[::1] data, long long at, long long end, bint final)
    cdef bint _known(self, unsigned char[::1] data, long long at)
    cdef bint _fits(self, unsigned char[::1] data, long long at, long long length)
