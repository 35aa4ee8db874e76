"""A browser for the tests of a file, and time for its pages.

What a busy machine shows late is no fault of the editor's.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from editor.browsers import chromium
from editor.pages import edited
from editor.serving import MLP
from playwright.sync_api import Browser, expect, sync_playwright

expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        found = chromium(driver)
        yield found
        found.close()


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """One page for the tests of a file; at the end nothing has gone wrong in it."""
    with edited(browser, tmp_path_factory.mktemp("page"), MLP) as found:
        yield found


@pytest.fixture
def editor(page):
    """That page with a program as if just opened."""
    return page.afresh(MLP)
