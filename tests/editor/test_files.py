"""Files and the recovery journal: nothing is overwritten unseen, and no accepted text is lost."""

import base64
import json
import random
import re
import signal
import time
from contextlib import closing
from http.client import HTTPConnection

import pytest
from damage import damaged
from editor.serving import MLP, serving

import tpgraph as tp
from tpgraph.editor.journal import Journal
from tpgraph.editor.recovery import Recovery
from tpgraph.editor.saving import Files, digest_of
from tpgraph.errors import TPError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mlp.tp").write_text(MLP)
    return tmp_path


def known(path):
    return digest_of(path.read_bytes())


def test_save(folder):
    files = Files(folder)
    found = files.save("mlp.tp", MLP + "# more\n", known(folder / "mlp.tp"))
    assert (folder / "mlp.tp").read_text() == MLP + "# more\n"
    assert found == {"path": "mlp.tp", "digest": known(folder / "mlp.tp")}
    assert files.save("new.tp", "program new\n", None)["path"] == "new.tp"


def test_a_file_that_has_changed_is_not_written(folder):
    before = known(folder / "mlp.tp")
    (folder / "mlp.tp").write_text("program theirs\n")
    found = Files(folder).save("mlp.tp", "program mine\n", before)
    assert found["conflict"] is True
    assert found["text"] == "program theirs\n"
    assert "-program theirs\n+program mine" in found["diff"]
    assert (folder / "mlp.tp").read_text() == "program theirs\n"
    assert "path" in Files(folder).save("mlp.tp", "program mine\n", found["digest"])


def test_a_name_that_is_taken_is_a_conflict(folder):
    assert Files(folder).save("mlp.tp", "program mine\n", None)["conflict"] is True
    assert "path" in Files(folder).save("mlp.tp", MLP, None)  # the same text


def test_ends_of_line_and_mark_are_kept(folder):
    before = b"\xef\xbb\xbf" + MLP.replace("\n", "\r\n").encode()
    (folder / "dos.tp").write_bytes(before)
    opened = Files(folder).file("dos.tp")
    assert opened["text"] == MLP
    Files(folder).save("dos.tp", opened["text"], opened["digest"])
    assert (folder / "dos.tp").read_bytes() == before


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png", "eps", "tex"])
def test_pictures_are_opened_and_never_written(folder, suffix):
    place = folder / f"mlp.{suffix}"
    tp.draw(tp.parse(MLP), place)
    opened = Files(folder, place).first()
    assert (opened["text"], opened["path"], opened["name"]) == (MLP, None, "mlp")
    with pytest.raises(TPError, match=r"no \.tp file"):
        Files(folder, place).save(place.name, MLP, None)


def test_json_is_opened_as_text(folder):
    (folder / "mlp.json").write_text(tp.to_json(tp.parse(MLP)))
    opened = Files(folder).file("mlp.json")
    assert tp.parse(opened["text"]) == tp.from_json((folder / "mlp.json").read_text())


def test_the_file_named_at_the_start_may_be_elsewhere(folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    files = Files(root, folder / "mlp.tp")
    opened = files.first()
    assert files.save(opened["path"], "program here\n", opened["digest"])["path"]
    assert (folder / "mlp.tp").read_text() == "program here\n"
    with pytest.raises(TPError, match="not below"):
        files.save(str(folder / "other.tp"), "program x\n", None)


def test_a_file_that_changes_is_seen(folder):
    files, before = Files(folder), known(folder / "mlp.tp")
    assert files.look("mlp.tp", before) == {"changed": False}
    (folder / "mlp.tp").write_text("program theirs\n")
    assert files.look("mlp.tp", before)["text"] == "program theirs\n"


def texts(count):
    """Texts as somebody writes them, with letters of all lengths."""
    draw, text = random.Random(count), MLP
    for _ in range(count):
        at = draw.randrange(len(text) + 1)
        text = text[:at] + draw.choice(["ξ", "𝒲", "a\n", ""]) + text[at + draw.randrange(3) :]
        yield text


def test_a_journal_keeps_every_text(tmp_path):
    journal = Journal.begun(tmp_path, "mlp", None)
    for text in texts(200):
        journal.keep(text)
    journal.close()
    found = Journal.left(journal.place)
    assert (found.name, found.path, found.text) == ("mlp", None, text)
    found.close()


def test_what_was_done_is_taken_back_after_a_crash(tmp_path):
    """Text by text, through one that is empty, to the one that is saved."""
    journal = Journal.begun(tmp_path, "mlp", None)
    written = [*texts(30), "", *texts(12)]
    for text in written:
        journal.keep(text)
    journal.close()
    found = Journal.left(journal.place)
    seen, text = [], found.text
    for start, end, put in found.undo_to("program saved\n"):
        text = text[:start] + put + text[end:]
        seen.append(text)
    kept = [w for w, before in zip(written, ["", *written], strict=False) if w != before]
    assert seen == [*reversed(kept[:-1]), "program saved\n"]
    assert found.undo_to(kept[0]) == [*found.undo]
    found.close()


@pytest.mark.parametrize("bases", [[None], ["d0"], ["d0", "d1"], ["d0", None]])
def test_a_journal_knows_what_its_text_was_made_from(tmp_path, bases):
    """Through a crash, with what can be taken back as it was."""
    journal = Journal.begun(tmp_path, "mlp", None)
    for base in bases:
        for text in ("program one\n", "program two\n"):
            journal.keep(text, base)
    journal.close()
    found = Journal.left(journal.place)
    assert (found.text, found.base, found.damaged) == ("program two\n", bases[-1], None)
    assert len(found.undo) == 2 * len(bases) - 1
    found.close()


def test_a_journal_cut_anywhere_keeps_what_is_whole(tmp_path):
    journal = Journal.begun(tmp_path, "mlp", None)
    written = list(texts(40))
    for text in written:
        journal.keep(text)
    journal.close()
    content = journal.place.read_bytes()
    head = content.index(b"\n") + 1
    for cut in range(head, len(content), 37):
        journal.place.write_bytes(content[:cut])
        found = Journal.left(journal.place)
        assert found.text in ("", *written)
        found.keep("program goes on\n")
        found.close()
        again = Journal.left(journal.place)
        assert again.text == "program goes on\n"
        again.close()


def test_a_damaged_line_is_not_believed(tmp_path):
    journal = Journal.begun(tmp_path, "mlp", None)
    journal.keep("program one\n")
    journal.keep("program two\n")
    journal.close()
    journal.place.write_bytes(journal.place.read_bytes().replace(b"tw", b"tx"))
    found = Journal.left(journal.place)
    assert found.text == "program one\n"
    found.close()


def test_a_journal_with_any_byte_changed_offers_a_text_that_was_written(tmp_path):
    journal = Journal.begun(tmp_path, "mlp", "/root/mlp.tp")
    written = list(texts(12))
    for k, text in enumerate(written):
        journal.keep(text, digest_of(b"%d" % (k // 8)))
    when = journal.written
    journal.close()
    content = journal.place.read_bytes()
    for other in damaged(content, 150):
        journal.place.write_bytes(other)
        with closing(Recovery(tmp_path)) as recovery:
            found = recovery.offer("/root/mlp.tp")
            cut = content.startswith(other) or not other.endswith(b"\n")
            if found is not None:
                assert found.text in written
                assert found.written <= when
                assert (found.name, found.path) == ("mlp", "/root/mlp.tp")
                assert cut or found.text != text or recovery.damaged
            for place in recovery.damaged:
                assert place.read_bytes() == other
                place.unlink()
            assert cut or recovery.damaged
        assert Recovery(tmp_path).damaged == [], "it is said once"


@pytest.mark.parametrize(
    ("was", "becomes"),
    [(rb'"mlp", ', rb'"mlp",  '), (rb", 0, 0, ", rb", 0,0, "), (rb"\.(\d+)", rb".\g<1>0")],
)
def test_bytes_that_read_the_same_are_damage_too(tmp_path, was, becomes):
    """Nobody but a fault has written them."""
    journal = Journal.begun(tmp_path, "mlp", "/root/mlp.tp")
    journal.keep("program one\n")
    journal.close()
    content = journal.place.read_bytes()
    other = re.sub(was, becomes, content, count=1)
    assert other != content
    assert [json.loads(a) for a in content.splitlines()] == [
        json.loads(a) for a in other.splitlines()
    ]
    journal.place.write_bytes(other)
    with closing(Recovery(tmp_path)) as recovery:
        recovery.offer("/root/mlp.tp")
        assert [place.read_bytes() for place in recovery.damaged] == [other]


def test_a_journal_that_is_written_is_no_one_elses(tmp_path):
    journal = Journal.begun(tmp_path, "mlp", None)
    journal.keep(MLP)
    assert Journal.left(journal.place) is None
    assert Recovery(tmp_path).offer(None) is None
    journal.close()
    after = Recovery(tmp_path)
    assert after.offer(None).text == MLP
    after.close()


def test_what_is_saved_or_clean_leaves_no_journal(tmp_path):
    recovery = Recovery(tmp_path)
    recovery.keep("mlp", None, MLP, False)
    recovery.keep("mlp", None, MLP, True)
    recovery.keep("other", None, MLP, False)
    recovery.saved("other", "/root/other.tp", MLP)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_server_killed_loses_no_text(folder):
    """kill −9 after each answer: the text that was accepted is offered, and can be refused."""
    for seed in range(3):
        with serving(folder, "mlp.tp") as server:
            server.post("start")
            for text in list(texts(5 + seed)):
                base = known(folder / "mlp.tp")
                server.post("journal", text=text, name="mlp", path="mlp.tp", known=base)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        with serving(folder, "mlp.tp") as server:
            found = server.post("start")
            assert found["recovered"]["text"] == text
            assert found["recovered"]["saved"] == MLP
            server.post("recovered", answer="go on")
            server.post("save", path="mlp.tp", text=text, known=found["recovered"]["digest"])
            assert server.interrupt() == (0, "")
        assert (folder / "mlp.tp").read_text() == text
        (folder / "mlp.tp").write_text(MLP)
        assert not list((folder / "state").rglob("*.journal"))


@pytest.mark.parametrize("theirs", [None, "program theirs\n"])
def test_what_changed_on_disk_since_a_crash_is_a_conflict(folder, theirs):
    base = known(folder / "mlp.tp")
    with serving(folder, "mlp.tp") as server:
        mine = {"text": "program mine\n", "name": "mlp", "path": "mlp.tp"}
        server.post("journal", **mine, known=base)
        server.process.kill()
        server.process.wait()
    if theirs is not None:
        (folder / "mlp.tp").write_text(theirs)
    with serving(folder, "mlp.tp") as server:
        found = server.post("start")["recovered"]
        assert (found["digest"], found["changed"]) == (base, theirs is not None)
        saved = server.post("save", **mine, known=found["digest"])
        assert saved.get("text") == theirs
        assert (folder / "mlp.tp").read_text() == (theirs or mine["text"])


@pytest.mark.slow
def test_what_is_left_is_offered_at_the_next_start_until_it_is_discarded(folder):
    """Every one that was left, the newest first; in one server each is offered once."""
    mine = {"name": "mlp", "path": "mlp.tp"}
    texts = [f"program mine{k}\n" for k in range(2)]
    for text in texts:
        with serving(folder, "mlp.tp") as server:
            server.post("journal", text=text, **mine)
            assert server.interrupt() == (0, "")
    for discard in (False, True):
        with serving(folder, "mlp.tp") as server:
            for text in reversed(texts):
                assert server.post("start")["recovered"]["text"] == text
                server.post("recovered", answer="discard" if discard else "leave")
            assert server.post("start")["recovered"] is None
            assert server.interrupt() == (0, "")
    assert not [*(folder / "state" / "tpgraph" / "recovery").iterdir()]


def test_start_and_end_of_the_command(folder):
    with serving(folder, "mlp.tp") as server:
        assert server.post("start")["opened"]["name"] == "mlp"
        assert server.post("files")["files"] == ["mlp.tp"]
        assert server.interrupt() == (0, "")


def test_answers_do_not_wait_for_the_page_to_say_that_it_listens(folder):
    """40 ms, where a system holds a small packet back until the last one is acknowledged."""
    with serving(folder) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        seconds = []
        for _ in range(15):
            start = time.monotonic()
            connection.request("POST", "/api/files", b"{}", server.own)
            assert json.loads(connection.getresponse().read()) == {"files": ["mlp.tp"]}
            seconds.append(time.monotonic() - start)
        connection.close()
    assert min(seconds[2:]) < 0.03


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.svg"], "cannot be read"),
        (["missing/new.tp"], "cannot be read"),
        (["mlp.tp", "--port", "99999"], "at most 65535"),
    ],
)
def test_what_cannot_begin_says_why(folder, arguments, said):
    with pytest.raises(AssertionError, match=said), serving(folder, *arguments):
        pass


def test_a_file_that_is_not_there_yet_is_new_and_written_when_it_is_saved(folder):
    with serving(folder, "new.tp") as server:
        opened = server.post("start")["opened"]
        assert opened == {"name": "new", "text": "width n\n", "path": "new.tp", "digest": None}
        assert not (folder / "new.tp").exists()
        text = "width n\nvector x : n ~ N(0, 1)\n"
        saved = server.post("save", path="new.tp", text=text, name="new", known=None)
        assert saved["path"] == "new.tp"
        assert (folder / "new.tp").read_text() == text
        assert server.post("start")["opened"]["text"] == text


def test_a_new_file_that_somebody_else_wrote_meanwhile_is_not_overwritten(folder):
    with serving(folder, "new.tp") as server:
        (folder / "new.tp").write_text(MLP)
        answer = server.post("save", path="new.tp", text="width n\n", name="new", known=None)
        assert answer["conflict"]
        assert (folder / "new.tp").read_text() == MLP


def test_read(folder):
    data = base64.b64encode(MLP.encode()).decode()
    with serving(folder) as server:
        assert server.post("start")["opened"] is None
        assert server.post("read", name="a/mlp.tp", base64=data)["text"] == MLP
        assert "refused" in server.post("read", name="mlp.tp", base64="no base64!")
