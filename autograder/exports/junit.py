"""
JUnit XML for CI servers: a suite for each notebook of each student, a case for each test.

Rules: there is no one specification; this keeps to the schema of Jenkins' xUnit plugin (`junit-10.xsd`), and to what
GitLab reads ("Unit test reports": a case is known by classname and name). XML 1.0 says which characters there are.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from autograder.exports.marks import Mark, MarkedNotebook, MarkedTest
from autograder.text import plain

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, section 2.2: all but these are characters. Most of them are gone from text that is harmless."""


def junit(marks: Sequence[Mark], title: str) -> str:
    """Write a failure for a test that lost points, and an error for one without a score: it is never green."""
    suites = [_suite(mark, notebook) for mark in marks for notebook in mark.notebooks]
    root = ElementTree.Element("testsuites", name=_xml(plain(title)))
    root.extend(suites)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "")) for suite in suites)))
    root.set("time", f"{sum(mark.seconds for mark in marks):.3f}")
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(mark: Mark, notebook: MarkedNotebook) -> ElementTree.Element:
    student = _xml(plain(mark.student.id))
    cases = [_case(f"{student}.{notebook.name}", notebook, test) for test in notebook.tests]
    suite = ElementTree.Element("testsuite", name=f"{student}: {notebook.name}", tests=str(len(cases)))
    for count, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{notebook.seconds:.3f}")
    suite.append(_properties(notebook))
    suite.extend(cases)
    return suite


def _properties(notebook: MarkedNotebook) -> ElementTree.Element:
    facts = {"state": notebook.state, "max_points": f"{notebook.max_score:g}"}
    if notebook.score is not None:
        facts["points"] = f"{notebook.score:g}"
    properties = ElementTree.Element("properties")
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=name, value=_xml(value))
    return properties


def _case(classname: str, notebook: MarkedNotebook, test: MarkedTest) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=classname, name=test.name)
    if not test.passed:
        kind, why = ("error", notebook.state) if test.score is None else ("failure", "points")
        reason = _xml(test.reason)
        found = ElementTree.SubElement(case, kind, type=_xml(why), message=reason.split("\n")[0])
        found.text = f"{_xml(test.looks_at)}\n{reason}"
    return case


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
