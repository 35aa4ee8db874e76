"""Attacks on a running server: each is answered by the status that names what is wrong with it."""

import json
import os
import random
import re
from contextlib import suppress
from http.client import HTTPConnection

import pytest
from editor.serving import MLP, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "mlp.tp").write_text(MLP)
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.tp").write_text("program secret\n")
    (folder / "link.tp").symlink_to(outside / "secret.tp")
    (folder / "door").symlink_to(outside)
    with serving(folder, "mlp.tp") as running:
        yield running


def test_its_own_page_is_answered(server):
    assert server.get("/").status == 200
    assert server.get("/web/main.js").headers["content-type"].startswith("text/javascript")
    assert server.post("start")["opened"]["text"] == MLP


def test_the_guide_stands_beside_it(server):
    page = server.get("/guide/language.html")
    assert page.status == 200
    assert page.headers["content-type"].startswith("text/html")
    text = page.body.decode()
    assert "<style" not in text, "which the policy of pages does not let in"
    for place in ["style.css", *re.findall(r'(?:src|href)="([\w/.-]+)"', text)]:
        assert server.get(f"/guide/{place}").status == 200, place
    assert server.get("/guide/../web/main.js").status == 404
    assert server.get("/guide/nothing.html").status == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", None])
def test_another_host(server, host):
    """DNS rebinding: the browser believes that it speaks to evil.example."""
    assert server.get("/", host=host).status in (400, 421)
    assert server.raw("start", b"{}", host=host).status in (400, 421)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", None, "http://127.0.0.1:1"])
def test_another_origin(server, origin):
    assert server.raw("start", b"{}", origin=origin).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_another_site(server, site):
    assert server.get("/", sec_fetch_site=site).status == 403
    assert server.raw("start", b"{}", sec_fetch_site=site).status == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", None])
def test_another_type(server, kind):
    assert server.raw("start", b"{}", content_type=kind).status == 415


@pytest.mark.parametrize(
    "cookie", [None, "", "tpgraph=1", "tpgraph-{port}=wrong", "tpgraph-{port}=\xff"]
)
def test_no_cookie(server, cookie):
    cookie = None if cookie is None else cookie.format(port=server.port)
    assert server.raw("start", b"{}", cookie=cookie).status == 403
    assert server.get("/", cookie=cookie).status == 403
    assert server.get("/web/main.js", cookie=cookie).status == 403


def test_the_launch_address_becomes_a_cookie(server):
    found = server.get(f"/?token={server.token}", cookie=None)
    assert (found.status, found.headers["location"]) == (303, "/")
    cookie = found.headers["set-cookie"].lower()
    assert f"tpgraph-{server.port}=" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert server.get("/?token=wrong", cookie=None).status == 403
    assert server.get("/?token=%ff%00", cookie=None).status == 403
    assert server.get(f"/api/start?token={server.token}", cookie=None).status == 403


def test_every_answer_has_its_headers(server):
    for answer in (server.get("/"), server.get("/nothing"), server.get("/", host="evil.example")):
        assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods(server, method):
    assert server.send(method, "/api/start", server.own, b"{}").status == 405


def test_a_body_that_is_too_long(server):
    assert server.raw("sync", b" " * 5_000_000).status == 413
    assert server.raw("sync", b"{}", content_length="99999999999999999999").status in (400, 413)


def test_a_body_that_does_not_say_how_long_it_is(server):
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/api/sync", skip_host=True, skip_accept_encoding=True)
    for name, value in (server.own | {"Transfer-Encoding": "chunked"}).items():
        connection.putheader(name, value)
    connection.endheaders()
    with suppress(OSError):  # the server may have answered already
        connection.send(b"%x\r\n%b\r\n" % (1_000_000, b" " * 1_000_000) * 5 + b"0\r\n\r\n")
    assert connection.getresponse().status == 413
    connection.close()


BAD = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"text": NaN}',
    b'{"text": 1}',
    b'{"text": null}',
    b'{"text": "", "other": 1}',
    b'{"have": "x"}',
    b"[" * 100_000,
    b'{"text": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    b'{"text": ' + b"9" * 10_000 + b"}",
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_what_is_no_request(server, body):
    for op in ("sync", "save", "journal"):
        assert server.raw(op, body).status == 400


def test_half_of_a_character_is_refused(server):
    body = b'{"text": "\\ud800", "path": "\\ud800", "name": "a"}'
    assert "refused" in json.loads(server.raw("sync", body).body)
    for op in ("save", "journal"):
        answer = server.raw(op, body)
        assert answer.status == 400 or "refused" in json.loads(answer.body)


@pytest.mark.parametrize("op", ["nothing", "__init__", "answer", "op", "%2e%2e"])
def test_what_is_no_operation(server, op):
    assert server.raw(op, b'{"text": ""}').status in (400, 404)


@pytest.mark.parametrize(
    "path",
    [
        "/web/../server.py",
        "/web/..%2fserver.py",
        "/web/%2e%2e/server.py",
        "/web//etc/passwd",
        "/web/%2fetc%2fpasswd",
        "/web/..\\server.py",
        "/web/main.js%00",
        "/server.py",
    ],
)
def test_paths_out_of_the_page(server, path):
    assert server.get(path).status == 404


@pytest.mark.parametrize(
    "path",
    ["../secret.tp", "/etc/passwd", "link.tp", "door/secret.tp", "door/new.tp", ".", "", "a\0.tp",
     "x" * 300 + ".tp", "/dev/stdout", "mlp.tp/../../secret.tp"],
)  # fmt: skip
def test_files_outside_of_the_root(server, path):
    for op in ("file", "look"):
        assert "refused" in server.post(op, path=path)
    assert "refused" in server.post("save", path=path, text="program taken\n")
    assert not (server.folder / "door" / "new.tp").exists()  # a link that leads out of it
    assert "secret" in (server.folder / "link.tp").read_text()


def test_only_programs_are_written(server):
    for name in (".bashrc", "setup.py", "mlp.svg", ".tp"):
        assert "refused" in server.post("save", path=name, text="program p\n"), name


def test_fuzzed_requests(server):
    """Whatever is sent is answered, and never by a fault of the server's own."""
    random.seed(12)
    for _ in range(10_000 if EVERYTHING else 1000):
        op = random.choice(OPERATIONS)
        body = json.dumps(_content(op)).encode()
        if random.random() < 0.1:
            body = _broken(body)
        answer = server.raw(op, body)
        assert answer.status in (200, 400, 413), (op, body, answer)
        if answer.status == 200:
            json.loads(answer.body)
    assert server.post("sync", text=MLP)["view"]["picture"] is not None


EVERYTHING = os.environ.get("TPGRAPH_TESTS") == "all"
OPERATIONS = [
    "start", "open", "sync", "edit", "tidy", "select", "accept", "try", "classes", "folds",
    "complete", "hover", "copy", "file", "read", "save", "look", "journal", "cancel",
    "recovered", "here",
]  # fmt: skip
KEYS = [
    "text", "have", "do", "scope", "dry", "mark", "matrix", "at", "names", "path", "known", "name",
    "base64", "answer", "clean", "options", "open",
]  # fmt: skip
EDITS = ["declare", "multiply", "gate", "connect", "replace", "disconnect", "formula",
         "rename", "name", "unname", "delete", "repeat", "write_out", "set", "move", "paste",
         "mend"]  # fmt: skip
WORDS = ["", "x[1]", "u", "variables/x[1]", "gates/x[2]:gate", "W[1]", "../x", "φ", "\ud800",
         "a" * 99, "vector", "tanh(u)"]  # fmt: skip


def _content(op):
    """A request that is nearly one."""
    content = {} if op in ("start", "cancel") else {"text": MLP}
    if op == "edit":
        content["do"] = {"edit": random.choice(EDITS)} | {
            key: _value(2)
            for key in (
                "kind",
                "name",
                "vector",
                "gate",
                "vectors",
                "names",
                "argument",
                "to",
                "formula",
            )
            if random.random() < 0.5
        }
    for key in random.sample(KEYS, random.randrange(3)):
        content[key] = _value(3)
    return content


def _value(depth):
    kinds = [
        lambda: random.choice(WORDS),
        lambda: random.choice([0, -1, 3, 10**9, 1.5, True, None]),
        lambda: MLP[: random.randrange(len(MLP))],
    ]
    if depth:
        kinds.append(lambda: [_value(depth - 1) for _ in range(random.randrange(4))])
        kinds.append(lambda: {random.choice(KEYS): _value(depth - 1)})
    return random.choice(kinds)()


def _broken(body):
    at = random.randrange(len(body) + 1)
    return body[:at] + bytes([random.randrange(256)]) + body[at + random.randrange(5) :]
