// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * The whole process table, and who holds which socket, each in one read: BPF iterators (Linux 5.8).
 *
 *   processes   one row a process: its numbers, its namespaces, its program's inode (Linux 5.17)
 *   arguments   the command line of each process (sleepable, Linux 5.18)
 *   holders     one row a descriptor that is a socket, and one an io_uring, which may hold some by itself
 *
 * Nothing stays attached: a program runs while its file is read. Structs are mirrored in tasks.py.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

#define COMM_BYTES 16
#define MAX_THREADS 4096 /* of one process whose time is added up */
#define ARGS_BYTES 4096 /* a power of two: its mask bounds the copy */

enum kind { SOCKET = 1, RING };

struct row {
	__u64 start; /* CLOCK_BOOTTIME, ns */
	__u64 executed; /* goes up with every exec */
	__u64 runtime; /* ns, of all threads and of those that have ended */
	__u64 cgroup; /* cgroup v2 id */
	__u64 cgroups; /* the same for processes in the same cgroups of every hierarchy */
	__u64 inode; /* of its program */
	__s64 resident; /* pages */
	__u64 virtual; /* pages */
	__u32 device;
	__u32 links; /* names that its program has; 0 when it was deleted */
	__u32 pid;
	__u32 ppid;
	__u32 uid;
	__u32 euid;
	__u32 threads;
	__u32 state;
	__u32 exit_state;
	__u32 flags;
	__u32 netns;
	__u32 mntns;
	__u32 userns;
	__u32 pidns;
	__u32 ns_pid; /* in its own pid namespace */
	__u32 spare;
	char comm[COMM_BYTES];
};

struct arguments {
	__u32 pid;
	__u32 size;
	char text[ARGS_BYTES];
};

struct holder {
	__u64 cookie;
	__u64 inode;
	__u32 pid;
	__u32 fd;
	__u16 family;
	__u16 protocol;
	__u32 kind;
};

/* Too large for a program's stack of 512 bytes. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct arguments);
} scratch SEC(".maps");

/* Before Linux 6.2 its type is a typedef that programs may not walk through by themselves. */
static __always_inline __s64 pages_before(struct mm_struct *mm, __u32 kind)
{
	struct mm_struct___before *before = (void *)mm;
	__s64 count = 0;

	bpf_probe_read_kernel(&count, sizeof count, &before->rss_stat.count[kind]);
	return count;
}

static __always_inline void memory(struct row *row, struct mm_struct *mm)
{
	if (bpf_core_type_exists(struct mm_rss_stat))
		row->resident = pages_before(mm, 0) + pages_before(mm, 1) + pages_before(mm, 3);
	else
		row->resident = mm->rss_stat[0].count + mm->rss_stat[1].count + mm->rss_stat[3].count;
	row->virtual = mm->total_vm;
}

static __always_inline void program(struct row *row, struct inode *inode)
{
	row->inode = inode->i_ino;
	row->links = inode->i_nlink;
	row->device = inode->i_sb->s_dev;
}

/*
 * The innermost of the namespaces that a pid is in; most are in the first one only. Its place is reckoned from a
 * number and not from the pointer, which programs may not add what they have read to before Linux 6.2.
 */
static __always_inline void innermost(struct row *row, struct task_struct *task)
{
	struct pid *pid = task->thread_pid;
	struct pid_namespace *space = 0;
	unsigned int level = pid->level;
	__u64 at = 0;

	if (!level) {
		row->ns_pid = pid->numbers[0].nr;
		row->pidns = pid->numbers[0].ns->ns.inum;
		return;
	}
	bpf_probe_read_kernel(&at, sizeof at, &task->thread_pid);
	at += bpf_core_field_offset(struct pid, numbers) + level * bpf_core_type_size(struct upid);
	bpf_probe_read_kernel(&row->ns_pid, sizeof row->ns_pid, (void *)at + bpf_core_field_offset(struct upid, nr));
	bpf_probe_read_kernel(&space, sizeof space, (void *)at + bpf_core_field_offset(struct upid, ns));
	row->pidns = BPF_CORE_READ(space, ns.inum);
}

struct walk {
	__u64 at; /* a thread's place in its process's list */
	__u64 signal;
	__u64 runtime;
};

static long one_thread(__u32 number, struct walk *walk)
{
	struct task_struct *thread = (void *)walk->at - bpf_core_field_offset(struct task_struct, thread_node);
	__u64 runtime = 0, signal = 0;

	bpf_probe_read_kernel(&signal, sizeof signal, &thread->signal);
	if (signal != walk->signal) /* one has ended meanwhile: this is the list's head, or another's thread */
		return 1;
	bpf_probe_read_kernel(&runtime, sizeof runtime, &thread->se.sum_exec_runtime);
	bpf_probe_read_kernel(&walk->at, sizeof walk->at, &thread->thread_node.next);
	walk->runtime += runtime;
	return 0;
}

static __always_inline __u64 runtime_of(struct task_struct *task)
{
	__u64 ended = task->signal->sum_sched_runtime;
	__u32 threads = task->signal->nr_threads;
	struct walk walk = {};

	if (threads <= 1)
		return task->se.sum_exec_runtime + ended;
	bpf_probe_read_kernel(&walk.signal, sizeof walk.signal, &task->signal);
	bpf_probe_read_kernel(&walk.at, sizeof walk.at, &task->signal->thread_head.next);
	bpf_loop(threads < MAX_THREADS ? threads : MAX_THREADS, one_thread, &walk, 0);
	/* volatile: else the compiler makes one load of this and of the other return's, and the verifier refuses it */
	return *(volatile __u64 *)&walk.runtime + ended;
}

SEC("iter/task")
int processes(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct row row = {};

	if (!task || task->pid != task->tgid)
		return 0;
	row.start = task->start_boottime;
	row.executed = task->self_exec_id;
	row.runtime = runtime_of(task);
	row.cgroup = task->cgroups->dfl_cgrp->kn->id;
	row.cgroups = (__u64)task->cgroups;
	row.pid = task->pid;
	row.ppid = task->real_parent->tgid;
	row.uid = task->cred->uid.val;
	row.euid = task->cred->euid.val;
	row.threads = task->signal->nr_threads;
	row.state = task->__state;
	row.exit_state = task->exit_state;
	row.flags = task->flags;
	row.netns = task->nsproxy->net_ns->ns.inum;
	row.mntns = task->nsproxy->mnt_ns->ns.inum;
	row.userns = task->cred->user_ns->ns.inum;
	__builtin_memcpy(row.comm, task->comm, COMM_BYTES);
	innermost(&row, task);
	if (task->mm) {
		memory(&row, task->mm);
		if (task->mm->exe_file)
			program(&row, task->mm->exe_file->f_inode);
	}
	bpf_seq_write(ctx->meta->seq, &row, sizeof row);
	return 0;
}

SEC("iter.s/task")
int arguments(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct arguments *found;
	__u64 from, size;
	__u32 zero = 0;

	if (!task || task->pid != task->tgid || !task->mm)
		return 0;
	found = bpf_map_lookup_elem(&scratch, &zero);
	if (!found)
		return 0;
	from = task->mm->arg_start;
	size = task->mm->arg_end - from;
	if (size >= ARGS_BYTES)
		size = ARGS_BYTES - 1;
	size &= ARGS_BYTES - 1;
	if (size && bpf_copy_from_user_task(found->text, size, (void *)from, task, 0))
		size = 0;
	found->pid = task->pid;
	found->size = size;
	bpf_seq_write(ctx->meta->seq, found, 8 + size);
	return 0;
}

/* An io_uring is a file without a name of its own: "[io_uring]", see io_uring/io_uring.c. */
static __always_inline bool is_ring(struct file *file)
{
	char name[8] = {};

	bpf_probe_read_kernel_str(name, sizeof name, BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return name[0] == '[' && name[1] == 'i' && name[2] == 'o' && name[3] == '_' && name[4] == 'u';
}

SEC("iter/task_file")
int holders(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct holder held = {};
	struct socket *socket;

	if (!task || !file)
		return 0;
	held.pid = task->tgid;
	held.fd = ctx->fd;
	held.inode = file->f_inode->i_ino;
	socket = bpf_sock_from_file(file);
	if (socket) {
		struct sock *sk = socket->sk;

		if (!sk)
			return 0;
		held.kind = SOCKET;
		held.family = sk->__sk_common.skc_family;
		held.protocol = sk->sk_protocol;
		if (held.family == AF_INET || held.family == AF_INET6)
			held.cookie = bpf_get_socket_cookie(sk);
	} else if (is_ring(file)) {
		held.kind = RING;
	} else {
		return 0;
	}
	bpf_seq_write(ctx->meta->seq, &held, sizeof held);
	return 0;
}
