"""What is loaded by a new process, and what only once it is needed."""

import subprocess
import sys


def ran(code):
    """What Python prints, which must not fail."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_loads_an_extra_before_it_is_asked_to():
    code = (
        "import sys, tpgraph as tp; from tpgraph_cli.main import app\n"
        "for name in tp.__all__: getattr(tp, name)\n"
        "assert not {'torch', 'jax', 'anywidget', 'numba'} & set(sys.modules)"
    )
    ran(code)


def test_the_help_of_the_command_loads_nothing_heavy():
    code = (
        "import sys; sys.argv = ['tpgraph', '--help']\n"
        "from tpgraph_cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "assert not {'numpy', 'scipy', 'rich', 'matplotlib', 'lark', 'pydantic'} & set(sys.modules)"
    )
    assert "Usage" in ran(code)
