"""Names of variables in sentences are data: said as the picture says them, never found in words."""

from __future__ import annotations

import pickle

from tpgraph.errors import TPError, TPErrorGroup
from tpgraph.sentences import Sentence, sentence

CALLED = {"x[1]~1": "W u"}.get


def test_names_are_said_and_words_that_look_like_them_are_not() -> None:
    found = sentence("{} is no {}, and x[1]~1 a word; {}", "x[1]~1", 3, ["a", "x[1]~1"])
    assert found == "x[1]~1 is no 3, and x[1]~1 a word; a, x[1]~1"
    assert found.said(lambda name: CALLED(name, name)) == "W u is no 3, and x[1]~1 a word; a, W u"


def test_sentences_go_on() -> None:
    found = sentence("{} = ", "x[1]~1") + "x[1]~1" + sentence(", {}", sentence("of {}", "x[1]~1"))
    assert found.said(lambda name: CALLED(name, name)) == "W u = x[1]~1, of W u"
    assert pickle.loads(pickle.dumps(found)).parts == found.parts


def test_errors_keep_the_names_of_what_they_say() -> None:
    """Also what must be escaped or cut before it is shown, and errors of another process."""
    said = sentence("{} reads \x1b {}", "x[1]~1", "y" * 5000)
    error = TPError(said, mend=sentence("name {}", "x[1]~1"))
    for one in (error, TPErrorGroup([error]), pickle.loads(pickle.dumps(error))):
        assert isinstance(one.message, Sentence)
        words = one.message.said(lambda name: CALLED(name, name))
        assert words.startswith("W u reads \\x1b yyy")
        assert words.endswith("… (5000 characters)")
    assert isinstance(error.mend, Sentence)
    assert error.mend.said(lambda name: CALLED(name, name)) == "name W u"
