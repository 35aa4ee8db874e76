"""Pages are given time: what a busy machine shows late is no fault of the editor's."""

from playwright.sync_api import expect

expect.set_options(timeout=30_000)
