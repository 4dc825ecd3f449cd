"""
Answers that are alike beyond what the release and chance explain: evidence, side by side, and no verdict.

An answer is reduced to its tokens: names, texts and comments say nothing, and neither does the order of lines further
apart than a passage is long. What is left are the hashes of its passages (Schleimer, Wilkerson and Aiken, "Winnowing:
Local Algorithms for Document Fingerprinting", SIGMOD 2003; here all passages are kept, because answers are short). A
passage counts if the release has none like it, and hardly anybody else in the class: what many have written, a right
answer of three lines for instance, many have found by themselves.
"""

import builtins
import contextlib
import io
import json
import keyword
import tokenize
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from autograder.course.assignment import Assignment
from autograder.course.dataflow import LONGEST_CELL
from autograder.files import replace_file
from autograder.records.store import Stored

FILE = "passages.json"
"""Beside a stored result: by notebook and exercise, the hashes of the answer's passages, in the order of numbers."""

PASSAGE = 24
"""Tokens of a passage: three or four lines."""

FEWEST_STUDENTS = 10
"""A smaller class has no background to tell what chance explains."""

MOST_STUDENTS = 500
"""A larger class is not looked through: its passages would take the memory, and the time, of all the rest."""

MOST_SHARE, MOST_OWNERS = 0.1, 10
"""Of those who have answered an exercise: a passage that more of them have is nobody's own. Three may always."""

FEWEST_PASSAGES = 12
"""Passages that two answers share and hardly anybody else has, for them to be alike: 35 tokens in a row hold them."""

LEAST_OVERLAP = 0.5
"""Of the shorter answer's passages that the release has not."""

FEWEST_EXERCISES = 4
"""Exercises in which two submissions are alike, or half of those there are, and two: independent ones meet in one."""

MOST_PAIRS = 30

_BUILTINS = frozenset(dir(builtins))

_QUOTED = frozenset({tokenize.STRING, getattr(tokenize, "FSTRING_START", tokenize.STRING)})
"""A text, and from Python 3.12 on the begin of one with expressions in it, whose own tokens follow."""

_Place = tuple[str, str]
"""A notebook and an exercise."""


@dataclass(frozen=True)
class AlikeAnswers:
    """
    Two answers to one exercise.

    Attributes
    ----------
    shared : int
        Passages that both have, and hardly anybody else.
    sources : tuple of (str, str)
        The two answers.
    """

    notebook: str
    exercise: str
    heading: str
    shared: int
    sources: tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """Two submissions whose answers are alike, and where; the answers that share most come first."""

    students: tuple[str, str]
    answers: tuple[AlikeAnswers, ...]

    @property
    def shared(self) -> int:
        """Passages of all answers."""
        return sum(answer.shared for answer in self.answers)


def alike(stored: Iterable[Stored], assignment: Assignment) -> list[Pair]:
    """Find the pairs, those that share most first, at most `MOST_PAIRS`; none in a class too small or too large."""
    stored = list(stored)
    if not FEWEST_STUDENTS <= len(stored) <= MOST_STUDENTS:
        return []
    of = {one.result.student: passages_of(one, assignment) for one in stored}
    shared: dict[tuple[str, str], dict[_Place, int]] = defaultdict(dict)
    exercises = _exercises(assignment)
    fewest = max(2, min(FEWEST_EXERCISES, len(exercises) // 2))
    for place in exercises:
        answered = {student: passages[place] for student, passages in of.items() if passages.get(place)}
        for pair, count in _alike_in(answered).items():
            shared[pair][place] = count
    found = {pair: places for pair, places in shared.items() if len(places) >= fewest}
    first = sorted(found, key=lambda pair: (-sum(found[pair].values()), pair))[:MOST_PAIRS]
    by_student = {one.result.student: one for one in stored}
    return [_pair(pair, found[pair], by_student, assignment) for pair in first]


def _alike_in(answered: Mapping[str, frozenset[int]]) -> dict[tuple[str, str], int]:
    """Count for each pair whose answers to one exercise are alike the passages that are theirs."""
    times = Counter(passage for passages in answered.values() for passage in passages)
    most = max(3, min(int(MOST_SHARE * len(answered)), MOST_OWNERS))
    own = {student: {p for p in passages if times[p] <= most} for student, passages in answered.items()}
    who: dict[int, list[str]] = defaultdict(list)
    for student in sorted(own):
        for passage in own[student]:
            who[passage].append(student)
    counts = Counter(pair for students in who.values() for pair in combinations(students, 2))
    return {
        pair: count
        for pair, count in counts.items()
        if count >= FEWEST_PASSAGES and count >= LEAST_OVERLAP * min(len(answered[student]) for student in pair)
    }


def _exercises(assignment: Assignment) -> dict[_Place, str]:
    """Give the headings of the exercises that are answered in code."""
    return {
        (master.name, str(cell.grade_id)): master.exercises.get(str(cell.grade_id), str(cell.grade_id))
        for master in assignment.notebooks
        for cell in master.solutions
        if cell.is_code
    }


def passages_of(stored: Stored, assignment: Assignment) -> dict[_Place, frozenset[int]]:
    """Read the passages of a submission's answers, or find them and write them beside the result."""
    place = stored.folder / FILE
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
        known = json.loads(place.read_text(encoding="utf-8"))
        return {(n, e): frozenset(hashes) for n, exercises in known.items() for e, hashes in exercises.items()}
    found: dict[str, dict[str, list[int]]] = {}
    for (notebook, exercise), source in _sources(stored, assignment).items():
        found.setdefault(notebook, {})[exercise] = sorted(
            passages(source) - _released(assignment, notebook, exercise)
        )
    with contextlib.suppress(OSError):
        # Where it cannot be written, it is found once more next time.
        replace_file(place, json.dumps(found))
    return {(n, e): frozenset(hashes) for n, exercises in found.items() for e, hashes in exercises.items()}


def _sources(stored: Stored, assignment: Assignment) -> dict[_Place, str]:
    """Read the answers of a submission from its notebooks as they were run."""
    found = {}
    for master in assignment.notebooks:
        ids = {str(cell.node.id): str(cell.grade_id) for cell in master.solutions if cell.is_code}
        with contextlib.suppress(OSError, ValueError, KeyError):
            cells = json.loads(stored.notebooks[master.name].read_text(encoding="utf-8"))["cells"]
            for cell in cells:
                if cell.get("id") in ids:
                    found[master.name, ids[cell["id"]]] = "".join(cell["source"])
    return found


def _released(assignment: Assignment, notebook: str, exercise: str) -> frozenset[int]:
    master = assignment.master(notebook)
    return frozenset().union(
        *(passages(cell.released) for cell in master.solutions if str(cell.grade_id) == exercise)
    )


@lru_cache(maxsize=1024)
def passages(source: str) -> frozenset[int]:
    """Give the hashes of all passages of a text of Python; none for one longer than `LONGEST_CELL`."""
    tokens = list(_tokens(source)) if len(source) <= LONGEST_CELL else []
    return frozenset(
        zlib.crc32("\0".join(tokens[begin : begin + PASSAGE]).encode("utf-8", "replace"))
        for begin in range(len(tokens) - PASSAGE + 1)
    )


def _tokens(source: str) -> Iterator[str]:
    """Read the tokens of a text, as far as it is Python; what is named or quoted says only that it is."""
    # What ends it depends on Python's version; what came before that counts.
    with contextlib.suppress(SyntaxError, tokenize.TokenError):
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in _QUOTED:
                yield "S"
            elif token.type == tokenize.NAME and not (keyword.iskeyword(token.string) or token.string in _BUILTINS):
                yield "V"
            elif token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP):
                yield token.string


def _pair(
    students: tuple[str, str],
    places: Mapping[_Place, int],
    stored: Mapping[str, Stored],
    assignment: Assignment,
) -> Pair:
    first, second = (_sources(stored[student], assignment) for student in students)
    headings = _exercises(assignment)
    order = sorted(places, key=lambda place: -places[place])
    return Pair(
        students,
        tuple(
            AlikeAnswers(*place, headings[place], places[place], (first.get(place, ""), second.get(place, "")))
            for place in order
        ),
    )
