cdef class Records:
    cdef public int kind
    cdef public Py_ssize_t length
    cdef public int number
    cdef public bint opaque
    cdef public bint gapped
    cdef public bint lost
    cdef bytes _data
    cdef Py_ssize_t _at
    cdef Py_ssize_t _from
    cdef Py_ssize_t _to
    cdef bytes _body
    cdef Py_ssize_t _next
    cdef Py_ssize_t _end
    cdef bytearray _buffer
    cdef Py_ssize_t _need
    cdef long long _pass
    cdef bytearray _message
    cdef bint _resync
    cpdef object feed(self, bytes data)
    cpdef bytes body(self)
    cpdef bint advance(self) except? -1
    cdef object _keep(self, Py_ssize_t at, Py_ssize_t need)
    cdef Py_ssize_t _length_at(self, bytes data, Py_ssize_t at) except? -2
    cpdef object gap(self, long long size)
    cpdef object begin(self)
    cdef object _begin(self, bytes body, Py_ssize_t start, Py_ssize_t end)
    cpdef object message(self)
