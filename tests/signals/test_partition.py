"""What holds for all signals of a partition together."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.signals.emitted import Emitted, kind_of
from aiops.signals.partition import Signals
from aiops.types import Alert, AnyEvent, Change, Kind, LlmCall, LogRecord, Prediction, Span

STEP = 15.0
WORDS = ["cart", "paid", "user-7", "timeout", "17", "(x)", "db.example:5432"]


def events(rng: random.Random, step: float) -> list[AnyEvent]:
    """A few events of every type, such as a shop's."""
    found: list[AnyEvent] = []
    for i in range(rng.randrange(6)):
        common: dict[str, Any] = {"timestamp": step + i, "entity": rng.choice("ab"), "host": rng.choice(["", "h1"])}
        body = " ".join(rng.choices(WORDS, k=rng.randrange(6)))
        parent, kind = rng.choice(["", "0", "1"]), rng.choice(["server", "client", ""])
        trace = {"trace_id": f"{step // 45}", "span_id": f"{rng.randrange(4)}", "parent_id": parent}
        features = {"n": rng.gauss(0, 1), "c": rng.choice("xyz")}
        status, feedback = rng.choice(["ok", "error"]), rng.choice([None, 1])
        model = rng.choice(["gpt-4o", "own"])
        found += [
            LogRecord(**common, body=body, severity=rng.choice(["", "INFO", "ERROR"])),
            Span(**common, **trace, name="x", duration_s=rng.random() * 30, kind=kind, status=status),
            LlmCall(**common, model=model, input_tokens=9, duration_s=1.0, feedback=feedback),
        ]
        for j in range(60):
            label = rng.choice([None, 0, 1])
            found.append(Prediction(timestamp=step, model=common["entity"], version="1", id=f"{step}-{i}-{j}",
                                    features=features, prediction=rng.randrange(2), label=label))  # fmt: skip
    found += [Change(timestamp=step, kind="deploy", id="1"), Alert(timestamp=step, entity="a", name="x")]
    return found


def run(signals: Signals, rng: random.Random, first: int, steps: int) -> list[Emitted]:
    return [signals.close(i * STEP, events(rng, i * STEP)) for i in range(first, first + steps)]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), before=st.integers(0, 40), after=st.integers(1, 20))
def test_restored_signals_go_on_as_if_nothing_had_happened(seed: int, before: int, after: int) -> None:
    first, rng = Signals(STEP), random.Random(seed)
    run(first, rng, 0, before)
    second, again = Signals(STEP), random.Random()
    second.restore(first.snapshot())
    again.setstate(rng.getstate())
    assert second.snapshot() == first.snapshot()
    assert run(second, again, before, after) == run(first, rng, before, after)
    assert second.snapshot() == first.snapshot()


def test_a_snapshot_changes_nothing() -> None:
    one, other = Signals(STEP), Signals(STEP)
    rngs = random.Random(1), random.Random(1)
    for i in range(60):
        one.snapshot()
        assert run(one, rngs[0], i, 1) == run(other, rngs[1], i, 1)


def test_keys_are_sorted_and_values_finite() -> None:
    for emitted in run(Signals(STEP), random.Random(4), 0, 60):
        assert list(emitted.values) == sorted(emitted.values)
        assert all(abs(value) < 1e300 for value in emitted.values.values())
        assert all(pairs == tuple(sorted(pairs)) and all(v for _, v in pairs) for _, pairs in emitted.values)


def test_counts_are_deltas_and_the_rest_gauges() -> None:
    counts = {m for e in run(Signals(STEP), random.Random(4), 0, 60) for (m, _) in e.values if kind_of(m) == Kind.DELTA}
    assert {"log_lines", "span_requests", "model_errors", "llm_cost_usd"} <= counts
    assert not any(metric.endswith(("_p50", "_p95", "_mean", "_drift", "_psi")) for metric in counts)


def test_changes_and_alerts_pass_by() -> None:
    assert Signals(STEP).close(0.0, [Change(timestamp=0.0, kind="deploy", id="1")]) == Emitted()


def test_an_idle_partition_encodes_nothing_anew() -> None:
    signals = Signals(STEP)
    run(signals, random.Random(2), 0, 30)
    for i in range(30, 40):
        signals.close(i * STEP, [])
    before = signals.snapshot()
    signals.close(41 * STEP, [])
    after = signals.snapshot()
    small = {name for name in after if after[name] is not before.get(name)}
    assert sum(len(after[name]) for name in small) < 300


def test_a_part_of_another_format_is_refused() -> None:
    parts = Signals(STEP).snapshot()
    for name, version in (("logs/miner/head", b"\x01"), ("spans/held", b"\x01"), ("model/models", b"\x03")):
        broken = {**parts, name: parts[name].replace(version, b"\x63", 1)}
        with pytest.raises(ValueError, match="format 99"):
            Signals(STEP).restore(broken)


def test_nothing_depends_on_the_hash_seed_of_the_process() -> None:
    program = (
        "import random, sys; sys.path.insert(0, sys.argv[1])\n"
        "import test_partition as t; from aiops.signals.partition import Signals\n"
        "s = Signals(15.0); e = t.run(s, random.Random(7), 0, 50)\n"
        "import hashlib; print(hashlib.sha256(repr((e, s.snapshot())).encode()).hexdigest())"
    )
    folder = os.path.dirname(__file__)
    found = {
        subprocess.run(
            [sys.executable, "-c", program, folder], env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, cwd=os.path.dirname(os.path.dirname(folder)),
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1
