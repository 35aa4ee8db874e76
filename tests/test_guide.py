"""The guide: every example runs, every picture and link is there, and it is one document."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tpgraph as tp
from tpgraph.guide import Page, page, pages, pictures
from tpgraph_cli.main import app

ROOT = Path(__file__).parent.parent
IMAGE = re.compile(r"!\[[^\]]+\]\(pictures/([^)]+)\)")


def run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command[-1]}\n{done.stderr}"


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_every_example_runs(page: Page, tmp_path: Path) -> None:
    for block in page.blocks():
        if block.language == "tp":
            tp.parse(block.text)
            if "file" in block.options:
                (tmp_path / block.options["file"]).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for line in block.text.splitlines():
                run(["sh", "-ec", line.removeprefix("$ ").partition("#")[0]], tmp_path)
        else:
            assert block.language in ("python", "latex", "")
    code = [block.text for block in page.blocks() if block.language == "python"]
    if code:
        run([sys.executable, "-c", "\n".join(code)], tmp_path)


def has_minted() -> bool:
    found = (
        shutil.which("kpsewhich")
        and subprocess.run(["kpsewhich", "minted.sty"], capture_output=True, check=False).returncode
    )
    return found == 0


@pytest.mark.needs("lualatex")
@pytest.mark.skipif(not has_minted(), reason="LaTeX has no package minted")
def test_latex_colours_listings_as_the_guide_says(tmp_path: Path) -> None:
    (program, *_) = [b for b in page("start").blocks() if "file" in b.options]
    (tmp_path / program.options["file"]).write_text(program.text, encoding="utf-8")
    (document,) = [b.text for b in page("start").blocks() if b.language == "latex"]
    (tmp_path / "page.tex").write_text(document, encoding="utf-8")
    run(["lualatex", "-interaction=batchmode", "-halt-on-error", "-shell-escape", "page"], tmp_path)
    log = (tmp_path / "page.log").read_text(encoding="utf-8", errors="replace")
    assert "Missing character" not in log
    coloured = "".join(p.read_text("utf-8") for p in tmp_path.glob("_minted*/*.*"))
    assert "PYG{k+kd}{width}" in coloured
    assert "PYG{n+nb}{tanh}" in coloured


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_every_program_has_its_picture(page: Page) -> None:
    programs = [block for block in page.blocks() if block.language == "tp"]
    shown = IMAGE.findall(page.text)
    assert shown == [f"{page.name}-{k}.svg" for k in range(1, len(programs) + 1)]
    assert set(shown) <= set(pictures())


def test_no_picture_is_left_over() -> None:
    assert set(pictures()) == {name for page in pages() for name in IMAGE.findall(page.text)}


@pytest.mark.parametrize("page", pages(), ids=lambda p: p.name)
def test_links_lead_to_pages(page: Page) -> None:
    names = {p.name for p in pages()}
    for name in re.findall(r"\]\(([\w-]+)\.md\)", page.text):
        assert name in names
    html = page.html()
    assert ".md" not in re.sub(r"<code>.*?</code>", "", html)
    assert html.count("<h1>") == 1
    for name in IMAGE.findall(page.text):
        assert f'src="pictures/{name}"' in html


def test_every_function_stands_in_the_language() -> None:
    from tpgraph.functions import PRIMITIVES
    from tpgraph.functions.library import LIBRARY

    text = page("language").text
    held = {name for name in PRIMITIVES if name.startswith("held_")}  # which no text calls
    for name in {*PRIMITIVES, *LIBRARY} - {"add", "mul", "neg", "div", "pow"} - held:
        assert f"`{name}" in text, name


def test_every_word_of_the_language_is_shown() -> None:
    words = re.findall(r'^[A-Z]+: "([a-z]+)"$', grammar(), re.MULTILINE)
    assert len(words) > 15
    text = page("language").text
    for word in words:
        assert re.search(rf"\b{word}\b", text), word


def grammar() -> str:
    return (ROOT / "tpgraph" / "language" / "grammar.lark").read_text(encoding="utf-8")


def test_public_functions_stand_in_the_table_of_topics() -> None:
    named = set(re.findall(r"`(\w+)", page("api").text))
    for name in ("parse", "draw", "limit", "kernel", "compile", "train", "compare", "from_torch"):
        assert name in named
    for name in re.findall(r"`(\w+)`", page("api").text.partition("`help")[0]):
        assert name == "tp" or hasattr(tp, name) or name == "Program", name


def test_a_page_that_is_not_there() -> None:
    with pytest.raises(tp.TPError, match="no page 'langauge'"):
        page("langauge")


def test_the_command(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    runner = CliRunner()
    listed = runner.invoke(app, ["guide"]).output
    assert all(p.name in listed and p.title in listed for p in pages())
    assert runner.invoke(app, ["guide", "mup"]).output == page("mup").text
    done = runner.invoke(app, ["guide", "-o", str(tmp_path / "all")])
    assert done.exit_code == 0
    assert (tmp_path / "all" / "start.html").read_text(encoding="utf-8") == page("start").html()
    assert {p.name for p in (tmp_path / "all" / "pictures").iterdir()} == set(pictures())
