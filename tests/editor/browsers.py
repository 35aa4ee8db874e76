"""The system's chromium, as all tests and scripts of the editor's page drive it."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserType, Playwright

__all__ = ["chromium", "launched"]

_OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def chromium(driver: Playwright) -> Browser:
    """A browser without a window; whoever asks for it closes it."""
    return launched(driver.chromium)


def launched(kind: BrowserType) -> Browser:
    """Another one of this kind."""
    return kind.launch(executable_path="/usr/bin/chromium", args=_OPTIONS)
