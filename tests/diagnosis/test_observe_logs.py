"""Logs to tracks: a statement is told as one, whatever values the first line of it holds, and of what it is a share."""

from __future__ import annotations

import pytest

from aiops.diagnosis.case import Case
from aiops.diagnosis.observe_logs import tracks
from aiops.types import LogRecord


def _case(traced: bool) -> Case:
    told = [
        LogRecord(
            timestamp=float(i), entity="price", severity="ERROR" if i >= 40 else "INFO",
            body=f"pool full ({80 + i} of 0x{i:02x}, 12.5 ms), quote q-{i * 79 % 100}." if i >= 40 else f"priced {i}",
            trace_id=f"t{i}" if traced else "",
        )
        for i in range(60)
    ]  # fmt: skip
    return Case(name="logs", logs=tuple(told))


@pytest.mark.parametrize(("traced", "of"), [(True, "requests that log"), (False, "lines that say")])
def test_a_grave_statement_is_told_without_the_values_of_one_line(traced: bool, of: str) -> None:
    (found,) = [one for one in tracks(_case(traced)) if one.metric == "log"]
    assert found.label == f"share of {of} 'pool full (<*> of <*>, <*> ms), quote <*>.'"
