"""
The system calls that student code may make: a list of what is allowed, and less once the kernel has its sockets.

Three answers, by what a call could do to others:

- What libraries need and what touches nobody else is allowed.
- What is known to reach further answers EPERM. What nobody has thought of yet, tomorrow's system calls among it,
  answers ENOSYS: libraries then do without, as they would on an older Linux.
- Locks and advice answer that all is well, and nothing happens. A lock on a file that all kernels see, or the page
  cache behind it, would carry a word from one kernel to another, or to the next run; and libraries that ask for them
  work as well without, in a folder that is nobody else's.

Filters look at numbers and never at what a pointer leads to: a call whose meaning lies behind a pointer is allowed
or refused as a whole.
"""

import errno
import functools
from collections.abc import Iterable, Mapping
from typing import Any

from autograder.errors import JailError
from autograder.layers import layer

_ALLOWED: Mapping[str, str] = {
    "files": "read write readv writev pread64 pwrite64 preadv pwritev open openat creat close close_range lseek "
    "_llseek stat stat64 fstat fstat64 lstat lstat64 newfstatat fstatat64 statx access faccessat faccessat2 readlink "
    "readlinkat getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat "
    "renameat2 link linkat symlink symlinkat chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask "
    "utime utimes utimensat futimesat truncate truncate64 ftruncate ftruncate64 fallocate fsync fdatasync dup dup2 "
    "dup3 pipe pipe2 sendfile sendfile64 copy_file_range statfs statfs64 fstatfs fstatfs64 getxattr lgetxattr "
    "fgetxattr listxattr llistxattr flistxattr",
    "memory": "brk mmap mmap2 munmap mprotect mremap msync membarrier get_mempolicy",
    "processes and threads": "fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill "
    "pidfd_open pidfd_send_signal getpid getppid gettid getpgid getpgrp setpgid setsid getsid set_tid_address "
    "set_robust_list get_robust_list futex futex_time64 rseq sched_yield sched_getaffinity sched_setaffinity "
    "sched_getparam sched_setparam sched_getscheduler sched_setscheduler sched_get_priority_max "
    "sched_get_priority_min sched_rr_get_interval sched_getattr getpriority setpriority nice prlimit64 getrlimit "
    "ugetrlimit setrlimit getrusage times prctl arch_prctl set_thread_area get_thread_area restart_syscall getcpu",
    # Nobody has a capability here, so that these change nothing or fail.
    "users": "getuid getgid geteuid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid "
    "setresgid setgroups setfsuid setfsgid capget capset",
    "signals and clocks": "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigpending rt_sigtimedwait "
    "rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigreturn pause alarm getitimer setitimer "
    "timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create timerfd_settime "
    "timerfd_gettime nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time",
    "waiting": "poll ppoll select _newselect pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait "
    "epoll_pwait2 eventfd eventfd2",
    "sockets": "socket socketpair bind listen accept accept4 connect getsockname getpeername getsockopt setsockopt "
    "send recv sendto recvfrom sendmsg recvmsg shutdown",
    "the system": "uname sysinfo getrandom seccomp",
}
"""System calls that are allowed whatever their arguments, by what they are about."""

_REFUSED: Mapping[str, str] = {
    "ways out of namespaces, or into new ones": "unshare setns mount umount2 pivot_root chroot move_mount open_tree "
    "open_tree_attr fsopen fsconfig fsmount fspick mount_setattr sethostname setdomainname mknod mknodat",
    "parts of the host's kernel that no namespace divides": "keyctl add_key request_key io_uring_setup "
    "io_uring_enter io_uring_register io_setup bpf perf_event_open userfaultfd fanotify_init open_by_handle_at "
    "name_to_handle_at lookup_dcookie quotactl quotactl_fd acct swapon swapoff reboot syslog init_module "
    "finit_module delete_module kexec_load kexec_file_load settimeofday clock_settime adjtimex clock_adjtime iopl "
    "ioperm nfsservctl vhangup personality sync syncfs",
    "looking into other processes": "ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise "
    "process_mrelease",
    "seeing what others do with a file": "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch mincore "
    "cachestat",
    "memory that belongs to no process, so that nobody would count it": "memfd_create memfd_secret shmget shmat "
    "shmctl msgget msgsnd msgrcv msgctl semget semop semctl semtimedop mq_open setxattr lsetxattr fsetxattr "
    "removexattr lremovexattr fremovexattr mlock mlock2 mlockall",
}
"""System calls that answer EPERM, by what they are about."""

_ANSWERED = "flock fadvise64 fadvise64_64 arm_fadvise64_64 readahead munlock munlockall"
"""System calls that answer that all is well and do nothing: locks, and advice about the page cache."""

_ALLOWED_VALUES: Mapping[str, tuple[int, tuple[int, ...]]] = {
    # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG, F_DUPFD_CLOEXEC. Not
    # F_SETPIPE_SZ, F_SETLEASE, F_NOTIFY or F_SET_RW_HINT, whose state others see or pay for.
    "fcntl": (1, (0, 1, 2, 3, 4, 8, 9, 10, 11, 1030)),
    # What a terminal, a pipe or a socket of one's own is asked: TCGETS to TCFLSH, TIOCEXCL to TIOCOUTQ without
    # TIOCSTI, which types into somebody's terminal, TIOCGWINSZ to FIONREAD, TIOCPKT, FIONBIO, TIOCNOTTY, TIOCGETD,
    # TIOCGSID, TCGETS2 to TCSETSF2, TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER, FIONCLEX, FIOCLEX.
    "ioctl": (
        1,
        (
            *(*range(0x5401, 0x5412), *range(0x5413, 0x541C), *range(0x5420, 0x5423), 0x5424, 0x5429),
            *(0x802C542A, 0x402C542B, 0x402C542C, 0x402C542D, 0x80045430, 0x40045431, 0x5441, 0x5450, 0x5451),
        ),
    ),
    # What an allocator asks for, about its own pages. Not MADV_MERGEABLE, MADV_COLD, MADV_PAGEOUT or
    # MADV_POPULATE_READ, which look at, move or share pages that are others', too.
    "madvise": (2, (0, 1, 2, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 102, 103)),
    # No flags: RWF_NOWAIT tells whether a page was in memory before.
    "preadv2": (5, (0,)),
    "pwritev2": (5, (0,)),
}
"""System calls of which some are allowed: which argument decides, and what it may be."""

_ANSWERED_VALUES: Mapping[str, tuple[int, tuple[int, ...]]] = {
    # F_GETLK, F_SETLK, F_SETLKW, then those of open file descriptions.
    "fcntl": (1, (5, 6, 7, 36, 37, 38)),
    # MADV_WILLNEED.
    "madvise": (2, (3,)),
}
"""Of these, what is answered that all is well."""

_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
"""The flags of clone that make new ones."""

_MAP_SHARED_ANONYMOUS, _MAP_HUGETLB = 0x21, 0x40000

_INT = 0xFFFFFFFF
"""The kernel looks at 32 bits of an argument that is an int, so that a filter must, too."""


@functools.cache
def system_call_filter() -> Any:
    """
    Compile the filter; once, in the zygote, for all kernels.

    Raises
    ------
    JailError
        When the system has no libseccomp.
    """
    try:
        import pyseccomp
    except (ImportError, RuntimeError):
        raise JailError("libseccomp is not installed; install the package `libseccomp2`") from None
    refuse, answer = pyseccomp.ERRNO(errno.EPERM), pyseccomp.ERRNO(0)
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.ENOSYS))
    for names, action in (
        (_ALLOWED.values(), pyseccomp.ALLOW),
        (_REFUSED.values(), refuse),
        ((_ANSWERED,), answer),
    ):
        for name in _known(names):
            rules.add_rule(action, name)
    for table, action in ((_ALLOWED_VALUES, pyseccomp.ALLOW), (_ANSWERED_VALUES, answer)):
        for name in _known(table):
            number, values = table[name]
            for value in values:
                rules.add_rule(action, name, pyseccomp.Arg(number, pyseccomp.MASKED_EQ, _INT, value))
    # For clone3 the flags lie behind a pointer: it is answered ENOSYS like what nobody knows, and callers use clone.
    rules.add_rule(pyseccomp.ALLOW, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _NAMESPACES, 0))
    return rules


def _known(lists: Iterable[str]) -> list[str]:
    """Give the names, of lists of them, that this machine's Linux has numbers for."""
    import pyseccomp

    names = " ".join(lists).split()
    return [name for name in names if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0]


@functools.cache
def afterwards_filter() -> Any:
    """Compile what is added once the kernel has its own sockets, before any code of a student runs."""
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # For the threads, too, that the kernel has started meanwhile.
    rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
    _refuse_sockets(rules)
    _refuse_shared_memory(rules)
    return rules


@layer("jail: network")
def _refuse_sockets(rules: Any) -> None:
    """
    Refuse all that could make a socket meet another: there are those of Jupyter, and pairs.

    A socket of a pair can be freed and bound to a name, so that names are refused as well. What sendmsg sends to
    lies behind a pointer, and it can carry descriptors, which the system counts by user and not by kernel.
    """
    import pyseccomp

    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in ("socket", "bind", "listen", "connect", "setsockopt", "sendmsg"):
        rules.add_rule(refuse, name)
    rules.add_rule(refuse, "sendto", pyseccomp.Arg(4, pyseccomp.NE, 0))


@layer("jail: system calls")
def _refuse_shared_memory(rules: Any) -> None:
    """
    Refuse memory that is shared and has no name, and large pages that are set aside, as memory that there is not.

    The one stays when the process that has it lets its pages go, and is then counted for nobody; the other is never
    counted. That there was none left is what a notebook's state then says, and somebody looks at it.
    """
    import pyseccomp

    for flags in (_MAP_SHARED_ANONYMOUS, _MAP_HUGETLB):
        rules.add_rule(pyseccomp.ERRNO(errno.ENOMEM), "mmap", pyseccomp.Arg(3, pyseccomp.MASKED_EQ, flags, flags))
