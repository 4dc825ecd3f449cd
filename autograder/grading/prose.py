"""
What students wrote in Markdown, made harmless where pages render it, and kept to the letter where it is harmless.

nbgrader's formgrader and ``jupyter nbconvert --to html`` render Markdown with nbconvert's parser and its HTML as it
is; JupyterLab cleans what it renders. So a text is read by nbconvert's own parser, and nothing is changed in it while
that finds only what Markdown itself makes. Otherwise the signs are escaped that make tags and links of it, outside of
code and mathematics, which no renderer takes for either. What comes of that is read once more. Where it is still not
harmless, no sign of it means anything to Markdown any longer.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import unquote

from nbformat import NotebookNode

from autograder.layers import layer

MOST_READ = 20_000
"""Characters of a text that is parsed: a parser of Markdown may take time in the square of them."""

MOST_READ_OF_ALL = 400_000
"""Characters of all texts of a notebook that are parsed."""

WRITTEN = "autograder"
"""In the metadata of a cell of which the text was changed: `as_written` reads there what was written."""

_SUSPICIOUS = re.compile(r"<|\]\s?[(\[:]|!\[|mermaid|&|\\(?:href|require|style|class|cssId)\b")
"""What Markdown, and MathJax, cannot make anything but text without."""

_CANDIDATE = re.compile(
    r"(?P<tag><)"
    r"|(?P<macro>\\(?=(?:href|require|style|class|cssId)\b))"
    r"|(?P<diagram>(?<=[`~])[ \t]*mermaid)"
    r"|(?P<remote>!(?=\[[^\]\n]{0,500}\]\(\s?<?https?:))"
    r"|(?P<link>\](?=\s?[(\[:]))"
)
"""The signs that may be escaped, by what they are a part of."""

_ESCAPED = {"tag": "&lt;", "macro": "\N{SET MINUS}", "diagram": " Mermaid", "remote": "", "link": "&#93;"}

_STEPS = (("tag", "macro", "diagram", "remote"), ("tag", "macro", "diagram", "remote", "link"))
"""Which of them are escaped, first and then."""

_MARK = re.compile("\ue000(\\d+)\ue001")

_LITERAL = ("codespan", "block_code", "inline_math", "block_math", "latex_environment")
"""Tokens whose text every renderer escapes."""

_SIGNS = re.compile(r"[<>&`*_\[\](){}!#$\\|~:.+=-]")

_SAFE_TAG = re.compile(r"<br\s*/?>\s*", re.IGNORECASE)

_SCHEME = re.compile(r"[^/?#]*?:")

_ATTACHMENT = "attachment:"


class Prose:
    """Makes the texts of one notebook harmless, until they are too many to be read."""

    def __init__(self) -> None:
        self._left = MOST_READ_OF_ALL

    @layer("escaping")
    def harmless(self, text: str) -> str:
        """Give a text that nothing runs of on any page, as near to what was written as can be."""
        if not _SUSPICIOUS.search(text):
            return text
        if len(text) > min(MOST_READ, self._left) or "\ue000" in text:
            return _without_signs(text)
        self._left -= len(text)
        if _is_harmless(text):
            return text
        for kinds in _STEPS:
            escaped = _escaped(text, kinds)
            if _is_harmless(escaped):
                return escaped
        return _without_signs(text)


def pictures_of(text: str) -> list[str]:
    """Name the attachments that a text shows, as they are named there."""
    if _ATTACHMENT not in text:
        return []
    images = (token for token in _tokens(text) if token["type"] == "image")
    urls = (str(token["attrs"]["url"]) for token in images)
    return list(dict.fromkeys(url.removeprefix(_ATTACHMENT) for url in urls if url.startswith(_ATTACHMENT)))


def as_written(cell: Mapping[str, Any]) -> str:
    """Give the text of a cell of a notebook as it was handed in."""
    kept = cell.get("metadata", {}).get(WRITTEN)
    written = kept.get("written") if isinstance(kept, dict) else None
    return written if isinstance(written, str) else "".join(cell["source"])


def keep_written(cell: NotebookNode, text: str) -> None:
    """Remember in a cell, in place, what was written there, where that is not its text."""
    if cell.source != text:
        cell.metadata[WRITTEN] = {"written": text}


def _is_harmless(text: str) -> bool:
    return all(map(_is_harmless_token, _tokens(text)))


def _is_harmless_token(token: dict[str, Any]) -> bool:
    kind, raw, attrs = token["type"], str(token.get("raw", "")), token.get("attrs") or {}
    if kind in ("inline_html", "block_html"):
        return _SAFE_TAG.fullmatch(raw) is not None
    if kind == "block_code":
        # nbconvert writes such a diagram into the page as it is.
        return not str(attrs.get("info") or "").lstrip().lower().startswith("mermaid")
    if kind == "link":
        return _is_harmless_address(str(attrs.get("url", "")), ("http", "https", "mailto", ""))
    if kind == "image":
        url = str(attrs.get("url", ""))
        return url.startswith(_ATTACHMENT) or (
            _is_harmless_address(url, ("",)) and not re.search(r"^[/\\]|\.\.|[?\\]", unquote(unescape(url)))
        )
    if kind == "codespan":
        return True
    body = raw + str(attrs.get("body", ""))
    return re.search(r"\\(?:href|require|style|class|cssId)\b", body) is None


def _is_harmless_address(url: str, schemes: Collection[str]) -> bool:
    """Tell whether an address has one of these schemes, also as a browser reads it."""
    for read in (url, unquote(unescape(url))):
        bare = re.sub(r"[\x00-\x20\x7f-\x9f]", "", read).lower()
        found = _SCHEME.match(bare)
        if (found[0][:-1] if found else "") not in schemes:
            return False
    return True


def _escaped(text: str, kinds: Collection[str]) -> str:
    """Escape signs of these kinds where they are not in code, and tags and links not in mathematics either."""
    found = list(_CANDIDATE.finditer(text))
    # A sign that means nothing takes the place of each, so that it is seen in which tokens they end up.
    marked = _CANDIDATE.sub(_numbered(), text)
    literal: dict[int, str] = {}
    for token in _tokens(marked):
        if token["type"] in _LITERAL:
            content = f"{token.get('raw', '')}{(token.get('attrs') or {}).get('body', '')}"
            literal |= {int(number): token["type"] for number in _MARK.findall(content)}

    def back(mark: re.Match[str]) -> str:
        number = int(mark[1])
        sign, kind = found[number][0], str(found[number].lastgroup)
        within = literal.get(number)
        is_kept = within is not None and (kind != "macro" or within in ("codespan", "block_code"))
        return sign if is_kept or kind not in kinds else _ESCAPED[kind]

    return _MARK.sub(back, marked)


def _numbered() -> Any:
    numbers = iter(range(10**9))
    return lambda _: f"\ue000{next(numbers)}\ue001"


def _without_signs(text: str) -> str:
    """Write every sign that Markdown or HTML reads as a reference: lines stay lines."""
    return _SIGNS.sub(lambda sign: f"&#{ord(sign[0])};", text)


def _tokens(text: str) -> Iterator[dict[str, Any]]:
    # nbconvert takes a second to import, and few answers need it.
    from nbconvert.filters.markdown_mistune import MarkdownWithMath

    parser: Any = MarkdownWithMath
    todo, _ = parser(renderer=None).parse(text)
    while todo:
        token = todo.pop()
        yield token
        todo += token.get("children", ())
