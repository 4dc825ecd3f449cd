"""What is kept of a run can be opened anywhere: text, and pictures that were drawn anew."""

import base64
import io
import random
import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from nbformat import NotebookNode, from_dict, validate, writes
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image, PngImagePlugin

from autograder.grading.sanitize import MAX_CHARACTERS, MAX_LINES, MAX_PICTURES, MAX_PIXELS, sanitize
from autograder.text import plain_lines


def kept(*outputs: NotebookNode) -> list[NotebookNode]:
    notebook = new_notebook(cells=[new_code_cell("x", id="a", outputs=list(outputs), execution_count=7_000)])
    shown = sanitize(notebook)
    validate(shown)
    return list(shown.cells[0].outputs)


def bundle(**data: Any) -> dict[str, Any]:
    (output,) = kept(new_output("display_data", {key.replace("_", "/", 1): value for key, value in data.items()}))
    return dict(output.data)


def png(size: tuple[int, int] = (2, 3), comment: str = "") -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", comment)
    written = io.BytesIO()
    Image.new("RGBA", size, (1, 2, 3, 255)).save(written, format="PNG", pnginfo=info)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["text_html", "image_svg+xml", "application_javascript", "image_gif"])
def test_what_a_browser_would_run_is_named_and_not_kept(kind: str) -> None:
    data = bundle(**{kind: "<script>alert(1)</script>"})
    assert data == {"text/plain": f"(not shown: {kind.replace('_', '/', 1)})"}
    assert bundle(**{kind: "<script>", "text_plain": "words"}) == {"text/plain": "words"}


def test_a_kind_with_a_name_of_its_own_is_cut_and_plain() -> None:
    data = bundle(**{"x_\x1b[2J" + "y" * 1000: "z"})
    assert "\x1b" not in data["text/plain"]
    assert len(data["text/plain"]) < 250


def test_a_picture_keeps_its_points_and_nothing_else() -> None:
    encoded = bundle(image_png=base64.b64encode(png(comment="a secret") + b"<script>").decode())["image/png"]
    again = base64.b64decode(encoded)
    assert b"secret" not in again and b"script" not in again
    with Image.open(io.BytesIO(again)) as picture:
        assert (picture.size, picture.getpixel((1, 1))) == ((2, 3), (1, 2, 3, 255))


def test_a_photograph_is_drawn_anew_too() -> None:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 10, 10)).save(written, format="JPEG", comment=b"a secret")
    data = bundle(image_jpeg=base64.b64encode(written.getvalue() + b"<script>").decode(), text_plain="<Image>")
    again = base64.b64decode(data["image/jpeg"])
    assert data["text/plain"] == "<Image>"
    assert b"secret" not in again and b"script" not in again
    with Image.open(io.BytesIO(again)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (8, 8))


NAME_ONLY = "<IPython.core.display.Math object>"


@pytest.mark.parametrize("kind", ["text_latex", "text_markdown"])
def test_what_people_can_read_as_it_is_written_takes_the_place_of_a_name(kind: str) -> None:
    source = "$a<b$ <script>alert(1)</script>"
    assert bundle(**{kind: source}) == {"text/plain": source}
    assert bundle(**{kind: source, "text_plain": NAME_ONLY}) == {"text/plain": source}
    assert bundle(**{kind: source, "text_plain": "a < b"}) == {"text/plain": "a < b"}


def test_what_says_only_its_name_says_what_was_not_shown() -> None:
    shown = f"{NAME_ONLY}\n(not shown: text/html, application/x)"
    assert bundle(text_plain=NAME_ONLY, text_html="<b>bold</b>", application_x="1") == {"text/plain": shown}
    object_at = "<tqdm.Bar object at 0x7f12>"
    assert bundle(text_plain=object_at, image_gif="x")["text/plain"] == f"{object_at}\n(not shown: image/gif)"


PANDAS = """<div><style scoped>.dataframe td { color: red } </style>
<table border="1" class="dataframe" onclick="alert(1)"><thead><tr style="x"><th></th><th>a</th></tr></thead>
<tbody><tr><th>0</th><td><img src=x onerror=alert(1)>1 &lt; <script>alert(2)</script>2</td></tr></tbody></table>
<p>1 rows x 1 columns</p></div>"""


def test_a_table_is_kept_without_anything_but_its_text() -> None:
    data = bundle(text_html=PANDAS, text_plain="   a\n0  1 < 2")
    rows = "<tr><th></th><th>a</th></tr><tr><th>0</th><td>1 &lt; 2</td></tr>"
    assert data == {"text/plain": "   a\n0  1 < 2", "text/html": f"<table>{rows}</table>"}
    assert bundle(text_html=PANDAS)["text/plain"] == "       a\n0  1 < 2\n1 rows x 1 columns"


def test_no_page_takes_a_cell_of_a_table_for_mathematics() -> None:
    (html,) = (bundle(text_html=r"<table><td>$\href{javascript:x}{y}$</table>")["text/html"],)
    assert html == (
        "<table><tr><td><span>$</span><span>\\</span>href{javascript:x}{y}<span>$</span></td></tr></table>"
    )


ODD_TABLES = {
    "never closed": "<table><tr><td>a<td>b<tr><td>c",
    "inside another": "<table><tr><td>a<table><tr><td>x</table></td><td>b</td></tr><tr><td>c</table>",
    "without rows": "<table><td>a</td><td>b</td><tr><td>c</table>",
}


@pytest.mark.parametrize("html", ODD_TABLES.values(), ids=ODD_TABLES)
def test_an_odd_table_is_read_as_far_as_it_goes(html: str) -> None:
    rows = re.findall("<tr>(.*?)</tr>", bundle(text_html=html)["text/html"])
    assert [re.findall("<td>(.*?)</td>", row) for row in rows] in ([["a", "b"], ["c"]], [["a x", "b"], ["c"]])


def test_a_huge_table_is_bounded() -> None:
    data = bundle(text_html="<table>" + ("<tr>" + "<td>" + "x" * 10) * 100_000)
    assert len(data["text/html"]) < 200_000
    assert "table" not in bundle(text_html="<table>" * 100_000).get("text/html", "")


PRINTED = {
    "a progress bar": ("\r  0%|   |\r 50%|#  |\r100%|###|\ndone", "100%|###|\ndone"),
    "a shorter text over a longer one": ("abcdef\rxy", "xycdef"),
    "steps back": ("loss: 10\b\b9 ", "loss: 9 "),
    "back beyond the beginning": ("a\b\b\bb", "b"),
    "lines of another system": ("a\r\nb\r\n", "a\nb\n"),
    "a line that is erased": ("\x1b[2Kone\r\x1b[Ktwo", "two"),
    "nothing of it": ("plain\n", "plain\n"),
}


@pytest.mark.parametrize(("text", "seen"), PRINTED.values(), ids=PRINTED)
def test_a_stream_is_what_a_terminal_would_show(text: str, seen: str) -> None:
    assert kept(new_output("stream", name="stderr", text=text))[0].text == seen


NO_PICTURES = {
    "words": "<script>",
    "another format": base64.b64encode(b"GIF89a" + b"\0" * 100).decode(),
    "cut off": base64.b64encode(png()[:40]).decode(),
    "too large": base64.b64encode(png((MAX_PIXELS // 1000 + 1, 1000))).decode(),
    "huge by its head": base64.b64encode(png()[:16] + b"\x7f\xff\xff\xff" * 2 + png()[24:]).decode(),
}


@pytest.mark.parametrize("text", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_small_picture_is_not_kept(text: str) -> None:
    assert bundle(image_png=text) == {"text/plain": "(not shown: image/png)"}
    assert bundle(image_png=text, text_plain="<Figure>") == {"text/plain": "<Figure>\n(not shown: image/png)"}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def odd_pictures() -> Iterator[bytes]:
    """Give pictures with each kind of chunk that Pillow reads, cut to each length that it might not expect."""
    kinds = [
        b"IHDR",
        b"PLTE",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"pHYs",
        b"tEXt",
        b"zTXt",
        b"iTXt",
        b"eXIf",
        b"iCCP",
    ]
    kinds += [b"acTL", b"fcTL", b"fdAT", b"IDAT", b"IEND", b"\0\0\0\0"]
    packed = zlib.compress(b"\0" * 100)
    for colour in (0, 2, 3, 4, 6):
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, colour, 0, 0, 0))
        for kind in kinds:
            for data in (b"", b"a", b"a\0", b"a\0\0", b"a\0\1" + packed, b"a\0\0" + packed, b"\0" * 7, b"\xff" * 60):
                for before in (b"", chunk(b"PLTE", b"abcabc")):
                    image = chunk(b"IDAT", zlib.compress(b"\0" * 20))
                    yield b"\x89PNG\r\n\x1a\n" + head + before + chunk(kind, data) + image + chunk(b"IEND", b"")


def test_whatever_a_picture_makes_happen_costs_that_picture_alone() -> None:
    outputs = [new_output("display_data", {"image/png": base64.b64encode(one).decode()}) for one in odd_pictures()]
    outputs.append(new_output("stream", name="stdout", text="still here"))
    shown = kept(*outputs)
    assert shown[-1].text == "still here"
    assert len(shown) == len(outputs)
    data = [set(output.data) for output in shown[:-1]]
    # Some of them are pictures, and some make Pillow raise.
    assert {"image/png"} in data and {"text/plain"} in data


def test_an_output_that_is_none_becomes_a_line() -> None:
    odd = {"output_type": "stream", "name": "stdout", "text": {}}
    cell = {"cell_type": "code", "execution_count": 1, "outputs": [odd]}
    (output,) = sanitize(from_dict({"cells": [cell], "metadata": {}})).cells[0].outputs
    assert output.text == "(not shown: this output cannot be read, TypeError)"


def test_colours_and_control_characters_go_and_lines_stay() -> None:
    (stream,) = kept(new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m\r\n\x1b]0;title\x07\tend"))
    assert stream.text == "red\n\ufffd]0;title\ufffd    end"


def test_an_error_is_plain_text_too() -> None:
    (error,) = kept(new_output("error", ename="E\x07", evalue="\x9b2J", traceback=["\x1b[31ma", "<img src=x>"]))
    assert (error.ename, error.evalue, error.traceback) == ("E\ufffd", "\ufffd2J", ["a", "<img src=x>"])


def test_a_result_counts_as_its_cell_does() -> None:
    odd = {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {"x": 7}, "execution_count": 99}
    (result,) = kept(from_dict(odd))
    assert (result.execution_count, result.metadata) == (1, {})


def test_what_a_kernel_says_of_itself_goes() -> None:
    notebook = new_notebook(metadata={"language_info": {"name": "<script>", "pygments_lexer": "../../x"}})
    assert "language_info" not in sanitize(notebook).metadata


def test_text_that_nobody_can_encode_can_be_written() -> None:
    assert plain_lines("a\udcffb\nc").encode()
    assert sanitize(from_dict({"cells": [], "metadata": {}})).cells == []


def test_many_pictures_are_drawn_until_they_are_too_much_to_draw() -> None:
    picture = base64.b64encode(png((MAX_PIXELS // 1000, 1000))).decode()
    cell = new_code_cell(outputs=[new_output("display_data", {"image/png": picture}) for _ in range(12)])
    outputs = sanitize(new_notebook(cells=[cell])).cells[0].outputs
    assert ["image/png" in output.data for output in outputs] == [True] * 10 + [False] * 2


LONG = {
    "lines": "\n" * 1_500_000,
    "characters": "x" * 1_500_000,
    "tabs": "\t" * 1_500_000,
    "control characters": "\x07" * 1_500_000,
    "colours": "\x1b[31mx\n" * 160_000,
    "returns": "x" * 700_000 + "\rxy" * 270_000,
    "steps back": "x" * 700_000 + "\b" * 700_000 + "y" * 700_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_what_is_written_of_outputs_is_bounded_and_says_that_it_was_cut(text: str) -> None:
    outputs = [
        new_output("stream", text=text),
        new_output("display_data", {"text/plain": text}),
        new_output("error", ename="E", evalue=text, traceback=[text, text]),
    ]
    notebook = new_notebook(cells=[new_code_cell("x", id=f"c{n}", outputs=outputs) for n in range(3)])
    written = writes(sanitize(notebook))
    assert len(written) < 5 * MAX_CHARACTERS and written.count("\n") < 2 * MAX_LINES
    assert "more characters were cut" in written


def test_what_fits_is_kept_to_the_letter() -> None:
    text = "a line\n" * (MAX_LINES - 2)
    (output,) = kept(new_output("stream", text=text))
    assert output.text == text


def test_pictures_that_would_grow_are_bounded() -> None:
    dice, outputs = random.Random(1), []
    for _ in range(4):
        noise = Image.frombytes("L", (1500, 1500), dice.randbytes(1500 * 1500))
        file = io.BytesIO()
        Image.merge("RGBA", (noise, noise, noise, noise)).save(file, format="PNG", compress_level=1)
        outputs.append(new_output("display_data", {"image/png": base64.b64encode(file.getvalue()).decode()}))
    shown = [output.data.get("image/png", "") for output in kept(*outputs)]
    assert 0 < sum(map(len, shown)) <= MAX_PICTURES
    assert not shown[-1]
