cdef class PacketTable:
    cdef public int capacity
    cdef public int count
    cdef public long long[::1] time
    cdef public unsigned long long[::1] src_hi
    cdef public unsigned long long[::1] src_lo
    cdef public unsigned long long[::1] dst_hi
    cdef public unsigned long long[::1] dst_lo
    cdef public unsigned short[::1] sport
    cdef public unsigned short[::1] dport
    cdef public unsigned char[::1] family
    cdef public unsigned char[::1] proto
    cdef public unsigned int[::1] wire
    cdef public unsigned short[::1] segments
    cdef public long long[::1] payload
    cdef public unsigned int[::1] present
    cdef public unsigned int[::1] length
    cdef public unsigned int[::1] seq
    cdef public unsigned int[::1] ack
    cdef public unsigned short[::1] window
    cdef public unsigned short[::1] tcp_flags
    cdef public unsigned short[::1] mss
    cdef public unsigned char[::1] scale
    cdef public unsigned char[::1] ttl
    cdef public unsigned int[::1] tunnel
    cdef public unsigned long long[::1] chain
    cdef public unsigned int[::1] vlan
    cdef public unsigned short[::1] ethertype
    cdef public unsigned short[::1] interface
    cdef public unsigned char[::1] flags
    cdef public unsigned char[::1] marks
    cdef public unsigned char[::1] fault
    cdef public unsigned short[::1] held
    cdef public unsigned int[::1] held_wire
    cdef public long long[::1] flow
    cdef public object buffer
    cdef public dict rebuilt
