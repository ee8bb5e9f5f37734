cdef class Port:
    cdef int link
    cdef int place
    cdef long long snaplen
    cdef unsigned long long multiply
    cdef unsigned long long most
    cdef unsigned long long divide
    cdef int shift
    cdef long long offset

cdef class Section:
    cdef public bint big
    cdef public list ports
    cdef public long long lost
    cdef public long long odd_times
    cdef public object lore
    cdef object _roster
    cdef object _stated_before
    cdef dict _stated
    cdef long long time(self, unsigned long long high, unsigned long long low, Port port) noexcept
    cdef unsigned long long _binary(self, unsigned long long stamp, int shift) noexcept
