"""The system calls that student code may make: a filter for all kernels, one more once a kernel has its sockets."""

import errno
import functools
from typing import Any

from autograder.errors import JailError
from autograder.layers import layer

_REFUSED = {
    "ways out of namespaces, or into new ones": "unshare setns mount umount2 pivot_root chroot move_mount open_tree "
    "fsopen fsconfig fsmount fspick mount_setattr",
    "parts of the host's kernel that no namespace divides": "keyctl add_key request_key io_uring_setup "
    "io_uring_enter io_uring_register bpf perf_event_open userfaultfd fanotify_init open_by_handle_at "
    "name_to_handle_at lookup_dcookie quotactl acct swapon swapoff reboot syslog init_module finit_module "
    "delete_module kexec_load kexec_file_load settimeofday clock_settime adjtimex clock_adjtime iopl ioperm "
    "nfsservctl vhangup personality",
    "looking into other processes": "ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise",
    "memory that belongs to no process, so that nobody would count it": "memfd_create memfd_secret shmget shmat "
    "shmctl msgget msgsnd msgrcv msgctl semget semop semctl semtimedop",
}
"""System calls that answer EPERM, by what they are about."""

_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
"""Ways to type into somebody else's terminal."""

_CLONE_NEWUSER = 0x10000000


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
    refuse = pyseccomp.ERRNO(errno.EPERM)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in " ".join(_REFUSED.values()).split():
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:
            rules.add_rule(refuse, name)
    rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_NEWUSER, _CLONE_NEWUSER))
    # Its flags lie behind a pointer, where no filter can look: callers then use clone.
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for request in (_TIOCSTI, _TIOCLINUX):
        rules.add_rule(refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
    return rules


@layer("jail: network")
@functools.cache
def socket_filter() -> Any:
    """
    Compile what is added once the kernel has its own sockets: there are no others.

    The network is one for all kernels, and nobody is in it but they: a network namespace for each would cost a tenth
    of a notebook's time. Without sockets they cannot meet there. Pipes and pairs of sockets work as ever.
    """
    import pyseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    # For the threads, too, that the kernel has started meanwhile.
    rules.set_attr(pyseccomp.Attr.CTL_TSYNC, 1)
    rules.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket")
    return rules
