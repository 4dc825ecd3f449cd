"""For instructors: an evening's grading."""

import argparse
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from autograder.commands.collect import collect
from autograder.commands.options import add_assignment, add_collecting, add_workers, course_of
from autograder.commands.terminal import DONE, NEEDS_REVIEW, NOTHING_DONE, STOPPED, Told, progress_bar, terminal
from autograder.course.assignment import Assignment
from autograder.course.folders import Course
from autograder.course.imports import imports_of
from autograder.course.steps import not_done, refuse_other_steps
from autograder.errors import ClusterError, CourseError, DownloadError
from autograder.files import file_name, replace_file
from autograder.grading.processes import local_processes
from autograder.grading.result import Result
from autograder.kernels.configuration import runner_of
from autograder.kernels.kernelspec import other_kernel
from autograder.kernels.source import KernelSource
from autograder.records.absent import nothing_from
from autograder.records.settled import is_stale
from autograder.report.class_report import class_report
from autograder.report.csv_table import csv_table
from autograder.report.statistics import waiting_answers
from autograder.report.terminal_table import print_table
from autograder.session import Session, SessionReport, run_session
from autograder.submissions.folder import out_of_reach, strays, who_handed_in
from autograder.submissions.roster import Roster, read_roster
from autograder.text import counted, named, plain


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `autograder grade`."""
    add_assignment(parser)
    parser.add_argument(
        "--from", dest="download", type=Path, metavar="DOWNLOAD", help="first collect this folder or zip file"
    )
    add_collecting(parser)
    parser.add_argument(
        "--student",
        metavar="S",
        action="append",
        help="grade only this student's submission; may be given several times",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--again", action="store_true", help="grade also what has been graded before")
    which.add_argument(
        "--stored", action="store_true", help="grade nothing: bring pages, reports and gradebook up to date"
    )
    parser.add_argument("--anyway", action="store_true", help="go on though the course's own solution loses points")
    parser.add_argument(
        "--no-jail",
        dest="jail",
        action="store_false",
        help="run student code with all your rights: only for submissions that you trust",
    )
    parser.add_argument(
        "--stay-warm",
        action="store_true",
        help="keep what was imported in memory for a minute: the next such command begins sooner",
    )
    parser.add_argument(
        "--with-files",
        action="store_true",
        default=None,
        help="have the students' own files, .py and .csv for instance, beside their notebooks "
        "(default: c.Grading.with_files)",
    )
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="grade on the workers of this Dask scheduler, e.g. tls://host:8786 (default: c.Grading.cluster)",
    )
    add_workers(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Grade what was submitted and has not been graded, and report on all of it."""
    course = course_of(options)
    assignment = course.assignment(options.assignment)
    refuse_other_steps(course.config)
    settled = _collected(course, assignment, options, console)
    handed_in = course.students(assignment.name)
    for name in out_of_reach(handed_in, course.below(assignment.name)):
        why = "a name that begins with a dot, or is not UTF-8; rename the folder, and grade again"
        console.print(f"not graded: {plain(name)} in {handed_in}: {why}")
        settled = False
    data = course.data(assignment.name)
    runner = runner_of(
        course.config, course.subject, jailed=options.jail, data=data, imports=imports_of(assignment, data)
    )
    session = Session(
        course,
        assignment,
        _students(course, options),
        runner,
        local_processes(options.workers),
        lambda: options.workers,
        _whose(options),
        options.again,
        options.anyway,
        options.with_files,
        stay_warm=options.stay_warm,
    )
    for stray in strays(handed_in):
        console.print(f"{plain(stray)} in {handed_in} is not a student's folder and was left alone")
    remarks = _remarks(course, assignment)
    for remark in remarks:
        console.print(plain(remark))
    with _stopping() as stop, progress_bar(console) as progress:
        session = replace(session, say=lambda line: progress.console.print(plain(line)))
        counts: Counter[str] = Counter()
        doing = "looking at" if options.stored else "grading"
        task = progress.add_task(f"{doing} {session.assignment.name}", total=len(session.students))

        def count(result: Result) -> None:
            counts[result.state.kind.value] += 1
            progress.update(task, advance=1, states=", ".join(f"{n} {kind}" for kind, n in counts.most_common()))

        with _machines(session, runner, options) as (session, where):
            progress.update(task, where=Told(where))
            outcome = run_session(session, stop, count)
    code = _report(session, outcome, options, console)
    return code if settled else max(code, NEEDS_REVIEW)


@contextmanager
def _machines(
    session: Session, runner: KernelSource, options: argparse.Namespace
) -> Iterator[tuple[Session, Callable[[], str]]]:
    """Grade here, or on the cluster that is asked for; tell where, for as long as it takes."""
    address = options.cluster or session.course.config.get("Grading", {}).get("cluster")
    if not address:
        yield session, lambda: ""
        return
    if not runner.jailed:
        raise ClusterError("--no-jail: on a cluster student code would have the rights of whoever lends a machine")
    try:
        from autograder.cluster.coordinator import cluster
    except ImportError as error:
        raise ClusterError(f"{error.name} is not installed; install sharing-variables[grade,cluster]") from None

    with cluster(str(address), session.assignment, runner, session.say) as machines:
        elsewhere = replace(session, make_executor=machines.executor, in_flight=machines.slots, elsewhere=True)
        yield elsewhere, machines.where


def _remarks(course: Course, assignment: Assignment) -> list[str]:
    """Name what the course asks of nbgrader and is otherwise here, though no score depends on it."""
    return [*not_done(course.config), *filter(None, map(other_kernel, assignment.notebooks))]


def _collected(course: Course, assignment: Assignment, options: argparse.Namespace, console: Console) -> bool:
    """Collect first where a download is named."""
    if options.download is not None:
        return collect(course, assignment, options, console)
    if options.pattern or options.overwrite or options.timezone:
        raise DownloadError("--pattern, --timezone and --overwrite say how to collect; name the download with --from")
    return True


def _students(course: Course, options: argparse.Namespace) -> tuple[str, ...]:
    names = who_handed_in(course, options.assignment)
    strangers = sorted(set(options.student or ()).difference(names))
    if strangers or not names:
        raise CourseError(
            f"{course.submitted(strangers[0] if strangers else '*', options.assignment)}: no submission there; "
            "collect the submissions, or put each student's notebooks in such a folder"
        )
    return tuple(names)


def _whose(options: argparse.Namespace) -> frozenset[str] | None:
    """Tell whose submissions may be graded; None for everybody's."""
    if options.stored:
        return frozenset()
    return None if options.student is None else frozenset(options.student)


def _report(session: Session, outcome: SessionReport, options: argparse.Namespace, console: Console) -> int:
    """Write the CSV and the class report, and then print the table and what is left to do: files first."""
    course, assignment, results = session.course, session.assignment, outcome.results
    left = sorted(set(session.students).difference(result.student for result in results))
    roster = read_roster(course)
    absent = [nothing_from(student, assignment) for student in sorted(roster.ids.difference(session.students))]
    written, problems = _write_reports(session, outcome, len(left), absent, roster)
    problems += outcome.problems
    asked = frozenset(options.student or (*session.students, *roster.ids))
    print_table(
        [one for one in _everybody(outcome, absent) if one.student in asked], assignment, console, roster.names
    )
    for loss in outcome.losses:
        console.print(f"graded anyway: {plain(loss)}")
    for problem in problems:
        console.print(f"not done: {plain(problem)}")
    folders = f"{course.autograded('*', assignment.name)}, {course.feedback('*', assignment.name)}"
    console.print(f"\nwritten: {', '.join([*written, course.database, folders])}")
    if outcome.kept:
        console.print(f"{outcome.kept} of {len(results)} had been graded before; --again grades them anew")
    if session.runner.jailed and outcome.held:
        console.print(f"control groups: {plain(outcome.held)}")
    if not session.runner.jailed:
        console.print("WITHOUT A JAIL: student code could read and change whatever you can")
    results = [result for result in results if result.student in asked]
    waiting = waiting_answers(results, assignment, outcome.standings)
    if waiting:
        answers = sum(len(one.headings) for one in waiting)
        whose = counted(len({one.result.student for one in waiting}), "student")
        console.print(f"{counted(answers, 'answer')} of {whose} to be graded by hand; see nbgrader's formgrader")
    if left:
        if stopped := [student for student in left if session.may_grade(student)]:
            everybody = len(session.students if session.only is None else session.only)
            console.print(f"stopped: {len(stopped)} of {everybody} are left; the same command goes on with them")
            return STOPPED
        console.print(f"not graded yet, or handed in anew since: {plain(named(left))}")
        if asked <= set(left):
            return NOTHING_DONE
    is_settled = all(result.state.is_graded and not is_stale(result) for result in results)
    unheard = asked.intersection([*left, *(one.student for one in absent)])
    is_done = is_settled and not (waiting or problems or outcome.losses or unheard)
    return DONE if is_done else NEEDS_REVIEW


def _write_reports(
    session: Session, outcome: SessionReport, left: int, absent: list[Result], roster: Roster
) -> tuple[list[str], list[str]]:
    """Write the CSV and the class report; give the files, and a line for each that could not be written."""
    course, assignment = session.course, session.assignment
    reports: dict[str, Callable[[], str]] = {
        ".csv": lambda: csv_table(_everybody(outcome, absent), roster.names),
        ".html": lambda: class_report(
            course,
            assignment,
            outcome.stored,
            left=left,
            jailed=session.runner.jailed,
            standings=outcome.standings,
            losses=outcome.losses,
            absent=absent,
            names=roster.names,
            formgrader_pages=outcome.formgrader_pages,
        ),
    }
    written, problems = [], []
    for ending, text in reports.items():
        place = course.reports / file_name(assignment.name, ending)
        try:
            course.reports.mkdir(exist_ok=True)
            replace_file(place, text())
            written.append(str(place))
        except Exception as error:
            # What is odd about one of them must not cost the other.
            why = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            problems.append(f"{place}: {why}; mend that and run the same command again, which grades nothing anew")
    return written, problems


def _everybody(outcome: SessionReport, absent: list[Result]) -> list[Result]:
    return sorted([*outcome.results, *absent], key=lambda result: result.student)


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """Answer the first Ctrl-C with an orderly end, the second with a sudden one: what is stored is whole."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def answer(*_: object) -> None:
        if stop.is_set():
            os._exit(STOPPED)
        stop.set()
        terminal(stderr=True).print(
            "\nautograder: stopping when what is being graded is done; Ctrl-C again stops at once"
        )

    before = signal.signal(signal.SIGINT, answer)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
