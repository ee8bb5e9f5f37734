cdef class Message:
    cdef public int ident
    cdef public int flags
    cdef public bytes data
    cdef public list questions
    cdef public list answers
    cdef public list authorities
    cdef public list additionals
    cdef public bint cut
    cdef public int left_out
    cdef public bint trailing
    cdef public Py_ssize_t end
    cdef dict _names
    cdef str _name(self, Py_ssize_t start)
    cdef str _known(self, Py_ssize_t at)
    cdef bint _records(self, list into, int count) except *
