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

#define FEW_REPEATS 2 /* duplicate acknowledgements after which what is missing is sent again */
#define HAS_NXT 1
#define HAS_ACK 2
#define TIMED 4 /* of the handshake no more is to be learned from this end */
#define REORDER_NS 3000000
#define REPEAT_NS 20000000
#define LEAST_REACH (1 << 20)
#define MOVE_SHIFT 10 /* 1.02 us; 73 minutes fit into 32 bits, and what is older is sent again all but surely */
#define JUMP_SHIFT 20 /* 1.05 ms */
#define JUMP_TICKS 256
#define GUESSED_SCALE 8 /* the handshake's options are not read here */

enum sent { ORDINARY, KEEP_ALIVE, PROBE };

/* One end of a connection: what it sent, as far as it was seen. What each packet needs, in the line of its counts; */
struct end {
	__u32 nxt; /* one past the highest sequence number sent */
	__u32 acked; /* the highest acknowledgement it sent */
	__u32 nxt_at; /* when ``nxt`` moved, in MOVE_SHIFT */
	__u32 missing; /* bytes that were left out and have not come */
	__u16 window; /* the last it offered, unscaled */
	__u8 known;
	__u8 last; /* what its last segment was */
	__u8 repeats; /* as many as matter */
	__u8 flags; /* all that were seen */
};

struct trouble { /* and what few need */
	__u64 repeat_at;
	__u32 judged; /* its packets that were looked at, but for those that just went on */
	__u32 resent;
	__u32 late;
	__u32 repeated;
	__u32 closed;
	__u32 probes;
	__u32 jumped; /* when numbers last were left out, in JUMP_SHIFT */
};

struct handshake { /* of the connection, whose round trip is the measure of what is late */
	__u64 syn_at;
	__u64 rtt;
	__u32 opener; /* side of the SYN, + 1 */
	__u32 answered;
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
static __always_inline bool is_again(struct handshake *h, struct segment *s, struct end *end, struct end *peer,
				     struct trouble *told)
{
	__u32 after = s->seq + s->payload, since;

	if (!s->payload || ((peer->known & HAS_ACK) && beyond(after, peer->acked) <= 0))
		return 1;
	if (peer->repeats >= FEW_REPEATS && s->seq == peer->acked && exact(s) - told->repeat_at < REPEAT_NS)
		return 1;
	since = (__u32)(exact(s) >> MOVE_SHIFT) - end->nxt_at;
	return since >= (h->rtt ? h->rtt : REORDER_NS) >> MOVE_SHIFT || after == end->nxt;
}

static __always_inline void time_handshake(struct handshake *h, struct segment *s, struct end *end)
{
	if (unlikely(s->flags & TCP_SYN)) {
		end->known &= ~TIMED;
		if (!(s->flags & TCP_ACK)) {
			if (!h->answered) {
				h->syn_at = exact(s);
				h->opener = s->side + 1;
			}
		} else if (h->syn_at && h->opener != s->side + 1) {
			h->answered = 1;
		}
	} else if (unlikely(!(end->known & TIMED))) {
		if (!h->rtt && h->answered && h->opener == s->side + 1)
			h->rtt = exact(s) - h->syn_at;
		if (h->rtt || !h->syn_at)
			end->known |= TIMED;
	}
}

/*
 * When the highest number moved. What comes late has been overtaken: numbers were left out before, and only until they
 * have come does a tick make a difference. As long as none are missing the clock is not asked, which is a third of the
 * whole cost.
 */
static __always_inline __u64 moved_at(struct end *end, struct trouble *own, struct segment *s, __u32 jump)
{
	__u32 tick = s->about >> JUMP_SHIFT;

	if (unlikely(jump)) {
		own->jumped = tick;
		end->missing += jump;
	}
	if (!end->missing)
		return s->about;
	if (tick - own->jumped >= JUMP_TICKS)
		end->missing = 0;
	return exact(s);
}

/* What was left out comes. */
static __always_inline void fill(struct end *end, __u32 payload)
{
	end->missing -= payload < end->missing ? payload : end->missing;
}

static __always_inline void move_on(struct segment *s, struct end *end, struct trouble *own, struct end *peer, __s32 ahead)
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
	end->nxt_at = moved_at(end, own, s, (end->known & HAS_NXT) && ahead > 0 ? ahead : 0) >> MOVE_SHIFT;
	end->known |= HAS_NXT;
}

/* ``own`` of this end, ``told`` of the other one, whose acknowledgements may have been repeated ones. */
static __always_inline int judge(struct handshake *h, struct segment *s, struct end *end, struct end *peer,
				 struct trouble *own, struct trouble *told)
{
	__u8 control = s->flags & (TCP_SYN | TCP_FIN | TCP_RST), kind = ORDINARY;
	__s32 ahead = 0;

	own->judged += 1;
	if (end->known & HAS_NXT) {
		ahead = beyond(s->seq, end->nxt);
		if (!control) {
			kind = kind_of(s, peer, ahead);
			if (!s->payload && !ahead && is_repeat(s, end, peer)) {
				end->repeats += end->repeats < FEW_REPEATS;
				own->repeat_at = exact(s);
				own->repeated += 1;
			}
		}
		if (kind == ORDINARY && unlikely(ahead < 0) && (s->payload || (control & (TCP_SYN | TCP_FIN)))) {
			if (is_again(h, s, end, peer, told))
				own->resent += 1;
			else
				own->late += 1;
			fill(end, s->payload);
		}
	}
	if (kind != ORDINARY)
		own->probes += 1;
	end->last = kind;
	if (!s->window && !control)
		own->closed += 1;
	end->window = s->window;
	if ((s->flags & TCP_ACK) && (!(end->known & HAS_ACK) || beyond(s->ack, end->acked) > 0)) {
		end->acked = s->ack;
		end->known |= HAS_ACK;
		end->repeats = 0;
	}
	time_handshake(h, s, end);
	if (kind == ORDINARY && !(s->flags & TCP_RST))
		move_on(s, end, own, peer, ahead);
	return 0;
}

/*
 * The next of an end of which all is known, which is what nearly every packet is: judge() in short, with the same outcome.
 * Where it is not that, nothing was done.
 */
static __always_inline bool goes_on(struct end *end, __u64 about, __u32 seq, __u32 payload, __u32 ack, __u16 window,
				    __u8 flags)
{
	if (unlikely(end->known != (HAS_NXT | HAS_ACK | TIMED) || seq != end->nxt || end->missing || !window || payload == 1))
		return 0;
	if (unlikely((flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) != TCP_ACK || (!payload && ack == end->acked)))
		return 0;
	end->last = ORDINARY;
	end->window = window;
	if (beyond(ack, end->acked) > 0) {
		end->acked = ack;
		end->repeats = 0;
	}
	if (payload) {
		end->nxt = seq + payload;
		end->nxt_at = about >> MOVE_SHIFT;
	}
	return 1;
}

#endif
