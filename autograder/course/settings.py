"""
What nbgrader itself would have read in a course's folder: its own application is asked.

So a setting counts wherever nbgrader looks for it: in the course's folder, in that of the person, in that of the
machine, in Python or in JSON, and in ``jupyter_config`` beside ``nbgrader_config``.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.apps.baseapp import NbGrader
from traitlets.config.loader import Config, ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from autograder.errors import CourseError


def settings_of(folder: Path | None, config_file: Path | None = None) -> tuple[Config, Path, list[str]]:
    """
    Ask nbgrader for the configuration that its applications would have, and where they would look for the course.

    Parameters
    ----------
    folder : Path or None
        The course's folder, as nbgrader's ``--course-dir`` names it; None for whatever nbgrader's configuration says
        in the current folder, which is that folder where it says nothing.
    config_file : Path, optional
        What nbgrader's ``--JupyterApp.config_file`` names: it is read in place of the person's and the machine's.

    Returns
    -------
    config : Config
    root : Path
        The course's folder.
    files : list of str
        The files that were read.

    Raises
    ------
    CourseError
        When a file cannot be read, or sets what cannot be set.
    """
    arguments = []
    if config_file is not None:
        if not config_file.is_file():
            raise CourseError(f"{config_file}: no such file; name a configuration of nbgrader with --config")
        arguments.append(f"--JupyterApp.config_file={config_file.resolve()}")
    if folder is not None:
        arguments.append(f"--CourseDirectory.root={folder}")
    asked = _Asked(log=_SILENT)
    asked.load_cwd_config = folder is None
    try:
        with importable(Path.cwd() if folder is None else folder):
            asked.initialize(arguments)
        root = Path(asked.coursedir.root)
    except CourseError:
        raise
    except Exception as error:
        raise _refused(asked.loaded_config_files, error) from error
    return asked.config, root.resolve(), asked.loaded_config_files


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let a course's own code be found where nbgrader finds it: beside ``nbgrader_config.py``."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


_SILENT = logging.getLogger(f"{__name__}.asked")
"""What nbgrader would tell a terminal about its configuration is in the errors that are raised."""
_SILENT.propagate = False
_SILENT.addHandler(logging.NullHandler())


class _FromPython(PyFileConfigLoader):
    """Says which file cannot be read."""

    def load_config(self) -> Config:
        return _read(self, super().load_config)


class _FromJson(JSONFileConfigLoader):
    """Says which file cannot be read."""

    def load_config(self) -> Config:
        return _read(self, super().load_config)


class _Asked(NbGrader):  # type: ignore[misc]
    """An application of nbgrader that reads its configuration, and is never started."""

    name = "nbgrader"
    python_config_loader_class = _FromPython
    json_config_loader_class = _FromJson
    raise_config_file_errors = True

    def init_syspath(self) -> None:
        """Leave the path for as long as the question takes: see `importable`."""

    def migrate_config(self) -> None:
        """Leave the person's folder as it is."""

    def _configure_logging(self) -> None:
        """Leave this process's logging as it is."""

    def exit(self, exit_status: int | str | None = 0) -> None:
        """Raise what an application would end for: a setting of the wrong kind."""
        raise _refused(self.loaded_config_files, sys.exc_info()[1])


def _read(loader: PyFileConfigLoader | JSONFileConfigLoader, load: Callable[[], Config]) -> Config:
    try:
        return load()
    except ConfigFileNotFound:
        raise
    except (Exception, SystemExit) as error:
        place = loader.full_filename or str(Path(loader.path or "", loader.filename))
        raise _refused([place], error) from error


def _refused(files: list[str], error: BaseException | None) -> CourseError:
    what = (str(error).splitlines() or [type(error).__name__])[0]
    named = ", ".join(files) or "nbgrader's configuration"
    return CourseError(f"{named}: cannot be read ({what}); mend the file")
