from procwire.model.flow cimport Flow
from procwire.model.packets cimport PacketTable

cdef int opener(PacketTable table, int row) noexcept
cdef bint certain(PacketTable table, int row) noexcept
cdef bint directed(PacketTable table, int row) noexcept
cdef Flow opened(PacketTable table, int row, int side)
