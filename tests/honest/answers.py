"""How answers are written: what stands in the cell of an answer beside the answer itself."""

import ast

from tests.honest.desk import Change, Desk, decorated, functions, indented, inside, names

_INSIDE = {
    "prints-inside": "print('called with', locals())",
    "warns-inside": "import warnings\nwarnings.warn('slow')",
    "stderr-inside": "import sys\nprint('Achtung', file=sys.stderr, flush=True)",
    "logs-inside": "tf.logging.warning('building')\nimport logging\nlogging.getLogger('mine').error('?')",
    "sleeps-inside": "import time\ntime.sleep(0.02)",
    "displays-inside": "display('debug', [1, 2], {'a': 1})",
    "displays-html-inside": "from IPython.display import HTML\ndisplay(HTML('<i>here</i>'))",
    "displays-a-picture-inside": "from PIL import Image\ndisplay(Image.new('RGB', (4, 4)))",
    "clears-output-inside": "from IPython.display import clear_output\nclear_output()",
    "debugs-the-graph-inside": "if not tf.executing_eagerly():\n    tf.print('!')\n    tf.summary.scalar('s', 0.0)",
    "draws-inside": "if tf.get_default_graph().get_operations():\n    show_sharing()",
    "seeds-inside": "import numpy as np\nnp.random.seed(1)\ntf.set_random_seed(1)",
    "imports-inside": "import os, sys, functools\nimport numpy as np",
    "swallows-inside": "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    print(error)",
    "names-a-type-inside": "count: int = 0\ncount += 1\ndel count",
    "counts-inside": "global my_count\nmy_count = globals().get('my_count', 0) + 1",
    "shells-inside": "get_ipython().run_line_magic('pwd', '')",
}

_UNICODE = """# Lösung / réponse / решение / 解答 / الحل / תשובה / उत्तर 🙂
größe, переменная, 変数, متغير, cafe\N{COMBINING ACUTE ACCENT} = 'ö', 'ж', '変', 'م', 'e\N{COMBINING ACUTE ACCENT}'
print(größe, переменная, 変数, متغير, café)
"""

_TIMED = """
import functools
import time


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            print(f"{function.__name__}: {time.perf_counter() - start:.3f} s")
    return wrapper
"""

_DRAWN = """
def drawn(function):
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        several = isinstance(result, (list, tuple)) and len(result) > 1
        if several and all(isinstance(r, tf.Tensor) for r in result[:2]):
            for labels in (("r1", "r2"), ("first", "second"), ("left", "right")):
                show_sharing(**dict(zip(labels, result)))
        return result
    return wrapper
"""


def _inside(statement: str) -> Change:
    return lambda desk: desk.rewrite(lambda source: inside(source, statement))


def _around(head: str, tail: str = "") -> Change:
    return lambda desk: desk.rewrite(lambda source: indented(source, head, tail))


def _first(lines: str) -> Change:
    return lambda desk: desk.rewrite(lambda source: f"{lines}\n{source}")


def _last(line: str) -> Change:
    """Write a line for every name that the answer leaves behind."""

    def longer(source: str) -> str:
        return "\n".join([source, *(line.replace("NAME", name) for name in names(source))])

    return lambda desk: desk.rewrite(longer)


def _timed(desk: Desk) -> None:
    desk.add_on_top(_TIMED.strip())
    desk.rewrite(lambda source: decorated(source, "timed"))


def _draws_its_results(desk: Desk) -> None:
    desk.add_on_top(_DRAWN.strip())
    desk.rewrite(lambda source: decorated(source, "drawn"))


def _in_a_cell_above(desk: Desk) -> None:
    """Keep the answer in a cell of its own, and only hand it on where it is asked for."""
    for cell in desk.answers:
        source, made = cell["source"], names(cell["source"])
        desk.add_above(cell, "\n".join([source, *(f"my_{name} = {name}" for name in made)]))
        cell["source"] = "\n".join(f"{name} = my_{name}" for name in made)


def _as_methods(desk: Desk) -> None:
    def methods(source: str) -> str:
        made = [function.name for function in functions(source)]
        lines = [f"    {name} = staticmethod({name})" for name in made]
        return "\n".join([source, "", "class Answers:", *lines, "    pass", *(f"{n} = Answers.{n}" for n in made)])

    desk.rewrite(methods)


def _typed(desk: Desk) -> None:
    def hinted(source: str) -> str:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.returns = ast.parse("object | None", mode="eval").body
                for argument in node.args.args:
                    argument.annotation = ast.Constant("tf.Tensor")
        return ast.unparse(tree)

    desk.rewrite(hinted)


def _lambdas(desk: Desk) -> None:
    def through(source: str) -> str:
        made = [function.name for function in functions(source)]
        return "\n".join([source, *(f"{n} = (lambda f: lambda *a, **k: f(*a, **k))({n})" for n in made)])

    desk.rewrite(through)


def _below_the_stub(desk: Desk) -> None:
    """Leave what was released and write the answer below it, in the same cell where nothing is raised at once."""
    for cell in desk.answers:
        stub = desk.released[cell["metadata"]["nbgrader"]["grade_id"]]
        if functions(stub):
            cell["source"] = f"{stub}\n\n\n{cell['source']}"


def _old_version(desk: Desk) -> None:
    desk.rewrite(lambda source: "\n".join([*(f"# {line}" for line in source.split("\n")), "", source]))


def _tabs(source: str) -> str:
    lines = source.split("\n")
    return "\n".join("\t" * ((len(line) - len(line.lstrip(" "))) // 4) + line.lstrip(" ") for line in lines)


ANSWERS: dict[str, Change] = {
    **{name: _inside(statement) for name, statement in _INSIDE.items()},
    "timed": _timed,
    "draws-its-results": _draws_its_results,
    "in-a-cell-above": _in_a_cell_above,
    "as-methods": _as_methods,
    "typed": _typed,
    "lambdas": _lambdas,
    "below-the-stub": _below_the_stub,
    "old-version-above": _old_version,
    "reformatted": lambda desk: desk.rewrite(lambda source: ast.unparse(ast.parse(source))),
    "tabs": lambda desk: desk.rewrite(_tabs),
    "trailing-spaces": lambda desk: desk.rewrite(lambda source: source.replace("\n", "   \n") + " \t\n\n\n"),
    "under-main": _around('if __name__ == "__main__":'),
    "under-if": _around("if True:"),
    "in-try": _around("try:", "finally:\n    print('tried')"),
    "with-a-graph": _around("with tf.Graph().as_default():"),
    "shows-itself": _last("NAME"),
    "debug-print": _last("print(f'{NAME=}')"),
    "semicolons": _last("NAME;"),
    "asks-for-help": _last("NAME?"),
    "annotated": _last("NAME: object = NAME"),
    "walrus": _last("(same_NAME := NAME)"),
    "temporary-names": _last("tmp = [NAME for _ in range(2)]; del tmp"),
    "own-assert": _last("assert NAME is not None, 'nothing there'"),
    # What wants to stand first comes last.
    "many-languages": _first(_UNICODE.strip()),
    "long-comments": _first("# " + "weil das so ist " * 200 + "\n" + "#" * 300),
    "line-magic-first": _first("%time 1 + 1\n!echo working"),
    "docstring-first": _first('"""My answer.\n\nIt took me hours: \N{WEARY FACE} \\N{BULLET}\n"""'),
    "from-the-future": _first("from __future__ import annotations, division"),
    "time-magic-first": _first("%%time"),
    "windows-lines": lambda desk: desk.rewrite(lambda source: source.replace("\n", "\r\n")),
}
"""Styles of the answers' own cells."""
