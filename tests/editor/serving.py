"""An editor's server in a process of its own, and requests to it as anybody could make them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

T = TypeVar("T")

MLP = """program mlp
width n
const L = 3
vector b[1..L] : n ~ N(0, 1)
vector u : n ~ N(0, 1)
matrix W[1..L] : n × n ~ N(0, 1)
x[1] = tanh(W[1] u + b[1])
for l in 2..L:
    x[l] = tanh(W[l] x[l-1] + b[l])
"""

SLOW = """program slow
width n
vector x : n ~ N(0, 1)
for l in 1..1000000:
    y[l] = x
"""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def data(self):
        return json.loads(self.body)


@dataclass
class Server:
    """A running server; `post` asks as its own page does, `send` as anybody."""

    process: subprocess.Popen[str]
    url: str
    folder: Path
    cookie: str = field(init=False)
    port: int = field(init=False)

    def __post_init__(self):
        parts = urlsplit(self.url)
        assert parts.hostname == "127.0.0.1"
        self.port = parts.port
        self.token = parse_qs(parts.query)["token"][0]
        self.cookie = f"tpgraph-{self.port}={self.token}"

    @property
    def own(self):
        """The headers of the page itself."""
        return {
            "Host": f"127.0.0.1:{self.port}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/json",
            "Cookie": self.cookie,
            "Sec-Fetch-Site": "same-origin",
        }

    def send(self, method, path, headers, body=None, seconds=60):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            size = {} if body is None else {"Content-Length": str(len(body))}
            for name, value in (size | headers).items():
                connection.putheader(name, value)
            connection.endheaders()
            if body is not None:
                connection.send(body)
            found = connection.getresponse()
            return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
        finally:
            connection.close()

    def get(self, path, **changed):
        own = {k: v for k, v in self.own.items() if k not in ("Origin", "Content-Type")}
        return self.send("GET", path, _with(own, changed))

    def raw(self, op, body, **changed):
        return self.send("POST", f"/api/{op}", _with(self.own, changed), body)

    def post(self, op, **content):
        answer = self.raw(op, json.dumps(content).encode())
        assert answer.status == 200, answer
        return answer.data

    def interrupt(self):
        """Ctrl-C; the exit code and what was said on the way."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out + err


def _with(headers, changed):
    """Headers with some replaced, by names with _ for -, or left out by None."""
    named = {name.replace("_", "-").title(): value for name, value in changed.items()}
    return {k: v for k, v in (headers | named).items() if v is not None}


@contextmanager
def serving(folder: Path, *arguments: str, state: Path | None = None):
    """`tpgraph edit` in a folder; its journals are in `state`."""
    environment = os.environ | {
        "XDG_STATE_HOME": str(state or folder / "state"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    code = "import sys; from tpgraph_cli.main import main; sys.exit(main())"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "edit", *arguments, "--no-browser"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), process.stderr.read()
        yield Server(process, url, folder)
    finally:
        process.kill()
        process.communicate()


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine gives, on a thread whose event loop no browser of other tests has."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
