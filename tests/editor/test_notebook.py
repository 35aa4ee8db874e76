"""The editor in notebooks: one module of the page's, a session in the notebook's own process."""

import re
import subprocess
import time

import pytest

import tpgraph as tp
from tpgraph.editor.joined import WEB, joined

MLP = tp.gallery.entry("mlp").text


def test_the_modules_are_one_and_always_the_same():
    text = joined(WEB, "notebook.js")
    assert text == joined(WEB, "notebook.js")
    assert "\nimport " not in text
    assert "import(" not in text, "a notebook has no address that more could be loaded from"
    assert text.count("export default") == 1
    assert "@param" not in text
    assert text.index("const $places = ") < text.index("const $undo = ")
    assert len(text.encode()) < 150_000


def test_the_page_asks_for_every_module_at_once():
    """None waits until another one has been read, and all together are small."""
    page = (WEB / "index.html").read_text()
    preloaded = set(re.findall(r'modulepreload" href="/web/([\w-]+)\.js"', page))
    assert preloaded == _begun("main") - {"main"}
    assert sum((WEB / f"{name}.js").stat().st_size for name in _begun("main")) <= 150_000


def _begun(name):
    """A module and those that it imports at its start."""
    found = re.findall(
        r'^import .* from "\./([\w-]+)\.js";$', (WEB / f"{name}.js").read_text(), re.M
    )
    return {name}.union(*map(_begun, found))


def test_words_of_several_lines_are_refused(tmp_path):
    """Their indentation would go, which is not for readers alone."""
    (tmp_path / "main.js").write_text("export const words = `one\n\ttwo`;\n")
    with pytest.raises(ValueError, match="several lines"):
        joined(tmp_path, "main.js")


@pytest.mark.needs("node")
def test_the_joined_module_is_loaded(tmp_path):
    (tmp_path / "one.mjs").write_text(joined(WEB, "notebook.js"), encoding="utf-8")
    code = 'import("./one.mjs").then((m) => console.log(typeof m.default.render))'
    found = subprocess.run(
        ["node", "-e", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout == "function\n"


@pytest.mark.needs("node")
def test_names_of_modules_do_not_meet(tmp_path):
    (tmp_path / "a.js").write_text("const own = 1;\nexport function f() { return own; }\n")
    (tmp_path / "b.js").write_text(
        'import { f as g } from "./a.js";\nconst own = 2;\nexport const sum = own + g();\n'
    )
    (tmp_path / "main.js").write_text('import { sum } from "./b.js";\nconsole.log(sum);\n')
    code = joined(tmp_path, "main.js")
    found = subprocess.run(
        ["node", "--input-type=module"], input=code, capture_output=True, text=True, check=True
    )
    assert found.stdout == "3\n"


def test_what_is_not_understood_is_refused(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(ValueError, match="a → b → a"):
        joined(tmp_path, "a.js")
    (tmp_path / "b.js").write_text("export default 1;\n")
    with pytest.raises(ValueError, match="not understood"):
        joined(tmp_path, "a.js")
    (tmp_path / "b.js").write_text('import all from "elsewhere";\n')
    with pytest.raises(ValueError, match="not understood"):
        joined(tmp_path, "a.js")
    (tmp_path / "b.js").write_text('export const all = () => import("elsewhere");\n')
    (tmp_path / "a.js").write_text('import { all } from "./b.js";\nall();\n')
    with pytest.raises(ValueError, match="not understood"):
        joined(tmp_path, "a.js")


@pytest.fixture
def widget(monkeypatch):
    made = tp.Editor(MLP)
    sent = []
    monkeypatch.setattr(made, "send", sent.append)
    yield made, sent
    made.close()


def test_requests_of_a_cell_are_answered(widget):
    made, sent = widget
    made._hear(made, {"number": 7, "request": {"op": "open", "text": made.value}}, [])
    made._hear(made, {"number": 8, "request": {"op": "sync"}}, [])
    made._hear(made, "nonsense", [])
    assert [message["number"] for message in sent] == [7, 8]
    assert sent[0]["answer"]["view"]["picture"]["full"]
    assert "text" in sent[1]["answer"]["refused"]["message"]


def awaited(made, sent, number):
    """Look until a request has its answer, as the page does; it, and what was told before."""
    stages = []
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = next((m for m in sent if m["number"] == number), None)
        sent.clear()
        if found is not None and "answer" in found:
            return found["answer"], stages
        stages += [] if found is None else found["stages"]
        time.sleep(0.05)
        made._hear(made, {"number": number, "look": True}, [])
    raise AssertionError("no answer")


def test_long_work_of_a_cell_goes_on_beside_it(widget):
    """It tells how far it is, is cancelled, and the kernel answers meanwhile."""
    made, sent = widget
    made._hear(made, {"number": 1, "request": {"op": "open", "text": MLP}}, [])
    have = sent.pop()["answer"]["view"]["revision"]
    run = {"op": "annotate", "text": MLP, "have": have, "width": 2048}
    made._hear(made, {"number": 2, "request": run}, [])
    assert sent == [{"number": 2, "stages": []}]
    made._hear(made, {"number": 3, "request": {"op": "complete", "text": MLP, "at": 3}}, [])
    assert "answer" in sent.pop()
    found, stages = awaited(made, sent, 2)
    assert found["scalars"] is not None
    assert any(f["layer"] == "annotations" for f in found["view"]["picture"]["come"])
    assert {stage["what"] for stage in stages} & {"draws", "instructions", "limits", "vectors"}
    made._hear(made, {"number": 4, "request": {**run, "width": 8192}}, [])
    made._hear(made, {"number": 4, "cancel": True}, [])
    made._hear(made, {"number": 4, "look": True}, [])
    assert sent == [{"number": 4, "stages": []}], "nothing is said of what is cancelled"
    export = {"op": "export", "text": MLP, "format": "tp"}
    made._hear(made, {"number": 5, "request": export}, [])
    assert awaited(made, sent, 5)[0]["text"] == MLP


def test_the_value_is_the_text():
    made = tp.Editor(tp.parse(MLP), name="mine")
    assert tp.parse(made.value) == tp.parse(MLP)
    assert made.name == "mine"
    assert tp.Editor(MLP).value == MLP
