cimport cython

@cython.no_gc
cdef class Flow:
    cdef public long long number
    cdef public unsigned long long src_hi
    cdef public unsigned long long src_lo
    cdef public unsigned long long dst_hi
    cdef public unsigned long long dst_lo
    cdef public unsigned long long chain
    cdef public long long first
    cdef public long long last
    cdef public long long packets_out
    cdef public long long packets_in
    cdef public long long bytes_out
    cdef public long long bytes_in
    cdef public long long payload_out
    cdef public long long payload_in
    cdef public long long segments_out
    cdef public long long segments_in
    cdef public long long elsewhere
    cdef public long long syn_at
    cdef public long long synack_at
    cdef public long long rtt
    cdef public long long rtt_dst
    cdef public long long srtt
    cdef public long long gaps_out
    cdef public long long gaps_in
    cdef public str ended
    cdef public str app
    cdef public str app_confidence
    cdef public str server_name
    cdef public str server_name_source
    cdef public str ja4
    cdef public dict facts
    cdef public object owner
    cdef public unsigned long long socket
    cdef public long long answered
    cdef public object kernel
    cdef public object analysis
    cdef public long long heard_out
    cdef public long long heard_in
    cdef public object end_out
    cdef public object end_in
    cdef public unsigned int tunnel
    cdef public unsigned int isn
    cdef public unsigned int vlan
    cdef public int interface
    cdef public unsigned int faults
    cdef public unsigned int retransmissions_out
    cdef public unsigned int retransmissions_in
    cdef public unsigned int out_of_order_out
    cdef public unsigned int out_of_order_in
    cdef public unsigned int duplicate_acks_out
    cdef public unsigned int duplicate_acks_in
    cdef public unsigned int zero_windows_out
    cdef public unsigned int zero_windows_in
    cdef public unsigned int keep_alives_out
    cdef public unsigned int keep_alives_in
    cdef public int slot
    cdef public int interface_out
    cdef public int interface_in
    cdef public unsigned short sport
    cdef public unsigned short dport
    cdef public unsigned short flags_out
    cdef public unsigned short flags_in
    cdef public unsigned short mss_out
    cdef public unsigned short mss_in
    cdef public unsigned char family
    cdef public unsigned char proto
    cdef public unsigned char heading
    cdef public unsigned char state
    cdef public unsigned char quiet
    cdef public unsigned char ttl_out
    cdef public unsigned char ttl_in
    cdef public unsigned char scale_out
    cdef public unsigned char scale_in
    cdef public unsigned char opener_seen
