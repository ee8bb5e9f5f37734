from procwire.flows.clock cimport Clock
from procwire.model.flow cimport Flow
from procwire.model.packets cimport PacketTable

cdef class Index:
    cdef public long long turn
    cdef public int count
    cdef public int side
    cdef int capacity
    cdef int limit
    cdef int free
    cdef unsigned int mask
    cdef unsigned long long seed
    cdef unsigned long long odd
    cdef int[::1] heads
    cdef int[::1] links
    cdef unsigned int[::1] hashes
    cdef long long[::1] touched
    cdef long long[::1] turns
    cdef unsigned char[::1] kinds
    cdef int[::1] first
    cdef int[::1] last
    cdef list flows
    cdef unsigned int key(self, PacketTable table, int row) noexcept
    cdef bint same(self, Flow flow, PacketTable table, int row, bint directed)
    cdef int find(self, PacketTable table, int row, unsigned int key, bint directed) except? -2
    cdef int add(self, Flow flow, unsigned int key, int kind, long long now) except? -1
    cdef int remove(self, int slot) except? -1
    cdef void touch(self, int slot, int kind, long long now) noexcept
    cdef void link(self, int slot, int kind) noexcept
    cdef void unlink(self, int slot) noexcept
    cdef int oldest(self, int kind) noexcept
    cdef int stalest(self) noexcept
    cdef long long age(self, int slot, Clock clock) noexcept
    cdef int grow(self) except? -1
