"""Random tests that repeat, tests that need a program of others, skips, reruns, and workers."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from outside import lacking
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Nothing is timed: a busy machine is late with any example, and with making them.
ANY_TIME = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeating", ANY_TIME, derandomize=True)
settings.register_profile("searching", ANY_TIME, print_blob=True)
settings.load_profile("searching" if os.environ.get("TPGRAPH_TESTS") else "repeating")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail where a test was skipped")


class Skips:
    """Keeps what is skipped, and lets such a run fail where --no-skips says so."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.found.append((report.nodeid, _reason(report)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.found.append((report.nodeid, _reason(report)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.found and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.found:
            terminalreporter.section("skipped, where nothing may be")
            for name, reason in self.found:
                terminalreporter.line(f"{name}: {reason}")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--no-skips") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Skips())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try tests in a browser again, which a busy machine may disturb; pytest says which were."""
    for item in items:
        if any("chromium" in mark.args for mark in item.iter_markers("needs")):
            item.add_marker(pytest.mark.flaky(reruns=2))


class ByFile(LoadScopeScheduling):
    """Tests of a file stay with one worker, and so do all in a browser: pages wait for answers."""

    def _split_scope(self, nodeid: str) -> str:
        return "editor" if nodeid.startswith("tests/editor/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByFile(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is missing or not whole."""
    for mark in item.iter_markers("needs"):
        for program in mark.args:
            if (reason := lacking(program)) is not None:
                pytest.skip(reason)
