from procwire.flows.reassembly cimport Reassembler
from procwire.flows.segment cimport Segment
from procwire.model.flow cimport Flow

cdef int message(Reassembler streams, Flow flow, Segment seg) except? -1
cdef int frame(Reassembler streams, int kind, Segment seg) except? -1
