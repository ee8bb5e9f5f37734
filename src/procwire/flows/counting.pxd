from procwire.model.flow cimport Flow
from procwire.model.packets cimport PacketTable

cdef int count(Flow flow, int side, PacketTable table, int row) except? -1
cdef int note(Flow flow, int side, PacketTable table, int row) except? -1
