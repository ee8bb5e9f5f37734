from procwire.model.flow cimport Flow

cdef class FlowRow:
    cdef readonly Flow flow
    cdef readonly object context
    cdef readonly dict facts
    cdef readonly object owner
    cdef readonly object process
