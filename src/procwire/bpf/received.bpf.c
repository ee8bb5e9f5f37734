// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * Whose is a packet that has just come in: one target's, before any queue, so that what a process, a unit or a control
 * group receives can be shaped.
 *
 * A filter at an interface's ingress hook (SCHED_CLS). It looks up the socket that will take the packet (TCP and UDP,
 * bpf_sk_lookup_*, Linux 4.20) and asks for that socket's control group and those above it. What is the target's gets a
 * priority, which is a class of the tree that it is then led to, and the filter matches; all else is not matched and
 * goes on as it came. Sockets that a process had before it got a group of its own carry the same priority themselves
 * (SO_PRIORITY).
 *
 * No helper tells a tc program the control group of a socket that it looked up (bpf_sk_ancestor_cgroup_id is for
 * cgroup_skb programs), so the kernel's own fields are read, by BTF.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

#define IN_THIS_NAMESPACE (-1L) /* BPF_F_CURRENT_NETNS: of the interface */
#define MAX_DEPTH 32 /* control groups above one another */
#define MAX_HEADERS 6 /* IPv6 extension headers */
#define NEXT_HOPS 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_OPTIONS 60
#define MATCHED (-1)
#define NOT_MATCHED 0

struct target {
	__u64 cgroup; /* id: the inode of its folder */
	__u32 priority; /* what its packets get, and what its older sockets have; the upper half is the tree's */
	__u32 spare;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct target);
} target SEC(".maps");

struct bpf_sock_tuple { /* user space ABI */
	union {
		struct {
			__be32 saddr, daddr;
			__be16 sport, dport;
		} ipv4;
		struct {
			__be32 saddr[4], daddr[4];
			__be16 sport, dport;
		} ipv6;
	};
};

struct ends {
	struct bpf_sock_tuple tuple;
	__u32 bytes; /* of the tuple */
	__u8 protocol;
};

struct ip4 {
	__u8 version_words;
	__u8 tos;
	__be16 size, id, fragment;
	__u8 ttl, protocol;
	__sum16 sum;
	__be32 saddr, daddr;
};

struct ip6 {
	__be32 flow;
	__be16 size;
	__u8 next, hops;
	__be32 saddr[4], daddr[4];
};

struct extension {
	__u8 next, words; /* of 8 bytes, beyond the first */
	__be16 fragment;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct cgroup_subsys_state {
	struct cgroup_subsys_state *parent;
};

struct cgroup___walked {
	struct cgroup_subsys_state self; /* at its start (include/linux/cgroup-defs.h) */
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup___walked *cgroup; /* since Linux 5.16 the only thing that it may be */
};

struct sock___owned {
	struct sock_cgroup_data sk_cgrp_data;
};
#pragma clang attribute pop

static __always_inline int ports(struct __sk_buff *skb, __u32 at, __be16 *pair)
{
	return bpf_skb_load_bytes_relative(skb, at, pair, 4, BPF_HDR_START_NET);
}

static __always_inline int of_ip4(struct __sk_buff *skb, struct ends *ends)
{
	struct ip4 head;
	__be16 pair[2];

	if (bpf_skb_load_bytes_relative(skb, 0, &head, sizeof head, BPF_HDR_START_NET))
		return -1;
	if (head.fragment & bpf_htons(0x1fff) || (head.version_words & 15) < 5)
		return -1; /* later fragments have no ports */
	if (ports(skb, (head.version_words & 15) * 4, pair))
		return -1;
	ends->protocol = head.protocol;
	ends->tuple.ipv4.saddr = head.saddr;
	ends->tuple.ipv4.daddr = head.daddr;
	ends->tuple.ipv4.sport = pair[0];
	ends->tuple.ipv4.dport = pair[1];
	ends->bytes = sizeof ends->tuple.ipv4;
	return 0;
}

static __always_inline int of_ip6(struct __sk_buff *skb, struct ends *ends)
{
	struct extension extension;
	__u32 at = sizeof(struct ip6);
	struct ip6 head;
	__be16 pair[2];
	__u8 next;

	if (bpf_skb_load_bytes_relative(skb, 0, &head, sizeof head, BPF_HDR_START_NET))
		return -1;
	next = head.next;
	for (int count = 0; count < MAX_HEADERS; count++) {
		if (next != NEXT_HOPS && next != NEXT_ROUTING && next != NEXT_OPTIONS && next != NEXT_FRAGMENT)
			break;
		if (bpf_skb_load_bytes_relative(skb, at, &extension, sizeof extension, BPF_HDR_START_NET))
			return -1;
		if (next == NEXT_FRAGMENT && extension.fragment & bpf_htons(0xfff8))
			return -1;
		at += next == NEXT_FRAGMENT ? 8 : 8 * (1 + extension.words);
		next = extension.next;
	}
	if (ports(skb, at, pair))
		return -1;
	ends->protocol = next;
	__builtin_memcpy(ends->tuple.ipv6.saddr, head.saddr, sizeof head.saddr);
	__builtin_memcpy(ends->tuple.ipv6.daddr, head.daddr, sizeof head.daddr);
	ends->tuple.ipv6.sport = pair[0];
	ends->tuple.ipv6.dport = pair[1];
	ends->bytes = sizeof ends->tuple.ipv6;
	return 0;
}

/* Whether a socket's control group is the one that is meant, or below it. The socket is held by the caller: a pointer
 * of that kind must not be moved, so its number is taken from the stack. */
static __always_inline int is_in(struct bpf_sock *sk, __u64 wanted)
{
	struct bpf_sock *held = sk;
	struct cgroup___walked *group;
	__u64 number = 0;

	if (bpf_probe_read_kernel(&number, sizeof number, &held))
		return 0;
	group = BPF_CORE_READ((struct sock___owned *)number, sk_cgrp_data.cgroup);
	for (int depth = 0; depth < MAX_DEPTH && group; depth++) {
		if (BPF_CORE_READ(group, kn, id) == wanted)
			return 1;
		group = (void *)BPF_CORE_READ(group, self.parent);
	}
	return 0;
}

static __always_inline int is_of(struct bpf_sock *sk, struct target *wanted)
{
	return sk->priority == wanted->priority || is_in(sk, wanted->cgroup);
}

SEC("tc")
int received(struct __sk_buff *skb)
{
	struct ends ends = {};
	struct target *wanted;
	struct bpf_sock *sk = 0;
	__u32 zero = 0;
	int found = 0;

	wanted = bpf_map_lookup_elem(&target, &zero);
	if (!wanted)
		return NOT_MATCHED;
	if (skb->protocol == bpf_htons(ETH_P_IP) ? of_ip4(skb, &ends) :
	    skb->protocol == bpf_htons(ETH_P_IPV6) ? of_ip6(skb, &ends) : -1)
		ends.bytes = 0;
	if (ends.bytes == sizeof ends.tuple.ipv4 && ends.protocol == IPPROTO_TCP)
		sk = bpf_sk_lookup_tcp(skb, &ends.tuple, sizeof ends.tuple.ipv4, IN_THIS_NAMESPACE, 0);
	else if (ends.bytes == sizeof ends.tuple.ipv6 && ends.protocol == IPPROTO_TCP)
		sk = bpf_sk_lookup_tcp(skb, &ends.tuple, sizeof ends.tuple.ipv6, IN_THIS_NAMESPACE, 0);
	else if (ends.bytes == sizeof ends.tuple.ipv4 && ends.protocol == IPPROTO_UDP)
		sk = bpf_sk_lookup_udp(skb, &ends.tuple, sizeof ends.tuple.ipv4, IN_THIS_NAMESPACE, 0);
	else if (ends.bytes == sizeof ends.tuple.ipv6 && ends.protocol == IPPROTO_UDP)
		sk = bpf_sk_lookup_udp(skb, &ends.tuple, sizeof ends.tuple.ipv6, IN_THIS_NAMESPACE, 0);
	if (sk) {
		found = is_of(sk, wanted);
		bpf_sk_release(sk);
	}
	if (found) {
		skb->priority = wanted->priority;
		return MATCHED;
	}
	/* Over loopback the sender's own class is still on it, and means nothing to a tree of what is received. */
	if (skb->priority >> 16 == wanted->priority >> 16)
		skb->priority = 0;
	return NOT_MATCHED;
}
