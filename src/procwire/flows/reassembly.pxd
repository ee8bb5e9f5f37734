from procwire.flows.payload cimport Payload
from procwire.flows.segment cimport End, Segment
from procwire.model.flow cimport Flow

cdef class Reassembler:
    cdef public object sink
    cdef public long long total
    cdef public long long errors
    cdef public long long gap_bytes
    cdef public long long evicted
    cdef public long long out_of_window
    cdef public dict holders
    cdef long long side_bytes
    cdef long long held_bytes
    cdef long long grace
    cdef readonly Payload payload
    cdef int datagram(self, Flow flow, Segment seg) except? -1
    cdef int take(self, Flow flow, Segment seg) except? -1
    cdef int opens(self, Segment seg, long long seq) except? -1
    cdef int chunk(self, Flow flow, Segment seg, long long behind) except? -1
    cdef int later(self, Flow flow, Segment seg, long long ahead) except? -1
    cdef int keep(self, Flow flow, int side, End end, long long now) except? -1
    cdef int check(self, Flow flow, int side, long long now) except? -1
    cdef int sweep(self, long long now) except? -1
    cdef int jump(self, Flow flow, int side, End end, long long now) except? -1
    cdef int drain(self, Flow flow, int side, End end, long long now) except? -1
    cdef int feed(self, Flow flow, int side, tuple piece, long long now) except? -1
    cdef int show(self, Flow flow, int side, bytes data, long long now) except? -1
    cdef int miss(self, Flow flow, int side, long long size, long long now) except? -1
    cdef int obey(self, Flow flow, int side, object appetite) except? -1
    cdef int fail(self, Flow flow) except? -1
    cdef int drop(self, Flow flow, End end) except? -1
    cdef int flush(self, Flow flow, long long now) except? -1
    cdef int tell(self, Flow flow, long long now) except? -1
