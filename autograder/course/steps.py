"""
What a course's configuration adds to nbgrader's autograding, and is not done here.

What may change a score is refused by name, for a grade that silently lacks a step is none that the course has asked
for. What cannot is named in a line.
"""

from collections.abc import Iterator
from typing import Any

from nbgrader.converters.autograde import Autograde
from traitlets.config import Config
from traitlets.config.loader import LazyConfigValue

from autograder.errors import CourseError

BUTTONS: dict[str, Any] = {
    "Autograde.exporter_class": "autograder.formgrader.Graded",
    "GenerateFeedback.exporter_class": "autograder.formgrader.FeedbackPages",
    "Autograde.sanitize_preprocessors": [],
    "Autograde.autograde_preprocessors": [],
    "GenerateFeedback.preprocessors": [],
}
"""
What a configuration says where formgrader's buttons and nbgrader's commands use this grader.

Without steps nbgrader runs nothing, whatever becomes of the exporters.
"""

_LISTS = ("sanitize_preprocessors", "autograde_preprocessors")
_HOOKS = ("pre_convert_hook", "post_convert_hook")
_KNOWN = ("nbgrader.preprocessors.", "nbconvert.preprocessors.")


def refuse_other_steps(config: Config) -> None:
    """
    Refuse a configuration that has nbgrader do what is not done here.

    Raises
    ------
    CourseError
        When preprocessors of the course's own are named, or times that differ from cell to cell.
    """
    for name in _LISTS:
        others = [step for step in _steps(config, name) if not step.startswith(_KNOWN)]
        if others:
            raise CourseError(
                f"c.Autograde.{name} names {', '.join(others)}, which is not run here; take it out, and do what it "
                "does in a cell of the notebook"
            )
    limits = config.get("Limits", {})
    for section in ("Execute", "ExecutePreprocessor"):
        if "timeout_func" in config.get(section, {}) and "cell_seconds" not in limits:
            raise CourseError(
                f"c.{section}.timeout_func gives each cell a time of its own, and here all have the same; set "
                "c.Limits.cell_seconds to the longest"
            )


def not_done(config: Config) -> Iterator[str]:
    """Name in a line each what of the configuration has no effect here."""
    for section in ("Autograde", "BaseConverter"):
        for hook in _HOOKS:
            if config.get(section, {}).get(hook):
                yield f"c.{section}.{hook} is not called here"
    if config.get("Autograde", {}).get("exclude_overwriting"):
        yield "c.Autograde.exclude_overwriting: files that students submit are read with --with-files alone"


def lacking(config: Config) -> Iterator[str]:
    """Give a line of configuration for each of `BUTTONS` that it does not say."""
    for name, value in BUTTONS.items():
        section, _, trait = name.partition(".")
        said = config.get(section, {}).get(trait)
        if (said if isinstance(said, str | list) else _name_of(said)) != value:
            yield f"c.{name} = {value!r}"


def _steps(config: Config, name: str) -> list[str]:
    """Name the preprocessors of a list, by module and class."""
    usual = Autograde.class_traits()[name].default()
    given: Any = config.get("Autograde", {}).get(name, [])
    if isinstance(given, LazyConfigValue):
        given = given.get_value(list(usual))
    return [step if isinstance(step, str) else _name_of(step) for step in given]


def _name_of(step: Any) -> str:
    return f"{getattr(step, '__module__', '')}.{getattr(step, '__qualname__', '')}"
