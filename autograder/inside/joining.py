"""A kernel that was started without our extension, by Colab or VS Code for instance, and gets it with an import."""

import os
import sys
from typing import Any

_EXTENSION = "autograder.inside.extension"


def join_late(subject: str) -> None:
    """
    Load the extension into the IPython kernel that this runs in, unless it is there; nothing happens elsewhere.

    Parameters
    ----------
    subject : str
        What the course is about, where no kernelspec has said so.
    """
    # Nothing is imported for it: without IPython there is no such kernel.
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if getattr(shell, "kernel", None) is None or _EXTENSION in shell.extension_manager.loaded:
        return
    from autograder.subject import SUBJECT_VARIABLE

    os.environ.setdefault(SUBJECT_VARIABLE, subject)
    shell.extension_manager.load_extension(_EXTENSION)
