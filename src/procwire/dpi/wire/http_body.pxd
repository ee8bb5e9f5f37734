cimport cython

@cython.no_gc
cdef class Stream:
    cdef public int mode
    cdef public int after
    cdef public long long left
    cdef public bytes held
    cdef public Py_ssize_t scanned
    cdef public int tries
    cdef public bint tentative
    cdef public int trailers
    cdef public bint kept
    cpdef object body(self, bint chunked, object length, bint until_close)
    cpdef object lose(self)
    cpdef bint within(self) noexcept
    cpdef bint missing(self, long long size) except *
    cpdef object skip(self)
    cpdef Py_ssize_t pass_over(self, Py_ssize_t size, Py_ssize_t at) except *
    cdef object _pass(self, long long size)
    cpdef Py_ssize_t line(self, bytes data, Py_ssize_t at) except *
