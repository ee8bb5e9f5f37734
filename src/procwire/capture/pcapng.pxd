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
    cdef unsigned char[::1] _data
    cdef long long _measure(self, long long at, long long end)
    cdef int _packet(self, unsigned int kind, long long at, long long end, FrameBatch batch)
    cdef int _after(self, unsigned int kind, long long at, long long end, FrameBatch batch)
    cdef int _options(self, long long at, long long end)
    cdef int _block(self, unsigned int kind, long long at, long long length)
    cdef int _plausible(self, long long at, long long end, bint final)
    cdef bint _known(self, long long at)
    cdef bint _fits(self, long long at, long long length)
