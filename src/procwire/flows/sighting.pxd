from procwire.flows.segment cimport Segment
from procwire.model.flow cimport Flow

cdef bint elsewhere(Flow flow, Segment seg, int interface) noexcept
