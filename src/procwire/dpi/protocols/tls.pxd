from procwire.dpi.wire.tls_record cimport Records

cdef class _Side(Records):
    cdef int count
    cdef int hellos
    cdef bint done
    cdef bint sealed
    cdef bint started

cdef class Parser:
    cdef public object client_hello
    cdef public object server_hello
    cdef public int version
    cdef bint _told
    cdef bint _named
    cdef _Side _out
    cdef _Side _in
    cdef bytearray _sslv2
    cdef int _client
    cdef bint _asked
    cdef bint _answered
    cdef bint _modern
    cdef object _hello_at
    cdef str _server_name
    cdef bint _retry
    cdef bint _resumed
    cdef bint _requested
    cdef bint _sent
    cdef _Side _of(self, int side)
    cdef object _stop(self)
    cdef bytes _read_sslv2(self, object side, bytes data, object now, list found)
    cdef object _see(self, object side, _Side one, object now, list found)
    cdef object _change(self, object side)
    cdef object _alert(self, object side, bytes body, int length, object now, list found)
    cdef object _message(self, object side, int number, bytes body, object now, list found)
    cdef object _suffice(self, object side, object now, list found)
    cdef object _count_hello(self, object side)
    cdef object _open(self, object side, object hello, object now, list found)
    cdef object _open_briefly(self, object side, object brief, list found)
    cdef object _answer(self, object side, bytes body, object now, list found)
    cdef object _greeted(self, int side, int version)
    cdef object _answer_briefly(self, int side, object brief, list found)
    cdef object _show(self, object side, bytes body, object now, list found)
    cdef object _seal(self, object side, int length, object now, list found)
    cdef object _finish(self, object side, object now, list found)
