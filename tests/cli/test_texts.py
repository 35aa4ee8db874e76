"""Commands on the text of a program: check, fmt, show; and how files are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import MLP, WIGNER, process, tpgraph
from jsonschema import validate
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app


def test_wrong_program_exits_1_with_place_and_mend(mlp: Path) -> None:
    mlp.write_text(MLP.replace("V x[L]", "V' x[L]"), encoding="utf-8")
    done = process("check", str(mlp))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "mlp.tp:" in done.stderr
    assert "^" in done.stderr
    assert "the transpose fits: V x[3]" in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_file_exits_2() -> None:
    done = process("check", "nowhere.tp")
    assert done.returncode == 2
    assert "nowhere.tp" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_json_has_the_promised_form(mlp: Path) -> None:
    done = tpgraph("check", str(mlp), "--json")
    assert done.exit_code == 0
    validate(
        json.loads(done.stdout),
        {
            "type": "object",
            "required": [
                "name", "language", "reduced", "gia", "vectors", "scalars", "matrices",
                "parametrization", "errors",
            ],
            "properties": {
                "language": {"enum": ["netsor", "netsor+", "netsorT", "netsorT+"]},
                "reduced": {"type": "boolean"},
                "gia": {"required": ["holds", "reason"]},
                "vectors": {
                    "additionalProperties": {
                        "required": ["type", "dim"],
                        "properties": {"type": {"enum": ["G", "X"]}},
                    }
                },
            },
        },
    )  # fmt: skip


def test_check_json_reports_errors_as_json(mlp: Path) -> None:
    mlp.write_text(MLP.replace("b[1]", "c[1]").replace("output f", "output g"), encoding="utf-8")
    done = tpgraph("check", str(mlp), "--json")
    assert done.exit_code == 1
    errors = json.loads(done.stdout)["errors"]
    assert len(errors) >= 2
    assert all(error["line"] and error["message"] for error in errors)


def test_fmt_in_place_keeps_meaning_and_comments(mlp: Path) -> None:
    messy = MLP.replace("x[1] = φ(W[1] ξ + b[1])", "x[1]=φ( W[1]   xi+b[1] )   # first layer")
    mlp.write_text(messy, encoding="utf-8")
    assert tpgraph("fmt", str(mlp), "--check").exit_code == 1
    assert tpgraph("fmt", str(mlp)).exit_code == 0
    formatted = mlp.read_text(encoding="utf-8")
    assert "# first layer" in formatted
    assert tp.parse(formatted) == tp.parse(MLP)
    assert tpgraph("fmt", str(mlp), "--check").exit_code == 0


def test_fmt_ascii_is_the_same_program() -> None:
    done = tpgraph("fmt", "-", "--ascii", stdin=MLP)
    assert done.exit_code == 0
    code = "\n".join(line.partition("#")[0] for line in done.stdout.splitlines())
    assert code.isascii()
    assert tp.parse(done.stdout) == tp.parse(MLP)


def test_show_has_a_line_for_every_equation(mlp: Path) -> None:
    table = tpgraph("show", str(mlp)).stdout
    assert table.count("MatMul") == 4
    assert table.count("Nonlin") == 4
    assert tp.from_json(tpgraph("show", str(mlp), "--json").stdout) == tp.parse(MLP)
    assert tp.parse(tpgraph("show", str(mlp), "--text").stdout) == tp.parse(MLP)


PASSES = [
    (("--pass", "backward"), tp.backward(tp.parse(MLP))),
    (("--pass", "sgd", "--steps", "2"), tp.unroll_sgd(tp.parse(MLP), steps=2)),
    (
        ("--pass", "sgd", "--form", "fluctuation"),
        tp.unroll_sgd(tp.parse(MLP), steps=1, form="fluctuation"),
    ),
]


@pytest.mark.parametrize(("asked", "expected"), PASSES)
def test_show_prints_passes_that_can_be_read_again(
    mlp: Path, asked: tuple[str, ...], expected: tp.Program
) -> None:
    assert tp.parse(tpgraph("show", str(mlp), *asked, "--text").stdout) == expected
    assert tp.from_json(tpgraph("show", str(mlp), *asked, "--json").stdout) == expected
    assert expected != tp.parse(MLP)
    latex = tpgraph("show", str(mlp), *asked, "--latex").stdout
    assert r"\phi'" in latex or r"\delta" in latex
    assert tpgraph("show", str(mlp), *asked).stdout.strip() == tp.listing(expected).strip()


def test_show_of_passes_without_a_loss_is_refused() -> None:
    done = process("show", "-", "--pass", "backward", "--text", stdin=WIGNER)
    assert done.returncode == 1
    assert "neither an output nor a loss" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "--json", "--latex"], "choose one of --json and --latex"),
        (["check", "--json", "--strict"], "choose one of --json and --strict"),
    ],
)
def test_one_form_of_output_at_a_time(mlp: Path, arguments: list[str], message: str) -> None:
    done = process(arguments[0], str(mlp), *arguments[1:])
    assert done.returncode == 2
    assert message in done.stderr


def test_fmt_leaves_json_alone_and_names_show(mlp: Path) -> None:
    document = mlp.with_suffix(".json")
    document.write_text(tp.to_json(tp.parse(MLP)), encoding="utf-8")
    before = document.read_bytes()
    done = process("fmt", str(document))
    assert done.returncode == 1
    assert "is a JSON document" in done.stderr
    assert "tpgraph show --text" in done.stderr
    assert document.read_bytes() == before


@pytest.mark.parametrize("command", ["check", "fmt"])
def test_every_command_reads_files_alike(mlp: Path, command: str) -> None:
    mlp.write_bytes(b"width n\nvector x\xff : n ~ N(0, 1)\n")
    done = process(command, str(mlp))
    assert done.returncode == 1
    assert "mlp.tp:2:9: error: the byte 0xff is not UTF-8" in done.stderr
    mlp.write_bytes(b"\xef\xbb\xbf" + MLP.replace("\n", "\r\n").encode())
    assert process(command, str(mlp)).returncode == 0


def test_errors_in_json_from_stdin_name_it() -> None:
    done = process("check", "-", stdin='{"name": "p"}')
    assert done.returncode == 1
    assert "error: <stdin>: schema" in done.stderr


def test_a_stream_without_end_is_too_large() -> None:
    done = process("fmt", "/dev/zero")
    assert done.returncode == 1
    assert "more than 32 MB" in done.stderr


def test_constants_are_chosen_on_the_command_line(mlp: Path) -> None:
    found = tpgraph("show", str(mlp), "--set", "L=5", "--set", "d=2", "--json")
    assert found.exit_code == 0
    assert tp.from_json(found.stdout) == tp.parse(MLP, constants={"L": 5, "d": 2})
    for wrong, said in [("L", "NAME=VALUE"), ("L=x", "NAME=VALUE"), ("K=2", "no constant K")]:
        with pytest.raises(tp.TPError, match=said):
            CliRunner().invoke(app, ["check", str(mlp), "--set", wrong], catch_exceptions=False)


FOREIGN = "program p\nwidth n\nconst K = 3\nvector 权 : n ~ N(0, 1)\nx = tanh(権א)\n"


def test_check_warns_of_what_the_editor_warns_of(tmp_path: Path) -> None:
    path = tmp_path / "p.tp"
    path.write_text(FOREIGN, encoding="utf-8")
    said = [one.line for one in tp.language.read(FOREIGN, str(path)).warnings]
    assert [line.partition("warning: ")[2][:20] for line in said] == [
        "K is defined, but no",
        "pictures have no let",
        "pictures have no let",
    ]
    for options in ([], ["--json"]):
        done = process("check", str(path), *options)
        assert [line for line in done.stderr.splitlines() if "warning" in line] == said
    assert process("check", "-", stdin=FOREIGN).stderr.count("warning: pictures") == 2


def test_check_fix_applies_mends(tmp_path: Path) -> None:
    path = tmp_path / "a.tp"
    bad = "width n   # c\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"
    bad += "y = 2 tahn( u )\nz = W @ uu\n"
    path.write_text(bad, "utf-8")
    declined = tpgraph("check", str(path), "--fix", stdin="n\n" * 9)
    assert declined.exit_code == 1
    assert path.read_text("utf-8") == bad
    assert tpgraph("check", str(path), "--fix", stdin="y\n" * 9).exit_code == 0
    assert path.read_text("utf-8") == bad.replace("2 tahn", "2 * tanh").replace("@ uu", "u")
