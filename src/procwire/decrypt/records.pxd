cdef class RecordStream:
    cdef list _parts
    cdef readonly Py_ssize_t held
    cdef Py_ssize_t _need
    cdef bint _seeking
    cdef public long long lost
    cpdef bint hold(self, bytes data) except? -1
    cpdef object feed(self, bytes data)
    cdef Py_ssize_t _read(self, bytes data, list found) except? -1
    cdef Py_ssize_t _seek(self, bytes data, Py_ssize_t at) except? -1
