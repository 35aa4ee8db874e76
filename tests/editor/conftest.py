"""A browser for the tests of a file, and time for its pages.

What a busy machine shows late is no fault of the editor's.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from editor.browsers import chromium
from playwright.sync_api import Browser, expect, sync_playwright

expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        found = chromium(driver)
        yield found
        found.close()
