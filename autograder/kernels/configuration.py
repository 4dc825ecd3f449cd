"""The runner that a course's configuration asks for."""

from collections.abc import Mapping

from traitlets.config import Config

from autograder.course.assignment import DataFile
from autograder.errors import CourseError
from autograder.kernels.nbclient_runner import NbclientRunner
from autograder.kernels.piped_runner import PipedRunner
from autograder.layers import layer
from autograder.subject import Subject
from autograder.text import counted
from autograder.zygote.limits import Limits

RUNNERS: Mapping[str, type[PipedRunner | NbclientRunner]] = {"piped": PipedRunner, "nbclient": NbclientRunner}
"""What ``c.Kernels.runner`` may say; kernels without a jail are always run through nbclient."""


def runner_of(
    config: Config,
    subject: Subject,
    *,
    jailed: bool,
    data: tuple[DataFile, ...] = (),
    imports: tuple[str, ...] = (),
    runner: str | None = None,
) -> PipedRunner | NbclientRunner:
    """
    Read what a course's configuration says about kernels.

    That is ``c.Limits``, ``c.WarmProvisioner.preload`` and ``c.Kernels.runner``. Where it sets no limit for a cell,
    nbgrader's ``c.Execute.timeout`` is taken. Where it names no modules to preload, those of the subject are taken,
    and what the notebooks import of other packages.

    Parameters
    ----------
    imports : tuple of str
        What the notebooks import, see `autograder.course.imports.imports_of`.
    runner : str, optional
        One of `RUNNERS`, whatever the configuration says.

    Raises
    ------
    CourseError
        When it names a limit or a runner that there is not, or gives a limit that is no positive number, or when the
        files for notebooks would fill half of what these may write.
    """
    limits = _limits(config)
    size = sum(file.path.stat().st_size for file in data)
    if size > limits.scratch_bytes // 2 or len(data) > limits.scratch_files // 2:
        raise CourseError(
            f"{data[0].path.parent}: {counted(len(data), 'file')} of {size} bytes, which is "
            "more than half of what a kernel may write; "
            "set c.Limits.scratch_bytes and scratch_files higher in nbgrader_config.py"
        )
    preload = config.get("WarmProvisioner", {}).get("preload")
    named = None if preload is None else tuple(preload)
    others = _others(imports, subject) if named is None else ()
    asked = runner or config.get("Kernels", {}).get("runner", "piped")
    if asked not in RUNNERS:
        raise CourseError(f"c.Kernels.runner = {asked!r}: give one of {', '.join(RUNNERS)}")
    how = RUNNERS[asked if jailed else "nbclient"]
    return how(limits, jailed, subject.name, named, data=data, imports=others)


def _others(imports: tuple[str, ...], subject: Subject) -> tuple[str, ...]:
    """Leave out the packages of which the subject names something: it knows best what of them may be imported."""
    named = {name.partition(".")[0] for name in subject.kernel.preload}
    return tuple(name for name in imports if name.partition(".")[0] not in named)


@layer("limits")
@layer("output caps")
def _limits(config: Config) -> Limits:
    given = dict(config.get("Limits", {}))
    for name, value in given.items():
        if name not in Limits.__dataclass_fields__ or not isinstance(value, int) or value <= 0:
            known = ", ".join(Limits.__dataclass_fields__)
            raise CourseError(f"c.Limits.{name} = {value!r}: give a positive whole number to one of {known}")
    timeout = config.get("Execute", {}).get("timeout", config.get("ExecutePreprocessor", {}).get("timeout"))
    if isinstance(timeout, int) and timeout > 0:
        given.setdefault("cell_seconds", timeout)
        given.setdefault("notebook_seconds", max(timeout, Limits().notebook_seconds))
    return Limits(**given)
