"""
The way from jupyter_client to a warm kernel: a kernel provisioner, named in the kernelspec.

Whoever starts the kernelspec's kernel through jupyter_client (nbclient, nbgrader, nbval, JupyterLab) gets one that
the zygote has forked. Where there can be no zygote, a plain kernel is started, and the log says why.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Bool, Bytes, Dict, Float, List, Unicode

from autograder.errors import AutograderError, CourseError, JailError, NoZygoteError
from autograder.kernels.control_groups import KernelGroup, new_group
from autograder.kernels.zygote_client import Connection, Exit, ZygoteClient, has_what_it_takes
from autograder.probes import PROBE_VARIABLE
from autograder.subject import PLAIN, SUBJECT_VARIABLE, KernelSettings, find_subject
from autograder.zygote import bubblewrap
from autograder.zygote.data_files import lay_out
from autograder.zygote.limits import Limits
from autograder.zygote.protocol import DATA, LAUNCHER, Order

_IMPORT_VARIABLES = (SUBJECT_VARIABLE, "PYTHON", "LD_", "OMP_", "OPENBLAS_", "MKL_", "MPLBACKEND")
"""What the names of variables begin with that must be set before the imports, beside those of the subject."""

LINGER_SECONDS = 60.0

AUTOGRADING = {"NBGRADER_EXECUTION": "autograde"}
"""What nbgrader tells notebooks that it autogrades; `nbgrader validate` says ``validate`` by itself."""

_PASSED_INSIDE = (PROBE_VARIABLE, *AUTOGRADING)
"""The only variables of whoever asks for a jailed kernel that it sees."""


class WarmProvisioner(LocalProvisioner):
    """
    Have kernels forked from a warm process.

    Traits can be set in the kernelspec, as the provisioner's configuration, and in any Jupyter configuration file,
    an ``nbgrader_config.py`` included: ``c.WarmProvisioner.preload = [...]``.
    """

    preload = List(
        Unicode(),
        None,
        allow_none=True,
        help="Modules that the warm process imports; without, what the kernelspec's subject says.",
    ).tag(config=True)
    imports = List(
        Unicode(), help="Modules that the warm process imports as well, where that neither fails nor starts threads."
    ).tag(config=True)
    warm = Bool(True, help="Whether to fork kernels at all; without, each imports everything itself.").tag(
        config=True
    )
    jailed = Bool(False, help="Whether the kernel is kept from the network, the disk and everybody else.").tag(
        config=True
    )
    limits = Dict(help="Fields of `autograder.zygote.limits.Limits` that differ, for a jailed kernel.").tag(
        config=True
    )
    data = Dict(
        value_trait=Unicode(), help="Files that lie in a jailed kernel's folder when it starts: paths by name."
    ).tag(config=True)
    own = Dict(value_trait=Bytes(), help="More files of that kind, those of a student: contents by name.").tag(
        config=True
    )
    linger = Float(LINGER_SECONDS, help="Seconds after which an unused warm process ends.").tag(config=True)

    exit: Exit | None = None
    """How the kernel has ended; None before that, and of a plain one."""

    _zygote: ZygoteClient
    _connection: Connection | None = None
    _folder: Path | None = None
    _group: KernelGroup | None = None

    def zygote(self, environment: dict[str, str]) -> ZygoteClient:
        """Name the zygote that fits these traits and this environment."""
        preload = None if self.preload is None else tuple(self.preload)
        return zygote_of(
            self.kernel_spec,
            environment,
            jailed=self.jailed,
            preload=preload,
            imports=tuple(self.imports),
            linger=self.linger,
        )

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """
        Find the zygote, and have a jailed kernel connect where it can: through sockets in a folder of its own.

        Raises
        ------
        NoZygoteError
            When the kernel must be jailed and cannot be.
        """
        if self.warm or self.jailed:
            await self._find_zygote(kwargs.get("env", os.environ))
        if self._connection is not None and self.jailed and self.parent is not None:
            # A restarted kernel is looked for where it was, unless that went with its zygote.
            if self._folder is None or self._folder.parent != self._connection.folder:
                self._folder = self._zygote.new_folder(self._connection)
                lay_out(self._folder / DATA, self.data, self.own)
            self.parent.transport = "ipc"
            self.parent.ip = str(self._folder / "s")
            self.parent.connection_file = str(self._folder / "kernel.json")
        prepared = await super().pre_launch(**kwargs)
        if self._folder is not None and bubblewrap.drops_to_another_user():
            os.chown(self._folder / "kernel.json", bubblewrap.JAIL_UID, bubblewrap.JAIL_UID)
        return prepared

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """
        Have the kernel forked; without a zygote, start a plain one.

        Raises
        ------
        NoZygoteError
            When the kernel must be jailed and cannot be.
        """
        if self._connection is None:
            return await super().launch_kernel(cmd, **kwargs)
        try:
            self.pid = self.pgid = await self._order(self._connection, cmd, kwargs)
        except NoZygoteError as error:
            self._hang_up()
            self._do_without(error)
            return await super().launch_kernel(cmd, **kwargs)
        self.exit = None
        self.cwd = kwargs.get("cwd") or str(Path.cwd())
        return self.connection_info

    def put_into_group(self, pid: int) -> None:
        """
        Put the kernel into its control group, where there is one. Called before any code of a student runs.

        Parameters
        ----------
        pid : int
            The kernel's process, as this process knows it; 0 where it does not.

        Raises
        ------
        NoZygoteError
            When it cannot be put there.
        """
        if self._group is not None:
            self._group.take(pid)

    async def _find_zygote(self, environment: Mapping[str, str]) -> None:
        self._close()
        try:
            if not has_what_it_takes():
                raise NoZygoteError("warm kernels need Linux, and setsid from util-linux")
            self._zygote = self.zygote({**environment, **self.kernel_spec.env})
            self._connection = await self._zygote.hold()
        except (NoZygoteError, JailError, CourseError) as error:
            self._do_without(error)

    def _do_without(self, error: AutograderError) -> None:
        if self.jailed:
            raise NoZygoteError(str(error)) from error
        self.log.warning("A plain kernel is started, which takes longer: %s", error)

    async def _order(self, connection: Connection, cmd: list[str], kwargs: dict[str, Any]) -> int:
        if cmd[1:3] != LAUNCHER:
            raise NoZygoteError(f"the kernelspec starts {' '.join(cmd[:3])}, and only ipykernel can be forked")
        if self.jailed:
            if self._folder is None:
                raise NoZygoteError("a jailed kernel needs a kernel manager")
            passed = {name: value for name, value in kwargs["env"].items() if name in _PASSED_INSIDE}
            inside = bubblewrap.environment({**self.kernel_spec.env, **passed})
            limits = Limits(**self.limits)
            self._remove_group()
            self._group = new_group(connection.groups, self._folder.name, limits)
            return await connection.order(Order(cmd[3:], inside, str(self._folder), asdict(limits)), [])
        with contextlib.ExitStack() as opened:
            streams = [
                _descriptor(kwargs.get(name), usual, opened)
                for name, usual in (("stdin", subprocess.DEVNULL), ("stdout", 1), ("stderr", 2))
            ]
            folder = str(Path(kwargs.get("cwd") or Path.cwd()).absolute())
            return await connection.order(Order(cmd[3:], dict(kwargs["env"]), folder), streams)

    def _remove_group(self) -> None:
        if self._group is not None:
            self._group.close()
            self._group = None

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _hang_up(self) -> None:
        self._close()
        self._remove_group()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel, warm or plain."""
        return self._connection is not None or super().has_process

    async def poll(self) -> int | None:
        """Give the exit status of a kernel that has ended, else None."""
        if self._connection is None:
            return await super().poll()
        if self.exit is None and (ended := self._connection.exit()) is not None:
            self.exit = ended.held_to(self._group)
        return None if self.exit is None else self.exit.status

    async def wait(self) -> int | None:
        """Wait for the end of the kernel."""
        if self._connection is None:
            return await super().wait()
        while (status := await self.poll()) is None:
            await asyncio.sleep(0.005)
        self._close()
        return status

    async def send_signal(self, signum: int) -> None:
        """Have the zygote signal the kernel, and what it has started."""
        if self._connection is None:
            await super().send_signal(signum)
        elif await self.poll() is None:
            with contextlib.suppress(OSError):
                self._connection.signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once."""
        if self._connection is None:
            await super().kill(restart)
        else:
            await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel to end."""
        if self._connection is None:
            await super().terminate(restart)
        else:
            await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the folder of a jailed kernel's sockets."""
        if not restart:
            self._hang_up()
        await super().cleanup(restart=restart)


def zygote_of(
    spec: KernelSpec,
    environment: Mapping[str, str],
    *,
    jailed: bool,
    preload: tuple[str, ...] | None = None,
    imports: tuple[str, ...] = (),
    linger: float = LINGER_SECONDS,
    piped: bool = False,
) -> ZygoteClient:
    """
    Name the zygote of a kernelspec's kernels.

    Raises
    ------
    CourseError
        When the kernelspec names a subject that is not installed.
    """
    settings = find_subject(spec.env.get(SUBJECT_VARIABLE, PLAIN.name)).kernel
    return ZygoteClient(
        preload=settings.preload if preload is None else preload,
        imports=imports,
        jailed=jailed,
        environment=tuple(sorted(spec.env.items())) if jailed else _before_imports(environment, settings),
        threads_at_work=settings.threads_at_work,
        linger=linger,
        piped=piped,
    )


def _before_imports(environment: Mapping[str, str], settings: KernelSettings) -> tuple[tuple[str, str], ...]:
    beginnings = (*_IMPORT_VARIABLES, *settings.import_variables)
    return tuple(sorted((name, value) for name, value in environment.items() if name.startswith(beginnings)))


def _descriptor(given: Any, usual: int, opened: contextlib.ExitStack) -> int:
    """Give the descriptor that `subprocess.Popen` would take for a standard stream."""
    if given is None:
        given = usual
    if given == subprocess.DEVNULL:
        given = os.open(os.devnull, os.O_RDWR)
        opened.callback(os.close, given)
    return int(given if isinstance(given, int) else given.fileno())
