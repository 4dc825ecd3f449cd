"""What editors and services leave in a notebook: metadata, outputs, versions, and the bytes of the file."""

import base64
import random
from collections.abc import Callable
from typing import Any

from tests.honest.desk import Cell, Change, Desk, text_of

Write = Callable[[dict[str, Any]], bytes]

_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def _cell_metadata(**metadata: Any) -> Change:
    def change(desk: Desk) -> None:
        for cell in desk.cells:
            cell["metadata"].update(metadata)

    return change


def _notebook_metadata(**metadata: Any) -> Change:
    return lambda desk: desk.notebook["metadata"].update(metadata)


def _kernelspec(name: str, language: str = "python") -> Change:
    spec = {"name": name, "display_name": f"{name} (ipykernel)", "language": language}
    return _notebook_metadata(kernelspec=spec)


def _no_metadata(desk: Desk) -> None:
    desk.notebook["metadata"] = {}


def _minor(minor: int, *, ids: bool) -> Change:
    def change(desk: Desk) -> None:
        desk.notebook["nbformat_minor"] = minor
        for cell in desk.cells:
            cell.pop("id", None)
            if ids:
                cell["id"] = f"{desk.dice.getrandbits(32):08x}"

    return change


def _sources(write: Callable[[str, random.Random], Any]) -> Change:
    def change(desk: Desk) -> None:
        for cell in desk.cells:
            cell["source"] = write(cell["source"], desk.dice)

    return change


def _lines(source: str, _: random.Random) -> Any:
    return source.splitlines(keepends=True)


def _either(source: str, dice: random.Random) -> Any:
    return source if dice.random() < 0.5 else source.splitlines(keepends=True)


def _outputs(make: Callable[[int], list[dict[str, Any]]]) -> Change:
    def change(desk: Desk) -> None:
        for number, cell in enumerate(desk.code, start=1):
            cell["execution_count"] = number
            cell["outputs"] = make(number)

    return change


def _texts(number: int) -> list[dict[str, Any]]:
    return [
        {"output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"]},
        {"output_type": "stream", "name": "stderr", "text": "WARNING:tensorflow: old\n"},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "[1, 2]"},
            "metadata": {},
            "execution_count": number,
        },
    ]


def _pictures(number: int) -> list[dict[str, Any]]:
    data = {
        "image/png": _PIXEL,
        "text/plain": ["<Figure size 640x480 with 1 Axes>"],
        "text/html": ["<table>", "</table>"],
    }
    return [{"output_type": "display_data", "data": data, "metadata": {"image/png": {"width": 100}}}]


def _errors(number: int) -> list[dict[str, Any]]:
    return [
        {"output_type": "error", "ename": "ValueError", "evalue": "ü", "traceback": ["\x1b[31mValueError\x1b[0m"]}
    ]


def _big(number: int) -> list[dict[str, Any]]:
    encoded = base64.b64encode(bytes(100_000)).decode()
    chart = {"data": [{"z": [[n * 0.1 for n in range(50)] for _ in range(50)]}], "layout": {"width": float("nan")}}
    data = {"image/png": encoded, "application/vnd.plotly.v1+json": chart}
    return [{"output_type": "display_data", "data": data, "metadata": {}}]


def _widget_state(desk: Desk) -> None:
    model = {"model_module": "@jupyter-widgets/base", "model_name": "LayoutModel", "state": {"width": None}}
    state = {f"{n:032x}": model for n in range(300)}
    desk.notebook["metadata"]["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2, "version_minor": 0}
    }


def _attachments(desk: Desk) -> None:
    for cell in desk.texts:
        cell["attachments"] = {"bild ä.png": {"image/png": _PIXEL}}


def _colab(desk: Desk) -> None:
    _minor(0, ids=False)(desk)
    desk.notebook["metadata"] |= {
        "colab": {"provenance": [], "toc_visible": True, "collapsed_sections": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "accelerator": "GPU",
    }
    for cell in desk.cells:
        cell["metadata"] |= {"id": f"{desk.dice.getrandbits(40):x}", "colab": {"base_uri": "https://localhost:8080/"}}
        if cell["cell_type"] == "code":
            cell["metadata"]["outputId"] = "abc"


def _vs_code(desk: Desk) -> None:
    desk.notebook["metadata"] |= {
        "kernelspec": {"name": "python3", "display_name": ".venv (3.11.2)", "language": "python"},
        "language_info": {
            "name": "python",
            "version": "3.11.2",
            "codemirror_mode": {"name": "ipython", "version": 3},
        },
        "orig_nbformat": 4,
        "vscode": {"interpreter": {"hash": "0" * 64}},
    }
    _minor(2, ids=False)(desk)
    for cell in desk.cells:
        cell["metadata"]["vscode"] = {"languageId": "python"}


def _kaggle(desk: Desk) -> None:
    for cell in desk.cells:
        cell["metadata"] |= {
            "_uuid": "8f2839f25d086af736a60e9eeb907d3b93b6e0e5",
            "_cell_guid": "b1076dfc-b9ad-4769-8c92-a6c4dae69d19",
            "trusted": True,
            "execution": {"iopub.status.busy": "2024-01-01T00:00:00.000000Z"},
        }


def _pycharm(desk: Desk) -> None:
    for cell in desk.cells:
        cell["metadata"] |= {"collapsed": False, "pycharm": {"name": "#%%\n", "is_executing": True}}


def _missing_fields(desk: Desk) -> None:
    for cell in desk.cells:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)
        if not cell["metadata"]:
            del cell["metadata"]
        if not cell["source"]:
            del cell["source"]


def _ids(make: Callable[[int], Any]) -> Change:
    def change(desk: Desk) -> None:
        for number, cell in enumerate(desk.cells):
            cell["id"] = make(number)

    return change


def _shuffled_keys(desk: Desk) -> None:
    for cell in desk.cells:
        keys = sorted(cell)
        desk.dice.shuffle(keys)
        shuffled: Cell = {key: cell[key] for key in keys}
        cell.clear()
        cell.update(shuffled)


TOOLS: dict[str, Change] = {
    "kernel-python3": _kernelspec("python3"),
    "kernel-conda": _kernelspec("conda-env-tf1-py"),
    "kernel-other-language": _kernelspec("ir", "R"),
    "kernel-none": _no_metadata,
    **{f"format-4.{minor}": _minor(minor, ids=minor >= 5) for minor in range(6)},
    "format-4.4-with-ids": _minor(4, ids=True),
    "format-4.5-without-ids": _minor(5, ids=False),
    "sources-as-lines": _sources(_lines),
    "sources-either-way": _sources(_either),
    "outputs-of-text": _outputs(_texts),
    "outputs-with-pictures": _outputs(_pictures),
    "outputs-with-errors": _outputs(_errors),
    "big-outputs": _outputs(_big),
    "widget-state": _widget_state,
    "attachments": _attachments,
    "colab": _colab,
    "vs-code": _vs_code,
    "kaggle": _kaggle,
    "pycharm": _pycharm,
    "deepnote": _cell_metadata(cell_id="00000-1", deepnote_cell_type="code", source_hash="x", execution_start=1),
    "databricks": _cell_metadata(**{"application/vnd.databricks.v1+cell": {"nuid": "1", "inputWidgets": {}}}),
    "jupytext": _notebook_metadata(jupytext={"text_representation": {"extension": ".py", "format_name": "percent"}}),
    "authors": _notebook_metadata(title="Übung 1", authors=[{"name": "Ada"}], toc={"base_numbering": 1}),
    "slideshow": _cell_metadata(slideshow={"slide_type": "fragment"}),
    "collapsed": _cell_metadata(
        collapsed=True, scrolled=True, jupyter={"source_hidden": True, "outputs_hidden": True}
    ),
    "headings-collapsed": _cell_metadata(heading_collapsed=True, **{"jp-MarkdownHeadingCollapsed": True}),
    "own-tags": _cell_metadata(tags=["done", "frage", "hide-input"]),
    "raises-exception-tags": _cell_metadata(tags=["raises-exception", "skip-execution", "parameters"]),
    "timed-by-an-extension": _cell_metadata(ExecuteTime={"start_time": "2024-01-01"}, run_control={"frozen": True}),
    "unlocked": _cell_metadata(deletable=True, editable=True),
    "missing-fields": _missing_fields,
    "ids-repeated": _ids(lambda _: "abc"),
    "ids-invalid": _ids(lambda number: f"Zelle Nr. {number} ä" * 10),
    "ids-numbers": _ids(lambda number: number),
    "keys-shuffled": _shuffled_keys,
}
"""Styles of editors."""

FILES: dict[str, Write] = {
    "byte-order-mark": lambda notebook: b"\xef\xbb\xbf" + text_of(notebook).encode(),
    "windows-file": lambda notebook: text_of(notebook).replace("\n", "\r\n").encode(),
    "one-line": lambda notebook: text_of(notebook, indent=None, separators=(",", ":")).rstrip().encode(),
    "indented-by-four": lambda notebook: text_of(notebook, indent=4).encode(),
    "indented-by-tabs": lambda notebook: text_of(notebook, indent="\t").encode(),
    "escaped": lambda notebook: text_of(notebook, ensure_ascii=True).encode(),
    "sorted-keys": lambda notebook: text_of(notebook, sort_keys=True).encode(),
    "blank-lines-around": lambda notebook: b"\n\n  " + text_of(notebook).encode() + b"\n\n\n",
}
"""Styles of the file itself: how its content becomes bytes."""
