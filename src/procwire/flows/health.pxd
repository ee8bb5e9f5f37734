from procwire.flows.segment cimport Segment
from procwire.model.flow cimport Flow

cdef void look(Flow flow, Segment seg) noexcept
cdef long long reach(Flow flow, Segment seg) noexcept
