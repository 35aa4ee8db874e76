"""The import direction of the design, read off the syntax trees.

Floors: 0 arrays, bounds, children, clusters, embedded, errors, files, former_names,
hyperparameters, locks, progress, seals, seeds, sentences, shared_work, types · 1 functions · 2
program · 3 language, transform, notation, compiler, limits and the interpreter, which do not import
each other · 4 training, kernels, gallery, bridges, annotations,
guide · 5 study, editor · 6
lessons · above them the command line, which imports the public `tpgraph` alone.
"""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    "bounds": 0,
    "clusters": 0,
    "children": 0,
    "errors": 0,
    "files": 0,
    "locks": 0,
    "arrays": 0,
    "seals": 0,
    "types": 0,
    "embedded": 0,
    "seeds": 0,
    "sentences": 0,
    "collector": 0,
    "hyperparameters": 0,
    "former_names": 0,
    "viewer": 0,
    "reader": 0,
    "progress": 0,
    "shared_work": 0,
    "shown": 0,
    "shown_figure": 0,
    "static_page": 0,
    "functions": 1,
    "program": 2,
    "language": 3,
    "transform": 3,
    "notation": 3,
    "compiler": 3,
    "limits": 3,
    "interpreter": 3,
    "training": 4,
    "shell": 3,
    "gallery": 4,
    "kernels": 4,
    "bridges": 4,
    "annotations": 4,
    "study": 5,
    "editor": 5,
    "guide": 4,
    "lessons": 6,
    "__main__": 6,
}
# rooms of the notation: each imports those before it alone
ROOMS = ["cache", "labels", "scene", "engines", "drawn", "painters"]
ROOMS += ["diagram", "layout", "draw_options", "pipeline", "drawing", "frames"]
TOP_LEVEL = {"tpgraph", "tests", "diagrams", "cli", "pyproject.toml", "README.md", "LICENSE"}

EXTRAS = {
    "torch": ("bridges",),
    "jax": ("bridges",),
    "anywidget": ("editor",),
    "traitlets": ("editor",),
}
"""Libraries that are no dependencies, and the units whose modules may import them.

Such a module is loaded lazily, by the entry in front of it."""

LAZY = {
    # what may be loaded while a function runs, and why
    "networkx": "it takes longer to load than a program to check, and one method needs it",
    "numba": "an extra that only compiled kernels need",
    "scipy.special": "`check` and `draw` never evaluate an erf",
    "scipy.stats.qmc": "it takes a second to load, and the exact limits need no samples",
    "tpgraph.language.document_reader": "pydantic's schema of JSON, which reading .tp does without",
    "tpgraph.editor.exports": "it loads limits, which no picture needs",
    "tpgraph.editor.numbers": "so does this",
    "tpgraph.editor.served": "the processes of sessions load what they need beside it",
    "tpgraph.editor.session": "a server does without what only its workers' processes need",
    "tpgraph.editor.widget": "it loads anywidget, an extra that only notebooks need",
    "tpgraph.kernels.streamed.dask_crew": "it loads Dask, an extra that only clusters need",
    "tpgraph.study.cluster": "it loads Dask, an extra that only sweeps on a cluster need",
    "tpgraph.bridges.torch_in.two_widths": "it loads torch, an extra, which all else does without",
    "tpgraph.notation.engines.wasm": "wasmtime takes longer to load than a program to check",
    "tpgraph.training.loss_curve": "it loads matplotlib, which reading data does without",
    "tpgraph.training.prediction_plot": "so does this",
    "tpgraph.notation.layout.wrapping.wrapped": "few pictures are cut into rows",
    "tpgraph.notation.labels.typeset": "it loads matplotlib, slower than all of `check`",
    "tpgraph.notation.painters.canvas": "it loads matplotlib, which SVG does without",
    "tpgraph.notation.painters.gif": "it loads matplotlib and Pillow",
    "tpgraph.notation.painters.svg_letters": "it loads matplotlib, for labels as text alone",
}


def imports(tree):
    """(module, names, node) of every import statement."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, (), node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module, tuple(alias.name for alias in node.names), node


def units(module, names):
    """The units of tpgraph that an import statement touches; "" is the package itself."""
    parts = module.split(".")
    if parts[0] != "tpgraph":
        return []
    if len(parts) > 1:
        return [parts[1]]
    return [name if name in FLOORS else "" for name in names] or [""]


def inside_functions(tree):
    """Import statements within a function."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found |= {id(i) for i in ast.walk(node) if isinstance(i, ast.Import | ast.ImportFrom)}
    return found


def violations(unit, text):
    """What the source of a module in this unit of tpgraph may not do."""
    tree = ast.parse(text)
    local = inside_functions(tree)
    for module, names, node in imports(tree):
        for other in units(module, names):
            if other == unit:
                continue
            if other == "":
                yield f"line {node.lineno}: {unit} imports the package tpgraph itself"
            elif other not in FLOORS:
                yield f"line {node.lineno}: {other} has no floor"
            elif FLOORS[other] > FLOORS[unit] or (FLOORS[other] == FLOORS[unit] >= 3):
                yield f"line {node.lineno}: {unit} imports {other}"
        if id(node) in local:
            yield f"line {node.lineno}: {module} is imported inside of a function"
        first = module.split(".")[0]
        foreign = first in EXTRAS and unit not in EXTRAS[first]
        commands = first == "tpgraph_cli" and unit != "__main__"
        if foreign or commands or first in ("cli", "tests"):
            yield f"line {node.lineno}: {unit} imports {module}"
    for loaded, node in loads(tree):
        if loaded not in LAZY:
            yield f"line {node.lineno}: {loaded} is loaded inside of a function"
        for other in units(loaded or "", ()):
            if FLOORS.get(other, 0) > FLOORS[unit]:
                yield f"line {node.lineno}: {unit} loads {other}"


def loads(tree):
    """What calls of importlib load, by name; None where the name is computed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and "import" in ast.unparse(node.func).rpartition(".")[2]:
            first = node.args[0] if node.args else None
            yield (first.value if isinstance(first, ast.Constant) else None), node


def cli_violations(text):
    """What the source of the command line may not do."""
    for module, names, node in imports(ast.parse(text)):
        parts = module.split(".")
        if parts[0] == "tpgraph" and len(parts) > 1:
            yield f"line {node.lineno}: {module} is not the public tpgraph"
        if parts[0] == "cli":
            yield f"line {node.lineno}: it is installed as tpgraph_cli"
        if parts[0] == "tpgraph" and any(name.startswith("_") for name in names):
            yield f"line {node.lineno}: {names} is private"


def sources(folder):
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def unit_of(path):
    return path.relative_to(ROOT / "tpgraph").parts[0].removesuffix(".py")


@pytest.mark.parametrize(
    "path",
    [p for p in sources("tpgraph") if p != ROOT / "tpgraph" / "__init__.py"],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_imports_go_downwards(path):
    assert unit_of(path) in FLOORS
    assert list(violations(unit_of(path), path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", sources("cli"), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_command_line_uses_the_public_names(path):
    assert list(cli_violations(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "path", sources("tpgraph/notation"), ids=lambda p: str(p.relative_to(ROOT))
)
def test_rooms_of_the_notation_do_not_look_back(path):
    room = path.relative_to(ROOT / "tpgraph" / "notation").parts[0].removesuffix(".py")
    if room == "__init__":
        return
    for module, names, _ in imports(ast.parse(path.read_text(encoding="utf-8"))):
        for name in [module] if module != "tpgraph.notation" else [f"{module}.{n}" for n in names]:
            if name.startswith("tpgraph.notation."):
                assert ROOMS.index(name.split(".")[2]) <= ROOMS.index(room), name


def lazy_names(package, stub):
    """What a package loads when a name of its stub is first asked for."""
    for node in ast.parse(stub).body:
        if isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            modules = [node.module] if node.module else names
            yield from ((f"{package}.{module}", names if node.module else ()) for module in modules)


def module_graph(texts, stubs=None):
    """What each module reads, now or later; `texts` are the sources by module names, `stubs` those
    of the names that packages load lazily.
    """
    graph = {}
    for name, text in texts.items():
        tree = ast.parse(text)
        found = [(m, names) for m, names, _ in imports(tree)]
        found += [(m, ()) for m, _ in loads(tree) if m is not None]
        found += lazy_names(name, (stubs or {}).get(name, ""))
        read = {f"{m}.{n}" for m, ns in found for n in ns} | {m for m, _ in found}
        graph[name] = {other for other in read if other in texts}
    return graph


def cycle_in(graph):
    """Some modules that read each other in a circle; empty if there are none."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        path.append(name)
        for other in sorted(graph[name]):
            if not name.startswith(other + ".") and (found := visit(other)):
                return found
        path.pop()
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name))), [])


def test_there_is_no_cycle_of_modules():
    """No module reads itself through others: not for its types, and not later by importlib."""
    texts, stubs = {}, {}
    for path in sources("tpgraph"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        texts[name] = path.read_text(encoding="utf-8")
        if (stub := path.with_suffix(".pyi")).exists():
            stubs[name] = stub.read_text(encoding="utf-8")
    graph = module_graph(texts, stubs)
    assert "tpgraph.study.compare.compare" in graph["tpgraph.study"]
    assert "tpgraph.notation.painters.canvas" in graph["tpgraph.notation.drawing"]
    assert cycle_in(graph) == []


def test_a_planted_cycle_is_seen():
    late = {"a": "import b", "b": "def f():\n    import_module('c')", "c": "from a import x"}
    assert cycle_in(module_graph(late)) == ["a", "b", "c", "a"]
    assert cycle_in(module_graph({**late, "c": "import b.d"})) == []
    lazy = {"p": "", "p.a": "from q import x", "q": "from p import a"}
    assert cycle_in(module_graph(lazy, {"p": "from .a import f as f"})) == ["p", "p.a", "q", "p"]


ALIKE = {
    # rooms that are furnished alike, and the files that each of them has
    "limits": {"algebra", "collected", "over_inputs", "products"},
    "study": {"presets", "study", "theory"},
}


def one_name_twice(places):
    """Classes and files of one name in different places; `places` are sources by their paths."""
    seen = {}
    for path, text in places.items():
        unit, stem = path.split("/")[1], path.rpartition("/")[2].removesuffix(".py")
        if stem != "__init__" and not path.startswith("cli/") and stem not in ALIKE.get(unit, ()):
            seen.setdefault(f"{stem}.py", []).append(path)
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                seen.setdefault(node.name, []).append(path)
    return {name: found for name, found in seen.items() if len(found) > 1}


def test_a_name_stands_for_one_idea():
    """No two classes, nor two files of the library, have one name; commands have their rooms'."""
    paths = [*sources("tpgraph"), *sources("cli")]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    assert one_name_twice(texts) == {}


def test_a_name_that_stands_twice_is_seen():
    assert one_name_twice({"cli/a.py": "class A: 1", "tpgraph/c/b.py": "class A: 1"}).keys() == {
        "A"
    }
    assert one_name_twice({"tpgraph/c/a.py": "", "tpgraph/d/a.py": ""}).keys() == {"a.py"}
    assert not one_name_twice({"tpgraph/study/x/theory.py": "", "tpgraph/study/y/theory.py": ""})


@pytest.mark.parametrize(
    ("unit", "text", "complaint"),
    [
        ("functions", "from tpgraph.program import Program", "functions imports program"),
        ("program", "import tpgraph.language.parser", "program imports language"),
        ("notation", "from tpgraph.compiler import compile", "notation imports compiler"),
        ("interpreter", "from tpgraph.transform import backward", "interpreter imports transform"),
        ("language", "from tpgraph import interpreter", "language imports interpreter"),
        ("limits", "from tpgraph import parse", "limits imports the package"),
        ("program", "import tpgraph", "program imports the package"),
        ("training", "from tpgraph.study import sweep", "training imports study"),
        ("types", "from tpgraph.hidden import x", "hidden has no floor"),
        ("language", "def f():\n    import lark", "lark is imported inside of a function"),
        ("language", "import torch", "language imports torch"),
        ("kernels", "from torch import nn", "kernels imports torch"),
        ("bridges", "import tpgraph.study", "bridges imports study"),
        ("language", "def f():\n    return __import__('torch')", "torch is loaded inside"),
        ("program", "import_module('tpgraph.notation')", "program loads notation"),
        ("language", "import importlib\nx = importlib.import_module(y)", "None is loaded inside"),
        (
            "compiler",
            "class A:\n    def f(self):\n        from tpgraph.program import Program",
            "inside of a function",
        ),
    ],
)
def test_a_planted_violation_is_seen(unit, text, complaint):
    assert any(complaint in found for found in violations(unit, text))


@pytest.mark.parametrize(
    "text",
    [
        "from tpgraph.language import parse",
        "import tpgraph.program as p",
        "import cli.main",
        "from tpgraph import _secret",
    ],
)
def test_a_planted_violation_of_the_command_line_is_seen(text):
    assert list(cli_violations(text))
    assert not list(cli_violations("import tpgraph as tp\nfrom tpgraph_cli.files import read"))


def test_allowed_imports_are_allowed():
    assert not list(violations("notation", "import matplotlib.pyplot as plt"))
    assert not list(
        violations("program", "from tpgraph.program.typing_rules import check_equation")
    )
    assert not list(violations("training", "from tpgraph.compiler import compile"))
    assert not list(violations("bridges", "import torch"))


def test_the_top_level_holds_what_was_agreed():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a checkout")
    entries = {name.split("/")[0] for name in listed.stdout.splitlines()}
    assert {e for e in entries if not e.startswith(".")} <= TOP_LEVEL
