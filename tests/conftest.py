"""What every test may ask for, and what a skip costs: a loud line, and in CI the run."""

from __future__ import annotations

import os

import pytest

from tests.servers.fixtures import alertmanager, kafka, node_exporter, own_kafka, prometheus

__all__ = ["alertmanager", "kafka", "node_exporter", "own_kafka", "prometheus"]


def _skipped(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [one.nodeid for one in reporter.stats.get("skipped", [])] if reporter else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if found := _skipped(config):
        reasons = sorted({one.longrepr[2].removeprefix("Skipped: ") for one in terminalreporter.stats["skipped"]})
        terminalreporter.write_line(f"NOT TESTED HERE: {len(found)} tests were skipped: {'; '.join(reasons)}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything is there; a skip would be a lie."""
    if os.environ.get("CI") and _skipped(session.config) and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
