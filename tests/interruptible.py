"""Processes that Ctrl-C reaches, even where the tests themselves run with it ignored."""

import signal
import subprocess


def start(command, **options):
    """A process with pipes for its output and SIGINT as a terminal's programs have it.

    A shell starts what it runs in the background with SIGINT ignored, and children inherit that.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(
        [str(part) for part in command],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        **{**pipes, **options},
    )
