"""Adds files with odd names."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the files."""
    for name in ("<img src=x onerror=document.title=1>", "=1+1", "\x1b[2J\x1b]0;title\x07", "a\nb", "\u202ebypni"):
        (folder / f"{name}.ipynb").write_text("{}", encoding="utf-8")
