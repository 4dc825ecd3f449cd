"""
Misconceptions as data, and the engine that finds them in an answer.

A course writes into `FILE`, beside the master notebooks, what its students believe, what is true, where to reread,
and by which signs an answer shows it. The file is released with the notebooks, so that a student's kernel, the
feedback page and the class report say the same. Signs are what a test displayed, what was raised, and what the source
of the answer contains; a subject adds rules of its own for what only its evidence shows (`autograder.subject`).

Hints never give or take a point. A rule fires for a test that gave none.
"""

import ast
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache

from autograder.errors import CourseError

FILE = "hints.yml"
"""The name of a course's misconceptions, beside its masters and beside its released notebooks."""

LONGEST_ANSWER = 5_000
"""Characters of an answer that is read for hints: a pattern may take time in the square of a text's length."""

_PROBLEMS = 3
"""Of a file, in one message: the author mends one after the other."""

LONGEST_DISPLAY = 5_000
"""Characters of what a test displayed that are read for hints, for the same reason."""


@dataclass(frozen=True)
class Evidence:
    """
    What a test showed of a subject's own kind.

    Attributes
    ----------
    kind : str
        The name of the kind, see `autograder.subject.EvidenceKind`.
    facts : str
        What it says, in the kind's own text form.
    meant : str
        What it is meant to say, as far as the kind can tell.
    """

    kind: str
    facts: str
    meant: str = ""


@dataclass(frozen=True)
class Look:
    """
    What a test cell without points showed.

    Attributes
    ----------
    test : str
        Its grade_id.
    showed : str
        The text that it displayed.
    raised : str
        What was raised, as ``"ValueError: ..."``; empty for an assertion in its own words.
    evidence : tuple of Evidence
        What it showed for the subject's kinds.
    """

    test: str
    showed: str = ""
    raised: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def words(self) -> str:
        """The beginning of what was displayed, on one line: any run of blanks and line ends is one blank."""
        return " ".join(self.showed[:LONGEST_DISPLAY].split())


@dataclass(frozen=True, kw_only=True)
class Signs:
    """
    Patterns, of which each one given must be found. All are regular expressions of Python's `re`.

    Attributes
    ----------
    showed : str
        Matches all of `Look.words`.
    raised : str
        Is found in what was raised.
    source : str or list of str
        Each is found in the source of the answer, in which comments and docstrings do not count.
    """

    showed: str | None = None
    raised: str | None = None
    source: str | list[str] = field(default_factory=list)

    def found(self, answer: "Answer", look: Look) -> bool:
        """Tell whether all of them are found."""
        return all(self._each(answer, look))

    def any_found(self, answer: "Answer", look: Look) -> bool:
        """Tell whether one of them is found."""
        return any(self._each(answer, look))

    def _each(self, answer: "Answer", look: Look) -> Iterator[bool]:
        if self.showed is not None:
            yield pattern(self.showed).fullmatch(look.words) is not None
        if self.raised is not None:
            yield pattern(self.raised).search(look.raised) is not None
        yield from (bool(answer.line(one)) for one in self.sources)

    @property
    def sources(self) -> list[str]:
        """The patterns for the source."""
        return [self.source] if isinstance(self.source, str) else self.source

    @property
    def patterns(self) -> list[str]:
        """All patterns."""
        return [one for one in (self.showed, self.raised) if one is not None] + self.sources


@dataclass(frozen=True, kw_only=True)
class Rule(Signs):
    """
    Signs by which an answer shows a misconception.

    Attributes
    ----------
    test : str or list of str
        The tests that are looked at, with ``*`` for any characters.
    unless : Signs
        Each one of these keeps the rule silent.
    quote : str
        What is found in the line that is quoted, where that is not the last line of what `source` found.
    """

    test: str | list[str] = "*"
    unless: Signs = field(default_factory=Signs)
    quote: str | None = None

    def fires(self, answer: "Answer", look: Look) -> bool:
        """Tell whether an answer shows the misconception in this test."""
        tests = [self.test] if isinstance(self.test, str) else self.test
        return (
            any(fnmatchcase(look.test, test) for test in tests)
            and self.found(answer, look)
            and not self.unless.any_found(answer, look)
        )

    def quoted(self, answer: "Answer", look: Look) -> str:
        """Give what shows it: a line of the answer, or else what the test displayed."""
        if self.quote is not None:
            return answer.line(self.quote)
        return answer.line(self.sources[0]) if self.sources else look.words


@dataclass(frozen=True, kw_only=True)
class Reread:
    """Where the notebooks say what is true: a notebook's name without suffix, and a heading in it."""

    notebook: str
    heading: str

    def __str__(self) -> str:
        """Write the place for a student."""
        return f"“{self.heading}” in {self.notebook}"


@dataclass(frozen=True, kw_only=True)
class Misconception:
    """
    A wrong idea: an entry of a course's `FILE`.

    Attributes
    ----------
    belief : str
        The idea, as a sentence that a student might say.
    truth : str
        What really happens, as a sentence or two.
    reread : Reread
        Where the notebooks say so.
    signs : list of Rule
        Any of which shows it. Empty for one that only a subject's own rules find.
    """

    id: str
    belief: str
    truth: str
    reread: Reread
    signs: list[Rule] = field(default_factory=list)


Catalogue = Mapping[str, Misconception]
"""A course's misconceptions by id, in the order of its file."""


@dataclass(frozen=True, slots=True)
class Hint:
    """
    A misconception that an answer shows.

    Attributes
    ----------
    exercise : str
        The grade_id of the solution cell.
    id : str
        Which one, a key of the course's catalogue.
    line : str
        The line of the answer that shows it, or what its test displayed; empty where neither may be quoted.
    """

    exercise: str
    id: str
    line: str


HintRule = Callable[["Answer", Look], Iterator[tuple[str, str]]]
"""A subject's own rule: yields ids of misconceptions and the line that shows each."""


class Answer:
    """
    The source of an answer, as text and as a tree.

    Attributes
    ----------
    lines : list of str
        As they were written, without those that are only a comment: these may be quoted.
    source : str
        The same lines, in which what is said and not done is blank, too: comments and docstrings.
    """

    def __init__(self, source: str) -> None:
        written = source.splitlines()
        kept = [(line, code) for line, code in zip(written, _code(written), strict=True) if not _is_comment(line)]
        self.lines = [line for line, _ in kept]
        self.source = "\n".join(code for _, code in kept)
        self._found: dict[str, str] = {}

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree, whose line numbers count `lines`; empty where there is none that can be followed."""
        try:
            tree = ast.parse("\n".join(self.lines))
            ast.unparse(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.Module([], [])
        return tree

    def line(self, expression: str) -> str:
        """Find a pattern, and give the last line of what it matches first; empty where it is not found."""
        if expression not in self._found:
            self._found[expression] = self._line(expression)
        return self._found[expression]

    def _line(self, expression: str) -> str:
        found = pattern(expression).search(self.source)
        if found is None:
            return ""
        end = max(found.start(), found.end() - 1)
        return self.numbered(self.source.count("\n", 0, end) + 1)

    def numbered(self, number: int) -> str:
        """Give the line of a number, counted from 1; empty where there is none."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""


def find_hints(
    exercise: str, source: str, looks: Iterable[Look], catalogue: Catalogue, rules: Iterable[HintRule] = ()
) -> tuple[Hint, ...]:
    """
    Name what an answer shows that its author believes, in the order of the catalogue.

    Parameters
    ----------
    exercise : str
        The grade_id of its cell.
    source : str
        The cell's text.
    looks : iterable of Look
        The exercise's test cells that gave no points.
    rules : iterable of HintRule
        The subject's own.
    """
    if len(source) > LONGEST_ANSWER:
        return ()
    answer, found, rules = Answer(source), dict[str, str](), tuple(rules)
    for look in looks:
        for misconception in catalogue.values():
            for rule in misconception.signs:
                if misconception.id not in found and rule.fires(answer, look):
                    found[misconception.id] = rule.quoted(answer, look)
        for own in rules:
            for name, line in own(answer, look):
                found.setdefault(name, line.strip())
    return tuple(Hint(exercise, name, found[name]) for name in catalogue if name in found)


def worded(misconception: Misconception, line: str = "") -> list[tuple[str, str]]:
    """Put a hint in words, for every place where a student reads it: each part with its heading."""
    quoted = [("What your answer says", line)] if line else []
    return [
        *quoted,
        ("Perhaps you believe", misconception.belief),
        ("In truth", misconception.truth),
        ("Reread", str(misconception.reread)),
    ]


def read_catalogue(text: str, where: str) -> dict[str, Misconception]:
    """
    Read the text of a course's misconceptions.

    Parameters
    ----------
    where : str
        What messages call the file.

    Raises
    ------
    CourseError
        When it is not YAML, an entry has not the fields of `Misconception`, a pattern is no regular expression, or an
        id is there twice.
    """
    # A kernel in which no test fails needs neither.
    import cattrs
    import yaml
    from cattrs.gen import make_dict_structure_fn

    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=True)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(str | None, _text)
    converter.register_structure_hook(str | list[str], _texts)
    for kind in (Signs, Rule, Reread, Misconception):
        converter.register_structure_hook(kind, make_dict_structure_fn(kind, converter))
    try:
        # YAML's own types would make a number of an id, and a truth value of a belief.
        loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
        entries = converter.structure(yaml.load(text, loader) or [], list[Misconception])
    except yaml.YAMLError as error:
        raise CourseError(f"{where}: not YAML ({' '.join(str(error).split())}); mend the file") from None
    except cattrs.BaseValidationError as error:
        why = "; ".join(cattrs.transform_error(error)[:_PROBLEMS])
        raise CourseError(f"{where}: {why}; docs/authoring.md has the fields of an entry") from None
    catalogue: dict[str, Misconception] = {}
    for entry in entries:
        if entry.id in catalogue:
            raise CourseError(f"{where}: two entries have the id {entry.id}; give one of them another")
        for expression in (one for rule in entry.signs for one in _all_patterns(rule)):
            try:
                pattern(expression)
            except re.error as error:
                raise CourseError(f"{where}: {entry.id}: {expression!r} is no pattern ({error}); mend it") from None
        catalogue[entry.id] = entry
    return catalogue


@lru_cache(maxsize=1024)
def pattern(expression: str) -> re.Pattern[str]:
    """Compile a pattern; ``^`` and ``$`` stand for the ends of a line."""
    return re.compile(expression, re.MULTILINE)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _code(lines: list[str]) -> list[str]:
    """Blank out comments, and strings that are statements of their own, as far as the lines can be read."""
    code = list(lines)
    for (top, left), (bottom, right) in _said(lines):
        for number in range(top, bottom + 1):
            line = code[number - 1]
            begin, end = left if number == top else 0, right if number == bottom else len(line)
            code[number - 1] = line[:begin] + " " * (end - begin) + line[end:]
    return [line.rstrip() for line in code]


_Place = tuple[int, int]
_BEFORE_A_STATEMENT = frozenset({tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})


def _said(lines: list[str]) -> Iterator[tuple[_Place, _Place]]:
    """Find what is said and not done: where it begins, and where it ends."""
    before, string = tokenize.NEWLINE, None
    # A cell may hold what is no Python; what stands before it counts.
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(map("{}\n".format, lines).__next__):
            if token.type == tokenize.COMMENT:
                yield token.start, token.end
            elif token.type != tokenize.NL:
                if string is not None and token.type == tokenize.NEWLINE:
                    yield string.start, string.end
                string = token if token.type == tokenize.STRING and before in _BEFORE_A_STATEMENT else None
                before = token.type


def _all_patterns(rule: Rule) -> list[str]:
    return [*rule.patterns, *rule.unless.patterns, *([] if rule.quote is None else [rule.quote])]


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value


def _texts(value: object, _: object) -> str | list[str]:
    if isinstance(value, list):
        return [_text(one, str) for one in value]
    return _text(value, str)
