"""
What a graph says about sharing, drawn: variables, outputs, and who reads what.

Everything is made from `Facts`. Names in them are a student's, so they are escaped wherever HTML is written, and
never reach Graphviz: it only learns how large the boxes are and what is connected.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sharing_variables.graph.caption import Uses, caption, html_of, lines_of, shortened, size_of, width_of
from sharing_variables.graph.facts import Facts, Output, Variable

MOST = 12
"""Boxes in a column; what is beyond is folded."""

_DEPTHS = 8
"""Numbers of scopes around a variable, the fewest ones, with which an optimizer's variables are looked for."""


def figure(facts: Facts, groups: tuple[frozenset[str], ...] = (), *, styled: bool = True) -> str:
    """
    Draw variables, outputs, and who reads what: a ``<figure>`` of HTML that needs nothing from elsewhere.

    Where Graphviz is not installed, the figure says in lines what it would draw.

    Parameters
    ----------
    groups : tuple of frozenset of str
        As for `caption`.
    styled : bool
        Whether the figure brings `STYLE`; a page of many figures has it once.
    """
    style = f"<style>{STYLE}</style>" if styled else ""
    drawing = _drawing(facts) if facts.own or facts.outputs else ""
    words = f"<figcaption>{html_of(caption(facts, groups))}</figcaption>"
    return "\n".join(filter(None, ['<figure class="sharing-figure">', style, drawing, words, "</figure>"]))


def _drawing(facts: Facts) -> str:
    try:
        return _svg(facts)
    except ImportError:
        lines = "\n".join(map(html_of, lines_of(facts)))
        return f"<pre>{lines}</pre>\n<p><small>pip install pygraphviz draws a picture here.</small></p>"


_Arrows = dict[tuple[int, int], str]
"""By the places of a variable's box and of an output's, how the arrow between them looks."""


@dataclass(frozen=True)
class _Box:
    """What is drawn as one: a variable or an output, or several that are folded; `full` appears on hovering."""

    lines: tuple[str, ...]
    full: str
    look: str
    badge: str = ""

    @property
    def width(self) -> float:
        first, *others = map(width_of, self.lines)
        return 28 + max(first * 7.9, max(others, default=0) * 6.7, len(self.badge) * 6.2 + 12)

    @property
    def height(self) -> float:
        return 18 + 16 * len(self.lines)


def _svg(facts: Facts) -> str:
    uses = Uses(facts)
    slots = _slots(facts)
    piles = _piles(facts.own, uses)
    left = [_variable_box(pile, uses, sum(slots[variable.name] for variable in pile)) for pile in piles]
    right = [_output_box(output) for output in facts.outputs[:MOST]]
    if beyond := [output.label for output in facts.outputs[MOST:]]:
        right.append(_Box((f"and {_counted(len(beyond), 'more output')}",), _full(beyond), "output"))
    column = {output.label: min(place, MOST) for place, output in enumerate(facts.outputs)}
    arrows: _Arrows = {}
    for place, pile in enumerate(piles):
        for label, trains in (edge for variable in pile for edge in uses.edges.get(variable.name, [])):
            shared = left[place].badge and label not in uses.steps
            arrows.setdefault((place, column[label]), "trains" if trains else "shared" if shared else "reads")
    return _document(left, right, arrows, slots[""], _full(lines_of(facts), ". "))


def _slots(facts: Facts) -> Counter[str]:
    """Count the optimizer's variables by the variable that they are kept for; some serve all, and count under ""."""
    own = {variable.name for variable in facts.own}
    depths = sorted({name.count("/") for name in own})[:_DEPTHS]
    found: Counter[str] = Counter()
    for above in (variable.name.rpartition("/")[0] for variable in facts.variables if variable.slot):
        tails = ("/".join(above.rsplit("/", depth + 1)[-depth - 1 :]) for depth in reversed(depths))
        found[next((tail for tail in tails if tail in own), "")] += 1
    return found


def _piles(variables: Sequence[Variable], uses: Uses) -> list[list[Variable]]:
    """Fold variables that are used alike: none, then those of one scope, then all; what is still too much, as one."""
    found: list[list[Variable]] = []
    for part in (str, _scope, lambda name: ""):
        piles: dict[object, list[Variable]] = defaultdict(list)
        for variable in variables:
            piles[tuple(uses.edges.get(variable.name, [])), part(variable.name)].append(variable)
        found = list(piles.values())
        if len(found) <= MOST:
            return found
    return [*found[: MOST - 1], [variable for pile in found[MOST - 1 :] for variable in pile]]


def _scope(name: str) -> str:
    return name.partition("/")[0] + "/" if "/" in name else ""


def _variable_box(pile: list[Variable], uses: Uses, kept: int) -> _Box:
    first = pile[0].name
    alike = len({tuple(uses.edges.get(variable.name, [])) for variable in pile}) == 1
    readers = len(uses.readers(first)) if alike else 0
    unread = alike and first in uses.unread
    fixed = sum(not variable.trainable for variable in pile)
    lines = [first, size_of(pile[0])] if len(pile) == 1 else _pile_lines(pile, alike)
    lines += [f"{fixed} of them not trained" if fixed < len(pile) else "not trained"] if fixed else []
    lines += [f"+ {kept} of the optimizer"] if kept else []
    lines += ["read by nothing"] if unread else []
    look = "variable shared" if readers > 1 else "variable unread" if unread else "variable"
    badge = f"{'each ' if len(pile) > 1 else ''}shared by {readers}" if readers > 1 else ""
    return _Box(_fitted(lines), _full(variable.name for variable in pile), look, badge)


def _pile_lines(pile: list[Variable], alike: bool) -> list[str]:
    scopes = {_scope(variable.name) for variable in pile}
    scope = min(scopes) if len(scopes) == 1 else ""
    number = f"{len(pile)} variables" if alike else f"and {len(pile)} more variables"
    head = f"{shortened(scope, 16)} · {number}" if scope else number
    return [head, f"{shortened(pile[0].name.removeprefix(scope), 20)} and {len(pile) - 1} more"]


def _output_box(output: Output) -> _Box:
    lines = [output.label, output.tensor]
    lines += [f"trains {_counted(len(output.trains), 'variable')}"] if output.trains else []
    lines += ["reads no variable"] if not output.reads and not output.trains else []
    return _Box(_fitted(lines), f"{output.label}: {output.tensor}", "output")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' if number > 1 else ''}"


def _fitted(lines: list[str]) -> tuple[str, ...]:
    return (shortened(lines[0], 28), *(shortened(line, 32) for line in lines[1:]))


def _full(names: Iterable[str], between: str = ", ") -> str:
    names = list(names)
    return between.join([*names[:20], *([f"and {len(names) - 20} more"] if len(names) > 20 else [])])


def _document(left: list[_Box], right: list[_Box], arrows: _Arrows, rest: int, told: str) -> str:
    """Place boxes and arrows in one ``<svg>``, whose ids follow from its content."""
    widths = [max((box.width for box in boxes), default=0) for boxes in (left, right)]
    graph = _laid_out(left, right, widths, arrows)
    width, height = (float(number) for number in graph.graph_attr["bb"].split(",")[2:])
    # What is shared is drawn last, over the rest.
    body = [
        _arrow(graph.get_edge(f"v{start}", f"o{end}").attr["pos"], height, look)
        for (start, end), look in sorted(arrows.items(), key=lambda arrow: (arrow[1] == "shared", arrow[0]))
    ]
    for letter, boxes, wide in zip("vo", (left, right), widths, strict=True):
        for place, box in enumerate(boxes):
            x, y = (float(number) for number in graph.get_node(f"{letter}{place}").attr["pos"].split(","))
            body.append(_drawn(box, x - wide / 2, height - y - box.height / 2, wide))
    heads = [("variables", 0.0)] * bool(left) + [("outputs", width - widths[1])] * bool(right)
    body += [f'<text class="head" x="{x:.1f}" y="-20">{head}</text>' for head, x in heads]
    if rest:
        body.append(f'<text class="small" x="0" y="{height + 22:.1f}">{rest} more of the optimizer not drawn</text>')
    inside = "\n".join(body)
    key = "sharing-" + hashlib.sha256(f"{told}{inside}".encode()).hexdigest()[:12]
    view = f"-6 -38 {width + 12:.1f} {height + (72 if rest else 46):.1f}"
    size = f'width="{width + 12:.0f}" height="{height + (72 if rest else 46):.0f}" viewBox="{view}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{key}-title {key}-desc" {size}>\n'
        f'<title id="{key}-title">Which outputs read which variables</title>\n'
        f'<desc id="{key}-desc">{html_of(told)}</desc>\n{inside}\n</svg>'
    )


def _laid_out(left: list[_Box], right: list[_Box], widths: list[float], arrows: _Arrows) -> Any:
    # It takes a tenth of a second to load, and nobody who wants words needs it.
    from pygraphviz import AGraph

    apart = 1.3 + 0.12 * max(len(left), len(right))
    graph = AGraph(directed=True, rankdir="LR", splines="line", ranksep=apart, nodesep="0.3")
    for letter, boxes, wide in zip("vo", (left, right), widths, strict=True):
        names = [f"{letter}{place}" for place in range(len(boxes))]
        for name, box in zip(names, boxes, strict=True):
            # Without a label Graphviz looks for no font, and has nothing to complain about on stderr.
            graph.add_node(name, label="", shape="box", fixedsize="true", width=wide / 72, height=box.height / 72)
        graph.add_subgraph(names, rank="same")
        # Columns keep the order in which things were made: a reader looks for W above b.
        for name, following in pairwise(names):
            graph.add_edge(name, following, style="invis")
    for (start, end), look in arrows.items():
        both = "both" if look == "trains" else "forward"
        graph.add_edge(f"v{start}", f"o{end}", tailport="e", headport="w", dir=both, arrowsize="0.8")
    if left and right and not arrows:
        graph.add_edge("v0", "o0", style="invis")
    graph.layout(prog="dot")
    return graph


def _arrow(spline: str, height: float, look: str) -> str:
    """Draw an edge from what Graphviz writes: ``e,x,y`` and ``s,x,y`` are the tips, the rest is a Bezier curve."""
    tips: dict[str, tuple[float, float]] = {}
    curve: list[tuple[float, float]] = []
    for token in spline.split():
        *end, x, y = token.split(",")
        point = float(x), height - float(y)
        if end:
            tips[end[0]] = point
        else:
            curve.append(point)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in curve[1:])
    line = f'<path class="line" d="M{curve[0][0]:.1f},{curve[0][1]:.1f} C{path}"/>'
    heads = [_tip(curve[-1] if end == "e" else curve[0], tip) for end, tip in sorted(tips.items())]
    return f'<g class="arrow {look}">{line}{"".join(heads)}</g>'


def _tip(base: tuple[float, float], tip: tuple[float, float]) -> str:
    (x, y), (to_x, to_y) = base, tip
    across, down = (to_y - y) * 0.4, (x - to_x) * 0.4
    corners = [(x + across, y + down), tip, (x - across, y - down)]
    return f'<path class="tip" d="M{" L".join(f"{a:.1f},{b:.1f}" for a, b in corners)} Z"/>'


def _drawn(box: _Box, x: float, y: float, wide: float) -> str:
    size = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{box.height:.1f}"'
    parts = [
        f"<title>{html_of(box.full)}</title>",
        f'<rect class="box" {size} rx="{14 if box.look == "output" else 3}"/>',
    ]
    if box.badge:
        inner = f'x="{x + 4:.1f}" y="{y + 4:.1f}" width="{wide - 8:.1f}" height="{box.height - 8:.1f}"'
        parts.append(f'<rect class="inner" {inner} rx="1"/>')
    for number, line in enumerate(box.lines):
        # A script that Graphviz and we know nothing of must not grow out of its box.
        fit = "" if line.isascii() else f' textLength="{width_of(line) * (6.7 if number else 7.9):.1f}"'
        place = f'x="{x + 14:.1f}" y="{y + 22 + 16 * number:.1f}"'
        parts.append(f'<text class="{"small" if number else "name"}" {place}{fit}>{html_of(line)}</text>')
    if box.badge:
        long = len(box.badge) * 6.2 + 14
        right = x + wide - 8
        parts.append(
            f'<rect class="badge" x="{right - long:.1f}" y="{y - 9:.1f}" width="{long:.1f}" height="17" rx="8.5"/>'
        )
        parts.append(f'<text class="count" x="{right - long / 2:.1f}" y="{y + 3.5:.1f}">{box.badge}</text>')
    return f'<g class="{box.look}">{"".join(parts)}</g>'


STYLE = """
.sharing-figure { --sharing-ink: var(--jp-content-font-color1, currentColor); --sharing-shared: #0072b2;
  --sharing-badge: #fff; --sharing-trains: #d55e00; margin: 0.5em 0; color: var(--sharing-ink); }
body[data-jp-theme-light="false"] .sharing-figure
  { --sharing-shared: #56b4e9; --sharing-badge: #000; --sharing-trains: #e69f00; }
@media (prefers-color-scheme: dark) { body:not([data-jp-theme-light]) .sharing-figure
  { --sharing-shared: #56b4e9; --sharing-badge: #000; --sharing-trains: #e69f00; } }
.sharing-figure svg { display: block; max-width: 100%; height: auto; direction: ltr; }
.sharing-figure text { fill: var(--sharing-ink); font-size: 11px;
  font-family: var(--jp-code-font-family, ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace); }
.sharing-figure .name { font-size: 13px; font-weight: 600; }
.sharing-figure .small { fill-opacity: 0.8; }
.sharing-figure .head, .sharing-figure .count, .sharing-figure figcaption
  { font-family: var(--jp-content-font-family, system-ui, sans-serif); }
.sharing-figure .head { font-size: 12px; font-style: italic; fill-opacity: 0.8; }
.sharing-figure .box { fill: none; stroke: var(--sharing-ink); stroke-opacity: 0.65; stroke-width: 1.2; }
.sharing-figure .unread .box { stroke-dasharray: 5 4; }
.sharing-figure .shared .box { fill: var(--sharing-shared); fill-opacity: 0.13; stroke: var(--sharing-shared);
  stroke-opacity: 1; stroke-width: 2.6; }
.sharing-figure .inner { fill: none; stroke: var(--sharing-shared); stroke-width: 1; }
.sharing-figure .badge { fill: var(--sharing-shared); }
.sharing-figure .count { fill: var(--sharing-badge); text-anchor: middle; font-weight: 600; }
.sharing-figure .line { fill: none; stroke: var(--sharing-ink); stroke-opacity: 0.65; stroke-width: 1.3; }
.sharing-figure .tip { fill: var(--sharing-ink); fill-opacity: 0.8; }
.sharing-figure .arrow.shared .line { stroke: var(--sharing-shared); stroke-opacity: 1; stroke-width: 2.4; }
.sharing-figure .arrow.shared .tip { fill: var(--sharing-shared); fill-opacity: 1; }
.sharing-figure .trains .line { stroke: var(--sharing-trains); stroke-opacity: 1; stroke-width: 1.7;
  stroke-dasharray: 6 4; }
.sharing-figure .trains .tip { fill: var(--sharing-trains); fill-opacity: 1; }
.sharing-figure figcaption { margin-top: 0.6em; }
"""
