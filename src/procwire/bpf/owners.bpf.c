// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Who owns a socket, noted where the kernel knows it: in the process's own system call.
 *
 *   sock_create, post_bind, connect, sendmsg   the socket and the process that made, bound or steers it
 *   getpeername                                accept(2) with an address ends there, in the accepting process
 *   send, recv (tracepoints, Linux 6.3)        the process that uses it: accepted, inherited and passed sockets;
 *                                              before that by fentry, where the kernel allows it
 *   inet_sock_set_state (tracepoint)           who listens, and for whom a connection waits to be accepted
 *   sock_release                               when it was closed
 *   cgroup_skb                                 the ends of a connection's SYN and of each packet without one
 *   net_dev_queue (tracepoint)                 what a packet socket sends, past every socket of the internet
 *   fork, exec, exit (tracepoints)             who a process is, for those that end before anyone looks
 *
 * Everything is kept in LRU maps and read on demand; nothing is sent, changed or refused: each program lets
 * everything pass. Structs are mirrored in records.py.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "GPL";

#define MAX_SOCKETS 65536
#define MAX_TUPLES 131072
#define MAX_PROCESSES 8192
#define MAX_LIVES 16384
#define COMM_BYTES 16
#define EXE_BYTES 256
#define ARGS_BYTES 512 /* a power of two: its mask bounds the copy */
#define FORGED (1ULL << 63) /* over a process's start, in place of a cookie: its packet sockets, which have none */
#define OF_KERNEL (~0ULL) /* in place of a cookie: a socket that the kernel made for itself */

enum how { CREATED = 1, BOUND, CONNECTED, SENT, NAMED, USED, LISTENED, INJECTED };
enum count { NEW_SOCKETS, NEW_TUPLES, NEW_PROCESSES, REFUSED, COUNTS };

struct owner {
	__u64 start; /* CLOCK_BOOTTIME, ns */
	__u64 netns; /* cookie of the network namespace */
	__u64 released; /* CLOCK_MONOTONIC, ns; 0 while it is open */
	__u64 since; /* CLOCK_MONOTONIC, ns: when comm was read */
	__u32 tgid;
	__u32 euid;
	__u32 how;
	__u32 spare;
	char comm[COMM_BYTES];
};

struct tuple { /* local end first; IPv4 addresses as ::ffff:a.b.c.d */
	__u8 src[16];
	__u8 dst[16];
	__u64 netns; /* 0 unless the local address is a loopback one: every namespace has its own */
	__u16 sport; /* host order; the type of an ICMP message, 0 for what has neither */
	__u16 dport; /* 0 for ICMP, and for who listens at src */
	__u32 proto;
};

struct named {
	__u64 cookie;
	__u64 netns;
	__u64 before; /* cookie of the last socket of another namespace that had this name; 0 for none */
	__u64 since; /* CLOCK_MONOTONIC, ns: when this namespace took it over from that one */
};

struct identity {
	__u64 start;
	__u32 tgid;
	__u32 spare;
};

struct facts {
	__u64 parent_start;
	__u64 since; /* CLOCK_MONOTONIC, ns: its last fork or exec */
	__u64 ended; /* CLOCK_MONOTONIC, ns: its last thread's exit; 0 while it lives */
	__u64 cgroup;
	__u64 inode; /* of its program; 0 for not known */
	__u32 device; /* major << 20 | minor */
	__u32 ppid;
	__u32 euid;
	__u32 args_bytes;
	__u32 executed;
	__u32 spare;
	char comm[COMM_BYTES];
	char exe[EXE_BYTES];
	char args[ARGS_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_SOCKETS);
	__type(key, __u64);
	__type(value, struct owner);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_TUPLES);
	__type(key, struct tuple);
	__type(value, struct named);
} tuples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__type(key, struct identity);
	__type(value, struct facts);
} processes SEC(".maps");

/* Whether a process is still who it was, without what it was called with: for who may read no secrets. */
struct life {
	__u64 executed; /* CLOCK_MONOTONIC, ns: its last exec; 0 for none that was seen */
	__u64 ended; /* as in facts */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_LIVES);
	__type(key, struct identity);
	__type(value, struct life);
} lives SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

/* Too large for a program's stack of 512 bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct facts);
} scratch SEC(".maps");

static __always_inline void count(__u32 which)
{
	__u64 *number = bpf_map_lookup_elem(&counts, &which);

	if (number)
		*number += 1;
}

static __always_inline void stored(long refused, __u32 which)
{
	count(refused ? REFUSED : which);
}

/* Sockets and their owners. */

static __always_inline void own(__u64 cookie, __u64 netns, __u32 how)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct owner *known = bpf_map_lookup_elem(&sockets, &cookie);
	struct owner fresh = {};
	struct task_struct *task;

	if (!tgid || !cookie || (known && known->tgid == tgid && !known->released && known->how != LISTENED))
		return;
	task = (struct task_struct *)bpf_get_current_task();
	fresh.start = BPF_CORE_READ(task, group_leader, start_boottime);
	fresh.euid = BPF_CORE_READ(task, cred, euid.val);
	fresh.netns = netns;
	fresh.since = bpf_ktime_get_ns();
	fresh.tgid = tgid;
	fresh.how = how;
	/* A thread's comm may be its own; the process is called by its leader's. */
	BPF_CORE_READ_STR_INTO(&fresh.comm, task, group_leader, comm);
	stored(bpf_map_update_elem(&sockets, &cookie, &fresh, BPF_ANY), NEW_SOCKETS);
}

static __always_inline void map_v4(__u8 *to, __be32 address)
{
	((__u32 *)to)[0] = 0;
	((__u32 *)to)[1] = 0;
	((__u32 *)to)[2] = bpf_htonl(0xffff);
	((__u32 *)to)[3] = address;
}

static __always_inline bool is_loopback(const __u8 *a)
{
	const __u32 *words = (const __u32 *)a;

	if (words[0] || words[1])
		return 0;
	return (words[2] == bpf_htonl(0xffff) && a[12] == 127) || (!words[2] && words[3] == bpf_htonl(1));
}

/*
 * The socket behind a name is the last one seen under it, but for three: what the kernel answers by itself, what a
 * packet socket forges and what a closed one still sends never takes the name of a socket that is open. Where a name was
 * another namespace's socket's, that one is kept as well: which of them a flow is of, the times tell when somebody asks.
 */
static __always_inline void name_as(struct tuple *key, __u64 cookie, __u64 netns, bool weak)
{
	struct named fresh = { .cookie = cookie, .netns = netns };
	struct named *known;
	struct owner *other;
	__u64 before;

	key->netns = is_loopback(key->src) ? netns : 0;
	known = bpf_map_lookup_elem(&tuples, key);
	if (known) {
		before = known->cookie;
		if (before == cookie)
			return;
		if (weak) {
			other = bpf_map_lookup_elem(&sockets, &before);
			if (other && !other->released)
				return;
		}
		if (known->netns == netns) {
			fresh.before = known->before;
			fresh.since = known->since;
		} else if (!(before & FORGED)) { /* OF_KERNEL has that bit, too */
			fresh.before = before;
			fresh.since = bpf_ktime_get_ns();
		}
	}
	stored(bpf_map_update_elem(&tuples, key, &fresh, BPF_ANY), NEW_TUPLES);
}

static __always_inline void name(struct tuple *key, __u64 cookie, __u64 netns)
{
	name_as(key, cookie, netns, 0);
}

static __always_inline int of_sock(struct bpf_sock *ctx, __u32 how)
{
	if (ctx->family == AF_INET || ctx->family == AF_INET6)
		own(bpf_get_socket_cookie(ctx), bpf_get_netns_cookie(ctx), how);
	return 1;
}

static __always_inline int of_address(struct bpf_sock_addr *ctx, __u32 how)
{
	own(bpf_get_socket_cookie(ctx), bpf_get_netns_cookie(ctx), how);
	return 1;
}

SEC("cgroup/sock_create") int sock_create(struct bpf_sock *ctx) { return of_sock(ctx, CREATED); }
SEC("cgroup/post_bind4") int post_bind4(struct bpf_sock *ctx) { return of_sock(ctx, BOUND); }
SEC("cgroup/post_bind6") int post_bind6(struct bpf_sock *ctx) { return of_sock(ctx, BOUND); }
SEC("cgroup/connect4") int connect4(struct bpf_sock_addr *ctx) { return of_address(ctx, CONNECTED); }
SEC("cgroup/connect6") int connect6(struct bpf_sock_addr *ctx) { return of_address(ctx, CONNECTED); }
SEC("cgroup/sendmsg4") int sendmsg4(struct bpf_sock_addr *ctx) { return of_address(ctx, SENT); }
SEC("cgroup/sendmsg6") int sendmsg6(struct bpf_sock_addr *ctx) { return of_address(ctx, SENT); }

SEC("cgroup/sock_release")
int sock_release(struct bpf_sock *ctx)
{
	__u64 cookie = bpf_get_socket_cookie(ctx);
	struct owner *known = bpf_map_lookup_elem(&sockets, &cookie);

	if (known)
		known->released = bpf_ktime_get_ns();
	return 1;
}

/* accept(2) asks for the peer's address, and so does getpeername(2): both in the process that has the socket. */

SEC("cgroup/getpeername4")
int getpeername4(struct bpf_sock_addr *ctx)
{
	__u64 cookie = bpf_get_socket_cookie(ctx), netns = bpf_get_netns_cookie(ctx);
	struct bpf_sock *sk = ctx->sk;
	struct tuple key = {};

	own(cookie, netns, NAMED);
	if (ctx->protocol != IPPROTO_TCP || !sk)
		return 1;
	map_v4(key.src, sk->src_ip4);
	map_v4(key.dst, ctx->user_ip4);
	key.sport = sk->src_port;
	key.dport = bpf_ntohs(ctx->user_port);
	key.proto = IPPROTO_TCP;
	name(&key, cookie, netns);
	return 1;
}

SEC("cgroup/getpeername6")
int getpeername6(struct bpf_sock_addr *ctx)
{
	__u64 cookie = bpf_get_socket_cookie(ctx), netns = bpf_get_netns_cookie(ctx);
	struct bpf_sock *sk = ctx->sk;
	struct tuple key = {};
	__u32 *src = (__u32 *)key.src, *dst = (__u32 *)key.dst;

	own(cookie, netns, NAMED);
	if (ctx->protocol != IPPROTO_TCP || !sk)
		return 1;
	src[0] = sk->src_ip6[0];
	src[1] = sk->src_ip6[1];
	src[2] = sk->src_ip6[2];
	src[3] = sk->src_ip6[3];
	dst[0] = ctx->user_ip6[0];
	dst[1] = ctx->user_ip6[1];
	dst[2] = ctx->user_ip6[2];
	dst[3] = ctx->user_ip6[3];
	key.sport = sk->src_port;
	key.dport = bpf_ntohs(ctx->user_port);
	key.proto = IPPROTO_TCP;
	name(&key, cookie, netns);
	return 1;
}

static __always_inline bool has_ports(__u32 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE;
}

static __always_inline void read_sock(struct sock *sk, struct tuple *key)
{
	if (sk->__sk_common.skc_family == AF_INET) {
		map_v4(key->src, sk->__sk_common.skc_rcv_saddr);
		map_v4(key->dst, sk->__sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO(&key->src, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&key->dst, sk, __sk_common.skc_v6_daddr);
	}
	key->sport = sk->__sk_common.skc_num;
	key->dport = bpf_ntohs(sk->__sk_common.skc_dport);
	key->proto = sk->sk_protocol;
}

/* Every way to send and receive passes these (net/socket.c), io_uring's included; first those not known yet. */
static __always_inline int used(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;
	struct tuple key = {};
	struct owner *known;
	__u64 cookie, netns;
	__u32 tgid;

	if (family != AF_INET && family != AF_INET6)
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	known = bpf_map_lookup_elem(&sockets, &cookie);
	tgid = bpf_get_current_pid_tgid() >> 32;
	if (known && known->tgid == tgid && known->how != LISTENED)
		return 0;
	netns = sk->__sk_common.skc_net.net->net_cookie;
	own(cookie, netns, USED);
	read_sock(sk, &key);
	if (key.dport && has_ports(key.proto))
		name(&key, cookie, netns);
	return 0;
}

SEC("tp_btf/sock_send_length") int sock_send_length(__u64 *ctx) { return used((struct sock *)ctx[0]); }
SEC("tp_btf/sock_recv_length") int sock_recv_length(__u64 *ctx) { return used((struct sock *)ctx[0]); }

/* Instead of those two before Linux 6.3, where functions may be traced; sendfile(2) passes neither there. */
static __always_inline int used_by_call(__u64 *ctx)
{
	return used(((struct socket *)ctx[0])->sk);
}

SEC("?fentry/inet_sendmsg") int inet_sendmsg(__u64 *ctx) { return used_by_call(ctx); }
SEC("?fentry/inet6_sendmsg") int inet6_sendmsg(__u64 *ctx) { return used_by_call(ctx); }
SEC("?fentry/inet_recvmsg") int inet_recvmsg(__u64 *ctx) { return used_by_call(ctx); }
SEC("?fentry/inet6_recvmsg") int inet6_recvmsg(__u64 *ctx) { return used_by_call(ctx); }

/*
 * The states of connections. Who listens is noted under the listening name; a connection that waits to be accepted
 * is its listener's until a process uses it. The state of one changes wherever its packet comes in, so only the
 * first two are a process's own deeds.
 */

static __always_inline struct owner *listener_of(struct tuple *child, __u64 netns)
{
	struct tuple key = { .sport = child->sport, .proto = child->proto };
	struct named *found;
	__u64 cookie;

	__builtin_memcpy(key.src, child->src, 16);
	key.netns = netns;
	found = bpf_map_lookup_elem(&tuples, &key);
	if (!found) {
		__builtin_memset(key.src, 0, 16);
		found = bpf_map_lookup_elem(&tuples, &key);
	}
	if (!found) {
		map_v4(key.src, 0);
		found = bpf_map_lookup_elem(&tuples, &key);
	}
	if (!found)
		return 0;
	cookie = found->cookie;
	return bpf_map_lookup_elem(&sockets, &cookie);
}

static __always_inline void accepted(__u64 cookie, struct tuple *key, __u64 netns)
{
	struct owner fresh, *listener;

	if (bpf_map_lookup_elem(&sockets, &cookie))
		return;
	listener = listener_of(key, netns);
	if (!listener || listener->released)
		return;
	__builtin_memcpy(&fresh, listener, sizeof fresh);
	fresh.how = LISTENED;
	stored(bpf_map_update_elem(&sockets, &cookie, &fresh, BPF_NOEXIST), NEW_SOCKETS);
	name(key, cookie, netns);
}

static __always_inline bool in_kernel_thread(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_KTHREAD;
}

SEC("tp_btf/inet_sock_set_state")
int sock_state(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int before = ctx[1], after = ctx[2];
	struct named fresh = {};
	struct tuple key = {};
	struct owner *known;
	__u64 cookie, netns;

	if (after != TCP_LISTEN && after != TCP_SYN_SENT && after != TCP_ESTABLISHED && after != TCP_CLOSE)
		return 0;
	cookie = bpf_get_socket_cookie(sk);
	if (after == TCP_CLOSE) {
		known = bpf_map_lookup_elem(&sockets, &cookie);
		if (known && before != TCP_SYN_SENT)
			known->released = bpf_ktime_get_ns();
		return 0;
	}
	if (after == TCP_ESTABLISHED && before == TCP_SYN_SENT)
		return 0;
	netns = sk->__sk_common.skc_net.net->net_cookie;
	if (after != TCP_ESTABLISHED && !in_kernel_thread())
		own(cookie, netns, CONNECTED);
	if (after == TCP_SYN_SENT)
		return 0;
	read_sock(sk, &key);
	if (after == TCP_ESTABLISHED) {
		accepted(cookie, &key, netns);
		return 0;
	}
	fresh.cookie = cookie;
	fresh.netns = key.netns = netns;
	__builtin_memset(key.dst, 0, 16);
	stored(bpf_map_update_elem(&tuples, &key, &fresh, BPF_ANY), NEW_TUPLES);
	return 0;
}

/* Packets: a connection's first one, and every packet of what has no connection, say by which ends a socket is seen. */

struct ip4 {
	__u8 size, tos;
	__u16 total, id, fragment;
	__u8 ttl, proto;
	__u16 check;
	__be32 src, dst;
};

struct ip6 {
	__u32 flow;
	__u16 payload;
	__u8 next, hops;
	__u8 src[16], dst[16];
};

#define IP4_BYTES 20
#define IP6_BYTES 40
#define FLAGS_AT 13 /* of a TCP header */
#define LATER_FRAGMENT 0x1fff

static __always_inline void read_v4(const struct ip4 *head, struct tuple *key)
{
	key->proto = head->proto;
	map_v4(key->src, head->src);
	map_v4(key->dst, head->dst);
}

static __always_inline void read_v6(const struct ip6 *head, struct tuple *key)
{
	key->proto = head->next;
	__builtin_memcpy(key->src, head->src, 32);
}

/* Ports, or the type of an ICMP message, from the first four bytes of a transport. */
static __always_inline void read_ports(const __u16 *first, struct tuple *key)
{
	if (has_ports(key->proto)) {
		key->sport = bpf_ntohs(first[0]);
		key->dport = bpf_ntohs(first[1]);
	} else if (key->proto == IPPROTO_ICMP || key->proto == IPPROTO_ICMPV6) {
		key->sport = *(const __u8 *)first;
	}
}

static __always_inline void turn(struct tuple *key)
{
	__u16 port = key->sport;
	__u8 kept[16];

	key->sport = key->dport;
	key->dport = port;
	__builtin_memcpy(kept, key->src, 16);
	__builtin_memcpy(key->src, key->dst, 16);
	__builtin_memcpy(key->dst, kept, 16);
}

/* A socket that nobody owns and whose type is raw is the kernel's own, which sends resets and ICMP. */
static __always_inline void unowned(struct __sk_buff *skb, struct tuple *key)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return;
	sk = bpf_sk_fullsock(sk);
	if (sk && sk->type == SOCK_RAW)
		name_as(key, OF_KERNEL, 0, 1);
}

static __always_inline int seen(struct __sk_buff *skb, bool ingress)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct tuple key = {};
	struct owner *known;
	struct named *named;
	__u8 *at, flags;
	__u64 cookie;
	bool is_v4 = skb->protocol == bpf_htons(ETH_P_IP);

	if (is_v4) {
		struct ip4 *head = data;

		if (data + IP4_BYTES > end || (ingress && head->proto == IPPROTO_TCP) ||
		    (head->fragment & bpf_htons(LATER_FRAGMENT)))
			return 1;
		at = data + (head->size & 15) * 4;
		key.proto = head->proto;
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ip6 *head = data;

		if (data + IP6_BYTES > end || (ingress && head->next == IPPROTO_TCP))
			return 1;
		at = data + IP6_BYTES;
		key.proto = head->next;
	} else {
		return 1;
	}
	if (key.proto == IPPROTO_TCP) {
		/* A SYN alone: an answer to one leaves through the listening socket. Or a reset: maybe the kernel's. */
		if (at + FLAGS_AT + 1 > (__u8 *)end)
			return 1;
		flags = at[FLAGS_AT];
		if (!(flags & TCP_RST) && (flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
			return 1;
	} else if (ingress && !has_ports(key.proto)) {
		return 1;
	}
	if (is_v4)
		read_v4(data, &key);
	else
		read_v6(data, &key);
	if (at + 4 <= (__u8 *)end)
		read_ports((__u16 *)at, &key);
	cookie = bpf_get_socket_cookie(skb);
	if (ingress)
		turn(&key);
	if (!is_loopback(key.src)) { /* the common case is the next packet of the same socket: one look-up */
		named = bpf_map_lookup_elem(&tuples, &key);
		if (named && named->cookie == cookie)
			return 1;
	}
	known = bpf_map_lookup_elem(&sockets, &cookie);
	if (known) /* what is closed says good-bye, and takes nobody's name with it */
		name_as(&key, cookie, known->netns, known->released != 0);
	else if (!ingress)
		unowned(skb, &key);
	return 1;
}

SEC("cgroup_skb/ingress") int ingress(struct __sk_buff *skb) { return seen(skb, 1); }
SEC("cgroup_skb/egress") int egress(struct __sk_buff *skb) { return seen(skb, 0); }

/* Packet sockets send past the internet sockets and their hooks, in the system call of their process. */
SEC("tp_btf/net_dev_queue")
int injected(__u64 *ctx)
{
	struct sk_buff *skb = (struct sk_buff *)ctx[0];
	struct sock *sk = skb->sk;
	struct tuple key = {};
	struct ip4 head4;
	struct ip6 head6;
	__u16 first[2], protocol;
	__u64 cookie, netns;
	struct owner *known;
	void *at;

	if (!sk || sk->__sk_common.skc_family != AF_PACKET)
		return 0;
	protocol = skb->protocol;
	at = skb->head + skb->network_header;
	if (protocol == bpf_htons(ETH_P_IP)) {
		if (bpf_probe_read_kernel(&head4, IP4_BYTES, at))
			return 0;
		read_v4(&head4, &key);
		at += (head4.size & 15) * 4;
	} else if (protocol == bpf_htons(ETH_P_IPV6)) {
		if (bpf_probe_read_kernel(&head6, IP6_BYTES, at))
			return 0;
		read_v6(&head6, &key);
		at += IP6_BYTES;
	} else {
		return 0;
	}
	if (!bpf_probe_read_kernel(first, sizeof first, at))
		read_ports(first, &key);
	cookie = FORGED | BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), group_leader, start_boottime);
	netns = sk->__sk_common.skc_net.net->net_cookie;
	if (!bpf_map_lookup_elem(&sockets, &cookie))
		own(cookie, netns, INJECTED);
	known = bpf_map_lookup_elem(&sockets, &cookie);
	if (!known)
		return 0;
	known->released = bpf_ktime_get_ns(); /* never open: what it sends last counts for as long as one that closed */
	name_as(&key, cookie, netns, 1);
	return 0;
}

/* Processes. */

static __always_inline void blank(struct facts *facts)
{
	facts->ended = 0;
	facts->inode = 0;
	facts->device = 0;
	facts->executed = 0;
	facts->args_bytes = 0;
	facts->spare = 0;
	facts->exe[0] = 0;
}

SEC("tp_btf/sched_process_fork")
int forked(__u64 *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx[1];
	struct task_struct *parent = child->real_parent;
	struct identity key = { .start = child->start_boottime, .tgid = child->tgid };
	struct identity before = { .start = parent->group_leader->start_boottime, .tgid = parent->tgid };
	struct facts *facts;
	__u32 zero = 0;

	if (child->pid != child->tgid) /* a thread */
		return 0;
	facts = bpf_map_lookup_elem(&processes, &before);
	if (!facts) { /* it was there before this was: its child's facts begin with an exec, or are its own */
		facts = bpf_map_lookup_elem(&scratch, &zero);
		if (!facts)
			return 0;
		blank(facts);
	}
	stored(bpf_map_update_elem(&processes, &key, facts, BPF_ANY), NEW_PROCESSES);
	facts = bpf_map_lookup_elem(&processes, &key);
	if (!facts)
		return 0;
	facts->parent_start = before.start;
	facts->since = bpf_ktime_get_ns();
	facts->ended = 0;
	facts->ppid = before.tgid;
	facts->euid = child->cred->euid.val;
	facts->cgroup = bpf_get_current_cgroup_id();
	BPF_CORE_READ_STR_INTO(&facts->comm, child, comm);
	return 0;
}

static __always_inline void lived(struct identity *key, __u64 executed, __u64 ended)
{
	struct life fresh = { .executed = executed, .ended = ended };
	struct life *known = bpf_map_lookup_elem(&lives, key);

	if (known && ended)
		known->ended = ended;
	else
		bpf_map_update_elem(&lives, key, &fresh, BPF_ANY);
}

SEC("tp_btf/sched_process_exec")
int executed(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct linux_binprm *program = (struct linux_binprm *)ctx[2];
	struct task_struct *parent = task->real_parent;
	struct identity key = { .start = task->start_boottime, .tgid = task->tgid };
	unsigned long from = task->mm->arg_start, until = task->mm->arg_end;
	__u64 size = until - from;
	struct facts *facts;
	__u32 zero = 0;

	facts = bpf_map_lookup_elem(&scratch, &zero);
	if (!facts)
		return 0;
	facts->parent_start = parent->group_leader->start_boottime;
	facts->since = bpf_ktime_get_ns();
	lived(&key, facts->since, 0);
	facts->ended = 0;
	facts->inode = program->file->f_inode->i_ino;
	facts->device = program->file->f_inode->i_sb->s_dev;
	facts->spare = 0;
	facts->ppid = parent->tgid;
	facts->euid = task->cred->euid.val;
	facts->cgroup = bpf_get_current_cgroup_id();
	facts->executed = 1;
	BPF_CORE_READ_STR_INTO(&facts->comm, task, comm);
	bpf_probe_read_kernel_str(facts->exe, sizeof facts->exe, program->interp);
	if (size >= ARGS_BYTES)
		size = ARGS_BYTES - 1;
	size &= ARGS_BYTES - 1;
	facts->args_bytes = bpf_probe_read_user(facts->args, size, (void *)from) ? 0 : size;
	stored(bpf_map_update_elem(&processes, &key, facts, BPF_ANY), NEW_PROCESSES);
	return 0;
}

/* One that was there before this was is noted now: its children may ask who it was. */
SEC("tp_btf/sched_process_exit")
int exited(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct task_struct *parent = task->real_parent;
	struct identity key = { .start = task->group_leader->start_boottime, .tgid = task->tgid };
	__u64 now = bpf_ktime_get_ns();
	struct facts *facts;
	__u32 zero = 0;

	if (task->signal->live.counter) /* other threads go on */
		return 0;
	lived(&key, 0, now);
	facts = bpf_map_lookup_elem(&processes, &key);
	if (facts) {
		facts->ended = now;
		return 0;
	}
	facts = bpf_map_lookup_elem(&scratch, &zero);
	if (!facts)
		return 0;
	blank(facts);
	facts->parent_start = parent->group_leader->start_boottime;
	facts->since = facts->ended = now;
	facts->ppid = parent->tgid;
	facts->euid = task->cred->euid.val;
	facts->cgroup = bpf_get_current_cgroup_id();
	BPF_CORE_READ_STR_INTO(&facts->comm, task, group_leader, comm);
	stored(bpf_map_update_elem(&processes, &key, facts, BPF_ANY), NEW_PROCESSES);
	return 0;
}
