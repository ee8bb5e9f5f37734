"""The system calls of a process that only computes: what it reads is open, what it writes to is open.

Whatever is not named fails with EPERM. What no honest line of it would ever call ends the process at once:
then it is not ours any more. The kernel answers names without conditions from a table (Linux 5.11), so that
the length of this list costs nothing.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Collection, Iterable

from procwire.sandbox.assembler import ALLOW, KILL, Check, Rule, refusal
from procwire.sandbox.descriptors import Open

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
_TERMINAL = (_TCGETS, _TIOCGWINSZ, _FIONREAD, _FIONBIO, _FIOCLEX, _FIONCLEX)
_SIOCGIFINDEX = 0x8933
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030)  # duplicates, flags, locks; no owner of signals (8 to 16)
_PRCTL = (3, 15, 16, 39)  # PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_NO_NEW_PRIVS

_HEARING = "recvfrom recvmsg getsockopt getsockname getpeername shutdown"
# With which a packet socket could be written to, or come to where it may be.
_GUARDED = frozenset({"write", "writev", "pwritev", "pwritev2", "close", "close_range", "dup2", "dup3"})
_LEVELS, _OPTIONS = (1, 263), (18, 26, 50)  # PACKET_FANOUT; SO_ATTACH_FILTER, SO_ATTACH_BPF
_MAP_COMMANDS = (
    1,
    2,
    3,
    4,
    15,
    21,
    24,
    25,
    26,
    27,
)  # elements of maps, and what a descriptor is; nothing new
_ASKING = "connect bind setsockopt sendto sendmsg setns bpf perf_event_open name_to_handle_at"
_SPEAKING = "connect setsockopt sendto sendmsg sendmmsg"
_SOCKET_KIND = 0xF  # without SOCK_CLOEXEC and SOCK_NONBLOCK
_SIOCOUTQ = 0x5411
_FAMILIES = (
    1,
    16,
    17,
)  # AF_UNIX, AF_NETLINK, AF_PACKET: whom the warden asks, and what it opens; no internet
_OPENING = {"openat": 2, "open": 1}  # the place of their flags
_ANY_WRITING = 0x3 | 0x40 | 0x200 | 0x400  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND

# What neither the process that stays nor any that it forks ever does. It listens already.
_NEVER = (
    "execve", "execveat", "listen", "symlink", "symlinkat", "link", "linkat", "mknod", "mknodat", "tkill",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal", "memfd_create", "shmget", "shmat", "mq_open",
    "process_madvise", "process_mrelease",
)  # fmt: skip
# Nor shaping's warden, beside those: it makes no process, and stays who it is.
_OTHERWISE = (
    "fork", "vfork", "setpriority", "syslog", "setuid", "setreuid", "setresuid", "setgid", "setregid",
    "setresgid", "setgroups", "capset",
)  # fmt: skip
_MAKING = frozenset({"bpf", "perf_event_open", "setns", "unshare"})  # what a warden and an engine begin with
_TIOCSTI = 0x5412
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_CLONE_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_LOCAL = (1, 16)  # AF_UNIX, AF_NETLINK
_CLIENTS = (1, 2, 10, 16, 17)  # AF_UNIX, AF_INET and AF_INET6 of a courier, AF_NETLINK, AF_PACKET

_CONDITIONAL = (
    # Memory that can be written is never executed: no code arrives by packet.
    Rule("mmap", checks=(Check(2, (0x0, 0x2, 0x4), _PROT_WRITE_EXEC),)),
    Rule("mprotect", checks=(Check(2, (0,), _PROT_EXEC),)),
    # Threads, never processes. clone3's flags lie in memory, where no filter can look: glibc and musl then
    # fall back to clone.
    Rule("clone", checks=(Check(0, (_CLONE_THREAD,), _CLONE_THREAD),)),
    Rule("clone3", action=refusal(errno.ENOSYS)),
    # No TIOCSTI, with which a terminal is typed at.
    Rule("ioctl", checks=(Check(1, _TERMINAL),)),
    Rule("fcntl", checks=(Check(1, _FCNTL),)),
    Rule("prlimit64", checks=(Check(2, null=True),)),  # asked, not set
    Rule("prctl", checks=(Check(0, _PRCTL),)),
)


def computing(pid: int, *, folders: bool = False) -> tuple[Rule, ...]:
    """The rules of such a process; ``pid`` is its own, which alone it may signal.

    ``folders``: it has directories in which files come and go.
    """
    return (*_plain(_names(folders)), *_CONDITIONAL, *_own(pid), *_fatal())


def recording(pid: int) -> tuple[Rule, ...]:
    """The rules of the scribe: it hears on one line, and writes in the folder of its ledger."""
    return (*_plain([*_names(True), "recvmsg", "flock"]), *_CONDITIONAL, *_own(pid), *_fatal())


def watching(pid: int, held: Open, *, folders: bool = False) -> tuple[Rule, ...]:
    """The same for one that holds packet sockets and maps of the kernel: it reads them, and sends nothing.

    What may be written to keeps its number: such a descriptor is not closed, though the process believes so,
    and none is laid over it. Else a packet socket could take its place.
    """
    names = [name for name in (*_names(folders), *_HEARING.split()) if name not in _GUARDED]
    write = Check(0, held.writable)
    speak = Check(0, held.speaking)
    kept = Check(0, (*held.writable, *held.speaking))
    return (
        *_plain(names),
        *_CONDITIONAL,
        *_own(pid),
        Rule("write", checks=(write,)),
        Rule("writev", checks=(write,)),
        Rule("sendto", checks=(speak,)),
        Rule("sendmsg", checks=(speak,)),
        Rule("close", action=refusal(0), checks=(kept,), otherwise=ALLOW),
        Rule("setsockopt", checks=(Check(1, _LEVELS), Check(2, _OPTIONS))),
        Rule("bpf", checks=(Check(0, _MAP_COMMANDS),), otherwise=KILL),
        _precedence(),
        *_fatal({"bpf"}),
    )


def delivering(pid: int, *, folders: bool, datagrams: bool) -> tuple[Rule, ...]:
    """The rules of the courier: it computes, and speaks TCP and, where ``datagrams``, UDP over IP.

    Where to is Landlock's to see to for TCP; UDP it does not cover, so that it is left out where it can be.
    """
    names = [*_names(folders), *_HEARING.split(), *_SPEAKING.split()]
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM) if datagrams else (socket.SOCK_STREAM,)
    families = (socket.AF_INET, socket.AF_INET6)
    return (
        *_plain(names),
        *(rule for rule in _CONDITIONAL if rule.name != "ioctl"),
        *_own(pid),
        Rule("socket", checks=(Check(0, families), Check(1, kinds, _SOCKET_KIND))),
        Rule("ioctl", checks=(Check(1, (*_TERMINAL, _SIOCOUTQ)),)),
        *_fatal(),
    )


def staying(*, root: bool) -> tuple[Rule, ...]:
    """The rules of the process that stays, and so of all that it forks: what none of them ever does.

    No program is executed, nobody is traced, nothing is mounted, or loaded into the kernel but programs of
    BPF. All else stays allowed. ``root``: an engine needs no user namespace to leave the network.
    """
    no = refusal(errno.EPERM)
    leaving = (_CLONE_NEWNET,) if root else (_CLONE_NEWNET, _CLONE_NEWNET | _CLONE_NEWUSER)
    return (
        *(Rule(name, action=no) for name in _NEVER),
        Rule("mmap", checks=(Check(2, (0x0, 0x2, 0x4), _PROT_WRITE_EXEC),), otherwise=no),
        Rule("mprotect", checks=(Check(2, (0,), _PROT_EXEC),), otherwise=no),
        Rule("clone", checks=(Check(0, (0,), _CLONE_NAMESPACES),), otherwise=no),
        Rule("clone3", action=refusal(errno.ENOSYS)),
        Rule("unshare", checks=(Check(0, leaving),), otherwise=KILL),
        Rule("socket", checks=(Check(0, _CLIENTS),), otherwise=no),
        Rule("ioctl", action=no, checks=(Check(1, (_TIOCSTI,)),), otherwise=ALLOW),
        Rule("fcntl", checks=(Check(1, _FCNTL),), otherwise=no),
        Rule("prlimit64", checks=(Check(0, (0,)),), otherwise=no),
        *_fatal(_MAKING),
    )


def shaping(pid: int) -> tuple[Rule, ...]:
    """The rules of shaping's warden: it changes the network, writes its journal, and makes no process.

    Nothing is executed, traced, mounted, or loaded but programs of BPF; of namespaces it enters and makes
    those of networks; it speaks netlink, and with programs of this host. All else stays allowed.
    """
    no = refusal(errno.EPERM)
    return (
        *(Rule(name, action=no) for name in (*_NEVER, *_OTHERWISE)),
        Rule("prctl", checks=(Check(0, _PRCTL),), otherwise=no),
        Rule("mmap", checks=(Check(2, (0x0, 0x2, 0x4), _PROT_WRITE_EXEC),), otherwise=no),
        Rule("mprotect", checks=(Check(2, (0,), _PROT_EXEC),), otherwise=no),
        Rule("clone", checks=(Check(0, (_CLONE_THREAD,), _CLONE_THREAD),), otherwise=no),
        Rule("clone3", action=refusal(errno.ENOSYS)),
        Rule("unshare", checks=(Check(0, (_CLONE_NEWNET,)),), otherwise=KILL),
        Rule("setns", checks=(Check(1, (_CLONE_NEWNET,)),), otherwise=KILL),
        Rule("socket", checks=(Check(0, _LOCAL),), otherwise=no),
        Rule("ioctl", action=no, checks=(Check(1, (_TIOCSTI,)),), otherwise=ALLOW),
        Rule("fcntl", checks=(Check(1, _FCNTL),), otherwise=no),
        Rule("prlimit64", checks=(Check(0, (0,)),), otherwise=no),
        *(Rule(each.name, checks=each.checks, otherwise=no) for each in _own(pid)),
        *_fatal(_MAKING | {"pidfd_getfd"}),
    )


def guarding(pid: int) -> tuple[Rule, ...]:
    """The rules of the warden: it asks the kernel about others, and changes nothing that lasts."""
    names = [name for name in (*_names(False), *_HEARING.split(), *_ASKING.split()) if name not in _OPENING]
    return (
        *_plain(names),
        *(rule for rule in _CONDITIONAL if rule.name != "ioctl"),
        *_own(pid),
        *(Rule(name, checks=(Check(flags, (0,), _ANY_WRITING),)) for name, flags in _OPENING.items()),
        Rule("socket", checks=(Check(0, _FAMILIES),)),
        Rule("ioctl", checks=(Check(1, (*_TERMINAL, _SIOCGIFINDEX)),)),
        _precedence(),
        *_fatal({"bpf", "setns", "perf_event_open"}),
    )


def _names(folders: bool) -> list[str]:
    names = " ".join((_READING, _WRITING, _DESCRIPTORS, _MEMORY, _TIME, _THREADS, _SIGNALS, _SELF))
    return [*names.split(), *(_FOLDERS.split() if folders else ())]


def _plain(names: Iterable[str]) -> tuple[Rule, ...]:
    return tuple(Rule(name) for name in names)


def _precedence() -> Rule:
    """Its own niceness, thread by thread, within RLIMIT_NICE (see ``precedence``); nobody else's."""
    return Rule("setpriority", checks=(Check(0, (os.PRIO_PROCESS,)), Check(1, (0,))))


def _own(pid: int) -> tuple[Rule, ...]:
    return Rule("tgkill", checks=(Check(0, (pid,)),)), Rule("kill", checks=(Check(0, (pid,)),))


def _fatal(but: Collection[str] = ()) -> tuple[Rule, ...]:
    return tuple(Rule(name, action=KILL) for name in FATAL if name not in but)
