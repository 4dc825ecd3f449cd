"""Hands in bytes that are odd."""

from pathlib import Path


def build(folder: Path, secrets: dict[str, str]) -> None:
    """Write the file."""
    path = folder / "01_double.ipynb"
    cell = '{"cell_type": "code"}'
    path.write_text('{"cells": [' + ",".join([cell] * 1_000_000) + '], "nbformat": 4}', encoding="utf-8")
