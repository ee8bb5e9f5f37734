cdef class Clock:
    cdef long long now
    cdef long long since
    cdef long long high
    cdef long long swept
    cdef bint begun
    cdef bint tell(self, long long time) noexcept
    cdef long long of(self, long long time) noexcept
