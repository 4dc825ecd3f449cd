"""What students write in Markdown is kept to the letter, unless a page would run a part of it."""

import html
import re

import pytest
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from autograder.grading.prose import MOST_READ, Prose

KEPT = {
    "mathematics": "If $a<b$ then $$\\sum_{i<n} i$$ and \\begin{align}a &< b\\end{align}",
    "code": "Look at `t[0](1)` and `<b>`:\n\n```python\nif a < b and t[0](1):\n    print('<script>')\n```\n",
    "indented code": "So:\n\n    <script>alert(1)</script>\n    t[0](1)\n",
    "comparisons": "a < b, a<b, 1 <2 & 3 > 2, x[0] (1), [1]: one",
    "a link": "See [it](https://example.org/a?b=c&d), <https://example.org>, [a][1], [b](#part).\n\n[1]: b.html",
    "pictures": "![mine](attachment:mine.png) and ![given](images/fig.png)",
    "a table": "| a | b |\n|---|---|\n| `x|y` | 1<br>2 |",
    "structure": "# Title\n\n- one\n- [ ] two\n\n> quoted **bold** _soft_ ~~gone~~",
    "entities": "&lt;b&gt; &amp; &copy;",
    "mathematics with brackets": "$f[x](y)$ and \\\\(g[x](y) < 1\\\\)",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_runs_nothing_is_kept_to_the_letter(text: str) -> None:
    assert Prose().harmless(text) == text


RUNS = {
    "a script": "<script>alert(1)</script>",
    "a picture": "so <img src=x onerror=alert(1)> it is",
    "a frame that does not end": "text <iframe srcdoc='<script>alert(1)</script>'",
    "a block": "<div onclick=alert(1)>\n\nx\n\n</div>",
    "a comment": "<!-- x --><svg onload=alert(1)>",
    "a declaration": "<!DOCTYPE x><?php x ?><![CDATA[ x ]]>",
    "a link": "[a](javascript:alert(1))",
    "a hidden link": "[a](java&#115;&#99;ript:alert(1)) [b](java%73%63ript:alert(1)) [c](<java\tscript:alert(1)>)",
    "a picture of a link": "[![a](b.png)](javascript:alert(1))",
    "a definition": "[a][b]\n\n[b]: javascript:alert(1)",
    "an address": "<javascript:alert(1)>",
    "data": "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "in a table": "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "in a heading": "# <img src=x onerror=alert(1)>",
    "in a quotation": "> <img src=x onerror=alert(1)>",
    "after code": "`a` <img src=x onerror=alert(1)> `b`",
    "between dollars that do not close": "$ <img src=x onerror=alert(1)>",
    "a diagram": "```mermaid\n<img src=x onerror=alert(1)>\n```",
    "another diagram": "~~~ mermaid x\n<img src=x onerror=alert(1)>\n~~~",
    "a mark of ours": "\ue0000\ue001 <img src=x onerror=alert(1)>",
    "long": "x" * MOST_READ + "<img src=x onerror=alert(1)>",
    "a fence that ends": "```\n<b>\n```\n<img src=x onerror=alert(1)>",
    "a fence in a list": "- ```\n  <b>\n<img src=x onerror=alert(1)>",
    "an environment": "\\begin{x}<b>\\end{x} <img src=x onerror=alert(1)>",
}
OURS = re.compile(
    r"</?(p|pre|code|div|span|em|strong|del|h\d|ul|ol|li|blockquote|table|thead|tbody|tr|th|td|br)"
    r"( (class|id)=\"[^\"<>]*\")*\s*/?>|<a (class=\"anchor-link\" )?href=\"(https?:|#|b\.png)[^\"<>]*\">|</a>"
)


@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_what_would_run_is_read_as_it_was_written_and_does_not_run(text: str) -> None:
    page = str(markdown2html_mistune(Prose().harmless(text)))
    assert "<" not in OURS.sub("", page)
    words = html.unescape(re.sub(r"<[^<>]*>", "", page))
    assert "alert(1)" in words or "x" in words or "a" in words


def test_only_what_runs_is_changed() -> None:
    text = "`<b>` and $a<b$, <script>alert(1)</script> with `t[0](1)`\n\n```\nif a < b:\n```"
    assert Prose().harmless(text) == text.replace("<script>", "&lt;script>").replace("</script>", "&lt;/script>")
    text = "`t[0](1)` $x[0](1)$ [a](javascript:x)"
    assert Prose().harmless(text) == "`t[0](1)` $x[0](1)$ [a&#93;(javascript:x)"


def test_a_formula_opens_no_link_and_a_picture_of_the_web_is_a_link() -> None:
    assert "\\href" not in Prose().harmless("$\\href{javascript:alert(1)}{x}$ \\require{action}")
    assert Prose().harmless("`\\href`") == "`\\href`"
    assert Prose().harmless("![a](https://example.org/a.png)") == "[a](https://example.org/a.png)"


def test_of_very_many_texts_those_beyond_the_cap_are_shown_without_structure() -> None:
    prose, text = Prose(), "<b>" + "x" * (MOST_READ - 10)
    assert [prose.harmless(text).startswith("&lt;b>") for _ in range(21)] == [True] * 20 + [False]
