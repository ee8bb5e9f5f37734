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
#define MAX_FACTS 65536
#define MAX_LINKS 1024 /* a power of two */
#define MAX_HINTS 256
#define RING_BYTES (4 << 20)
#define PRINTS 4
#define WINDOW_SHIFT 24 /* the rate is bounded over 16.8 ms */
#define FACTS_NS 100000000
#define ASK_AGAIN 0xff /* a flow that is not read any more is asked about again every 256 packets */
#define LEASE_BYTES 65536 /* of a stream, beyond the last word of its reader */
#define WAKE_BYTES (128 << 10)
#define WAKE_NS 2000000 /* a flow that begins wakes the reader, unless another has just done so */
#define SILENCE_NS 16000000 /* what comes after a silence wakes the reader, too: it looks every 20 ms while more comes */

enum mode { UNDECIDED, ENOUGH, BEYOND, MORE, ALL };
enum role { UNASKED, MINE, OTHERS };
enum served { NOBODY, BY_INGRESS, BY_EGRESS };
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

struct tally { /* by direction: 0 is a to b */
	__u64 packets[2];
	__u64 bytes[2];
	__u64 payload[2];
	__u64 more[2]; /* wire segments beyond the packets, where packets are joined ones */
};

struct account {
	__u64 netns; /* cookie of the network namespace; 0 for the tap's own */
	__u64 first; /* CLOCK_MONOTONIC, ns */
	__u64 last;
	struct tally now;
	__u64 elsewhere; /* seen by the tap on another interface, not counted */
	__u64 asked; /* when TCP's own facts were noted last */
	__u32 interface[2];
	__u32 given[2]; /* packets whose content was handed on */
	__u32 given_bytes[2];
	__u32 missed[2]; /* packets whose content was wanted and could not be */
	__u32 until[2]; /* TCP: the sequence number that the mode speaks of */
	__u32 opening[2]; /* sequence number of the SYN */
	__u32 prints[PRINTS]; /* of packets that the tap handed on before a socket took the flow */
	__u8 mode[2];
	__u8 flags[2];
	__u8 role[2];
	__u8 served[2];
	__u8 watched[2];
	__u8 next_print;
	__u8 end; /* the socket's own: 0 is a */
	__u8 speaker; /* who sent payload last, + 1 */
	__u8 spare[3];
	__u32 turn_bytes; /* sent since the other side spoke */
	struct health health;
};

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

struct link { /* by direction: 0 is in */
	__u64 packets[KINDS][2];
	__u64 bytes[KINDS][2];
	__u64 segments[KINDS][2]; /* as many as the wire had of joined packets */
};

struct place {
	__u32 interface; /* 0: none */
	__u32 head; /* bytes before the IP header as a packet socket shows frames */
	__u32 loopback;
	__u32 spare;
};

struct settings {
	__u64 home; /* cookie of the network namespace that is watched */
	__u32 first_bytes; /* content of each direction that is wanted before a verdict */
	__u32 first_packets; /* packets of each direction whose headers are wanted anyway */
	__u32 most_bytes; /* of one packet */
	__u32 window_bytes; /* of all, for each CPU, in one window */
	__u32 whole; /* no packet socket is there: hand on whatever is not counted here */
	__u32 everything; /* hand on all content of every flow */
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
	__type(key, struct ends);
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

/* Interfaces by their index, of which the low bits are the place: where two fall on one, only one is watched here. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_LINKS);
	__type(key, __u32);
	__type(value, struct link);
} links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_LINKS);
	__type(key, __u32);
	__type(value, struct place);
} places SEC(".maps");

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
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct settings);
} settings SEC(".maps");

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

struct { /* an account is too large for a program's stack, and a pointer becomes a number here */
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct account);
} scratch SEC(".maps");

/* A packet under the eye. */
struct packet {
	struct ends key;
	__u64 now;
	__u32 head; /* offset of the IP header */
	__u32 length; /* of the IP packet */
	__u32 payload;
	__u32 seq;
	__u32 ack;
	__u32 print;
	__u32 side; /* 0: sent by a */
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

static __always_inline struct place *place_of(__u32 interface)
{
	__u32 at = interface & (MAX_LINKS - 1);
	struct place *place = bpf_map_lookup_elem(&places, &at);

	return place && place->interface == interface ? place : 0;
}

static __always_inline void show(__u32 interface, __u32 kind, bool out, __u32 bytes, __u32 segments)
{
	__u32 at = interface & (MAX_LINKS - 1);
	struct link *link = bpf_map_lookup_elem(&links, &at);

	if (!link)
		return;
	kind &= KINDS - 1;
	link->packets[kind][out] += 1;
	link->bytes[kind][out] += bytes;
	link->segments[kind][out] += segments ? segments : 1;
}

static __always_inline struct settings *chosen(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&settings, &zero);
}

/* What a packet is. ``kind`` says PLAIN, or why it is not; only a plain one has the other fields. */

static __always_inline void order(struct packet *p, const __u64 *src, const __u64 *dst, __u16 sport, __u16 dport)
{
	bool lower = src[0] < dst[0] || (src[0] == dst[0] && (src[1] < dst[1] || (src[1] == dst[1] && sport <= dport)));

	p->side = !lower;
	if (lower) {
		p->key.a[0] = src[0], p->key.a[1] = src[1], p->key.aport = sport;
		p->key.b[0] = dst[0], p->key.b[1] = dst[1], p->key.bport = dport;
	} else {
		p->key.a[0] = dst[0], p->key.a[1] = dst[1], p->key.aport = dport;
		p->key.b[0] = src[0], p->key.b[1] = src[1], p->key.bport = sport;
	}
}

/* UDP ports of tunnels, whose content has packets of its own (packet/tunnel.py). */
static __always_inline bool is_tunnel(__u16 sport, __u16 dport)
{
	switch (dport) {
	case 4789:
	case 8472:
	case 4790:
	case 6081:
	case 2152:
	case 3544:
	case 6635:
		return 1;
	}
	return sport == 2152 || sport == 3544;
}

static __always_inline void look(struct __sk_buff *skb, struct packet *p)
{
	__u64 src[2] = {}, dst[2] = {};
	__u8 head[40];
	__u32 at, size;
	__u16 ports[2];
	bool whole = 0; /* the transport header came along */

	p->kind = NOT_IP;
	if (skb->protocol == bpf_htons(0x0800)) {
		whole = !bpf_skb_load_bytes(skb, p->head, head, 36);
		if ((!whole && bpf_skb_load_bytes(skb, p->head, head, 20)) || (head[0] & 0xf0) != 0x40)
			return;
		whole = whole && (head[0] & 15) == 5;
		p->kind = FRAGMENTS;
		if ((head[6] & 0x3f) || head[7]) /* more fragments, or an offset */
			return;
		at = (head[0] & 15) * 4;
		size = bpf_ntohs(*(__u16 *)(head + 2));
		p->key.proto = head[9];
		p->print = *(__u16 *)(head + 4);
		src[1] = (__u64)*(__u32 *)(head + 12) << 32 | bpf_htonl(0xffff);
		dst[1] = (__u64)*(__u32 *)(head + 16) << 32 | bpf_htonl(0xffff);
	} else if (skb->protocol == bpf_htons(0x86dd)) {
		if (bpf_skb_load_bytes(skb, p->head, head, 40) || (head[0] & 0xf0) != 0x60)
			return;
		at = 40;
		size = bpf_ntohs(*(__u16 *)(head + 4));
		if (size)
			size += 40;
		p->key.proto = head[6];
		if (head[6] == 44) {
			p->kind = FRAGMENTS;
			return;
		}
		src[0] = *(__u64 *)(head + 8), src[1] = *(__u64 *)(head + 16);
		dst[0] = *(__u64 *)(head + 24), dst[1] = *(__u64 *)(head + 32);
	} else {
		return;
	}
	p->kind = OTHER_IP;
	/* 0 where the packet is longer than the header can say (BIG TCP). */
	p->length = size ? size : skb->len - p->head;
	if (whole)
		__builtin_memmove(head, head + 20, 16);
	if (p->key.proto == IPPROTO_TCP) {
		if (at < 20 || p->length < at + 20 || (!whole && bpf_skb_load_bytes(skb, p->head + at, head, 16)))
			return;
		p->seq = bpf_ntohl(*(__u32 *)(head + 4));
		p->ack = bpf_ntohl(*(__u32 *)(head + 8));
		p->window = bpf_ntohs(*(__u16 *)(head + 14));
		p->flags = head[13];
		p->print ^= p->seq ^ (__u32)head[13] << 24;
		at += (head[12] >> 4) * 4;
		p->payload = p->length > at ? p->length - at : 0;
	} else if (p->key.proto == IPPROTO_UDP) {
		if (at < 20 || p->length < at + 8 || (!whole && bpf_skb_load_bytes(skb, p->head + at, head, 8)))
			return;
		p->payload = p->length - at - 8;
		p->print ^= (__u32)*(__u16 *)(head + 6) << 16;
	} else {
		return;
	}
	ports[0] = bpf_ntohs(*(__u16 *)head);
	ports[1] = bpf_ntohs(*(__u16 *)(head + 2));
	if (p->key.proto == IPPROTO_UDP && is_tunnel(ports[0], ports[1])) {
		p->kind = TUNNELS;
		return;
	}
	p->kind = PLAIN;
	p->print |= 1; /* 0 is none */
	order(p, src, dst, ports[0], ports[1]);
}

/* Accounts. */

static __always_inline struct account *open_account(struct ends *key, __u64 netns, __u64 now)
{
	__u32 zero = 0;
	struct account *fresh = bpf_map_lookup_elem(&scratch, &zero);

	if (!fresh)
		return 0;
	__builtin_memset(fresh, 0, sizeof *fresh);
	fresh->netns = netns;
	fresh->first = now;
	fresh->last = now;
	if (bpf_map_update_elem(&accounts, key, fresh, BPF_NOEXIST)) {
		fresh = bpf_map_lookup_elem(&accounts, key); /* another CPU was first */
		if (!fresh)
			count(REFUSED);
		return fresh;
	}
	count(NEW_ACCOUNTS);
	return bpf_map_lookup_elem(&accounts, key);
}

/* The account of the tuple itself, which is the tap's. */
static __always_inline struct account *tuple_account(struct packet *p)
{
	struct ends key = p->key;
	struct account *found;

	key.cookie = 0;
	found = bpf_map_lookup_elem(&accounts, &key);
	return found ? found : open_account(&key, 0, p->now);
}

static __always_inline void add(struct account *account, struct packet *p, __u32 side, __u32 bytes, __u32 segments)
{
	struct past past;

	side &= 1;
	if ((p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && p->key.proto == IPPROTO_TCP) {
		if ((account->flags[side] & TCP_SYN) && account->opening[side] != p->seq) {
			/* The same ends again: another connection. */
			past.key = p->key;
			past.first = account->first;
			bpf_map_update_elem(&pasts, &past, account, BPF_ANY);
			__builtin_memset(&account->now, 0, sizeof account->now);
			__builtin_memset(&account->health, 0, sizeof account->health);
			__builtin_memset(account->given, 0, sizeof account->given + sizeof account->given_bytes);
			account->mode[0] = account->mode[1] = 0;
			account->flags[0] = account->flags[1] = 0;
			account->first = p->now;
		}
		account->opening[side] = p->seq;
	}
	account->flags[side] |= p->flags;
	account->last = p->now;
	__sync_fetch_and_add(&account->now.packets[side], 1);
	__sync_fetch_and_add(&account->now.bytes[side], bytes);
	if (p->payload) {
		__sync_fetch_and_add(&account->now.payload[side], p->payload);
		if (account->speaker != side + 1) {
			account->speaker = side + 1;
			account->turn_bytes = 0;
		}
		account->turn_bytes += p->payload;
	}
	if (segments > 1)
		__sync_fetch_and_add(&account->now.more[side], segments - 1);
}

static __always_inline void examine(struct account *account, struct packet *p)
{
	struct segment s = {
		.now = p->now, .seq = p->seq, .ack = p->ack, .payload = p->payload, .side = p->side & 1,
		.window = p->window, .flags = p->flags,
	};

	if (p->key.proto == IPPROTO_TCP)
		judge(&account->health, &s);
}

/* Does it answer the other side's FIN? */
static __always_inline bool closes(struct account *account, struct packet *p)
{
	return !p->payload && (account->flags[!(p->side & 1)] & TCP_FIN);
}

/* Is the content of this packet wanted? */
static __always_inline bool wanted(struct account *account, struct packet *p, struct settings *set)
{
	__u32 side = p->side & 1, hint, until;
	struct ends key;
	struct verdict *verdict;
	bool again, turn;

	if (set->everything)
		return 1;
	if (p->key.proto == IPPROTO_TCP && (p->flags & (TCP_SYN | TCP_FIN | TCP_RST)))
		return 1;
	if (account->now.packets[side] <= set->first_packets)
		return 1;
	if (!p->payload)
		return closes(account, p);
	again = !(account->now.packets[side] & ASK_AGAIN);
	if (account->mode[side] == ENOUGH && !again)
		return 0;
	turn = p->key.proto == IPPROTO_TCP && account->turn_bytes - p->payload < TURN_BYTES;
	if (account->mode[side] == BEYOND && !turn && (__s32)(p->seq + p->payload - account->until[side]) <= 0)
		return 0;
	key = p->key;
	key.cookie = 0;
	verdict = bpf_map_lookup_elem(&verdicts, &key);
	if (verdict && verdict->mode[side] != UNDECIDED) {
		account->mode[side] = verdict->mode[side];
		until = account->until[side] = verdict->until[side];
		if (turn && verdict->mode[side] != ENOUGH)
			return 1;
		if (verdict->mode[side] == BEYOND)
			return (__s32)(p->seq + p->payload - until) > 0 &&
			       (again || (__s32)(p->seq - until) < LEASE_BYTES);
		if (verdict->mode[side] == MORE)
			return again || (__s32)(p->seq - until) < 0;
		return verdict->mode[side] == ALL;
	}
	if (account->given_bytes[side] < set->first_bytes || (turn && set->first_bytes))
		return 1;
	hint = p->key.proto << 16 | p->key.aport;
	if (bpf_map_lookup_elem(&hints, &hint))
		return 1;
	hint = p->key.proto << 16 | p->key.bport;
	return bpf_map_lookup_elem(&hints, &hint) != 0;
}

static __always_inline bool affordable(__u32 bytes, struct settings *set, __u64 now)
{
	__u32 zero = 0;
	struct spent *spent = bpf_map_lookup_elem(&spending, &zero);

	if (!spent)
		return 0;
	if (spent->window != now >> WINDOW_SHIFT) {
		spent->window = now >> WINDOW_SHIFT;
		spent->bytes = 0;
	}
	if (spent->bytes + bytes > set->window_bytes)
		return 0;
	spent->bytes += bytes;
	return 1;
}

/* How a record is announced: a flow's first one at once, as somebody wants to know whose it is, and the first after a
 * silence; others when they are many, or with the next look of the reader. */
static __always_inline __u64 announcement(struct packet *p)
{
	__u32 zero = 0;
	struct spent *spent = bpf_map_lookup_elem(&spending, &zero);
	__u64 silence;

	if (bpf_ringbuf_query(&content, BPF_RB_AVAIL_DATA) > WAKE_BYTES)
		return BPF_RB_FORCE_WAKEUP;
	if (!spent)
		return BPF_RB_FORCE_WAKEUP;
	silence = p->now - spent->given;
	spent->given = p->now;
	if ((!p->fresh && silence < SILENCE_NS) || p->now - spent->woken < WAKE_NS)
		return BPF_RB_NO_WAKEUP;
	spent->woken = p->now;
	return BPF_RB_FORCE_WAKEUP;
}

#define HAND(size)                                                                                                   \
	if (bytes <= (size) - sizeof(struct record)) {                                                               \
		record = bpf_ringbuf_reserve(&content, size, 0);                                                     \
		if (!record)                                                                                         \
			goto no_room;                                                                                \
		if (bpf_skb_load_bytes(skb, p->head, record->data, bytes)) {                                         \
			bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);                                               \
			return 0;                                                                                    \
		}                                                                                                    \
		goto filled;                                                                                         \
	}

/* Hand a packet on, from its IP header. Returns whether that could be done. */
static __noinline int hand_on(struct __sk_buff *skb, struct packet *p, __u64 cookie, __u32 origin)
{
	struct settings *set = chosen();
	struct record *record;
	__u32 bytes = p->length;

	if (!set)
		return 0;
	if (bytes > skb->len - p->head)
		bytes = skb->len - p->head;
	if (bytes > set->most_bytes)
		bytes = set->most_bytes;
	if (bytes < 1)
		return 0;
	if (!affordable(bytes + sizeof *record, set, p->now)) {
		count(OVER_RATE);
		return 0;
	}
	HAND(128)
	HAND(256)
	HAND(512)
	HAND(2048)
	HAND(8192)
	bytes = bytes > 16384 - sizeof *record ? 16384 - sizeof *record : bytes;
	HAND(16384)
	return 0;
no_room:
	count(NO_ROOM);
	return 0;
filled:
	record->cookie = cookie;
	record->time = p->now;
	record->length = p->length;
	record->captured = bytes;
	record->interface = skb->ifindex;
	record->segments = skb->gso_segs;
	record->ingress = p->ingress;
	record->origin = origin;
	bpf_ringbuf_submit(record, announcement(p));
	count(GIVEN);
	return 1;
}

static __always_inline void give(struct __sk_buff *skb, struct packet *p, struct account *account, __u32 origin)
{
	__u32 side = p->side & 1;

	p->fresh = !account->given[0] && !account->given[1];
	if (hand_on(skb, p, p->key.cookie, origin)) {
		account->given[side] += 1;
		account->given_bytes[side] += p->payload;
	} else {
		account->missed[side] += 1;
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

/* The cookie of a socket's namespace: the pointer goes through a map, as a program may not reckon with it. */
static __always_inline __u64 namespace_of(struct bpf_sock *sk)
{
	__u32 zero = 0;
	__u64 *cell = bpf_map_lookup_elem(&scratch, &zero), address, cookie = 0;
	struct net *net = 0;
	struct sock *real;

	if (!cell)
		return 0;
	*cell = (__u64)sk;
	barrier();
	address = *(volatile __u64 *)cell;
	real = (struct sock *)address;
	net = BPF_CORE_READ(real, __sk_common.skc_net.net);
	cookie = BPF_CORE_READ(net, net_cookie);
	return cookie;
}

/* Who hands on the content that a socket sends: its egress. What it receives: its ingress, unless the sender is
 * here too. Decided with the first packet of each direction. */
static __always_inline void take_role(struct account *account, struct packet *p)
{
	struct account *tuple = tuple_account(p);
	__u32 side = p->side & 1;

	account->role[side] = MINE;
	if (!tuple)
		return;
	if (!p->ingress)
		tuple->served[side] = BY_EGRESS;
	else if (tuple->served[side] == BY_EGRESS)
		account->role[side] = OTHERS;
	else
		tuple->served[side] = BY_INGRESS;
}

/* Did the tap hand this very packet on, before the flow was known to be a socket's? */
static __always_inline bool handed_before(struct packet *p)
{
	struct ends key = p->key;
	struct account *tuple;

	key.cookie = 0;
	tuple = bpf_map_lookup_elem(&accounts, &key);
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

static __always_inline bool is_watched(struct account *account, struct packet *p, __u32 interface)
{
	__u32 side = p->side & 1;

	if (account->interface[side] != interface) {
		account->interface[side] = interface;
		account->watched[side] = place_of(interface) != 0;
	}
	return account->watched[side];
}

static __always_inline int of_socket(struct __sk_buff *skb, bool ingress)
{
	struct packet p = { .ingress = ingress };
	struct settings *set = chosen();
	__u32 interface = skb->ifindex, side;
	struct bpf_sock *sk = skb->sk;
	struct account *account;
	struct tcp_sock *tp;

	if (!set || !sk)
		return 1;
	look(skb, &p);
	p.key.cookie = bpf_get_socket_cookie(skb);
	p.now = bpf_ktime_get_ns();
	if (p.kind != PLAIN) {
		p.length = skb->len;
		if (set->whole && place_of(interface) && namespace_of(sk) == set->home)
			hand_on(skb, &p, p.key.cookie, WHOLE);
		return 1;
	}
	account = bpf_map_lookup_elem(&accounts, &p.key);
	if (!account) {
		account = open_account(&p.key, namespace_of(sk), p.now);
		if (!account)
			return 1;
		account->end = ingress ? !p.side : p.side;
	}
	add(account, &p, p.side, p.length, skb->gso_segs);
	if (account->netns != set->home || !is_watched(account, &p, interface))
		return 1;
	show(interface, SOCKETS, !ingress, p.length, skb->gso_segs);
	if (set->whole)
		examine(account, &p);
	side = p.side & 1;
	if (p.key.proto == IPPROTO_TCP && p.now - account->asked > FACTS_NS) {
		account->asked = p.now;
		tp = (struct tcp_sock *)bpf_skc_to_tcp_sock(sk);
		if (tp)
			note(tp, p.key.cookie, 0);
	}
	if (account->role[side] == UNASKED)
		take_role(account, &p);
	if (account->role[side] != MINE || !wanted(account, &p, set))
		return 1;
	if (ingress && account->given[side] < 2 * PRINTS && handed_before(&p)) {
		account->given[side] += 1;
		account->given_bytes[side] += p.payload;
		return 1;
	}
	give(skb, &p, account, FROM_SOCKET);
	return 1;
}

SEC("cgroup_skb/ingress") int account_in(struct __sk_buff *skb) { return of_socket(skb, 1); }
SEC("cgroup_skb/egress") int account_out(struct __sk_buff *skb) { return of_socket(skb, 0); }

/* Packets of an interface. Returns how much of it goes to the packet socket: all of what is not counted here. */
#define TO_PACKET_SOCKET 0xffffffff

SEC("socket")
int tap(struct __sk_buff *skb)
{
	struct settings *set = chosen();
	struct packet p = { .ingress = skb->pkt_type != 4 /* PACKET_OUTGOING */ };
	__u32 interface = skb->ifindex, side;
	struct place *place = place_of(interface);
	struct account *account;

	if (!set || !place)
		return TO_PACKET_SOCKET;
	if (place->loopback && !p.ingress) /* it comes in again (before Linux 4.20 it is shown twice) */
		return 0;
	p.head = place->head;
	look(skb, &p);
	if (skb->vlan_present && p.kind == PLAIN)
		p.kind = OTHER_IP;
	show(interface, p.kind, !p.ingress, skb->len, skb->gso_segs);
	if (p.kind != PLAIN)
		return TO_PACKET_SOCKET;
	p.now = bpf_ktime_get_ns();
	p.key.cookie = 0;
	account = bpf_map_lookup_elem(&accounts, &p.key);
	if (!account) {
		account = open_account(&p.key, 0, p.now);
		if (!account)
			return TO_PACKET_SOCKET;
	}
	side = p.side & 1;
	/* One direction counts on one interface (flows/sighting.py), until it was silent there for five seconds. */
	if (account->interface[side] != interface) {
		if (account->interface[side] && account->now.packets[side] && p.now - account->last < 5000000000ULL) {
			__sync_fetch_and_add(&account->elsewhere, 1);
			return 0;
		}
		account->interface[side] = interface;
	}
	add(account, &p, side, skb->len, skb->gso_segs);
	examine(account, &p);
	/* What TCP says when the socket is gone or in TIME_WAIT passes no socket's hook. Told twice, it does no harm. */
	if (account->served[side] && !(p.flags & TCP_RST) && !closes(account, &p))
		return 0;
	if (!wanted(account, &p, set))
		return 0;
	give(skb, &p, account, FROM_TAP);
	account->prints[account->next_print & (PRINTS - 1)] = p.print;
	account->next_print += 1;
	return 0;
}
