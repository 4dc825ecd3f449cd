"""Where cells stand: split, merged, copied, moved, deleted, retyped."""

from tests.honest.desk import Change, Desk, copy_of, decorated, name_of, names, plain_cell, text_cell, tree


def _halves(source: str) -> tuple[str, str]:
    """Cut an answer above its last statement; the second half is empty where there is only one."""
    body = tree(source).body
    lines = source.split("\n")
    last = body[-1]
    cut = min([last.lineno, *(d.lineno for d in getattr(last, "decorator_list", []))]) - 1
    return "\n".join(lines[:cut]).rstrip("\n"), "\n".join(lines[cut:])


def _split_in_lab(desk: Desk) -> None:
    """Split as JupyterLab does: both halves keep the name."""
    for cell in desk.answers:
        upper, lower = _halves(cell["source"])
        second = copy_of(cell)
        cell["source"], second["source"] = upper, lower
        desk.cells.insert(desk.place(cell) + 1, second)


def _split_in_notebook(desk: Desk) -> None:
    """Split as Jupyter's older Notebook does: the lower half is a plain cell."""
    for cell in desk.answers:
        cell["source"], lower = _halves(cell["source"])
        desk.add_below(cell, lower)


def _merged_with_the_cell_below(desk: Desk) -> None:
    for cell in desk.answers:
        below = desk.cells[desk.place(cell) + 1]
        if below["cell_type"] == "code" and not name_of(below):
            cell["source"] += f"\n\n{below['source']}"
            del desk.cells[desk.place(below)]


def _merged_into_a_plain_cell(desk: Desk) -> None:
    """Merge an answer into a helper's cell above, which keeps its own metadata: none."""
    for cell in desk.answers:
        desk.cells[desk.place(cell)] = plain_cell(f"helper = None\n\n{cell['source']}")


def _in_a_new_cell_below(desk: Desk) -> None:
    """Leave what was released as it is, and answer in a cell below."""
    for cell in desk.answers:
        desk.add_below(cell, cell["source"])
        cell["source"] = desk.released[name_of(cell)]


def _answers_copied(desk: Desk) -> None:
    for cell in desk.answers:
        desk.cells.insert(desk.place(cell) + 1, copy_of(cell))


def _old_copy_above(desk: Desk) -> None:
    """Keep a copy of the untouched cell above the answer."""
    for cell in desk.answers:
        old = copy_of(cell)
        old["source"] = desk.released[name_of(cell)]
        desk.cells.insert(desk.place(cell), old)


def _tests_copied(desk: Desk) -> None:
    for cell in desk.tests:
        desk.cells.insert(desk.place(cell) + 1, copy_of(cell))
    desk.cells.append(copy_of(desk.dice.choice(desk.tests)))


def _tests_copied_as_plain(desk: Desk) -> None:
    """Copy the text of a test into a cell of one's own."""
    for cell in desk.dice.sample(desk.tests, 2):
        desk.add_below(cell, cell["source"])


def _tests_deleted(desk: Desk) -> None:
    for cell in desk.dice.sample(desk.tests, len(desk.tests) // 2):
        del desk.cells[desk.place(cell)]


def _locked_deleted(desk: Desk) -> None:
    for cell in desk.code:
        if cell["metadata"].get("nbgrader", {}).get("locked") and cell not in desk.tests:
            del desk.cells[desk.place(cell)]


def _plain_deleted(desk: Desk) -> None:
    for cell in desk.plain:
        del desk.cells[desk.place(cell)]


def _texts_deleted(desk: Desk) -> None:
    for cell in desk.texts:
        del desk.cells[desk.place(cell)]


def _plain_moved(desk: Desk) -> None:
    """Move every plain cell to some other place."""
    for cell in desk.plain:
        del desk.cells[desk.place(cell)]
        desk.cells.insert(desk.dice.randint(0, len(desk.cells)), cell)


def _plain_at_the_end(desk: Desk) -> None:
    moved = desk.plain
    for cell in moved:
        del desk.cells[desk.place(cell)]
    desk.cells.extend(moved)


def _answers_below_their_tests(desk: Desk) -> None:
    for cell in desk.answers:
        tests = [test for test in desk.tests if name_of(test).startswith(f"test-{name_of(cell)}")]
        del desk.cells[desk.place(cell)]
        desk.cells.insert(desk.place(tests[-1]) + 1, cell)


def _a_test_dragged_to_the_top(desk: Desk) -> None:
    """Drag the last test above everything, with a helper of all answers between it and the imports."""
    last = desk.tests[-1]
    del desk.cells[desk.place(last)]
    helper = plain_cell("def handed_on(function):\n    return lambda *a, **k: function(*a, **k)")
    desk.cells[1:1] = [last, helper]
    desk.rewrite(lambda source: decorated(source, "handed_on"))


def _an_exercise_dragged_to_the_end(desk: Desk) -> None:
    """Move one exercise, helper first, below all others."""
    cell = desk.dice.choice(desk.answers)
    helper = plain_cell("def handed_on(function):\n    return lambda *a, **k: function(*a, **k)")
    tests = [test for test in desk.tests if name_of(test).startswith(f"test-{name_of(cell)}")]
    cell["source"] = decorated(cell["source"], "handed_on")
    for moved in (cell, *tests):
        del desk.cells[desk.place(moved)]
    desk.cells.extend([helper, cell, *tests])


def _run_backwards(desk: Desk) -> None:
    """Leave the counts of somebody who runs cells in another order, and again."""
    for count, cell in enumerate(reversed(desk.code), start=40):
        cell["execution_count"] = count * 3


def _retyped(kind: str) -> Change:
    def change(desk: Desk) -> None:
        for cell in desk.dice.sample(desk.answers, 2):
            cell["cell_type"] = kind
            del cell["outputs"], cell["execution_count"]

    return change


def _demonstrations_edited(desk: Desk) -> None:
    for number, cell in enumerate(desk.plain):
        cell["source"] += (f"\nprint('mine {number}')", "\n# I see", "\n1 / 0")[number % 3]


def _demonstrations_commented_out(desk: Desk) -> None:
    for cell in desk.plain:
        cell["source"] = "\n".join(f"# {line}" for line in cell["source"].split("\n"))


def _demonstrations_run_twice(desk: Desk) -> None:
    for cell in desk.plain:
        desk.add_below(cell, cell["source"])


def _texts_edited(desk: Desk) -> None:
    for cell in desk.texts:
        cell["source"] += "\n\n*Notiz:* 我不明白 $\\frac{1}{2}$ <script>1</script> ![](attachment:x.png)"


def _notes_between(desk: Desk) -> None:
    for cell in desk.answers:
        place = desk.place(cell)
        desk.cells.insert(place + 1, text_cell("- [x] done\n- מה זה?"))
        desk.cells.insert(place, {"cell_type": "raw", "metadata": {}, "source": "1 / 0"})


def _looks_at_demonstrations(desk: Desk) -> None:
    """Use what the cells of the lesson leave behind."""
    left = [name for cell in desk.plain for name in names(cell["source"])]
    desk.scatter(*(f"print({name})" for name in dict.fromkeys(left)), "print('end')")


ARRANGEMENT: dict[str, Change] = {
    "split-in-lab": _split_in_lab,
    "split-in-notebook": _split_in_notebook,
    "merged-with-the-cell-below": _merged_with_the_cell_below,
    "merged-into-a-plain-cell": _merged_into_a_plain_cell,
    "in-a-new-cell-below": _in_a_new_cell_below,
    "answers-copied": _answers_copied,
    "old-copy-above": _old_copy_above,
    "tests-copied": _tests_copied,
    "tests-copied-as-plain": _tests_copied_as_plain,
    "tests-deleted": _tests_deleted,
    "locked-deleted": _locked_deleted,
    "plain-deleted": _plain_deleted,
    "texts-deleted": _texts_deleted,
    "plain-moved": _plain_moved,
    "plain-at-the-end": _plain_at_the_end,
    "answers-below-their-tests": _answers_below_their_tests,
    "a-test-dragged-to-the-top": _a_test_dragged_to_the_top,
    "an-exercise-dragged-to-the-end": _an_exercise_dragged_to_the_end,
    "run-backwards": _run_backwards,
    "retyped-as-text": _retyped("markdown"),
    "retyped-as-raw": _retyped("raw"),
    "demonstrations-edited": _demonstrations_edited,
    "demonstrations-commented-out": _demonstrations_commented_out,
    "demonstrations-run-twice": _demonstrations_run_twice,
    "texts-edited": _texts_edited,
    "notes-between": _notes_between,
    "looks-at-demonstrations": _looks_at_demonstrations,
}
"""Styles of the order of cells."""
