from procwire.dpi.entry cimport Entry
from procwire.dpi.opening cimport Opening
from procwire.model.flow cimport Flow

cpdef object note(Flow flow, Entry entry, Opening opening, int depth)
