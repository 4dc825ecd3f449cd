"""Rules for notebooks that build graphs, see `autograder.authoring.lint`."""

import ast
import re

from autograder.authoring.lint import Found, cell_name, cell_tree
from autograder.course.master import Master
from autograder.subject import LintRule
from sharing_variables.graph.caption import NOT_AS_MEANT
from sharing_variables.graph.comparison import NAMES_TAG, STRUCTURE_TAG, TAGS, terms_of
from sharing_variables.graph.evidence import GRAPH

SHARED_GRAPH_TAG = "default-graph"
"""Excuses a cell whose subject is the graph that outlives it."""

_OWN_GRAPH = re.compile(r"as_default|eager_mode")
"""What a cell may build inside of: a graph of its own, or none at all."""

_BUILDERS = {"Variable", "get_variable", "placeholder", "constant", "Session", "variable_scope", "add"}


def graphs_can_be_judged(master: Master) -> Found:
    """A cell whose graph is judged draws it under fresh names, and the master's own graph is as it is meant to be."""
    for cell in master.cells:
        for tag in sorted(tag for tag in cell.tags if tag.startswith("graph-") and tag not in TAGS):
            yield cell_name(cell), f"has the tag {tag}, which means nothing", f"use one of {', '.join(sorted(TAGS))}"
        drawn = [output for output in cell.reference if GRAPH.reference_type in output.get("data", {})]
        if any(output.data["text/plain"].startswith(NOT_AS_MEANT) for output in drawn):
            yield (
                cell_name(cell),
                "the master does not share as it is meant to",
                "mend the solution, or what is meant",
            )
        if terms_of(cell.tags) is None:
            if TAGS & set(cell.tags):
                yield (
                    cell_name(cell),
                    "does not say whether names count",
                    f"tag it {NAMES_TAG} or {STRUCTURE_TAG}, too",
                )
            continue
        for call, why in (("show_sharing(", "draws no graph"), ("probe(", "has a graph that could be a stored one")):
            if call not in cell.source:
                yield cell_name(cell), why, f"call {call[:-1]}"
        if any(_shows_no_output(node) for node in ast.walk(cell_tree(cell))):
            yield (
                cell_name(cell),
                "draws a graph without outputs, which an answer's own picture could be taken for",
                "name one in show_sharing",
            )
        if not drawn:
            yield cell_name(cell), "has no stored facts", "run `autograder reference`"


def exercises_have_their_own_graph(master: Master) -> Found:
    """Building in the default graph makes running a cell twice harmful."""
    for cell in master.cells:
        apart = cell.is_code and SHARED_GRAPH_TAG not in cell.tags
        if apart and any(_builds_bare(node) for node in cell_tree(cell).body):
            yield (
                cell_name(cell),
                "builds in whatever graph is the default",
                f"wrap it in `with tf.Graph().as_default():`, or tag it {SHARED_GRAPH_TAG} if that is its subject",
            )


def _builds_bare(node: ast.AST) -> bool:
    """Tell whether a statement adds to a graph outside every function and every graph of its own."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        return False
    if isinstance(node, ast.With) and any(_OWN_GRAPH.search(ast.unparse(item.context_expr)) for item in node.items):
        return False
    if isinstance(node, ast.Attribute) and node.attr in _BUILDERS:
        return isinstance(node.value, ast.Name) and node.value.id == "tf"
    return any(_builds_bare(child) for child in ast.iter_child_nodes(node))


def _shows_no_output(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    return node.func.id == "show_sharing" and not node.keywords


RULES: tuple[LintRule, ...] = (graphs_can_be_judged, exercises_have_their_own_graph)
