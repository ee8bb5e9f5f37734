// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0
/*
 * The life of every process as it happens: fork, exec and exit into a ring buffer, with all that a process is known
 * by, so that one which lived for two milliseconds is told of in full. Threads are not told of.
 *
 * What finds the buffer full is counted and lost; nothing waits. Structs are mirrored in lifecycle.py.
 */
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

#define BUFFER_BYTES (1 << 22)
#define COMM_BYTES 16
#define EXE_BYTES 256
#define ARGS_BYTES 1024 /* a power of two: its mask bounds the copy */

enum kind { FORK = 1, EXEC, EXIT };

struct event {
	__u64 time; /* CLOCK_BOOTTIME, ns */
	__u64 start; /* the same, of the process */
	__u64 parent_start;
	__u64 runtime; /* ns of processor time, at its exit: of its last thread and of those that ended before */
	__u64 cgroup; /* cgroup v2 id */
	__u32 kind;
	__u32 pid;
	__u32 ppid;
	__u32 euid;
	__u32 netns;
	__u32 exit_code; /* as wait(2) gives it */
	__u32 args_bytes;
	__u32 spare;
	char comm[COMM_BYTES];
	char exe[EXE_BYTES];
	char args[ARGS_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, BUFFER_BYTES);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline struct event *begun(struct task_struct *task, __u32 kind)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
	struct task_struct *parent = task->real_parent;
	__u32 zero = 0;
	__u64 *number;

	if (!event) {
		number = bpf_map_lookup_elem(&lost, &zero);
		if (number)
			*number += 1;
		return 0;
	}
	event->time = bpf_ktime_get_boot_ns();
	event->start = task->group_leader->start_boottime;
	event->parent_start = parent->group_leader->start_boottime;
	event->runtime = 0;
	event->cgroup = task->cgroups->dfl_cgrp->kn->id;
	event->kind = kind;
	event->pid = task->tgid;
	event->ppid = parent->tgid;
	event->euid = task->cred->euid.val;
	event->netns = task->nsproxy->net_ns->ns.inum;
	event->exit_code = 0;
	event->args_bytes = 0;
	event->spare = 0;
	event->exe[0] = 0;
	BPF_CORE_READ_STR_INTO(&event->comm, task, group_leader, comm);
	return event;
}

SEC("tp_btf/sched_process_fork")
int forked(__u64 *ctx)
{
	struct task_struct *child = (struct task_struct *)ctx[1];
	struct event *event;

	if (child->pid != child->tgid)
		return 0;
	event = begun(child, FORK);
	if (event)
		bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int executed(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct linux_binprm *program = (struct linux_binprm *)ctx[2];
	unsigned long from = task->mm->arg_start;
	__u64 size = task->mm->arg_end - from;
	struct event *event = begun(task, EXEC);

	if (!event)
		return 0;
	bpf_probe_read_kernel_str(event->exe, sizeof event->exe, program->interp);
	if (size >= ARGS_BYTES)
		size = ARGS_BYTES - 1;
	size &= ARGS_BYTES - 1;
	event->args_bytes = bpf_probe_read_user(event->args, size, (void *)from) ? 0 : size;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int exited(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)ctx[0];
	struct event *event;

	if (task->signal->live.counter) /* other threads go on */
		return 0;
	event = begun(task, EXIT);
	if (!event)
		return 0;
	event->exit_code = task->signal->group_exit_code ? task->signal->group_exit_code : task->exit_code;
	event->runtime = task->se.sum_exec_runtime + task->signal->sum_sched_runtime;
	bpf_ringbuf_submit(event, 0);
	return 0;
}
