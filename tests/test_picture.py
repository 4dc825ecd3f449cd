"""A picture draws what a graph shares, and no name in it can do harm."""

import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from sharing_variables.graph.caption import caption, text
from sharing_variables.graph.facts import Facts, Output, partition
from sharing_variables.graph.picture import MOST, STYLE, figure
from tests.conftest import ROOT
from tests.test_caption import EVIL, FAILED, MANY, SHARED, TRAINED, UNUSED, facts, output, variable

SVG = "{http://www.w3.org/2000/svg}"


def drawn(shown: Facts, groups: str = "") -> ElementTree.Element:
    """Parse a figure as XML, which is stricter than a browser."""
    return ElementTree.fromstring(figure(shown, partition(groups)))


def boxes(shown: Facts, look: str) -> list[str]:
    """Read the boxes of a look: all their words, of one box in one string."""
    found = []
    for group in drawn(shown).iter(f"{SVG}g"):
        if look in group.get("class", "").split() and group.find(f"{SVG}rect") is not None:
            found.append(" ".join(str(part.text) for part in group.iter(f"{SVG}text")))
    return found


def arrows(shown: Facts, look: str) -> list[ElementTree.Element]:
    """Find the arrows of a look."""
    return [group for group in drawn(shown).iter(f"{SVG}g") if group.get("class") == f"arrow {look}"]


def test_the_shared_stand_out_without_colour() -> None:
    assert boxes(SHARED, "shared") == ["W () · float32 shared by 2", "b () · float32 shared by 2"]
    assert boxes(FAILED, "shared") == []
    inner = [rect for rect in drawn(SHARED).iter(f"{SVG}rect") if rect.get("class") == "inner"]
    assert len(inner) == 2
    assert re.search(r"\.arrow\.shared \.line {[^}]*stroke-width: 2", figure(SHARED))
    assert (len(arrows(SHARED, "shared")), len(arrows(SHARED, "reads"))) == (4, 0)
    assert (len(arrows(FAILED, "shared")), len(arrows(FAILED, "reads"))) == (0, 4)


def test_what_nothing_reads_says_so() -> None:
    assert boxes(UNUSED, "unread") == ["output_scale () · float32 read by nothing"]
    assert re.search(r"\.unread \.box {[^}]*stroke-dasharray", figure(UNUSED))


def test_without_outputs_nobody_misses_a_reader() -> None:
    assert boxes(facts("W b"), "unread") == []
    assert boxes(facts("W b"), "variable") == ["W () · float32", "b () · float32"]


def test_training_is_an_arrow_back_and_no_sharing() -> None:
    shown = facts("W", output("loss", "W"), output("step", "W", trains="W"))
    assert boxes(shown, "shared") == []
    assert boxes(shown, "output") == ["loss loss:0", "step step:0 trains 1 variable"]
    assert [len(arrow.findall(f"{SVG}path[@class='tip']")) for arrow in arrows(shown, "trains")] == [2]
    assert [len(arrow.findall(f"{SVG}path[@class='tip']")) for arrow in arrows(shown, "reads")] == [1]


def test_what_is_trained_and_not_read_is_drawn_too() -> None:
    shown = facts("W", output("step", trains="W"))
    assert len(arrows(shown, "trains")) == 1
    assert boxes(shown, "output") == ["step step:0 trains 1 variable"]
    assert caption(shown) == "step trains W."


def test_a_variable_that_only_the_step_reads_is_read() -> None:
    shown = facts("W n", output("r1", "W"), output("step", "W n", trains="W"))
    assert boxes(shown, "unread") == []
    assert text(shown).splitlines()[-1] == "n  () · float32  read by step"


def test_the_optimizer_is_a_note_at_what_it_trains() -> None:
    assert boxes(TRAINED, "variable") == [
        "W (2, 3) · float32 + 2 of the optimizer shared by 2",
        "scale any shape · float32 not trained shared by 2",
    ]
    assert "1 more of the optimizer not drawn" in figure(TRAINED)


def test_columns_keep_the_order_in_which_things_were_made() -> None:
    shown = facts("W b W_1 b_1", output("r2", "W_1 b_1"), output("r1", "W b"))
    tops = {str(t.text): float(t.get("y", "")) for t in drawn(shown).iter(f"{SVG}text") if t.get("class") == "name"}
    assert sorted(["b_1", "W_1", "b", "W"], key=tops.__getitem__) == ["W", "b", "W_1", "b_1"]
    assert tops["r2"] < tops["r1"]


def test_few_variables_are_not_folded() -> None:
    names = " ".join(f"tower/w{number}" for number in range(MOST))
    assert len(boxes(facts(names, output("r1", names)), "variable")) == MOST


def test_a_scope_that_is_read_alike_is_folded() -> None:
    tower, head = (" ".join(f"{scope}/w{number}" for number in range(14)) for scope in ("tower", "head"))
    shown = facts(f"{tower} {head} W", output("r1", f"{tower} W"), output("r2", f"{tower} {head}"))
    assert boxes(shown, "variable") == [
        "tower/ · 14 variables w0 and 13 more each shared by 2",
        "head/ · 14 variables w0 and 13 more",
        "W () · float32",
    ]


def test_without_scopes_what_is_read_alike_is_folded() -> None:
    assert boxes(MANY, "variable") == ["30 variables w0 and 29 more"]


def test_what_cannot_be_folded_by_its_readers_is_folded_all_the_same() -> None:
    outputs = [output(f"r{number}", f"w{number}") for number in range(30)]
    shown = facts(" ".join(f"w{number}" for number in range(30)), *outputs)
    assert len(boxes(shown, "variable")) == MOST
    assert boxes(shown, "variable")[-1] == "and 19 more variables w11 and 18 more"


@pytest.mark.parametrize(
    ("number", "last"), [(12, "r11 r11:0"), (13, "and 1 more output"), (17, "and 5 more outputs")]
)
def test_outputs_beyond_a_dozen_are_folded(number: int, last: str) -> None:
    shown = facts("W", *(output(f"r{place}", "W") for place in range(number)))
    assert boxes(shown, "output")[-1] == last
    assert boxes(shown, "shared") == [f"W () · float32 shared by {number}"]


def test_the_figure_holds_the_caption() -> None:
    root = drawn(FAILED, "r1 r2")
    assert [str(part.text) for part in root.iter("figcaption")] == [caption(FAILED, partition("r1 r2"))]


def test_a_page_of_many_figures_brings_the_style_once() -> None:
    assert figure(SHARED).count(STYLE) == 1
    assert figure(SHARED, styled=False) == figure(SHARED).replace(f"<style>{STYLE}</style>\n", "")


def test_a_screen_reader_finds_a_title_and_every_variable() -> None:
    svg = next(drawn(SHARED).iter(f"{SVG}svg"))
    named = {part.get("id"): str(part.text) for part in svg}
    title, description = (named[key] for key in svg.get("aria-labelledby", "").split())
    assert svg.get("role") == "img"
    assert title == "Which outputs read which variables"
    assert description == "W  () · float32  shared by r1 and r2. b  () · float32  shared by r1 and r2"


def test_two_figures_on_a_page_have_ids_of_their_own() -> None:
    first, second = (set(re.findall(r' id="([^"]+)"', figure(shown))) for shown in (SHARED, FAILED))
    assert len(first) == len(second) == 2
    assert first.isdisjoint(second)


def test_a_name_is_never_markup() -> None:
    shown = facts(f"{EVIL} W", output(EVIL, f"{EVIL} W"), output("r2", EVIL))
    page = figure(shown)
    assert "<script" not in page
    assert "script" not in {part.tag.rpartition("}")[2] for part in ElementTree.fromstring(page).iter()}
    assert EVIL in {part.text for part in drawn(shown).iter(f"{SVG}title")}


@pytest.mark.parametrize(
    "name", ["\x00", "\x1b[31m", "\ud800", "\u202e", "\ufffe", "变" * 500, "é" * 999, "]]>", "--"]
)
def test_odd_names_are_drawn(name: str) -> None:
    shown = Facts((variable(name),), (Output(name, name, (name,)), Output("r2", "r2:0", (name,))))
    assert len(boxes(shown, "shared")) == 1
    figure(shown).encode()


def test_a_long_name_is_cut_in_its_middle_and_whole_on_hovering() -> None:
    name = "start" + "x" * 1000 + "end"
    shown = facts(name, output("r1", name))
    (words,) = boxes(shown, "variable")
    assert re.fullmatch(r"startx+…x+end \(\) · float32", words)
    assert float(next(drawn(shown).iter(f"{SVG}svg")).get("width", "")) < 700
    assert name in {part.text for part in drawn(shown).iter(f"{SVG}title")}
    assert len(caption(shown)) < 100


def test_a_figure_needs_nothing_from_elsewhere() -> None:
    page = figure(TRAINED).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|url\(|@import|href|src=|<script| on\w+=", page)


def test_its_rules_reach_nothing_else_on_the_page() -> None:
    rules = re.sub(r"@media [^{]*{", "", str(next(drawn(SHARED).iter("style")).text))
    selectors = [one.strip() for rule in re.findall(r"([^{}]+){", rules) for one in rule.split(",")]
    assert len(selectors) > 10
    assert [selector for selector in selectors if ".sharing-figure" not in selector] == []


def test_the_same_facts_give_the_same_bytes() -> None:
    code = (
        "import hashlib; from tests.test_picture import *; "
        "page = figure(TRAINED) + figure(FAILED, partition('r1 r2')) + figure(SHARED, partition('r1 | r2')); "
        "print(hashlib.sha256(page.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_drawing_says_nothing_on_stderr_where_there_are_no_fonts() -> None:
    code = "from tests.test_picture import *; figure(TRAINED); figure(MANY); figure(FAILED)"
    environment = os.environ | {"FONTCONFIG_FILE": "/nonexistent", "HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
