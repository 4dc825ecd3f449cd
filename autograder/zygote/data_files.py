"""The files that a notebook finds beside it: copies of what students were given, and of what they brought along."""

import shutil
from collections.abc import Mapping
from pathlib import Path


def lay_out(folder: Path, paths: Mapping[str, str], own: Mapping[str, bytes]) -> None:
    """Make a folder that anybody may enter, with what `copy_data` and `write_data` put there."""
    folder.mkdir()
    folder.chmod(0o755)
    copy_data(paths, folder)
    write_data(own, folder)


def copy_data(files: Mapping[str, str], folder: Path) -> None:
    """
    Copy files into a folder; anybody who may enter the folder may read the copies.

    Parameters
    ----------
    files : mapping of str to str
        Paths, by the names that the copies get; a name may have folders in it.
    """
    for name, path in files.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        _open_to_all(copy, folder)


def write_data(files: Mapping[str, bytes], folder: Path) -> None:
    """
    Write files into a folder, as `copy_data` copies them; one that is there already stays.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents, by names without folders.
    """
    for name, content in files.items():
        copy = folder / name
        if not copy.exists():
            copy.write_bytes(content)
            _open_to_all(copy, folder)


def _open_to_all(copy: Path, folder: Path) -> None:
    copy.chmod(0o644)
    for parent in copy.relative_to(folder).parents[:-1]:
        (folder / parent).chmod(0o755)
