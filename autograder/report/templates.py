"""How pages are written: whatever is put into one is escaped text, without control characters."""

from functools import lru_cache

import jinja2

from autograder.layers import layer
from autograder.text import plain, plain_lines


@lru_cache(maxsize=8)
def template(name: str) -> jinja2.Template:
    """
    Find the template of a page, a file beside this one.

    It may use two filters for text that is a student's: ``line`` for what stands on one line, ``plain`` for more.
    """
    return _environment().get_template(name)


@layer("escaping")
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.report", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"line": plain, "plain": plain_lines}
    return environment
