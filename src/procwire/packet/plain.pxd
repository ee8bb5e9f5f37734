from procwire.model.packets cimport PacketTable
from procwire.packet.cursor cimport Cursor

cdef bint is_plain(Cursor c, long long at, long long captured, long long wire) noexcept nogil
cdef void store(Cursor c, long long at, long long captured, PacketTable table, int row) noexcept nogil
