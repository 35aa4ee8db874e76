"""Processes around a session: late, large, killed or overtaken, the next request is answered."""

import asyncio
import json
import os
import random
import signal
import time

import pytest
from editor.serving import MLP, SLOW, awaited

import tpgraph as tp
from tpgraph.editor import child
from tpgraph.editor.lanes import Lanes
from tpgraph.editor.worker import Misshapen, Worker, patience


def told(work):
    """What a coroutine over new processes gives."""

    async def within():
        lanes = Lanes()
        try:
            return await work(lanes)
        finally:
            await lanes.close()

    return awaited(within())


async def ask(lanes, op, **content):
    return json.loads(await lanes.ask(op, content))


def pid(lanes, lane="quick"):
    return lanes._lanes[lane]._child.process.pid


def test_what_takes_minutes_is_refused_and_the_next_works():
    async def work(lanes):
        await ask(lanes, "open", text=MLP)
        begun = time.monotonic()
        slow = await ask(lanes, "sync", text=SLOW)
        return slow, time.monotonic() - begun, await ask(lanes, "sync", text=MLP, have="x")

    slow, seconds, after = told(work)
    assert "takes longer than 2 s" in slow["refused"]["message"]
    assert seconds < 2 * patience() + 1
    assert after["view"]["picture"]["full"]


HEAD = "program p\nwidth n\nvector x : n ~ N(0, 1)\n"
ENDLESS = {
    "one sum": HEAD + f"y = tanh({' + '.join(['x'] * 60_000)})\n",
    "many lines": HEAD + "".join(f"y{k} = tanh(x)\n" for k in range(60_000)),
    "many mistakes": HEAD + "y = tanh(\n" * 40_000,
    "one word": "a" * 3_000_000,
}


def test_texts_that_take_minutes_are_refused_one_after_the_other():
    """Each in its time, and what is asked then is answered as ever."""

    async def work(lanes):
        await ask(lanes, "open", text=MLP)
        for name, text in ENDLESS.items():
            begun = time.monotonic()
            found = await ask(lanes, "sync", text=text)
            assert time.monotonic() - begun < 2 * patience() + 2, name
            assert "refused" in found or found["view"]["errors"], name
            after = await ask(lanes, "sync", text=MLP)
            assert "variables/x[3]" in after["view"]["spans"], name

    told(work)


def test_too_much_memory_is_refused_and_the_next_works():
    async def work():
        worker = Worker(memory=700 * 1024**2)
        large = {"op": "annotate", "text": MLP, "width": 8192, "limit": False}
        first = await worker.ask(large, None, 60)
        second = await worker.ask({"op": "complete", "text": MLP, "at": 3}, None, 10)
        await worker.close()
        return json.loads(first), json.loads(second)

    first, second = awaited(work())
    assert "memory" in first["refused"]["message"]
    assert "refused" not in second


@pytest.mark.parametrize("memory", [1, 50 * 2**20, 200 * 2**20])
def test_too_little_memory_to_begin_is_said_at_once(memory):
    async def work():
        worker = Worker(memory=memory)
        begun = time.monotonic()
        found = await worker.ask({"op": "complete", "text": MLP, "at": 3}, None, 10)
        seconds = time.monotonic() - begun
        await worker.close()
        return json.loads(found), seconds

    found, seconds = awaited(work())
    assert "too little for the editor to start" in found["refused"]["message"]
    assert "TPGRAPH_MAX_EDITOR" in found["refused"]["mend"]
    assert seconds < 20


def test_a_process_that_never_begins_is_said(monkeypatch):
    monkeypatch.setattr(child, "serve", None)

    async def work(lanes):
        return await ask(lanes, "sync", text=MLP)

    assert "could be started" in told(work)["refused"]["message"]


@pytest.mark.parametrize("seed", range(3))
def test_a_process_killed_at_any_moment(seed):
    """Killed while it starts, waits or works: what is asked then is answered."""
    wait = random.Random(seed)

    async def work(lanes):
        await ask(lanes, "open", text=MLP)
        for _ in range(4):
            asked = asyncio.ensure_future(ask(lanes, "sync", text=MLP, have=None))
            await asyncio.sleep(wait.choice([0, 0.005, 0.02, 0.1]))
            if lanes._lanes["quick"]._child is not None:
                os.kill(pid(lanes), signal.SIGKILL)
            await asked
            found = await ask(lanes, "sync", text=MLP, have="x")
            assert found["view"]["picture"]["full"]

    told(work)


def test_the_newest_of_a_kind_wins():
    async def work(lanes):
        await ask(lanes, "open", text=MLP)
        texts = [f"{MLP}# {k}\n" for k in range(6)]
        return await asyncio.gather(*(ask(lanes, "sync", text=text) for text in texts))

    *older, newest = told(work)
    assert sum("superseded" in answer for answer in older) >= 4
    assert newest["view"]["tokens"]


def test_edits_all_count():
    async def work(lanes):
        do = {"edit": "rename", "name": "u", "to": "v"}
        await ask(lanes, "open", text=MLP)
        each = [ask(lanes, "edit", text=f"{MLP}# {k}\n", do=do) for k in range(4)]
        return await asyncio.gather(*each)

    assert not any("superseded" in answer for answer in told(work))


def test_long_work_is_cancelled_and_typing_does_not_wait_for_it():
    async def work(lanes):
        await ask(lanes, "open", text=MLP)
        long = asyncio.ensure_future(ask(lanes, "export", text=TRANSFORMER, format="html"))
        await asyncio.sleep(0.2)
        quick = await ask(lanes, "sync", text=MLP)
        assert not long.done()
        lanes.cancel()
        return quick, await asyncio.wait_for(long, 5)

    quick, long = told(work)
    assert "view" in quick
    assert "cancelled" in long["refused"]["message"]


def test_plots_come_to_the_picture_that_is_shown():
    """Numbers are found in one process and drawn in that which keeps the picture."""

    async def work(lanes):
        first = (await ask(lanes, "open", text=MLP))["view"]
        found = await ask(lanes, "annotate", text=MLP, have=first["revision"], width=16)
        return found, await ask(lanes, "sync", text=MLP, have=found["view"]["revision"])

    found, after = told(work)
    assert found["scalars"] is not None
    assert any(f["layer"] == "annotations" for f in found["view"]["picture"]["come"])
    assert not any(key.startswith("variables/") for key in after["view"]["picture"]["go"])
    assert any(key.startswith("annotations/") for key in after["view"]["picture"]["go"])


def test_nobody_waits_any_more():
    """A page that has gone: its long work ends, and another's is done."""

    async def work(lanes):
        long = asyncio.ensure_future(ask(lanes, "export", text=TRANSFORMER, format="html"))
        while lanes._lanes["views"]._now is None:
            await asyncio.sleep(0.01)
        long.cancel()
        return await ask(lanes, "export", text=MLP, format="tp")

    assert told(work)["text"] == MLP


TRANSFORMER = tp.gallery.entry("transformer").text
LONG = {
    "run": ("annotate", {"text": TRANSFORMER, "width": 4096}),
    "derive": ("derive", {"text": TRANSFORMER, "what": "ntk"}),
    "export": ("export", {"text": TRANSFORMER, "format": "html"}),
}


async def far(lanes, id):
    """What is told first of a request by its name."""
    async for found in lanes.news.listen():
        if found["id"] == id:
            return found["stages"]
    return None


@pytest.mark.parametrize("name", LONG)
def test_long_work_is_told_and_after_a_cancel_the_next_is_answered_at_once(name):
    op, request = LONG[name]

    async def work(lanes):
        long = asyncio.ensure_future(ask(lanes, op, id="mine", **request))
        other = asyncio.ensure_future(ask(lanes, "step", text=MLP, at=1))
        stages = await asyncio.wait_for(far(lanes, "mine"), 60)
        lanes.cancel("another")
        await asyncio.sleep(0)
        assert not long.done()
        lanes.cancel("mine")
        found = await asyncio.wait_for(long, 1)
        assert (await other)["at"] == 1
        return stages, found

    stages, found = told(work)
    assert all(0 <= stage["done"] <= stage["of"] for stage in stages)
    assert "cancelled" in found["refused"]["message"]


def test_work_that_does_not_listen_is_killed(monkeypatch):
    """Between two steps that are counted the work hears nothing; then its process is ended."""

    async def work(lanes):
        await ask(lanes, "numbers", text=MLP, width=8, limit=False)
        before = pid(lanes, "numbers")
        os.kill(before, signal.SIGSTOP)
        long = asyncio.ensure_future(ask(lanes, "numbers", text=MLP, width=4096))
        await asyncio.sleep(0.1)
        lanes.cancel()
        await asyncio.wait_for(long, 1)
        found = await ask(lanes, "numbers", text=MLP, width=8, limit=False)
        return found, before, pid(lanes, "numbers")

    found, before, after = told(work)
    assert found["annotations"]
    assert before != after


@pytest.mark.skipif(not child.COUNTS_TIME, reason="the clock is all that is looked at here")
def test_a_machine_that_stands_still_ends_no_work():
    """What takes no processor time is waited for, longer than its seconds."""

    async def work(lanes):
        await ask(lanes, "open", text=MLP)
        process = pid(lanes)
        os.kill(process, signal.SIGSTOP)
        found = asyncio.ensure_future(ask(lanes, "sync", text=MLP + "y = tanh(x[3])\n"))
        await asyncio.sleep(4)
        os.kill(process, signal.SIGCONT)
        return await found, process == pid(lanes)

    found, same = told(work)
    assert "variables/y" in found["view"]["spans"]
    assert same


def test_nothing_is_told_of_what_is_answered():
    async def work(lanes):
        await ask(lanes, "numbers", text=MLP, width=64, id="a")
        listening = asyncio.ensure_future(anext(lanes.news.listen(), None))
        await asyncio.sleep(0.1)
        assert not listening.done()
        lanes.news.close()
        return await asyncio.wait_for(listening, 5)

    assert told(work) is None


def test_what_has_not_the_form_of_a_request():
    async def work(lanes):
        for content in ({}, {"text": 1}, {"text": "", "other": 1}):
            with pytest.raises(Misshapen):
                await lanes.ask("sync", content)
        with pytest.raises(Misshapen):
            await lanes.ask("nothing", {})
        return await ask(lanes, "sync", text=MLP)

    assert "view" in told(work)


def test_processes_end_with_the_server():
    async def work(lanes):
        await ask(lanes, "open", text=MLP)
        return pid(lanes)

    with pytest.raises(ProcessLookupError):
        os.kill(told(work), 0)
