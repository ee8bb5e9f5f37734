from procwire.flows.segment cimport End

cdef long long hold(End end, long long start, bytes data, long long size) except? -1
