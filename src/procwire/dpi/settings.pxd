from procwire.model.flow cimport Flow

cdef class Plan:
    cdef list columns
    cdef list fields
    cdef list kinds
    cdef list signs
    cdef list risks
    cdef bint tabled

cpdef Plan plan(object kind)
cpdef bint settle(Flow flow, object observation) except? -1
cpdef object state(Flow flow, str risk)
