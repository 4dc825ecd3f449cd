"""
A class in numbers: who needs review, which ideas are wrong, which exercises were passed, how long grading took.

Only results are counted, as they stand by now, so the numbers are those of the CSV. Students are listed by name; a
notebook that needs review counts nowhere but among those.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median

from autograder.course.assignment import Assignment
from autograder.course.master import Master, MasterCell
from autograder.grading.result import Result
from autograder.grading.verdict import Kind, NotebookVerdict, State
from autograder.hints import Catalogue, Hint, Misconception
from autograder.records.standing import Standing

MARKED = 3
"""Exercises that are marked as the weakest."""


@dataclass(frozen=True)
class StateCount:
    """A state that occurs: of how many notebooks, and of how many students."""

    state: str
    notebooks: int
    students: int
    is_graded: bool


@dataclass(frozen=True)
class Waiting:
    """What needs review: notebooks of one student that are in one state for one reason."""

    result: Result
    state: State
    verdicts: tuple[NotebookVerdict, ...]


@dataclass(frozen=True)
class Loss:
    """How many students of those that count lost the points of a test."""

    looks_at: str
    lost: int


@dataclass(frozen=True)
class Unseen:
    """What only the hidden part of a test found, in its own words, and in whose answers."""

    notebook: str
    looks_at: str
    found: str
    students: tuple[Result, ...]


@dataclass(frozen=True)
class WaitingAnswers:
    """Answers of one student in a notebook that somebody is still to grade by hand, by their headings."""

    result: Result
    notebook: str
    headings: tuple[str, ...]


@dataclass(frozen=True)
class ExerciseStatistics:
    """
    Who passed an exercise.

    Attributes
    ----------
    passed, partly, lost, waiting : tuple of Result
        All of the points, some, none; and those whose notebook needs review.
    tests : tuple of Loss
        The tests that somebody lost, where they tell more than the exercise does.
    is_weak : bool
        Whether the class passed few exercises as rarely as this one.
    """

    notebook: str
    name: str
    heading: str
    passed: tuple[Result, ...]
    partly: tuple[Result, ...]
    lost: tuple[Result, ...]
    waiting: tuple[Result, ...]
    tests: tuple[Loss, ...]
    is_weak: bool = False

    @property
    def counted(self) -> int:
        """How many students count."""
        return len(self.passed) + len(self.partly) + len(self.lost)


@dataclass(frozen=True)
class Seen:
    """A misconception in one answer: whose, in which notebook, and what showed it."""

    result: Result
    notebook: str
    hint: Hint


@dataclass(frozen=True)
class Idea:
    """A misconception of the class, and everywhere that it was seen, in order of names."""

    misconception: Misconception
    seen: tuple[Seen, ...]

    @property
    def students(self) -> int:
        """How many students' answers show it."""
        return len({seen.result.student for seen in self.seen})

    @property
    def exercises(self) -> frozenset[tuple[str, str]]:
        """The exercises in which it was seen: notebook and name."""
        return frozenset((seen.notebook, seen.hint.exercise) for seen in self.seen)


@dataclass(frozen=True)
class Times:
    """How long a notebook ran when it was graded, in seconds, the quickest first; who was the slowest."""

    notebook: str
    seconds: tuple[float, ...]
    slowest: Result

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.seconds)


@dataclass(frozen=True)
class Statistics:
    """
    All numbers of the class report.

    Attributes
    ----------
    totals : tuple of float
        The points of those of whom nothing needs review, the fewest first.
    max_points : float
        The most that one of them can have.
    perfect : int
        How many of these are all points.
    """

    states: tuple[StateCount, ...]
    needs_review: tuple[Waiting, ...]
    answers: tuple[WaitingAnswers, ...]
    ideas: tuple[Idea, ...]
    exercises: tuple[ExerciseStatistics, ...]
    unseen: tuple[Unseen, ...]
    totals: tuple[float, ...]
    max_points: float
    perfect: int
    times: tuple[Times, ...]

    @property
    def median(self) -> float:
        """The middle total."""
        return median(self.totals)

    @property
    def waiting(self) -> int:
        """How many students' submissions need review, or answers of them."""
        students = {one.result.student for one in self.needs_review}
        return len(students | {one.result.student for one in self.answers})


Standings = Mapping[str, Standing]
"""What stands in the gradebook, by student, where that is more than the result."""


def statistics(results: Iterable[Result], assignment: Assignment, standings: Standings | None = None) -> Statistics:
    """Count what a class has come to."""
    standings = standings or {}
    results = sorted(results, key=lambda result: result.student)
    totals = tuple(sorted(result.points for result in results if result.points is not None))
    return Statistics(
        _states(results),
        tuple(_needing_review(results)),
        waiting_answers(results, assignment, standings),
        _ideas(results, assignment.catalogue),
        _marked([one for master in assignment.notebooks for one in _exercises(master, results, standings)]),
        tuple(one for master in assignment.notebooks for one in _unseen(master, results)),
        totals,
        max([assignment.max_points, *(result.max_points for result in results)]),
        sum(result.points is not None and result.points >= result.max_points for result in results),
        tuple(times for master in assignment.notebooks for times in _times(master, results)),
    )


def _states(results: list[Result]) -> tuple[StateCount, ...]:
    """Count by state: what needs review first."""
    kinds = [*(kind for kind in Kind if not State(kind).is_graded), Kind.SETTLED, Kind.GRADED]
    found = {(v.state.kind, str(v.state)) for result in results for v in result.verdicts}
    notebooks = Counter(str(v.state) for result in results for v in result.verdicts)
    students = Counter(state for result in results for state in {str(v.state) for v in result.verdicts})
    return tuple(
        StateCount(state, notebooks[state], students[state], State(kind).is_graded)
        for kind, state in sorted(found, key=lambda one: (kinds.index(one[0]), one[1]))
    )


def _needing_review(results: list[Result]) -> list[Waiting]:
    kinds = list(Kind)
    waiting = []
    for result in results:
        states = dict.fromkeys(verdict.state for verdict in result.verdicts if not verdict.state.is_graded)
        for state in states:
            waiting.append(Waiting(result, state, tuple(v for v in result.verdicts if v.state == state)))
    return sorted(waiting, key=lambda one: (kinds.index(one.state.kind), one.state.word))


def waiting_answers(
    results: Iterable[Result], assignment: Assignment, standings: Standings
) -> tuple[WaitingAnswers, ...]:
    """List the answers that somebody is still to grade by hand, of notebooks that need no review as a whole."""
    waiting = []
    for result in results:
        for master, verdict in zip(assignment.notebooks, result.verdicts, strict=True):
            open_cells = [
                cell for cell in master.by_hand if _by_hand(master, cell, verdict, result, standings) is None
            ]
            if open_cells and verdict.state.is_graded:
                headings = tuple(master.exercises[str(cell.grade_id)] for cell in open_cells)
                waiting.append(WaitingAnswers(result, master.name, headings))
    return tuple(waiting)


def _by_hand(
    master: Master, cell: MasterCell, verdict: NotebookVerdict, result: Result, standings: Standings
) -> float | None:
    """Give the points of an answer that is graded by hand; None while nobody has given any."""
    name = str(cell.grade_id)
    standing = standings.get(result.student)
    if standing is not None and (master.name, name) in standing.by_hand:
        return standing.scores[master.name, name]
    return 0.0 if verdict.state.is_graded and name in verdict.blank else None


def _ideas(results: list[Result], catalogue: Catalogue) -> tuple[Idea, ...]:
    """Rank the misconceptions: the one with the most students first."""
    seen: dict[str, list[Seen]] = {name: [] for name in catalogue}
    for result in results:
        for verdict in result.verdicts:
            for hint in verdict.hints:
                seen[hint.id].append(Seen(result, verdict.name, hint))
    ideas = [Idea(catalogue[name], tuple(found)) for name, found in seen.items() if found]
    return tuple(sorted(ideas, key=lambda idea: -idea.students))


def _exercises(master: Master, results: list[Result], standings: Standings) -> list[ExerciseStatistics]:
    verdicts = [(result, verdict) for result in results for verdict in result.verdicts if verdict.name == master.name]
    tests: dict[str | None, list[MasterCell]] = {}
    for test in master.graded:
        tests.setdefault((master.answer_to(test) or test).grade_id, []).append(test)
    return [
        _exercise_by_hand(master, cell, verdicts, standings)
        if cell.by_hand
        else _exercise(master, cell, tests[cell.grade_id], verdicts)
        for cell in master.cells
        if cell.by_hand or (cell.is_anchor and cell.grade_id in tests)
    ]


def _exercise_by_hand(
    master: Master, cell: MasterCell, verdicts: list[tuple[Result, NotebookVerdict]], standings: Standings
) -> ExerciseStatistics:
    given = [(result, _by_hand(master, cell, verdict, result, standings)) for result, verdict in verdicts]
    return ExerciseStatistics(
        master.name,
        str(cell.grade_id),
        master.exercises[str(cell.grade_id)],
        tuple(result for result, score in given if score is not None and score >= cell.points),
        tuple(result for result, score in given if score is not None and 0 < score < cell.points),
        tuple(result for result, score in given if score is not None and score <= 0 < cell.points),
        tuple(result for result, score in given if score is None),
        (),
    )


def _exercise(
    master: Master, cell: MasterCell, tests: list[MasterCell], verdicts: list[tuple[Result, NotebookVerdict]]
) -> ExerciseStatistics:
    passed: list[Result] = []
    partly: list[Result] = []
    lost: list[Result] = []
    waiting: list[Result] = []
    losses: Counter[str] = Counter()
    names = [str(test.grade_id) for test in tests]
    for result, verdict in verdicts:
        settled = {one.grade_id: one for one in verdict.settled}
        if any(name not in settled for name in names):
            waiting.append(result)
            continue
        missed = [name for name in names if not settled[name].passed]
        (passed if not missed else partly if len(missed) < len(tests) else lost).append(result)
        losses.update(missed)
    losses_of_tests = [
        Loss(master.titles[str(test.grade_id)], losses[str(test.grade_id)]) for test in tests if partly
    ]
    return ExerciseStatistics(
        master.name,
        str(cell.grade_id),
        master.exercises[str(cell.grade_id)],
        tuple(passed),
        tuple(partly),
        tuple(lost),
        tuple(waiting),
        tuple(one for one in losses_of_tests if one.lost),
    )


def _unseen(master: Master, results: list[Result]) -> Iterator[Unseen]:
    """Gather what hidden parts found: by test, what most answers have in common first."""
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        cells = (cell for verdict in result.verdicts if verdict.name == master.name for cell in verdict.cells)
        for cell in cells:
            if cell.unseen:
                found.setdefault((cell.grade_id, cell.unseen), []).append(result)
    for test in master.graded:
        of_test = [(words, whose) for (name, words), whose in found.items() if name == test.grade_id]
        for words, whose in sorted(of_test, key=lambda one: -len(one[1])):
            yield Unseen(master.name, master.titles[str(test.grade_id)], words, tuple(whose))


def _marked(exercises: list[ExerciseStatistics]) -> tuple[ExerciseStatistics, ...]:
    """Mark those that the smallest share of the class has passed, if anybody has failed them."""
    failed = [one for one in exercises if len(one.passed) < one.counted]
    weakest = sorted(failed, key=lambda one: len(one.passed) / one.counted)[:MARKED]
    return tuple(replace(one, is_weak=one in weakest) for one in exercises)


def _times(master: Master, results: list[Result]) -> Iterator[Times]:
    """Gather the times of what ran at all."""
    ran = [(v.seconds, result) for result in results for v in result.verdicts if v.name == master.name and v.cells]
    if ran:
        ran.sort(key=lambda one: one[0])
        yield Times(master.name, tuple(seconds for seconds, _ in ran), ran[-1][1])


def ideas_of(result: Result, catalogue: Catalogue) -> list[str]:
    """Name the misconceptions that one student's answers show, in the order of the catalogue."""
    shown = {hint.id for verdict in result.verdicts for hint in verdict.hints}
    return [name for name in catalogue if name in shown]
