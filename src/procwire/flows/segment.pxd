cimport cython
from procwire.model.packets cimport PacketTable

@cython.no_gc
cdef class End:
    cdef public long long nxt
    cdef public long long isn
    cdef public long long acked
    cdef public long long fin
    cdef public int window
    cdef public int known
    cdef public int last
    cdef public int repeats
    cdef public long long repeat_at
    cdef public long long nxt_at
    cdef public long long timed
    cdef public long long timed_at
    cdef public long long leg
    cdef public long long pos
    cdef public long long offset
    cdef public long long skip
    cdef public long long hole_at
    cdef public long long cost
    cdef public list held

cdef class Segment:
    cdef public int row
    cdef public int side
    cdef public int flags
    cdef public int window
    cdef public int rebuilt
    cdef public int counted
    cdef public long long time
    cdef public long long seq
    cdef public long long ack
    cdef public long long length
    cdef public long long present
    cdef public End end
    cdef public End peer
    cdef void load(self, PacketTable table, int row) noexcept

cdef long long distance(long long a, long long b) noexcept
