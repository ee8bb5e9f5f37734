cimport cython
from procwire.model.flow cimport Flow

@cython.no_gc
@cython.final
cdef class Bound:
    cdef readonly Flow flow
    cdef readonly bytes ends
    cdef public long long first
    cdef public long long last
    cdef public long long missed
    cdef public long long elsewhere
    cdef bytes _parts
    cdef bytes _applied
    cdef bytes _strangers
    cdef unsigned int _until_a
    cdef unsigned int _until_b
    cdef readonly unsigned char side
    cdef unsigned char _mode_a
    cdef unsigned char _mode_b
    cdef unsigned char _as
    cdef void _keep(self)
    cdef unsigned char _place_of(self, bytes told)
    cdef bytes _numbers_of(self, unsigned char place)
    cdef bytes _without(self, unsigned long long cookie, unsigned long long first)
