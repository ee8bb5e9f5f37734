"""The system calls of a process that only computes: what it reads is open, what it writes to is open.

Whatever is not named fails with EPERM. What no honest line of it would ever call ends the process at once:
then it is not ours any more. The kernel answers names without conditions from a table (Linux 5.11), so that
the length of this list costs nothing.
"""

from __future__ import annotations

import errno

from procwire.sandbox.assembler import KILL, Check, Rule, refusal

_READING = (
    "read readv pread64 preadv preadv2 lseek fstat stat lstat newfstatat statx fadvise64 getdents64 readlink "
    "readlinkat getcwd access faccessat faccessat2 open openat statfs fstatfs"  # what of the tree: Landlock
)
_WRITING = "write writev pwrite64 pwritev pwritev2 fsync fdatasync ftruncate sync_file_range fallocate"
_DESCRIPTORS = (
    "close close_range dup dup2 dup3 pipe pipe2 eventfd2 poll ppoll select pselect6 epoll_create1 epoll_ctl "
    "epoll_wait epoll_pwait"
)
_MEMORY = "munmap mremap brk madvise mincore msync membarrier"
_TIME = "clock_gettime clock_getres gettimeofday time times nanosleep clock_nanosleep setitimer getitimer"
_THREADS = (
    "futex set_robust_list get_robust_list rseq set_tid_address sched_yield sched_getaffinity getcpu exit "
    "exit_group restart_syscall"
)
_SIGNALS = "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigpending rt_sigsuspend sigaltstack"
_SELF = (
    "getpid getppid gettid getuid geteuid getgid getegid getgroups getresuid getresgid getrusage getrlimit "
    "getrandom uname sysinfo capget wait4 waitid getpgid getpgrp getsid"
)
# Files come and go only where Landlock lets them: in directories that a plan calls writable.
_FOLDERS = "unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir"

_FATAL = (
    "ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp bpf perf_event_open io_uring_setup "
    "io_uring_enter io_uring_register userfaultfd keyctl add_key request_key init_module finit_module "
    "delete_module kexec_load kexec_file_load reboot swapon swapoff acct mount umount2 pivot_root chroot "
    "open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr setns unshare open_by_handle_at iopl "
    "ioperm modify_ldt settimeofday clock_settime sethostname setdomainname quotactl quotactl_fd "
    "lookup_dcookie vhangup memfd_secret"
)
FATAL = tuple(_FATAL.split())

_PROT_WRITE_EXEC = 0x6
_PROT_EXEC = 0x4
_CLONE_THREAD = 0x00010000
_TCGETS, _TIOCGWINSZ, _FIONREAD, _FIONBIO, _FIOCLEX, _FIONCLEX = (
    0x5401,
    0x5413,
    0x541B,
    0x5421,
    0x5451,
    0x5450,
)
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)  # duplicates, flags, locks; no owner of signals (8 to 16)
_PRCTL = (3, 15, 16, 39)  # PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_NO_NEW_PRIVS

_CONDITIONAL = (
    # Memory that can be written is never executed: no code arrives by packet.
    Rule("mmap", checks=(Check(2, (0x0, 0x2, 0x4), _PROT_WRITE_EXEC),)),
    Rule("mprotect", checks=(Check(2, (0,), _PROT_EXEC),)),
    # Threads, never processes. clone3's flags lie in memory, where no filter can look: glibc and musl then
    # fall back to clone.
    Rule("clone", checks=(Check(0, (_CLONE_THREAD,), _CLONE_THREAD),)),
    Rule("clone3", action=refusal(errno.ENOSYS)),
    # No TIOCSTI, with which a terminal is typed at.
    Rule("ioctl", checks=(Check(1, (_TCGETS, _TIOCGWINSZ, _FIONREAD, _FIONBIO, _FIOCLEX, _FIONCLEX)),)),
    Rule("fcntl", checks=(Check(1, _FCNTL),)),
    Rule("prlimit64", checks=(Check(2, null=True),)),  # asked, not set
    Rule("prctl", checks=(Check(0, _PRCTL),)),
)


def computing(pid: int, *, folders: bool = False) -> tuple[Rule, ...]:
    """The rules of such a process; ``pid`` is its own, which alone it may signal.

    ``folders``: it has directories in which files come and go.
    """
    names = " ".join((_READING, _WRITING, _DESCRIPTORS, _MEMORY, _TIME, _THREADS, _SIGNALS, _SELF))
    if folders:
        names += f" {_FOLDERS}"
    own = (Rule("tgkill", checks=(Check(0, (pid,)),)), Rule("kill", checks=(Check(0, (pid,)),)))
    fatal = tuple(Rule(name, action=KILL) for name in FATAL)
    return (*(Rule(name) for name in names.split()), *_CONDITIONAL, *own, *fatal)
