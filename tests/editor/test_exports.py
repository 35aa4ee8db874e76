"""Everything that leaves the editor, by its dialog: what comes down opens again and is the same.

The program tries to be markup, code and LaTeX wherever a program has words of its own: in its name,
comments and labels.
"""

import json
import re
import struct
import subprocess
import sys

import pytest
from editor.serving import serving
from latex_compiler import compiled
from playwright.sync_api import expect

import tpgraph as tp
from tpgraph.editor import lesson as pages
from tpgraph.editor.exports import exported
from tpgraph.editor.requests import PictureOptions
from tpgraph.editor.session import Session

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

SECONDS = 60

PROGRAM = (
    r'''# </script><script>hit = 1</script> </style> "q" 'q' \back\ ]]> <!-- %| ${x} {0} &amp;
program "</script><script>hit = 1</script>"
width n
dim d = 4
const L = 3
parametrization ntk

data ξ : d
target y : 1
param W[1] : n × d ~ N(0, 1)
param W[2..L] : n × n ~ N(0, 1)
param b[1..L] : n ~ N(0, 1)
param v : 1 × n ~ N(0, 1)
label b[1] = "\text{</script> ""b"" 'c' <i>}"
label b[2] = "\tilde b^{2}"

x[1] = tanh(W[1] ξ + b[1])
for l in 2..L:
    x[l] = tanh(W[l] x[l-1] + b[l])  # "\n" """ '''
    + r"""''' </script>
f = v x[L]

output f
loss (f - y)^2 / 2
"""
)


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """The editor on the program, with everything that went wrong in it."""
    folder = tmp_path_factory.mktemp("exports")
    (folder / "hard.tp").write_text(PROGRAM)
    with serving(folder, "hard.tp") as server:
        found = browser.new_page()
        found.set_default_timeout(SECONDS * 1000)
        faults = []
        found.on("pageerror", lambda error: faults.append(str(error)))
        found.goto(server.url)
        expect(found.locator("g[data-key]").first).to_be_visible(timeout=SECONDS * 1000)
        yield found
        assert faults == []
        assert found.evaluate("'hit' in window") is False
        found.close()


@pytest.fixture
def download(page, tmp_path):
    """What the dialog saves of a format with options, by the labels of its controls."""

    def made(title, said=None, **options):
        page.evaluate("void tpgraph.command('export')")
        page.get_by_label("Format").select_option(label=title)
        for label, value in options.items():
            control = page.get_by_label(label.replace("_", " "), exact=True)
            if value is True:
                control.check()
            elif isinstance(value, int):
                control.fill(str(value))
            else:
                control.select_option(label=value)
        button = page.get_by_role("button", name="Download")
        expect(button).to_be_enabled(timeout=SECONDS * 1000)
        expect(page.locator("dialog .export-preview > *")).to_be_visible()
        if said is not None:
            said.append(page.locator("dialog .detail[role=status]").inner_text())
        with page.expect_download() as found:
            button.click()
        path = tmp_path / found.value.suggested_filename
        found.value.save_as(path)
        expect(page.locator("dialog")).to_contain_text(f"{path.name} is downloaded")
        page.get_by_role("button", name="Close").click()
        return path

    yield made
    if page.locator("dialog").count():
        page.get_by_role("button", name="Close").click()


def command(folder, *arguments):
    """`tpgraph` with the program in a folder: what it prints."""
    source = folder / "hard.tp"
    source.write_text(PROGRAM)
    code = "import sys; from tpgraph_cli.main import main; sys.exit(main())"
    run = [sys.executable, "-c", code, *arguments]
    found = subprocess.run(run, cwd=folder, capture_output=True, check=False, timeout=SECONDS)
    assert found.returncode == 0, found.stderr.decode()
    return found.stdout


def drawn(folder, ending, *options):
    """What `tpgraph draw` writes with options."""
    command(folder, "draw", "hard.tp", "-o", f"drawn.{ending}", *options)
    return (folder / f"drawn.{ending}").read_bytes()


@pytest.mark.parametrize(
    ("title", "ending", "chosen", "options"),
    [
        ("SVG", "svg", {"View": "as in the paper"}, []),
        (
            "SVG",
            "svg",
            {"Theme": "dark", "Direction": "downwards", "View": "all that is declared"},
            ["--theme", "dark", "--direction", "TB", "--show", "all"],
        ),
        (
            "PDF",
            "pdf",
            {"Theme": "teaching, in colours", "View": "with data, readout, loss", "Legend": True},
            ["--theme", "teaching", "--show", "io", "--legend"],
        ),
        (
            "TikZ (LaTeX)",
            "tex",
            {"View": "as in the paper", "Of": "its backward pass"},
            ["--pass", "backward"],
        ),
        (
            "SVG",
            "svg",
            {"View": "as in the paper", "Of": "SGD", "SGD_steps": 2, "Fold_what_repeats": True},
            ["--pass", "sgd", "--steps", "2", "--fold"],
        ),
    ],
)
def test_a_picture_opens_again(download, tmp_path, title, ending, chosen, options):
    """The bytes of `tpgraph draw`, with the program inside: its text comes back as it was."""
    path = download(title, **chosen)
    view = f"-{options[1]}" if options[:1] == ["--pass"] else ""
    assert path.name == f"hard{view}.{ending}"
    assert path.read_bytes() == drawn(tmp_path, ending, *options)
    assert tp.text_of(path.read_bytes(), path.name) == PROGRAM
    command(tmp_path, "check", path.name)


@pytest.mark.needs("pdflatex")
def test_tikz_and_listing_compile(download, tmp_path):
    for title in ("TikZ (LaTeX)", "LaTeX listing"):
        text = download(title).read_text()
        compiled(text, tmp_path, "pdflatex", "exported")


def test_the_listing_is_that_of_show(download, tmp_path):
    path = download("LaTeX listing", Of="its backward pass")
    assert path.name == "hard-backward.listing.tex"
    wanted = command(tmp_path, "show", "hard.tp", "--latex", "--standalone", "--pass", "backward")
    assert path.read_bytes() == wanted


@pytest.mark.parametrize("width", [900, 333, None])
def test_png_has_the_size_that_is_stated(download, tmp_path, width):
    chosen = {} if width is None else {"Width_in_pixels": width}
    said = []
    path = download("PNG", said, View="as in the paper", **chosen)
    across, down = struct.unpack(">II", path.read_bytes()[16:24])
    assert width in (None, across)
    assert f"{across} × {down} pixels" in said[0]
    options = [] if width is None else ["--pixels", str(width)]
    assert path.read_bytes() == drawn(tmp_path, "png", *options)


def test_the_program_as_text_and_as_json(download, tmp_path):
    assert download("Program text").read_text() == PROGRAM
    path = download("Program as JSON")
    assert tp.from_json(path.read_text()) == tp.parse(PROGRAM)
    assert path.read_bytes() == command(tmp_path, "show", "hard.tp", "--json")
    command(tmp_path, "check", path.name)


def test_the_scene_is_that_of_draw(download, tmp_path):
    path = download("Scene as JSON", View="as in the paper")
    assert path.read_bytes() == drawn(tmp_path, "json")
    assert json.loads(path.read_text())["schema"].startswith("tpgraph.scene/")


@pytest.mark.needs("neato")
def test_dot_is_parsed(download, tmp_path):
    path = download("DOT", View="as in the paper")
    assert path.read_bytes() == drawn(tmp_path, "dot")
    found = subprocess.run(["neato", "-n2", "-Tjson0", path], capture_output=True, check=True)
    names = {node["name"] for node in json.loads(found.stdout)["objects"]}
    assert {"x[1]", "x[3]", "b[1]"} <= names


def test_python_runs(download, tmp_path):
    path = download("Python (numpy)")
    assert path.read_bytes() == command(tmp_path, "compile", "hard.tp", "-o", "-")
    done = subprocess.run(
        [sys.executable, "-c", "import hard; print('hit' in vars(hard), hard.__name__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False hard\n"
    p = tp.parse(PROGRAM)
    assert tp.compile(p).source == path.read_text()


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The page for students as a file."""
    found = exported(tp.parse(PROGRAM), PROGRAM, "hard </title>", "html", {"show": "io"})
    path = tmp_path_factory.mktemp("lesson") / "hard.html"
    path.write_text(found["text"])
    return path


def test_a_page_for_students(browser, lesson):
    """Opened as a file it asks nobody for anything; steps, views, widths and keys work in it."""
    assert tp.text_of(lesson.read_bytes(), "hard.html") == PROGRAM
    with browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        asked, faults = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(lesson.as_uri())
        expect(page.locator("g[data-key]").first).to_be_visible()
        assert page.title() == "hard </title>"
        count = page.locator(".steps .count")
        expect(count).to_have_text("0 / 8")
        ghosts = page.locator(".mark.ghost").count()
        for k in range(1, 5):
            page.keyboard.press("ArrowRight")
            expect(count).to_have_text(f"{k} / 8")
        assert page.locator(".mark.ghost").count() < ghosts
        expect(page.locator(".rule")).to_have_text("Nonlin")
        expect(page.locator(".formula svg path").first).to_be_attached()
        expect(page.locator(".listing .lit").first).to_have_text("tanh")
        lit = page.locator('.mark.lit[data-key="variables/x[2]"]')
        expect(lit).to_be_attached()
        _hides(page)
        page.get_by_role("button", name="Backward pass").click()
        expect(count).to_have_text(re.compile(r"^0 / \d+$"))
        expect(
            page.locator('[data-key^="variables/dx"], [data-key^="gates/"]').first
        ).to_be_attached()
        page.get_by_role("button", name="Distributions").click()
        _widths(page)
        page.keyboard.press("b")
        expect(page.locator(".tpgraph-editor.dark")).to_be_attached()
        assert asked == [lesson.as_uri()]
        assert faults == []
        assert page.evaluate("'hit' in window") is False


def _hides(page):
    """What is selected is hidden, then shown again."""
    mark = page.locator('[data-key="variables/x[1]"]')
    box = mark.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".describes")).to_contain_text("x[1]")
    page.keyboard.press("h")
    expect(mark).to_have_class(re.compile("hidden-mark"))
    page.keyboard.press("h")
    expect(mark).not_to_have_class(re.compile("hidden-mark"))


def _widths(page):
    """Five widths, each with other bars under the same line."""
    plot = page.locator('[data-key="annotations/x[2]"]')
    seen = set()
    slider = page.get_by_label("Width n")
    for k in range(5):
        slider.evaluate(
            "(s, k) => { s.value = k; s.dispatchEvent(new Event('input', { bubbles: true })); }", k
        )
        slider = page.get_by_label("Width n")
        seen.add(plot.inner_html())
    assert len(seen) == 5
    expect(page.locator(".runs output")).to_have_text("n = 4096")
    box = slider.bounding_box()
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 8, height)
    page.mouse.down()
    for k in (3, 2, 1, 0):
        page.mouse.move(box["x"] + 4 + k * box["width"] / 4.2, height)
    page.mouse.up()
    assert slider.input_value() == "0"


def test_nothing_of_a_program_ends_an_element(lesson):
    """The page has the elements of the template, and no others."""
    text = lesson.read_text()
    assert text.count("</script>") == text.count("<script") == 3
    assert text.count("</style>") == 1
    assert text.count("</title>") == 1
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")


def test_options_that_are_none(page):
    for options in ({"theme": "red"}, {"width": 1}, {"steps": 99}, {"colour": "red"}):
        with pytest.raises(tp.TPDataError, match="no options"):
            exported(tp.parse(PROGRAM), PROGRAM, "hard", "svg", options)


def test_a_large_page_says_how_large_it_is(monkeypatch):
    text = tp.gallery.entry("mlp").text
    request = {"op": "export", "text": text, "format": "html"}
    assert not any("MB" in said for said in Session().answer(request)["warnings"])
    monkeypatch.setattr(pages, "_LARGE", 100_000)
    assert any("MB" in said for said in Session().answer(request)["warnings"])


def test_what_a_format_leaves_out_is_no_choice_of_it(page):
    """Each choice that the dialog shows changes the file."""
    page.evaluate("void tpgraph.command('export')")
    try:
        view = page.get_by_label("View", exact=True)
        everything = view.locator("option[value=all]")
        view.select_option("all")
        page.get_by_label("Format").select_option("html")
        expect(view).to_have_value("io")
        expect(everything).to_be_disabled()
        page.get_by_label("Format").select_option("dot")
        expect(everything).to_be_enabled()
        expect(page.get_by_label("Legend")).to_be_hidden()
    finally:
        page.get_by_role("button", name="Close").click()


def test_the_folded_picture_of_a_page_shows_what_the_other_does():
    """Data, readout and loss, where the page has them."""
    text = PROGRAM.replace("const L = 3", "const L = 5")
    look = PictureOptions(view="editing")
    folded = pages._folded(tp.parse(text), "forward", look)
    assert {"variables/ξ", "variables/f"} <= {mark["key"] for mark in folded["full"]}
    strict = pages._folded(tp.parse(text), "forward", PictureOptions(view="paper"))
    assert "variables/f" not in {mark["key"] for mark in strict["full"]}
