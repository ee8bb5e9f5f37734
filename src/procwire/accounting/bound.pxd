cimport cython
from procwire.model.flow cimport Flow

@cython.no_gc
@cython.final
cdef class Bound:
    cdef readonly Flow flow
    cdef readonly bytes ends
    cdef readonly int side
    cdef public long long first
    cdef public long long last
    cdef public long long missed
    cdef public long long elsewhere
    cdef bytes _parts
    cdef bytes _applied
    cdef bytes _strangers
    cdef int _mode_a
    cdef int _mode_b
    cdef unsigned int _until_a
    cdef unsigned int _until_b
    cdef bytes _without(self, unsigned long long cookie, unsigned long long first)
