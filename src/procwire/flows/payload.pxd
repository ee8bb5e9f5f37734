from procwire.flows.segment cimport Segment
from procwire.model.packets cimport PacketTable

cdef class Payload:
    cdef const unsigned char[::1] view
    cdef PacketTable table
    cdef int begin(self, PacketTable table) except? -1
    cdef bytes cut(self, Segment seg, long long behind)
