/* SPDX-License-Identifier: GPL-2.0 OR Apache-2.0 */
/*
 * How a TCP connection fares, told from every packet as flows/health.py tells it: sent again, overtaken on the way,
 * repeated acknowledgements, closed windows, probes. The rules are that module's, line by line, and a test holds the
 * two against each other on the same packets; the reasons stand there.
 */
#ifndef PROCWIRE_HEALTH_H
#define PROCWIRE_HEALTH_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>

#define HAS_NXT 1
#define HAS_ACK 2
#define TIMED 4 /* of the handshake no more is to be learned from this end */
#define REORDER_NS 3000000
#define REPEAT_NS 20000000
#define LEAST_REACH (1 << 20)
#define JUMP_SHIFT 20 /* 1.05 ms */
#define JUMP_TICKS 256
#define GUESSED_SCALE 8 /* the handshake's options are not read here */

enum sent { ORDINARY, KEEP_ALIVE, PROBE };

struct end { /* one end of a connection: what it sent, as far as it was seen */
	__u64 nxt_at; /* when ``nxt`` moved, ns */
	__u64 repeat_at;
	__u32 nxt; /* one past the highest sequence number sent */
	__u32 acked; /* the highest acknowledgement it sent */
	__u16 window; /* the last it offered, unscaled */
	__u8 known;
	__u8 last; /* what its last segment was */
	__u32 repeats;
	__u32 judged; /* its packets that were looked at */
	__u32 resent;
	__u32 late;
	__u32 repeated;
	__u32 closed;
	__u32 probes;
	__u32 jumped; /* when numbers last were left out, in JUMP_SHIFT; 0: never */
};

struct handshake { /* of the connection, whose round trip is the measure of what is late */
	__u64 syn_at;
	__u64 synack_at;
	__u64 rtt;
	__u32 opener; /* side of the SYN, + 1 */
	__u32 spare;
};

struct segment {
	__u64 time; /* by ``exact``; 0: not asked yet */
	__u64 about; /* the same, behind by a tick of the kernel at most */
	__u32 seq;
	__u32 ack;
	__u32 payload;
	__u32 side;
	__u16 window;
	__u8 flags;
};

/* The time, to a small part of REORDER_NS: the kernel's coarse clock will not do. Asked only where it counts. */
static __always_inline __u64 exact(struct segment *s)
{
	if (!s->time)
		s->time = bpf_ktime_get_ns();
	return s->time;
}

/* How far a number lies behind another in the stream (RFC 9293 section 3.4). */
static __always_inline __s32 beyond(__u32 a, __u32 b)
{
	return (__s32)(a - b);
}

static __always_inline __u8 kind_of(struct segment *s, struct end *peer, __s32 ahead)
{
	if (s->payload > 1)
		return ORDINARY;
	if (!ahead && s->payload == 1 && (peer->known & HAS_ACK) && !peer->window)
		return PROBE;
	return ahead == -1 ? KEEP_ALIVE : ORDINARY;
}

static __always_inline bool is_repeat(struct segment *s, struct end *end, struct end *peer)
{
	return (s->flags & TCP_ACK) && (end->known & HAS_ACK) && s->ack == end->acked && s->window &&
	       s->window == end->window && peer->last == ORDINARY;
}

/* A segment behind the highest one: sent again, or overtaken on its way? */
static __always_inline bool is_again(struct handshake *h, struct segment *s, struct end *end, struct end *peer)
{
	__u32 after = s->seq + s->payload;

	if (!s->payload || ((peer->known & HAS_ACK) && beyond(after, peer->acked) <= 0))
		return 1;
	if (peer->repeats >= 2 && s->seq == peer->acked && exact(s) - peer->repeat_at < REPEAT_NS)
		return 1;
	return exact(s) - end->nxt_at >= (h->rtt ? h->rtt : REORDER_NS) || after == end->nxt;
}

static __always_inline void time_handshake(struct handshake *h, struct segment *s, struct end *end)
{
	if (unlikely(s->flags & TCP_SYN)) {
		end->known &= ~TIMED;
		if (!(s->flags & TCP_ACK)) {
			if (!h->synack_at) {
				h->syn_at = exact(s);
				h->opener = s->side + 1;
			}
		} else if (h->syn_at && h->opener != s->side + 1) {
			h->synack_at = exact(s);
		}
	} else if (unlikely(!(end->known & TIMED))) {
		if (!h->rtt && h->synack_at && h->opener == s->side + 1)
			h->rtt = exact(s) - h->syn_at;
		if (h->rtt || !h->syn_at)
			end->known |= TIMED;
	}
}

/*
 * When the highest number moved. What comes late has been overtaken: a number was left out right before, and only then
 * does a tick make a difference. As long as all is in order the clock is not asked, which is a third of the whole cost.
 */
static __always_inline __u64 moved_at(struct end *end, struct segment *s, bool jump)
{
	__u32 tick = s->about >> JUMP_SHIFT;

	if (unlikely(jump))
		end->jumped = tick | 1;
	return unlikely(end->jumped && tick - end->jumped + 1 < JUMP_TICKS) ? exact(s) : s->about;
}

static __always_inline void move_on(struct segment *s, struct end *end, struct end *peer, __s32 ahead)
{
	__u32 after = s->seq + s->payload + !!(s->flags & TCP_SYN) + !!(s->flags & TCP_FIN), reach;

	if (end->known & HAS_NXT) {
		if (beyond(after, end->nxt) <= 0)
			return;
		if (unlikely(ahead > 0) && (peer->known & HAS_ACK)) {
			reach = (__u32)peer->window << (GUESSED_SCALE + 1);
			if (beyond(s->seq, peer->acked) > (__s32)(reach > LEAST_REACH ? reach : LEAST_REACH))
				return; /* not from this connection, or not credible */
		}
	}
	end->nxt = after;
	end->nxt_at = moved_at(end, s, (end->known & HAS_NXT) && ahead > 0);
	end->known |= HAS_NXT;
}

static __always_inline int judge(struct handshake *h, struct end *end, struct end *peer, struct segment *s)
{
	__u8 control = s->flags & (TCP_SYN | TCP_FIN | TCP_RST), kind = ORDINARY;
	__s32 ahead = 0;

	end->judged += 1;
	if (end->known & HAS_NXT) {
		ahead = beyond(s->seq, end->nxt);
		if (!control) {
			kind = kind_of(s, peer, ahead);
			if (!s->payload && !ahead && is_repeat(s, end, peer)) {
				end->repeats += 1;
				end->repeat_at = exact(s);
				end->repeated += 1;
			}
		}
		if (kind == ORDINARY && unlikely(ahead < 0) && (s->payload || (control & (TCP_SYN | TCP_FIN)))) {
			if (is_again(h, s, end, peer))
				end->resent += 1;
			else
				end->late += 1;
		}
	}
	if (kind != ORDINARY)
		end->probes += 1;
	end->last = kind;
	if (!s->window && !control)
		end->closed += 1;
	end->window = s->window;
	if ((s->flags & TCP_ACK) && (!(end->known & HAS_ACK) || beyond(s->ack, end->acked) > 0)) {
		end->acked = s->ack;
		end->known |= HAS_ACK;
		end->repeats = 0;
	}
	time_handshake(h, s, end);
	if (kind == ORDINARY && !(s->flags & TCP_RST))
		move_on(s, end, peer, ahead);
	return 0;
}

#endif
