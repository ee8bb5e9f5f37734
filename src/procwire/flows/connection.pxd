from procwire.flows.segment cimport Segment
from procwire.model.flow cimport Flow

cdef bint replaces(Flow flow, Segment seg) noexcept
cdef void step(Flow flow, Segment seg) noexcept
cdef void heard(Flow flow, bint joined, bint over) noexcept
cdef int kind(Flow flow) noexcept
