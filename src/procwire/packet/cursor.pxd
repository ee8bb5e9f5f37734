from procwire.model.packets cimport PacketTable

cdef class Cursor:
    cdef const unsigned char *data
    cdef public object view
    cdef public long long at
    cdef public long long end
    cdef public long long limit
    cdef public int kind
    cdef public int layers
    cdef public int nets
    cdef public int vlans
    cdef public unsigned int stripped
    cdef public int probe
    cdef public int gigantic
    cdef public int encrypted
    cdef public int heading
    cdef public unsigned int pending
    cdef public unsigned long long kept
    cdef public int more
    cdef public long long fragment_offset
    cdef public unsigned int fragment_id
    cdef public unsigned long long chain
    cdef public unsigned int vlan
    cdef public unsigned int tunnel
    cdef public int family
    cdef public int proto
    cdef public int ttl
    cdef public unsigned long long src_hi
    cdef public unsigned long long src_lo
    cdef public unsigned long long dst_hi
    cdef public unsigned long long dst_lo
    cdef public int sport
    cdef public int dport
    cdef public long long payload
    cdef public long long present
    cdef public long long length
    cdef public unsigned int seq
    cdef public unsigned int ack
    cdef public int window
    cdef public int tcp_flags
    cdef public int mss
    cdef public int scale
    cdef public int marks
    cdef public int fault

    cdef void start(self, long long at, long long end, long long limit) noexcept nogil
    cdef void layer(self, int code) noexcept nogil
    cdef int stop(self, int fault) noexcept nogil
    cdef void enter(self, unsigned int kind, unsigned int identifier) noexcept nogil
    cdef void settle(self) noexcept nogil
    cdef void clear(self) noexcept nogil
    cdef void store(self, PacketTable table, int row) noexcept nogil
