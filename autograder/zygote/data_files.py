"""The files that a notebook finds beside it: copies of what students were given."""

import shutil
from collections.abc import Mapping
from pathlib import Path


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
        copy.chmod(0o644)
        for parent in copy.relative_to(folder).parents[:-1]:
            (folder / parent).chmod(0o755)
