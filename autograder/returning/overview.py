"""A student's page over all notebooks: the total, what was lost where, what to reread, and links to the pages."""

from autograder.exports.marks import Mark
from autograder.report.templates import template

NAME = "overview"
"""How the page is called, without its ending."""


def overview(mark: Mark, assignment: str, ending: str = ".html") -> str:
    """
    Write the page as HTML without any script.

    Parameters
    ----------
    ending : str
        Of the notebooks' pages, which lie beside it.
    """
    return template("overview.html.j2").render(
        mark=mark,
        assignment=assignment,
        ending=ending,
        name=" ".join(filter(None, (mark.student.first_name, mark.student.last_name))) or mark.student.id,
        reread=list(dict.fromkeys(place for notebook in mark.notebooks for place in notebook.reread)),
    )
