"""Labels: the dialect, metrics, error messages, and the caches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import platformdirs
import pytest
from platformdirs.api import PlatformDirsABC
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from tpgraph.errors import TPError
from tpgraph.notation import cache
from tpgraph.notation.labels import mathtext
from tpgraph.notation.labels.dialect import lines, translate
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.labels.plain import plain_text

LABELS = [
    r"h^{1}",
    r"W^{\top}",
    r"\tilde{x}^{2}",
    r"\dot{Z}",
    r"\phi(\cdot+\cdot)",
    r"\delta\tilde h",
    r"\mathrm{softmax}",
    r"\text{linear combination}",
    r"\frac{x-\mu}{\sqrt{\sigma^{2}}}",
    r"\mathring{f}",
    r"\operatorname{softmax}",
    r"a\odot b\otimes c",
    r"\mathbb{E}\mathcal{N}\mathbf{x}",
    r"\sum_{k=1}^{T}x_k",
    r"\sqrt{n}(\phi(\tilde h+\delta\tilde h/\sqrt{n})-\phi(\tilde h))",
    r"-\chi\theta\,dh",
    r"\mathcal{L}'(f)",
    r"\textit{First forward/backward pass on $\tilde\xi$}",
    r"\text{query}\\q",
    r"\le\ge\ne\lVert x\rVert",
    "ξᵀ⊙φ₁²−∞",
    r"\text{50\% of #1 & a_b}",
    r"\textbf{a_b}\texttt{c d}",
    r"\bigl(\tfrac{a}{b}\bigr)",
    r"l=2,\ldots,L",
]


@pytest.mark.parametrize("label", LABELS)
def test_labels_are_set(label: str) -> None:
    shape = outline(label, 9.0)
    assert shape.width > 0
    assert shape.ink.top > shape.ink.bottom
    commands = list(shape.commands())
    assert commands[0][0] == "M"
    assert {letter for letter, _ in commands} <= set("MLQCZ")
    assert plain_text(label)


def test_outlines_lie_within_the_ink_box() -> None:
    shape = outline(r"\frac{x-\mu}{\sqrt{\sigma^{2}}}", 10.0)
    ends = [numbers[-2:] for _, numbers in shape.commands() if numbers]
    slack = 0.01
    for x, y in ends:
        assert shape.ink.left - slack <= x <= shape.ink.right + slack
        assert shape.ink.bottom - slack <= y <= shape.ink.top + slack


def test_metrics_scale_with_the_size() -> None:
    small, large = outline("x^2", 5.0), outline("x^2", 10.0)
    assert large.width == pytest.approx(2 * small.width)
    assert large.ink.top == pytest.approx(2 * small.ink.top)
    assert outline("p", 10.0).depth > 1.5 > outline("x", 10.0).depth


def test_lines_are_stacked_and_centred() -> None:
    one, two = outline("abc", 10.0), outline(r"abc\\b", 10.0)
    assert two.width == one.width
    assert two.ink.bottom == pytest.approx(outline("b", 10.0).ink.bottom - 12.0)
    assert two.glyphs[-1].x == pytest.approx((one.width - outline("b", 10.0).width) / 2)


def test_an_empty_label_has_no_outline() -> None:
    assert list(outline("", 9.0).commands()) == []


def test_dialect() -> None:
    assert translate(r"a\le b") == r"a\leq b"
    assert translate(r"\text{a $x$ b}") == r"\text{a }x\text{ b}"
    assert translate(r"\textit{two words}") == r"\mathit{two}\ \mathit{words}"
    assert translate(r"\operatorname*{argmax}") == r"\operatorname{argmax}"
    assert translate("x*y") == "x*y"
    assert lines(r"a\\\text{b\\c}")[0] == "a"
    assert len(lines(r"a\\b")) == 2


# Where TeX starts the superscript at 10 pt: width and italic correction in cmmi10.
@pytest.mark.parametrize(
    ("letter", "place"),
    [("b", 4.29), ("h", 5.76), ("x", 5.72), ("W", 10.83), (r"\sigma", 6.07), (r"\tilde h", 5.76)],
)
def test_superscripts_stand_where_tex_sets_them(letter: str, place: float) -> None:
    found = outline(f"{letter}^{{1}}", 10.0).glyphs[-1].x
    assert found == pytest.approx(place, abs=0.5)
    assert outline(f"{letter}^1", 10.0).glyphs[-1].x == found


@pytest.mark.parametrize(
    ("label", "fragment"),
    [
        (r"\foo", r"Unknown symbol: \foo"),
        ("a{", "braces do not match"),
        ("}a{", "braces do not match"),
        ("{" * 30 + "}" * 30, "nest 30 deep"),
        ("x" * 2000, "2000 characters"),
        ("x^", "a symbol is missing"),
        ("x^a^b", "Double superscript"),
        (r"\frac{a}", r"\frac"),
        (r"\left(", "right"),
        ("a\nb", "U+000A"),
        ("\ud800", "U+D800"),
        (r"\hat" * 240 + "x", "cannot be typeset"),
    ],
)
def test_labels_that_cannot_be_set_are_named(label: str, fragment: str) -> None:
    with pytest.raises(TPError) as caught:
        outline(label, 9.0)
    assert fragment in caught.value.message
    assert "the label" in caught.value.message
    assert caught.value.mend
    assert caught.value.expected


def test_plain_text() -> None:
    assert plain_text(r"W^{1}\xi") == "W¹ξ"
    assert plain_text(r"W^{\top}") == "Wᵀ"
    assert plain_text(r"\frac{x-\mu}{\sqrt{\sigma^{2}}}") == "(x-μ)/(√σ²)"
    assert plain_text(r"\text{linear combination}") == "linear combination"
    assert plain_text(r"x_{t}^{(l)}") == "xₜ⁽ˡ⁾" or plain_text(r"x_{t}^{(l)}") == "xₜ^(l)"
    assert plain_text("^" * 5000) == "^" * 5000


def test_outlines_come_from_the_disk_cache(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = outline(r"\tilde x", 9.0)
    (stored,) = (own_cache / "labels").iterdir()
    assert stored.stat().st_mode & 0o777 == 0o600
    mathtext._label.cache_clear()
    mathtext.outline.cache_clear()
    monkeypatch.setattr(mathtext, "_typeset", None)
    assert outline(r"\tilde x", 9.0) == first


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\0" * 100])
def test_a_damaged_cache_is_ignored_and_mended(own_cache: Path, damage: bytes) -> None:
    first = outline("x", 9.0)
    (stored,) = (own_cache / "labels").iterdir()
    good = stored.read_bytes()
    stored.write_bytes(damage or good[:-1])
    mathtext._label.cache_clear()
    mathtext.outline.cache_clear()
    assert outline("x", 9.0) == first
    assert stored.read_bytes() == good


def test_intact_files_of_another_form_are_ignored(own_cache: Path) -> None:
    first = outline("x", 9.0)
    (stored,) = (own_cache / "labels").iterdir()
    for payload in (b"[]", b"{}", b'{"glyphs": 3}', json.dumps({"size": [1]}).encode()):
        cache.store_cached(f"labels/{stored.name}", payload)
        mathtext._label.cache_clear()
        mathtext.outline.cache_clear()
        assert outline("x", 9.0) == first


def test_a_cache_that_cannot_be_written_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TPGRAPH_CACHE_DIR", str(tmp_path / "file"))
    mathtext._label.cache_clear()
    mathtext.outline.cache_clear()
    assert outline("q", 9.0).width > 0
    monkeypatch.setattr(cache, "cache_directory", lambda: None)
    mathtext._label.cache_clear()
    mathtext.outline.cache_clear()
    assert outline("q", 9.0).width > 0


def test_files_others_can_write_are_not_trusted(own_cache: Path) -> None:
    cache.store_cached("a/b", b"payload")
    assert cache.load_cached("a/b") == b"payload"
    (own_cache / "a" / "b").chmod(0o666)
    assert cache.load_cached("a/b") is None
    (own_cache / "a" / "link").symlink_to(own_cache / "a" / "b")
    (own_cache / "a" / "b").chmod(0o600)
    assert cache.load_cached("a/link") is None
    assert cache.load_cached("a") is None


def test_files_of_another_owner_are_not_trusted(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.store_cached("a", b"payload")
    monkeypatch.setattr(os, "geteuid", lambda: 123456)
    assert cache.load_cached("a") is None


def test_cache_directory_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPGRAPH_CACHE_DIR", "/a")
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    assert cache.cache_directory() == Path("/a")


@pytest.mark.parametrize(
    ("made", "folder"), [(Unix, "/c/.cache/tpgraph"), (MacOS, "/c/Library/Caches/tpgraph")]
)
def test_the_directory_is_the_platforms(
    made: type[PlatformDirsABC], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TPGRAPH_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/c")
    monkeypatch.setattr(platformdirs, "PlatformDirs", made)
    assert cache.cache_directory() == Path(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", "/b")
    monkeypatch.setattr(platformdirs, "PlatformDirs", Unix)
    assert cache.cache_directory() == Path("/b/tpgraph")


def test_nobodys_home_is_no_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("TPGRAPH_CACHE_DIR", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/tpgraph"))
    assert cache.cache_directory() is None
    monkeypatch.setattr(platformdirs, "user_cache_path", refuse)
    assert cache.cache_directory() is None


def test_the_oldest_files_give_way(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 32 * 4096)
    folder, now = own_cache / "labels", time.time()
    for index in range(100):
        cache.store_cached(f"labels/{index:03}", bytes(1000))
        os.utime(folder / f"{index:03}", (now + index - 100, now + index - 100))
    kept = sorted(path.name for path in folder.iterdir())
    assert 28 <= len(kept) <= 34
    assert kept == [f"{index:03}" for index in range(100 - len(kept), 100)]
    assert cache.load_cached("labels/099") == bytes(1000)
    cache.store_cached("others/a", b"other")
    assert sorted(path.name for path in folder.iterdir()) == kept


def test_a_cache_that_had_no_limit_is_cut_back(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(100):
        cache.store_cached(f"labels/{index:03}", bytes(1000))
        os.utime(own_cache / "labels" / f"{index:03}", (index, index))
    (own_cache / "labels" / "folder").mkdir()
    monkeypatch.setattr(cache, "LIMIT", 32 * 4096)
    monkeypatch.setattr(cache, "_stored", {})
    cache.store_cached("labels/new", b"payload")
    assert len(list((own_cache / "labels").iterdir())) == 28 + 1
    assert cache.load_cached("labels/new") == b"payload"


def test_concurrent_writers_leave_a_whole_file(own_cache: Path) -> None:
    payloads = [bytes([index]) * 100_000 for index in range(8)]

    def write(payload: bytes) -> None:
        for _ in range(20):
            cache.store_cached("shared", payload)
            assert cache.load_cached("shared") in payloads

    threads = [threading.Thread(target=write, args=(payload,)) for payload in payloads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in own_cache.iterdir()] == ["shared"]


def test_cached_labels_need_no_matplotlib(own_cache: Path) -> None:
    outline("x", 9.0)
    program = (
        "import sys; from tpgraph.notation.labels.mathtext import outline; outline('x', 9.0); "
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"False"]


@pytest.mark.parametrize(
    "label", ["y_{10}#", r"\dfrac{a%b}{2}", "a$b", "#_{0}", "中_{1}", "ж^2", r'\frac{a "q"}{b}']
)
def test_signs_and_letters_that_mathematics_lacks_are_spelled(label: str) -> None:
    """What LaTeX would be given escaped or spelled out is set like that."""
    found = mathtext.outline(label, 10.0)
    assert found.glyphs
    assert found.width > 0
