"""Spans to tracks: whose time it is that passes between a caller and its callee."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from aiops.diagnosis.case import Case
from aiops.diagnosis.observe import see
from aiops.types import Span

ONSET, END, STEP = 600, 900, 10


def _spans(kinds: tuple[str, str], client: bool) -> Iterator[Span]:
    """Price asks its database, from the onset on a second later; with or without a span of its own for the call."""
    rng = random.Random(3)
    for at in range(0, END, STEP):
        trace, late = f"t{at}", 1.0 if at >= ONSET else 0.0

        def one(number: int, above: int, entity: str, name: str, took: float, kind: str, trace: str = trace) -> Span:
            begin, spent = int(trace[1:]) + number / 1_000, took * rng.uniform(0.9, 1.1)
            parent = str(above) if above else ""
            return Span(
                timestamp=begin, trace_id=trace, span_id=str(number), parent_id=parent, entity=entity, name=name,
                duration_s=spent, kind=kind,
            )  # fmt: skip

        yield one(1, 0, "price", "GET /price", 0.03 + late, kinds[0])
        if client:
            yield one(2, 1, "price", "ask", 0.01 + late, kinds[1])
        yield one(3, 2 if client else 1, "db", "SELECT", 0.005, kinds[0])


def _late(spans: Iterator[Span]) -> set[str]:
    found = see(Case(name="spans", spans=tuple(spans))).settled(float(ONSET))
    return {one.signal for one in found if one.signal not in ("latency", "relief")}


@pytest.mark.parametrize("kinds", [("server", "client"), ("", "")])
def test_time_that_passes_in_a_span_that_serves_is_its_own_and_in_one_that_calls_the_wires(
    kinds: tuple[str, str],
) -> None:
    assert _late(_spans(kinds, client=False)) == {"self_time"}
    assert _late(_spans(kinds, client=True)) == {"wire"}


def test_a_span_within_that_is_said_not_to_call_is_no_wire() -> None:
    assert _late(_spans(("server", "internal"), client=True)) == {"self_time"}
