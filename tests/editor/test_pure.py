"""The parts of the page that need no browser: functions of texts, places and pictures, by node."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tpgraph.editor.joined import WEB

PURE = Path(__file__).parent / "pure"
FILES = sorted(path.name for path in PURE.glob("*.mjs"))


@pytest.mark.needs("node")
@pytest.mark.parametrize("name", FILES)
def test_a_module(tmp_path, name):
    """Node takes files for modules where their folder says so, which an installed one does not."""
    shutil.copytree(WEB, tmp_path / "web")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(PURE / name, tmp_path)
    command = ["node", "--test", "--test-reporter=tap", name]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "# pass 0" not in found.stdout
