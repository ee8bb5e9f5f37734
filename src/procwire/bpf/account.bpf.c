// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Every TCP and UDP packet counted where the kernel handles it, and the first bytes of each flow handed on.
 *
 *   ingress, egress (cgroup_skb)   packets that a socket receives or sends, by socket and 5-tuple
 *   tap (socket filter)            packets that an interface shows, by 5-tuple; none of them goes to the ring of
 *                                  the packet socket: what this counts, user space need not see
 *   state (tracepoint)             what TCP itself knows of a connection, at each change of its state
 *
 * Both count into one map. Its key is the 5-tuple, the ends in one order for both directions, and the socket's
 * cookie; cookie 0 is the tuple as such: what the tap saw of it, and who hands on its content. Content goes into
 * one ring buffer, from the socket where there is one, else from the tap, never from both. What is wanted is said
 * by ``verdicts``. What is neither plain TCP nor plain UDP is left to the packet socket, or, without one, handed on
 * whole. Nothing is refused or changed: every program lets everything pass. Structs are mirrored in accounts.py.
 *
 * What every packet pays for stands in line, is looked up once and touches few cache lines; what a flow's few
 * first packets need (verdicts, content, TCP's facts, packets of other kinds) stands in functions of its own.
 */
#include "kernel.h"
#include "health.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "GPL";

#define MAX_ACCOUNTS 65536
#define MAX_PASTS 4096
#define MAX_VERDICTS 65536
#define TURN_BYTES 4096 /* of a stream, when the other side has spoken: an answer's head, the next question */
#define TURN_FULL (1 << 20) /* no packet is as long: it is beyond TURN_BYTES with its last one taken off */
#define MAX_FACTS 65536
#define MAX_LINKS 1024 /* a power of two */
#define MAX_CROWD 4096
#define MAX_HINTS 256
#define RING_BYTES (4 << 20)
#define PRINTS 4
#define WORDS 6 /* of 8 bytes in struct ends */
#define WINDOW_SHIFT 24 /* the rate is bounded over 16.8 ms */
#define FACTS_NS 100000000
#define ASK_AGAIN 0xff /* a flow that is not read any more is asked about again every 256 packets */
#define LEASE_BYTES 65536 /* of a stream, beyond the last word of its reader */
#define WAKE_BYTES (128 << 10)
#define WAKE_NS 2000000
#define SERVES_NS 1000000000 /* so long after its last packet a group's member is taken for one */
#define SILENCE_NS 16000000 /* the reader looks every 20 ms while something comes, and else not at all */

enum mode { UNDECIDED, ENOUGH, BEYOND, MORE, ALL };
enum role { UNASKED, MINE, OTHERS };
enum served { NOBODY, BY_INGRESS, BY_EGRESS };
enum sort { SUSPECT = 1, GROUP = 2, RAW = 4 }; /* of an account, bits: see sort_of() */
enum origin { FROM_SOCKET, FROM_TAP, WHOLE };
enum count { NEW_ACCOUNTS, REFUSED, GIVEN, NO_ROOM, OVER_RATE, COUNTS };
enum seen { SOCKETS, PLAIN, OTHER_IP, FRAGMENTS, TUNNELS, NOT_IP, KINDS = 8 /* a power of two: its mask bounds */ };

struct ends { /* a is the lower of both as the map has them; IPv4 addresses as ::ffff:a.b.c.d */
	__u64 a[2];
	__u64 b[2];
	__u16 aport; /* host order */
	__u16 bport;
	__u32 proto;
	__u64 cookie;
};

typedef __u64 __attribute__((may_alias)) word; /* of struct ends, as the map's names and comparisons take them */

/*
 * What is looked up for every packet lies in as few cache lines as can be. An entry of the map has 56 bytes before the
 * account (48 of the kernel's own, 8 of its name), and an account has 8 bytes more than whole lines: so whose it is and
 * the head are one line, and what each packet of a direction changes is another.
 */
struct side { /* one direction of an account: a cache line of what each of its packets touches, and one of the rest */
	__u64 packets;
	__u64 bytes;
	__u64 payload;
	__u64 more; /* wire segments beyond the packets, where packets are joined ones */
	__u32 interface;
	struct end end; /* TCP */
	__u8 mode;
	__u8 role;
	__u8 served;
	__u8 watched; /* its interface is, and its namespace */
	__u32 until; /* TCP: the sequence number that the mode speaks of */
	__u32 given; /* packets whose content was handed on */
	__u32 given_bytes;
	__u32 missed; /* packets whose content was wanted and could not be */
	__u32 opening; /* sequence number of the SYN */
	struct trouble trouble; /* TCP */
};

struct account {
	__u64 last; /* CLOCK_MONOTONIC, ns, behind by a tick of the kernel at most */
	struct ends key;
	__u64 asked; /* when TCP's own facts were noted last; of a group: see serves() */
	__u32 turn_bytes; /* TCP: sent since the other side spoke */
	__u8 fin; /* bits, by side: seen. Read with the other side's packets, which may run on another CPU */
	__u8 end; /* the socket's own: 0 is a */
	__u8 speaker; /* TCP: who sent payload last, + 1 */
	__u8 sort;
	struct side side[2]; /* 0 is a to b; both are often counted on two CPUs at once */
	__u64 first; /* as ``last``, exactly */
	__u64 elsewhere; /* seen by the tap on another interface, not counted */
	__u64 netns; /* cookie of the network namespace; 0 for the tap's own */
	__u32 prints[PRINTS]; /* of packets that the tap handed on before a socket took the flow */
	struct handshake handshake;
};

_Static_assert(sizeof(struct side) == 128 && __builtin_offsetof(struct side, until) == 64 && sizeof(struct account) % 64 == 8, "lines of the map are cache lines");

struct past { /* a connection whose ends another one has taken over */
	struct ends key;
	__u64 first;
};

struct verdict {
	__u32 mode[2]; /* BEYOND: wanted again from until on, MORE: up to it */
	__u32 until[2];
};

struct tcp_facts {
	__u64 bytes_sent;
	__u64 bytes_acked;
	__u64 bytes_received;
	__u64 bytes_resent;
	__u32 srtt_us;
	__u32 rttvar_us;
	__u32 cwnd;
	__u32 resent;
	__u32 lost;
	__u32 delivered;
	__u32 state;
	__u32 changes;
};

struct shown {
	__u64 packets;
	__u64 bytes;
	__u64 segments; /* as many as the wire had of joined packets */
};

struct place {
	__u32 interface; /* 0: none */
	__u32 head; /* bytes before the IP header as a packet socket shows frames */
	__u32 loopback;
	__u32 spare;
};

struct link { /* an interface as each CPU has it; what every packet needs is in its first two cache lines */
	struct place place;
	__u64 jiffies;
	__u64 time; /* CLOCK_MONOTONIC, ns, as the first packet since then came */
	struct shown kind[KINDS][2]; /* by kind and direction: 0 is in */
};

struct settings {
	__u64 home; /* cookie of the network namespace that is watched */
	__u32 first_bytes; /* content of each direction that is wanted before a verdict */
	__u32 first_packets; /* packets of each direction whose headers are wanted anyway */
	__u32 most_bytes; /* of one packet */
	__u32 window_bytes; /* of all, for each CPU, in one window */
	__u32 whole; /* no packet socket is there: hand on whatever is not counted here */
	__u32 everything; /* hand on all content of every flow */
	__u64 secret[WORDS]; /* see name_of() */
};

struct spent {
	__u64 window;
	__u64 bytes;
	__u64 woken; /* when the reader was woken last */
	__u64 given; /* when something was handed on last */
};

struct record {
	__u64 cookie;
	__u64 time; /* CLOCK_MONOTONIC, ns */
	__u32 length; /* of the IP packet */
	__u32 captured;
	__u32 interface;
	__u16 segments;
	__u8 ingress;
	__u8 origin;
	__u8 data[];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_ACCOUNTS);
	__type(key, __u64);
	__type(value, struct account);
} accounts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_PASTS);
	__type(key, struct past);
	__type(value, struct account);
} pasts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_VERDICTS);
	__type(key, struct ends);
	__type(value, struct verdict);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_FACTS);
	__type(key, __u64);
	__type(value, struct tcp_facts);
} facts SEC(".maps");

/* Interfaces by their index, of which the low bits are the place: where several fall on one, all but one are crowd. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_LINKS);
	__type(key, __u32);
	__type(value, struct link);
} links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_CROWD);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct link);
} crowd SEC(".maps");

struct { /* proto << 16 | port: request protocols in the clear, of which all content is wanted */
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_HINTS);
	__type(key, __u32);
	__type(value, __u32);
} hints SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} content SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct spent);
} spending SEC(".maps");

/* Written before the programs are loaded: to them these are constants, and what they rule out is no code. */
const volatile struct settings set;

volatile __u32 crowded; /* whether there is anything in ``crowd``: packets of interfaces nobody watches ask no further */

const volatile struct account blank SEC(".rodata.blank"); /* apart from what is set */

/* A packet under the eye. */
struct packet {
	struct ends key;
	__u64 now; /* about_now() */
	__u32 head; /* offset of the IP header */
	__u32 length; /* of the IP packet */
	__u32 payload;
	__u32 seq;
	__u32 ack;
	__u32 print;
	__u32 side; /* 0: sent by a */
	__u32 segments;
	__u16 window;
	__u8 flags;
	__u8 ingress;
	__u8 kind;
	__u8 fresh; /* nothing of its flow was handed on yet */
};

static __always_inline void count(__u32 which)
{
	__u64 *number = bpf_map_lookup_elem(&totals, &which);

	if (number)
		*number += 1;
}

/* CLOCK_MONOTONIC, behind by a tick at most. To ask the clock for each packet costs as much as to find its account. */
static __always_inline __u64 about_now(struct link *slot)
{
	__u64 jiffies = bpf_jiffies64();

	if (unlikely(slot->jiffies != jiffies)) {
		slot->time = bpf_ktime_get_ns();
		slot->jiffies = jiffies;
	}
	return slot->time;
}

/* Whatever is in the interface's place. */
static __always_inline struct link *slot_of(__u32 interface)
{
	__u32 at = interface & (MAX_LINKS - 1);

	return bpf_map_lookup_elem(&links, &at);
}

static __always_inline struct link *link_of(struct link *slot, __u32 interface)
{
	if (likely(slot && slot->place.interface == interface))
		return slot;
	return crowded ? bpf_map_lookup_elem(&crowd, &interface) : 0;
}

static __always_inline bool is_placed(struct link *link, __u32 interface)
{
	return link && link->place.interface == interface;
}

static __always_inline void show(struct link *link, __u32 kind, __u32 out, __u32 bytes, __u32 segments)
{
	struct shown *shown = &link->kind[kind & (KINDS - 1)][out & 1];

	shown->packets += 1;
	shown->bytes += bytes;
	shown->segments += segments ? segments : 1;
}

/* What a packet is. ``kind`` says PLAIN, or why it is not; only a plain one has the other fields. */

struct way { /* the ends as the header has them */
	__u64 src[2];
	__u64 dst[2];
	__u16 sport;
	__u16 dport;
};

static __always_inline word *tail_of(struct ends *key)
{
	return (word *)&key->aport;
}

/* All bits of it are set where ``a`` is less than ``b``, and none otherwise. */
static __always_inline __u64 less(__u64 a, __u64 b)
{
	return (__s64)((~a & b) | ((~a | b) & (a - b))) >> 63;
}

/*
 * Once for all kinds of headers: what stands in a program twice is fetched twice. Both directions take the same
 * branches: one that goes by the direction is guessed wrong whenever that changes, and costs more than all of this.
 */
static __always_inline void order(struct packet *p, const struct way *way)
{
	__u64 x = way->src[0], y = way->dst[0], turn, high, low;
	__u32 sport = bpf_ntohs(way->sport), dport = bpf_ntohs(way->dport), ports;

	if (x == y)
		x = way->src[1], y = way->dst[1];
	if (unlikely(x == y))
		x = sport, y = dport;
	turn = less(y, x);
	asm volatile("" : "+r"(turn)); /* no branch is to be made of it */
	high = (way->src[0] ^ way->dst[0]) & turn;
	low = (way->src[1] ^ way->dst[1]) & turn;
	ports = (sport ^ dport) & turn;
	p->side = turn & 1;
	p->key.a[0] = way->src[0] ^ high, p->key.a[1] = way->src[1] ^ low;
	p->key.b[0] = way->dst[0] ^ high, p->key.b[1] = way->dst[1] ^ low;
	/* Ports and protocol at once: what is written in pieces and read as one has to wait for the cache. */
	*tail_of(&p->key) = (__u64)p->key.proto << 32 | ((dport ^ ports) << 16 | (sport ^ ports));
}

/* UDP ports of tunnels, whose content has packets of its own (packet/tunnel.py). */
static __always_inline bool tunnels(__u16 port)
{
	switch (port) {
	case 4789:
	case 8472:
	case 4790:
	case 6081:
	case 2152:
	case 3544:
	case 6635:
		return 1;
	}
	return 0;
}

static __always_inline bool names_group(const __u64 *address)
{
	__u32 v4 = address[1] >> 32;

	if (address[0] || (__u32)address[1] != bpf_htonl(0xffff))
		return (address[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000);
	return (v4 & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) || v4 == 0xffffffff;
}

/*
 * What is asked once for each account, so that packets of others do not pay for the question. SUSPECT: one of its ports
 * is a tunnel's; whether a packet is one depends on which. GROUP: one of its ends is many hosts, and each of their
 * sockets has a copy of one packet. RAW: its socket has copies of what others receive (set where the socket is known).
 */
static __always_inline __u32 sort_of(struct packet *p)
{
	if (p->key.proto != IPPROTO_UDP)
		return 0;
	return (tunnels(p->key.aport) || tunnels(p->key.bport) ? SUSPECT : 0) |
	       (names_group(p->key.a) || names_group(p->key.b) ? GROUP : 0);
}

/* Asked where a flow has no account, or one of some sort. */
static __noinline int leads_a_tunnel(struct packet *p)
{
	__u16 sport = p->side ? p->key.bport : p->key.aport, dport = p->side ? p->key.aport : p->key.bport;

	return p->key.proto == IPPROTO_UDP && (tunnels(dport) || sport == 2152 || sport == 3544);
}

static __always_inline bool is_tunnel(struct account *account, struct packet *p)
{
	return unlikely(!account || account->sort) && leads_a_tunnel(p);
}

#define V4_BYTES 20
#define V6_BYTES 40
#define TCP_READ 16
#define UDP_BYTES 8

/* Each returns where the transport begins, 0 where the packet is not counted. */
static __always_inline __u32 read_v4(struct packet *p, struct way *way, const __u8 *head)
{
	if ((head[0] & 0xf0) != 0x40)
		return 0;
	p->kind = FRAGMENTS;
	if (*(const __u16 *)(head + 6) & bpf_htons(0x3fff)) /* more fragments, or an offset */
		return 0;
	p->kind = OTHER_IP;
	p->length = bpf_ntohs(*(const __u16 *)(head + 2));
	p->key.proto = head[9];
	p->print = *(const __u16 *)(head + 4);
	way->src[0] = way->dst[0] = 0;
	way->src[1] = (__u64)*(const __u32 *)(head + 12) << 32 | bpf_htonl(0xffff);
	way->dst[1] = (__u64)*(const __u32 *)(head + 16) << 32 | bpf_htonl(0xffff);
	return (head[0] & 15) * 4;
}

static __always_inline __u32 read_v6(struct packet *p, struct way *way, const __u8 *head)
{
	if ((head[0] & 0xf0) != 0x60)
		return 0;
	p->kind = head[6] == 44 ? FRAGMENTS : OTHER_IP;
	p->length = bpf_ntohs(*(const __u16 *)(head + 4));
	if (p->length)
		p->length += V6_BYTES;
	p->key.proto = head[6];
	p->print = 0;
	way->src[0] = *(const __u64 *)(head + 8), way->src[1] = *(const __u64 *)(head + 16);
	way->dst[0] = *(const __u64 *)(head + 24), way->dst[1] = *(const __u64 *)(head + 32);
	return V6_BYTES; /* the transport is read only where it is TCP or UDP: nothing stands between then */
}

static __always_inline bool read_tcp(struct packet *p, struct way *way, const __u8 *head, __u32 at, bool judged)
{
	if (at < V4_BYTES || p->length < at + 20)
		return 0;
	p->kind = PLAIN;
	p->seq = bpf_ntohl(*(const __u32 *)(head + 4));
	if (judged) {
		p->ack = bpf_ntohl(*(const __u32 *)(head + 8));
		p->window = bpf_ntohs(*(const __u16 *)(head + 14));
	}
	p->flags = head[13];
	p->print ^= p->seq ^ (__u32)head[13] << 24;
	at += (head[12] >> 4) * 4;
	p->payload = p->length > at ? p->length - at : 0;
	way->sport = *(const __u16 *)head, way->dport = *(const __u16 *)(head + 2);
	return 1;
}

static __always_inline bool read_udp(struct packet *p, struct way *way, const __u8 *head, __u32 at)
{
	if (at < V4_BYTES || p->length < at + UDP_BYTES)
		return 0;
	p->kind = PLAIN;
	p->payload = p->length - at - UDP_BYTES;
	p->seq = p->flags = 0;
	p->print ^= (__u32)*(const __u16 *)(head + 6) << 16;
	way->sport = *(const __u16 *)head, way->dport = *(const __u16 *)(head + 2);
	return 1;
}

/* A packet whose headers are copied: a packet socket's filter may not look at them in place. */
static __always_inline int look_at_copy(struct __sk_buff *skb, struct packet *p)
{
	struct way way;
	__u8 head[V6_BYTES + TCP_READ] __attribute__((aligned(8)));
	__u32 at, copied = 0;
	bool plain = 0;

	p->kind = NOT_IP;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (!bpf_skb_load_bytes(skb, p->head, head, V4_BYTES + TCP_READ))
			copied = V4_BYTES;
		else if (bpf_skb_load_bytes(skb, p->head, head, V4_BYTES))
			return 0;
		at = read_v4(p, &way, head);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (!bpf_skb_load_bytes(skb, p->head, head, V6_BYTES + TCP_READ))
			copied = V6_BYTES;
		else if (bpf_skb_load_bytes(skb, p->head, head, V6_BYTES))
			return 0;
		at = read_v6(p, &way, head);
	} else {
		return 0;
	}
	if (!at)
		return 0;
	if (!p->length) /* longer than the header can say (BIG TCP) */
		p->length = skb->len - p->head;
	if (p->key.proto == IPPROTO_TCP) {
		if (copied != at) {
			if (bpf_skb_load_bytes(skb, p->head + at, head, TCP_READ))
				return 0;
			plain = read_tcp(p, &way, head, at, 1);
		} else if (at == V4_BYTES) {
			plain = read_tcp(p, &way, head + V4_BYTES, V4_BYTES, 1);
		} else {
			plain = read_tcp(p, &way, head + V6_BYTES, V6_BYTES, 1);
		}
	} else if (p->key.proto == IPPROTO_UDP) {
		if (copied != at) {
			if (bpf_skb_load_bytes(skb, p->head + at, head, UDP_BYTES))
				return 0;
			plain = read_udp(p, &way, head, at);
		} else if (at == V4_BYTES) {
			plain = read_udp(p, &way, head + V4_BYTES, V4_BYTES);
		} else {
			plain = read_udp(p, &way, head + V6_BYTES, V6_BYTES);
		}
	}
	if (plain)
		order(p, &way);
	return 0;
}

/*
 * Kernel functions that are no calls: the verifier makes a move of each (Linux 6.2). A call to a helper costs as much as
 * forty instructions where the kernel guards its returns against speculation, so what is to be had by plain loads is loaded.
 */
extern void *bpf_cast_to_kern_ctx(void *context) __ksym __weak;
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

static __noinline int look_far(struct __sk_buff *skb, struct packet *p)
{
	return look_at_copy(skb, p);
}

/* A packet at a socket: its headers are in one piece there, as the kernel has just written or read them. */
static __always_inline void look(struct __sk_buff *skb, struct packet *p)
{
	const __u8 *head = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct way way;
	bool plain = 0;
	__u32 at;

	p->kind = NOT_IP;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (head + V4_BYTES > end)
			goto far;
		at = read_v4(p, &way, head);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (head + V6_BYTES > end)
			goto far;
		at = read_v6(p, &way, head);
	} else {
		return;
	}
	if (!at)
		return;
	if (!p->length)
		p->length = skb->len;
	head += at;
	if (p->key.proto == IPPROTO_TCP) {
		if (head + TCP_READ > end)
			goto far;
		plain = read_tcp(p, &way, head, at, set.whole);
	} else if (p->key.proto == IPPROTO_UDP) {
		if (head + UDP_BYTES > end)
			goto far;
		plain = read_udp(p, &way, head, at);
	}
	if (plain)
		order(p, &way);
	return;
far:
	look_far(skb, p);
}

/*
 * Bytes in one piece are read where they are. Each such load is a dozen instructions, as the kernel looks at its address
 * first: so they are few and wide. What is read is seen as the inside of a row of bytes, which begins BEFORE bytes ahead of
 * it: at its beginning the row's type has something else.
 */
#define BEFORE 16
#define WIDE(from, at)                                                                                               \
	({                                                                                                           \
		__u64 wide = *(const __u64 *)((from) + BEFORE + (at));                                               \
		asm volatile("" : "+r"(wide));                                                                       \
		wide;                                                                                                \
	})

static __always_inline void look_near(struct __sk_buff *skb, struct packet *p)
{
	struct sk_buff *real = bpf_cast_to_kern_ctx(skb);
	__u32 piece = real->len - real->data_len, type = bpf_core_type_id_kernel(struct __kernel_sockaddr_storage), at;
	__u64 start = (__u64)real->data + p->head - BEFORE, copy[V6_BYTES / 8];
	const __u8 *from = bpf_rdonly_cast((void *)start, type), *head = (const __u8 *)copy;
	struct way way;
	bool plain = 0;

	p->kind = NOT_IP;
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		if (piece < p->head + V4_BYTES)
			goto far;
		copy[0] = WIDE(from, 0), copy[1] = WIDE(from, 8);
		copy[2] = *(const __u32 *)(from + BEFORE + 16);
		at = read_v4(p, &way, head);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		if (piece < p->head + V6_BYTES)
			goto far;
		copy[0] = WIDE(from, 0), copy[1] = WIDE(from, 8), copy[2] = WIDE(from, 16);
		copy[3] = WIDE(from, 24), copy[4] = WIDE(from, 32);
		at = read_v6(p, &way, head);
	} else {
		return;
	}
	if (!at)
		return;
	if (!p->length) /* longer than the header can say (BIG TCP) */
		p->length = skb->len - p->head;
	from = bpf_rdonly_cast((void *)(start + at), type);
	if (p->key.proto == IPPROTO_TCP) {
		if (piece < p->head + at + TCP_READ)
			goto far;
		copy[0] = WIDE(from, 0), copy[1] = WIDE(from, 8);
		plain = read_tcp(p, &way, head, at, 1);
	} else if (p->key.proto == IPPROTO_UDP) {
		if (piece < p->head + at + UDP_BYTES)
			goto far;
		copy[0] = WIDE(from, 0);
		plain = read_udp(p, &way, head, at);
	}
	if (plain)
		order(p, &way);
	return;
far:
	look_far(skb, p);
}

static __always_inline __u64 cookie_of(struct __sk_buff *skb, bool near)
{
	struct sk_buff *real;
	struct sock *sk;
	__u64 cookie;

	if (near) {
		real = bpf_cast_to_kern_ctx(skb);
		sk = real->sk;
		cookie = sk ? sk->__sk_common.skc_cookie.counter : 0;
		if (likely(cookie))
			return cookie;
	}
	return bpf_get_socket_cookie(skb);
}

/* Accounts. */

/*
 * What an account is called in its map, for whose sake the kernel need not hash and compare 48 bytes by calls. Nobody
 * can choose ends that share a name, as he does not know the factors; of those that do by chance (one pair in 2^63) the
 * second has no account: it is refused, and the packet socket has its packets.
 */
static __always_inline __u64 name_of(const struct ends *key)
{
	const word *words = (const word *)key;
	__u64 name = 0;

#pragma unroll
	for (int i = 0; i < WORDS; i++)
		name += (words[i] ^ words[i] >> 29) * set.secret[i];
	return name;
}

static __always_inline bool is_of(const struct account *account, const struct ends *key)
{
	const word *one = (const word *)&account->key, *other = (const word *)key;
	__u64 differs = 0;

#pragma unroll
	for (int i = 0; i < WORDS; i++)
		differs |= one[i] ^ other[i];
	return !differs;
}

static __always_inline struct account *find(const struct ends *key)
{
	__u64 name = name_of(key);
	struct account *found = bpf_map_lookup_elem(&accounts, &name);

	return found && likely(is_of(found, key)) ? found : 0;
}

/*
 * An account begins as nothing but zeros, and who finds it so makes it somebody's: there is no room for one on a program's
 * stack, and none that is a CPU's own, as what runs in a process may be interrupted by what comes in. The ports and the
 * protocol are written last: where they are, all of it is.
 */
static __noinline struct account *open_account(struct packet *p, struct ends *key, __u64 netns, __u32 sort)
{
	struct account *found;
	__u64 name, now;

	if (!key)
		return 0;
	name = name_of(key);
	if (!bpf_map_update_elem(&accounts, &name, (void *)&blank, BPF_NOEXIST))
		count(NEW_ACCOUNTS);
	found = bpf_map_lookup_elem(&accounts, &name);
	if (!found || (found->key.proto && !is_of(found, key))) {
		count(REFUSED);
		return 0;
	}
	if (!found->key.proto) {
		now = bpf_ktime_get_ns();
		found->netns = netns;
		found->sort = sort;
		__sync_val_compare_and_swap(&found->first, 0, now);
		found->last = now;
		found->key.a[0] = key->a[0], found->key.a[1] = key->a[1];
		found->key.b[0] = key->b[0], found->key.b[1] = key->b[1];
		found->key.cookie = key->cookie;
		__sync_lock_test_and_set(tail_of(&found->key), *tail_of(key));
	}
	return found;
}

/* The account of the tuple itself, which is the tap's. */
static __always_inline struct account *tuple_account(struct packet *p)
{
	struct ends key = p->key;
	struct account *found;

	key.cookie = 0;
	found = find(&key);
	return found ? found : open_account(p, &key, 0, sort_of(p));
}

static __always_inline void begin(struct side *side)
{
	side->packets = side->bytes = side->payload = side->more = 0;
	side->given = side->given_bytes = 0;
	side->opening = 0;
	side->mode = 0;
	__builtin_memset(&side->end, 0, sizeof side->end);
	__builtin_memset(&side->trouble, 0, sizeof side->trouble);
}

/*
 * A SYN. With another number than that of the connection before it opens another one: what was counted is put aside,
 * and what was said of the one before does not hold for it. A first SYN that meets another one, from the other end,
 * opens the same (RFC 9293 section 3.5).
 */
static __noinline int opens(struct account *account, struct packet *p)
{
	__u32 side = p->side & 1;
	struct past past;

	if (!account || account->side[side].opening == p->seq)
		return 0;
	past.key = p->key;
	past.key.cookie = 0;
	bpf_map_delete_elem(&verdicts, &past.key);
	if (account->side[side].end.flags || (account->side[!side].end.flags & (TCP_ACK | TCP_RST | TCP_FIN))) {
		past.key.cookie = p->key.cookie;
		past.first = account->first;
		bpf_map_update_elem(&pasts, &past, account, BPF_ANY);
		begin(&account->side[0]);
		begin(&account->side[1]);
		account->fin = 0;
		__builtin_memset(&account->handshake, 0, sizeof account->handshake);
		account->first = account->last = bpf_ktime_get_ns();
	}
	account->side[side].opening = p->seq;
	return 0;
}

/*
 * An atomic addition costs 6 ns. Nobody else adds where ``alone``: TCP sends under its socket's lock, down to the
 * egress hook (not so where NFQUEUE or asynchronous encryption stand between, which keep a connection in order).
 */
static __always_inline void raise(__u64 *number, __u64 more, bool alone)
{
	if (alone)
		*number += more;
	else
		__sync_fetch_and_add(number, more);
}

/* One's own side of an account, found once: what is reckoned anew for each field is most of a program. */
static __always_inline struct side *side_of(struct account *account, struct packet *p)
{
	struct side *mine = &account->side[p->side & 1];

	asm volatile("" : "+r"(mine));
	return mine;
}

static __always_inline void add(struct account *account, struct side *mine, struct packet *p, __u32 bytes, bool locked)
{
	bool alone = locked && p->key.proto == IPPROTO_TCP;
	__u32 side = p->side & 1;

	if (p->key.proto == IPPROTO_TCP) {
		if (unlikely(p->flags & (TCP_SYN | TCP_FIN))) {
			if ((p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
				opens(account, p);
			if (p->flags & TCP_FIN)
				account->fin |= 1 << side;
		}
		if (p->flags & ~mine->end.flags)
			mine->end.flags |= p->flags;
		if (p->payload) {
			if (account->speaker != side + 1) {
				account->speaker = side + 1;
				account->turn_bytes = 0;
			}
			if (account->turn_bytes < TURN_FULL) /* then not written any more: the other direction reads it */
				account->turn_bytes += p->payload;
		}
	}
	if ((__s64)(p->now - account->last) > 0)
		account->last = p->now;
	raise(&mine->packets, 1, alone);
	raise(&mine->bytes, bytes, alone);
	if (p->payload)
		raise(&mine->payload, p->payload, alone);
	if (p->segments > 1)
		raise(&mine->more, p->segments - 1, alone);
}

/* What is not just the next of its end. */
static __noinline int look_closely(struct account *account, struct packet *p)
{
	__u32 side = p->side & 1;
	struct segment s = {
		.about = p->now, .seq = p->seq, .ack = p->ack, .payload = p->payload, .side = side,
		.window = p->window, .flags = p->flags,
	};

	if (account)
		judge(&account->handshake, &s, &account->side[side].end, &account->side[!side].end,
		      &account->side[side].trouble, &account->side[!side].trouble);
	return 0;
}

static __always_inline void examine(struct account *account, struct side *mine, struct packet *p)
{
	if (p->key.proto == IPPROTO_TCP && !goes_on(&mine->end, p->now, p->seq, p->payload, p->ack, p->window, p->flags))
		look_closely(account, p);
}

/* Does it answer the other side's FIN? */
static __always_inline bool closes(struct account *account, struct packet *p)
{
	return !p->payload && (account->fin >> ((p->side & 1) ^ 1) & 1);
}

/* The verdict is asked, and what holds before there is one. */
static __noinline int asked_for(struct account *account, struct packet *p, __u32 again)
{
	__u32 side = p->side & 1, hint, until;
	struct ends key = p->key;
	struct verdict *verdict;
	bool turn;

	if (!account)
		return 0;
	turn = p->key.proto == IPPROTO_TCP && account->turn_bytes - p->payload < TURN_BYTES;
	if (account->side[side].mode == BEYOND && !turn && (__s32)(p->seq + p->payload - account->side[side].until) <= 0)
		return 0;
	key.cookie = 0;
	verdict = bpf_map_lookup_elem(&verdicts, &key);
	if (verdict && verdict->mode[side] != UNDECIDED) {
		account->side[side].mode = verdict->mode[side];
		until = account->side[side].until = verdict->until[side];
		if (turn && verdict->mode[side] != ENOUGH)
			return 1;
		if (verdict->mode[side] == BEYOND)
			return (__s32)(p->seq + p->payload - until) > 0 &&
			       (again || (__s32)(p->seq - until) < LEASE_BYTES);
		if (verdict->mode[side] == MORE)
			return again || (__s32)(p->seq - until) < 0;
		return verdict->mode[side] == ALL;
	}
	account->side[side].mode = UNDECIDED;
	if (account->side[side].given_bytes < set.first_bytes || (turn && set.first_bytes))
		return 1;
	hint = p->key.proto << 16 | p->key.aport;
	if (bpf_map_lookup_elem(&hints, &hint))
		return 1;
	hint = p->key.proto << 16 | p->key.bport;
	return bpf_map_lookup_elem(&hints, &hint) != 0;
}

/* Is the content of this packet wanted? */
static __always_inline bool wanted(struct account *account, struct side *mine, struct packet *p)
{
	bool again;

	if (set.everything)
		return 1;
	if (p->key.proto == IPPROTO_TCP && unlikely(p->flags & (TCP_SYN | TCP_FIN | TCP_RST)))
		return 1;
	if (unlikely(mine->packets <= set.first_packets))
		return 1;
	if (!p->payload)
		return closes(account, p);
	again = !(mine->packets & ASK_AGAIN);
	if (likely(mine->mode == ENOUGH && !again))
		return 0;
	return asked_for(account, p, again);
}

static __always_inline bool affordable(__u32 bytes, struct spent *spent, __u64 now)
{
	if (spent->window != now >> WINDOW_SHIFT) {
		spent->window = now >> WINDOW_SHIFT;
		spent->bytes = 0;
	}
	if (spent->bytes + bytes > set.window_bytes)
		return 0;
	spent->bytes += bytes;
	return 1;
}

/*
 * How a record is announced: a flow's first one at once, as somebody wants to know whose it is, and the first after a
 * silence; others when they are many, or with the next look of the reader. Never twice in WAKE_NS: to wake somebody
 * costs more than all the rest.
 */
static __always_inline __u64 announcement(struct packet *p, struct spent *spent, __u64 now)
{
	__u64 silence = now - spent->given;

	spent->given = now;
	if (now - spent->woken < WAKE_NS)
		return BPF_RB_NO_WAKEUP;
	if (!p->fresh && silence < SILENCE_NS && bpf_ringbuf_query(&content, BPF_RB_AVAIL_DATA) <= WAKE_BYTES)
		return BPF_RB_NO_WAKEUP;
	spent->woken = now;
	return BPF_RB_FORCE_WAKEUP;
}

/* One size of a record: a length that is masked has bounds that the verifier of every kernel sees. */
#define HAND(size)                                                                                                   \
	if (bytes <= (size)) {                                                                                       \
		record = bpf_ringbuf_reserve(&content, (size) + sizeof *record, 0);                                  \
		if (!record)                                                                                         \
			goto no_room;                                                                                \
		kept = ((bytes - 1) & ((size) - 1)) + 1;                                                             \
		if (bpf_skb_load_bytes(skb, p->head, record->data, kept)) {                                          \
			bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);                                               \
			return 0;                                                                                    \
		}                                                                                                    \
		goto filled;                                                                                         \
	}

/* Hand a packet on, from its IP header. Returns whether that could be done. */
static __noinline int hand_on(struct __sk_buff *skb, struct packet *p, __u64 cookie, __u32 origin)
{
	struct record *record;
	struct spent *spent;
	__u32 bytes = p->length, kept, zero = 0;
	__u64 now = bpf_ktime_get_ns();

	spent = bpf_map_lookup_elem(&spending, &zero);
	if (!spent)
		return 0;
	if (bytes > skb->len - p->head)
		bytes = skb->len - p->head;
	if (bytes > set.most_bytes)
		bytes = set.most_bytes;
	if (bytes < 1)
		return 0;
	if (!affordable(bytes + sizeof *record, spent, now)) {
		count(OVER_RATE);
		return 0;
	}
	HAND(64)
	HAND(128)
	HAND(256)
	HAND(512)
	HAND(2048)
	HAND(8192)
	bytes = bytes > 16384 ? 16384 : bytes;
	HAND(16384)
	return 0;
no_room:
	count(NO_ROOM);
	return 0;
filled:
	record->cookie = cookie;
	record->time = now;
	record->length = p->length;
	record->captured = bytes;
	record->interface = skb->ifindex;
	record->segments = p->segments;
	record->ingress = p->ingress;
	record->origin = origin;
	bpf_ringbuf_submit(record, announcement(p, spent, now));
	count(GIVEN);
	return 1;
}

static __always_inline void give(struct __sk_buff *skb, struct packet *p, struct account *account, __u32 origin)
{
	__u32 side = p->side & 1;

	p->fresh = !account->side[0].given && !account->side[1].given;
	if (hand_on(skb, p, p->key.cookie, origin)) {
		account->side[side].given += 1;
		account->side[side].given_bytes += p->payload;
	} else {
		account->side[side].missed += 1;
	}
}

/* TCP's own knowledge of a connection. */
static __always_inline void note(struct tcp_sock *tp, __u64 cookie, __u32 state)
{
	struct tcp_facts fresh = {}, *known = bpf_map_lookup_elem(&facts, &cookie);

	if (known)
		fresh.changes = known->changes, fresh.state = known->state;
	if (state && state != fresh.state)
		fresh.state = state, fresh.changes += 1;
	fresh.bytes_sent = tp->bytes_sent;
	fresh.bytes_acked = tp->bytes_acked;
	fresh.bytes_received = tp->bytes_received;
	fresh.bytes_resent = tp->bytes_retrans;
	fresh.srtt_us = tp->srtt_us >> 3;
	fresh.rttvar_us = tp->mdev_us >> 2;
	fresh.cwnd = tp->snd_cwnd;
	fresh.resent = tp->total_retrans;
	fresh.lost = tp->lost;
	fresh.delivered = tp->delivered;
	bpf_map_update_elem(&facts, &cookie, &fresh, BPF_ANY);
}

SEC("tp_btf/inet_sock_set_state")
int state(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	struct tcp_sock *tp;
	__u32 now = ctx[2];

	if (sk->sk_protocol != IPPROTO_TCP)
		return 0;
	tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	if (tp)
		note(tp, bpf_get_socket_cookie(sk), now);
	return 0;
}

/* Packets of sockets. */

/* The cookie of a socket's namespace: the pointer is copied by a helper, as a program may not reckon with it. */
static __always_inline __u64 namespace_of(struct bpf_sock *sk)
{
	__u64 address = 0, cookie = 0;
	struct net *net = 0;
	struct sock *real;

	bpf_probe_read_kernel(&address, sizeof address, &sk);
	real = (struct sock *)address;
	net = BPF_CORE_READ(real, __sk_common.skc_net.net);
	cookie = BPF_CORE_READ(net, net_cookie);
	return cookie;
}

/*
 * Is this packet a copy, which is counted elsewhere? A raw socket has one of each datagram and segment for others, and
 * what this host sends to a group comes back to its own members (dev_loopback_xmit()).
 */
static __always_inline bool is_copy(struct __sk_buff *skb, __u32 sort)
{
	return sort & RAW || (sort & GROUP && skb->pkt_type == 5 /* PACKET_LOOPBACK */);
}

/* What sort of account a socket begins with this packet. */
static __noinline __u32 sort_of_socket(struct __sk_buff *skb, struct packet *p)
{
	struct bpf_sock *sk = skb->sk;
	__u32 sort = sort_of(p);

	if (sk && (sk = bpf_sk_fullsock(sk)) && sk->type == SOCK_RAW)
		sort |= RAW;
	if (p->ingress && skb->pkt_type && p->key.proto == IPPROTO_UDP) /* not PACKET_HOST: an address of all on a net */
		sort |= GROUP;
	return sort;
}

/*
 * Of the members of a group the first one hands on what they all receive, as long as it is one: it has been silent for
 * less than SERVES_NS, and has had what this member had before.
 */
static __noinline int serves(struct account *account, struct packet *p)
{
	struct account *tuple = tuple_account(p), *other;
	struct ends key = p->key;
	__u64 before;

	if (!account)
		return 0;
	before = account->asked;
	account->asked = p->now;
	if (!tuple || tuple->asked == p->key.cookie)
		return 1;
	key.cookie = tuple->asked;
	other = key.cookie ? find(&key) : 0;
	if (other && (__s64)(p->now - other->last) < SERVES_NS && (__s64)(other->last - before) >= 0)
		return 0;
	tuple->asked = p->key.cookie;
	return 1;
}

/*
 * Who hands on the content that a socket sends: its egress. What it receives: its ingress, unless the sender is
 * here too. Decided with the first packet of each direction. What a group receives: the tap, where there is one.
 */
static __always_inline void take_role(struct account *account, struct packet *p)
{
	struct account *tuple = tuple_account(p);
	__u32 side = p->side & 1;

	account->side[side].role = MINE;
	if (!tuple)
		return;
	if (p->ingress && account->sort & GROUP) {
		account->side[side].role = OTHERS;
		return;
	}
	if (!p->ingress)
		tuple->side[side].served = BY_EGRESS;
	else if (tuple->side[side].served == BY_EGRESS)
		account->side[side].role = OTHERS;
	else
		tuple->side[side].served = BY_INGRESS;
}

/* Did the tap hand this very packet on, before the flow was known to be a socket's? */
static __always_inline bool handed_before(struct packet *p)
{
	struct ends key = p->key;
	struct account *tuple;

	key.cookie = 0;
	tuple = find(&key);
	if (!tuple)
		return 0;
#pragma unroll
	for (int i = 0; i < PRINTS; i++)
		if (tuple->prints[i] == p->print) {
			tuple->prints[i] = 0;
			return 1;
		}
	return 0;
}

static __always_inline bool is_watched(struct account *account, struct side *mine, struct link *link, __u32 interface)
{
	if (likely(mine->interface == interface && mine->watched))
		return 1;
	mine->interface = interface;
	mine->watched = account->netns == set.home && is_placed(link, interface);
	return mine->watched;
}

/* What is not counted here: handed on whole, where no packet socket is there to show it. */
static __noinline int uncounted(struct __sk_buff *skb, struct packet *p)
{
	struct bpf_sock *sk = skb->sk;
	struct link *link = link_of(slot_of(skb->ifindex), skb->ifindex);

	p->length = skb->len;
	p->segments = skb->gso_segs;
	/* Whatever comes in on the loopback interface was sent by a socket: there it was handed on. */
	if (sk && set.whole && is_placed(link, skb->ifindex) && !(p->ingress && link->place.loopback) &&
	    namespace_of(sk) == set.home)
		hand_on(skb, p, bpf_get_socket_cookie(skb), WHOLE);
	return 1;
}

static __always_inline void ask_tcp(struct account *account, struct packet *p, struct bpf_sock *sk)
{
	struct tcp_sock *tp;

	account->asked = p->now;
	tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
	if (tp)
		note(tp, p->key.cookie, 0);
}

static __always_inline int of_socket(struct __sk_buff *skb, bool ingress, bool near)
{
	struct packet p;
	__u32 interface = skb->ifindex, sort;
	struct link *slot = slot_of(interface), *link = link_of(slot, interface);
	struct bpf_sock *sk = skb->sk;
	struct account *account;
	struct side *mine;

	if (!slot || !sk)
		return 1;
	p.ingress = ingress;
	p.head = p.fresh = 0;
	look(skb, &p);
	if (unlikely(p.kind != PLAIN))
		return uncounted(skb, &p);
	p.key.cookie = cookie_of(skb, near);
	p.now = about_now(slot);
	account = find(&p.key);
	if (is_tunnel(account, &p))
		return uncounted(skb, &p);
	if (unlikely(!account)) {
		sort = sort_of_socket(skb, &p);
		if (ingress && is_copy(skb, sort))
			return 1;
		account = open_account(&p, &p.key, namespace_of(sk), sort);
		if (!account)
			return 1;
		account->end = ingress ? !p.side : p.side;
	} else if (ingress && account->sort && is_copy(skb, account->sort)) {
		return 1;
	}
	p.segments = skb->gso_segs;
	mine = side_of(account, &p);
	add(account, mine, &p, p.length, !ingress);
	if (!is_watched(account, mine, link, interface) || !link)
		return 1;
	show(link, SOCKETS, !ingress, p.length, p.segments);
	if (set.whole)
		examine(account, mine, &p);
	if (p.key.proto == IPPROTO_TCP && unlikely(p.now - account->asked > FACTS_NS))
		ask_tcp(account, &p, sk);
	if (unlikely(mine->role == UNASKED))
		take_role(account, &p);
	if (mine->role != MINE &&
	    !(ingress && set.whole && account->sort & GROUP && serves(account, &p)))
		return 1;
	if (likely(!wanted(account, mine, &p)))
		return 1;
	if (ingress && mine->given < 2 * PRINTS && handed_before(&p)) {
		mine->given += 1;
		mine->given_bytes += p.payload;
		return 1;
	}
	give(skb, &p, account, FROM_SOCKET);
	return 1;
}

SEC("cgroup_skb/ingress") int account_in(struct __sk_buff *skb) { return of_socket(skb, 1, 1); }
SEC("cgroup_skb/egress") int account_out(struct __sk_buff *skb) { return of_socket(skb, 0, 1); }
SEC("?cgroup_skb/ingress") int account_in_far(struct __sk_buff *skb) { return of_socket(skb, 1, 0); }
SEC("?cgroup_skb/egress") int account_out_far(struct __sk_buff *skb) { return of_socket(skb, 0, 0); }

/* Packets of an interface. Returns how much of it goes to the packet socket: all of what is not counted here. */
#define TO_PACKET_SOCKET 0xffffffff

static __always_inline int of_interface(struct __sk_buff *skb, bool near)
{
	struct packet p;
	__u32 interface = skb->ifindex, out = ((skb->pkt_type ^ 4 /* PACKET_OUTGOING */) + 7) >> 3 ^ 1; /* no branch */
	struct link *slot = slot_of(interface), *link = link_of(slot, interface);
	struct account *account;
	struct side *mine;

	p.ingress = out ^ 1;
	if (!slot || !is_placed(link, interface))
		return TO_PACKET_SOCKET;
	if (unlikely(link->place.loopback) && out) /* it comes in again (before Linux 4.20 it is shown twice) */
		return 0;
	p.head = link->place.head;
	p.key.cookie = 0;
	if (near)
		look_near(skb, &p);
	else
		look_at_copy(skb, &p);
	account = 0;
	if (p.kind == PLAIN) {
		account = find(&p.key);
		if (skb->vlan_present)
			p.kind = OTHER_IP;
		else if (is_tunnel(account, &p))
			p.kind = TUNNELS;
	}
	p.segments = skb->gso_segs;
	show(link, p.kind, out, skb->len, p.segments);
	if (unlikely(p.kind != PLAIN))
		return TO_PACKET_SOCKET;
	p.now = about_now(slot);
	if (unlikely(!account)) {
		account = open_account(&p, &p.key, 0, sort_of(&p));
		if (!account)
			return TO_PACKET_SOCKET;
	}
	mine = side_of(account, &p);
	/* One direction counts on one interface (flows/sighting.py), until it was silent there for five seconds. */
	if (unlikely(mine->interface != interface)) {
		if (mine->interface && mine->packets && (__s64)(p.now - account->last) < 5000000000LL) {
			__sync_fetch_and_add(&account->elsewhere, 1);
			return 0;
		}
		mine->interface = interface;
	}
	add(account, mine, &p, skb->len, 0);
	examine(account, mine, &p);
	/* What TCP says when the socket is gone or in TIME_WAIT passes no socket's hook. Told twice, it does no harm. */
	if (mine->served && !(p.flags & TCP_RST) && !closes(account, &p))
		return 0;
	if (likely(!wanted(account, mine, &p)))
		return 0;
	account->prints[(account->side[0].given + account->side[1].given) & (PRINTS - 1)] = p.print;
	give(skb, &p, account, FROM_TAP);
	return 0;
}

SEC("socket") int tap(struct __sk_buff *skb) { return of_interface(skb, 1); }
SEC("?socket") int tap_far(struct __sk_buff *skb) { return of_interface(skb, 0); }
