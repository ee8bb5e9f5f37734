// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Who owns a socket, noted where the kernel knows it: in the process's own system call.
 *
 *   sock_create, post_bind, connect, sendmsg   the socket and the process that made, bound or steers it
 *   getpeername                                accept(2) with an address ends there, in the accepting process
 *   send, recv (tracepoints, Linux 6.3)        the process that uses it: accepted, inherited and passed sockets
 *   sock_release                               when it was closed
 *   cgroup_skb                                 the 5-tuples of a connection's SYN and of each datagram
 *   fork, exec (tracepoints)                   who a process is, for those that end before anyone looks
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
#define COMM_BYTES 16
#define EXE_BYTES 256
#define ARGS_BYTES 512 /* a power of two: its mask bounds the copy */

enum how { CREATED = 1, BOUND, CONNECTED, SENT, NAMED, USED };
enum count { NEW_SOCKETS, NEW_TUPLES, NEW_PROCESSES, REFUSED, COUNTS };

struct owner {
	__u64 start; /* CLOCK_BOOTTIME, ns */
	__u64 netns; /* cookie of the network namespace */
	__u64 released; /* CLOCK_MONOTONIC, ns; 0 while it is open */
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
	__u16 sport; /* host order */
	__u16 dport;
	__u32 proto;
};

struct named {
	__u64 cookie;
	__u64 netns;
	__u64 contested; /* another namespace has an open socket of the same name */
};

struct identity {
	__u64 start;
	__u32 tgid;
	__u32 spare;
};

struct facts {
	__u64 parent_start;
	__u64 cgroup;
	__u32 ppid;
	__u32 euid;
	__u32 args_bytes;
	__u32 executed;
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

	if (!tgid || !cookie || (known && known->tgid == tgid && !known->released))
		return;
	task = (struct task_struct *)bpf_get_current_task();
	fresh.start = BPF_CORE_READ(task, group_leader, start_boottime);
	fresh.euid = BPF_CORE_READ(task, cred, euid.val);
	fresh.netns = netns;
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

static __always_inline void name(struct tuple *key, __u64 cookie, __u64 netns)
{
	struct named fresh = { .cookie = cookie, .netns = netns };
	struct named *known;
	struct owner *other;
	__u64 before;

	key->netns = is_loopback(key->src) ? netns : 0;
	known = bpf_map_lookup_elem(&tuples, key);
	if (known) {
		if (known->cookie == cookie)
			return;
		before = known->cookie;
		if (known->netns != netns) {
			other = bpf_map_lookup_elem(&sockets, &before);
			fresh.contested = other && !other->released;
		}
	}
	stored(bpf_map_update_elem(&tuples, key, &fresh, BPF_ANY), NEW_TUPLES);
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
	if (known && known->tgid == tgid)
		return 0;
	netns = sk->__sk_common.skc_net.net->net_cookie;
	own(cookie, netns, USED);
	key.sport = sk->__sk_common.skc_num;
	key.dport = bpf_ntohs(sk->__sk_common.skc_dport);
	key.proto = sk->sk_protocol;
	if (!key.dport || (key.proto != IPPROTO_TCP && key.proto != IPPROTO_UDP))
		return 0;
	if (family == AF_INET) {
		map_v4(key.src, sk->__sk_common.skc_rcv_saddr);
		map_v4(key.dst, sk->__sk_common.skc_daddr);
	} else {
		BPF_CORE_READ_INTO(&key.src, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&key.dst, sk, __sk_common.skc_v6_daddr);
	}
	name(&key, cookie, netns);
	return 0;
}

SEC("tp_btf/sock_send_length") int sock_send_length(__u64 *ctx) { return used((struct sock *)ctx[0]); }
SEC("tp_btf/sock_recv_length") int sock_recv_length(__u64 *ctx) { return used((struct sock *)ctx[0]); }

/* Packets: a connection's first one, and every datagram, say under which 5-tuple a socket is seen. */


/* The offset of the transport header, 0 for what is not named here. ``*proto`` is the transport. */
static __always_inline __u32 read_v4(struct __sk_buff *skb, struct tuple *key)
{
	__u8 head[20];

	if (bpf_skb_load_bytes(skb, 0, head, sizeof head))
		return 0;
	if ((head[6] & 0x1f) || head[7]) /* a later fragment has no ports */
		return 0;
	key->proto = head[9];
	map_v4(key->src, *(__u32 *)(head + 12));
	map_v4(key->dst, *(__u32 *)(head + 16));
	return (head[0] & 15) * 4;
}

static __always_inline __u32 read_v6(struct __sk_buff *skb, struct tuple *key)
{
	__u8 next;

	if (bpf_skb_load_bytes(skb, 6, &next, 1) || bpf_skb_load_bytes(skb, 8, key->src, 32))
		return 0;
	key->proto = next;
	return 40;
}

static __always_inline int seen(struct __sk_buff *skb, bool ingress)
{
	struct tuple key = {}, turned = {};
	struct owner *known;
	__u8 flags;
	__u16 ports[2];
	__u32 at;
	__u64 cookie;

	if (skb->protocol == bpf_htons(0x0800))
		at = read_v4(skb, &key);
	else if (skb->protocol == bpf_htons(0x86dd))
		at = read_v6(skb, &key);
	else
		return 1;
	if (!at)
		return 1;
	if (key.proto == IPPROTO_TCP) {
		/* A SYN alone: an answer to one leaves through the listening socket. */
		if (ingress || bpf_skb_load_bytes(skb, at + 13, &flags, 1) ||
		    (flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
			return 1;
	} else if (key.proto != IPPROTO_UDP) {
		return 1;
	}
	cookie = bpf_get_socket_cookie(skb);
	known = bpf_map_lookup_elem(&sockets, &cookie);
	if (!known || bpf_skb_load_bytes(skb, at, ports, sizeof ports))
		return 1;
	key.sport = bpf_ntohs(ports[0]);
	key.dport = bpf_ntohs(ports[1]);
	if (!ingress) {
		name(&key, cookie, known->netns);
		return 1;
	}
	__builtin_memcpy(turned.src, key.dst, 16);
	__builtin_memcpy(turned.dst, key.src, 16);
	turned.sport = key.dport;
	turned.dport = key.sport;
	turned.proto = key.proto;
	name(&turned, cookie, known->netns);
	return 1;
}

SEC("cgroup_skb/ingress") int ingress(struct __sk_buff *skb) { return seen(skb, 1); }
SEC("cgroup_skb/egress") int egress(struct __sk_buff *skb) { return seen(skb, 0); }

/* Processes. */

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
		facts->executed = 0;
		facts->args_bytes = 0;
		facts->exe[0] = 0;
	}
	stored(bpf_map_update_elem(&processes, &key, facts, BPF_ANY), NEW_PROCESSES);
	facts = bpf_map_lookup_elem(&processes, &key);
	if (!facts)
		return 0;
	facts->parent_start = before.start;
	facts->ppid = before.tgid;
	facts->euid = child->cred->euid.val;
	facts->cgroup = bpf_get_current_cgroup_id();
	BPF_CORE_READ_STR_INTO(&facts->comm, child, comm);
	return 0;
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
