"""Which change is to blame, or none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from aiops.correlate.deviation import Deviation
from aiops.correlate.ledger.departure import departed, departures, new_lines
from aiops.correlate.ledger.diff import HARMLESS, REFACTORING, behaviour
from aiops.correlate.ledger.fault import Fault, Signal
from aiops.correlate.ledger.judge import LOOK_BACK_SECONDS, Judgement, judge
from aiops.correlate.ledger.shipment import shipments
from aiops.correlate.ledger.spread import blast_radius, first_failing
from aiops.correlate.ledger.value import largest
from aiops.correlate.topology import Topology
from aiops.types import Change, Edge, LogRecord, Span

START, ONSET = 0.0, 7_200.0
GRAPH = Topology([Edge("web", "orders"), Edge("orders", "db"), Edge("chat", "model")])
TIMEOUT = "-  pool_timeout: 30\n+  pool_timeout: 3\n"


def deviation(entity: str = "orders", onset: float = ONSET, signal: str = "error", **more: object) -> Deviation:
    return Deviation(entity, "error_ratio", signal, 3.0, onset, name="rises", **more)  # type: ignore[arg-type]


def line(entity: str, at: float, body: str, severity: str = "ERROR") -> LogRecord:
    return LogRecord(at, entity=entity, body=body, severity=severity)


def lines(entity: str = "orders", said: str = "pool timeout while waiting for a connection") -> list[LogRecord]:
    quiet = [line(entity, START + 60 * i, "order placed", "INFO") for i in range(100)]
    return [*quiet, *(line(entity, ONSET + 5 * i, said) for i in range(20))]


def fault(*deviations: Deviation, **more: object) -> Fault:
    found = deviations or (deviation(),)
    about = {"noticed": ONSET + 300, "topology": GRAPH, "alerted": "orders", **more}
    return Fault(departures=found, **about)  # type: ignore[arg-type]


def deploy(at: float, entity: str = "orders", identity: str = "d1", after: str = "") -> Change:
    return Change(at, kind="deploy", id=identity, entity=entity, summary=f"deploy {identity}", after=after)


def commit(at: float, identity: str, diff: str = TIMEOUT, files: tuple[str, ...] = ("orders/pool.yaml",)) -> Change:
    return Change(at, kind="commit", id=identity, summary="tidy up", diff=diff, files=files)


def blamed(judgement: Judgement) -> str:
    best = judgement.changes[0] if judgement.changes else None
    return best.id if best and best.probability > judgement.none else "none"


@pytest.mark.parametrize("after", [0.001, 15.0, 600.0])
def test_a_change_after_the_onset_is_never_to_blame(after: float) -> None:
    assert judge([deploy(ONSET + after)], fault()) == Judgement((), 1.0)


def test_a_commit_that_is_deployed_after_the_onset_is_not_either() -> None:
    changes = [commit(ONSET - 600, "c" * 40), deploy(ONSET + 60, after="c" * 40)]
    assert judge(changes, fault(lines=lines())).changes == ()


def test_a_change_long_before_is_not_either() -> None:
    assert judge([deploy(ONSET - LOOK_BACK_SECONDS - 1)], fault()) == Judgement((), 1.0)


def test_probabilities_of_all_changes_and_of_none_sum_to_one() -> None:
    found = judge([deploy(ONSET - 60 * i, identity=f"d{i}") for i in range(1, 5)], fault())
    assert found.none + math.fsum(one.probability for one in found.changes) == pytest.approx(1.0, abs=1e-3)
    assert all(one.evidence for one in found.changes)


def test_rounded_probabilities_never_sum_to_more_than_one() -> None:
    for i in range(1, 60):
        found = judge([deploy(ONSET - 31 * i * j, identity=f"d{j}") for j in range(1, 4)], fault())
        assert found.none + math.fsum(one.probability for one in found.changes) <= 1.0 + 1e-9


def test_a_change_beside_who_only_suffers_is_suspected_less_than_one_beside_the_likeliest_cause() -> None:
    chain = Topology(
        [Edge("portal", "chat"), Edge("chat", "index"), Edge("index", "builder"), Edge("files", "builder")]
    )
    found = fault(deviation("chat"), deviation("builder"), topology=chain, alerted="chat", root="builder")
    aside, beside = deploy(ONSET - 60, "portal", "aside"), deploy(ONSET - 60, "files", "beside")
    judged = {one.id: one for one in judge([aside, beside], found).changes}
    assert judged["beside"].probability > 3 * judged["aside"].probability
    assert any("far from builder" in sentence for sentence in judged["aside"].evidence)


def test_the_change_on_what_fails_beats_one_elsewhere_and_one_that_is_older() -> None:
    changes = [deploy(ONSET - 100, "chat", "elsewhere"), deploy(ONSET - 900, identity="older")]
    found = judge([*changes, deploy(ONSET - 100, identity="fresh")], fault())
    assert [one.id for one in found.changes] == ["fresh", "older", "elsewhere"]


def test_a_change_on_what_the_failing_entity_depends_on_is_suspected_as_well() -> None:
    found = judge([deploy(ONSET - 10, "db", "near"), deploy(ONSET - 10, "chat", "far")], fault())
    assert [one.id for one in found.changes] == ["near", "far"]
    assert found.changes[0].probability > 5 * found.changes[1].probability


def test_a_commit_stands_for_the_deploy_that_ships_it_and_says_so() -> None:
    changes = [commit(ONSET - 3_000, "c" * 40), deploy(ONSET - 60, identity="d7", after="c" * 12)]
    best = judge(changes, fault(lines=lines())).changes[0]
    assert (best.id, best.entity, best.timestamp) == ("c" * 40, "orders", ONSET - 60)
    assert any("d7" in sentence for sentence in best.evidence)


def test_what_a_deploy_takes_along_is_suspected_when_only_it_touches_what_fails() -> None:
    changes = [
        commit(ONSET - 900, "a" * 40),
        commit(ONSET - 800, "b" * 40, "-  colour: red\n+  colour: blue\n", ("orders/looks.yaml",)),
        deploy(ONSET - 60, after="b" * 40),
    ]
    others = [commit(ONSET - 5_000 - i, f"{i:040d}", "+x\n", ("web/x.go",)) for i in range(20)]
    assert blamed(judge([*changes, *others], fault(lines=lines()))) == "a" * 40


def test_a_commit_that_nothing_ships_is_hardly_suspected_where_deploys_are_told() -> None:
    changes = [commit(ONSET - 60, "a" * 40), commit(ONSET - 90, "b" * 40), deploy(ONSET - 30, after="b" * 40)]
    weights = {one.id: one.probability for one in judge(changes, fault(lines=lines())).changes}
    assert weights["b" * 40] > 20 * weights["a" * 40]


@pytest.mark.parametrize(
    ("files", "diff"),
    [
        (("pool.go",), "-// waits for a pool timeout\n+// waits for pool timeouts of a connection\n"),
        (("docs/pool.md",), "-pool timeout 30\n+pool timeout 3\n"),
        (("pool_test.go",), TIMEOUT),
        ((".github/workflows/build.yml",), TIMEOUT),
        (("go.mod",), "-\texample.org/pool v1.4.0\n+\texample.org/pool v1.4.1\n"),
        (("pool.go",), '-import "os"\n-import "pool"\n+import "pool"\n+import "os"\n'),
        (("pool.go",), "-\tp := open(timeout)\n-\treturn wait(p)\n+\tpool := open(timeout)\n+\treturn wait(pool)\n"),
    ],
)
def test_comments_documents_tests_patches_and_renames_are_never_blamed(files: tuple[str, ...], diff: str) -> None:
    changes = [commit(ONSET - 100, "c" * 40, diff, files), deploy(ONSET - 60, after="c" * 40)]
    assert behaviour(files, diff)[0] == HARMLESS
    assert blamed(judge(changes, fault(lines=lines()))) == "none"


@pytest.mark.parametrize(
    ("diff", "weight"),
    [
        (TIMEOUT, 1.5),
        ("-  level: info\n+  level: debug\n", 1.0),
        ("-\tif reply == nil {\n-\t\treturn 0\n-\t}\n", 1.0),
        ("-\tif low(x, 90) {\n-\t\treturn bad(x)\n-\t}\n+\treturn check(x, low, 90, bad)\n", REFACTORING),
        ("-  weight = Decimal(text)\n+  weight = int(text)\n", 0.0),
        ("-\texample.org/pool v1.4.0\n+\texample.org/pool v1.6.0\n", 0.0),
        ("-  entries: 50000\n+  entries: 60000\n", math.log(1.2)),
    ],
)
def test_what_a_diff_alters_decides_how_likely_it_breaks_something(diff: str, weight: float) -> None:
    assert behaviour(("orders/pool.go",), diff)[0] == pytest.approx(weight)


def test_a_refactoring_that_says_so_but_alters_a_value_is_no_refactoring() -> None:
    told = replace_summary(commit(ONSET - 90, "c" * 40), "refactor: no functional change")
    assert blamed(judge([told, deploy(ONSET - 60, after="c" * 40)], fault(lines=lines()))) == "c" * 40


def replace_summary(change: Change, summary: str) -> Change:
    return Change(change.timestamp, kind="commit", id=change.id, summary=summary, diff=change.diff, files=change.files)


def test_of_two_deploys_the_one_that_shares_rare_words_with_the_fault_is_blamed() -> None:
    changes = [
        commit(ONSET - 400, "a" * 40),
        deploy(ONSET - 300, identity="d1", after="a" * 40),
        commit(ONSET - 200, "b" * 40, "-  banner: red\n+  banner: blue\n", ("orders/banner.yaml",)),
        deploy(ONSET - 100, identity="d2", after="b" * 40),
    ]
    assert blamed(judge(changes, fault(lines=lines()))) == "a" * 40
    assert blamed(judge(changes, fault(lines=lines(said="the banner cannot be drawn")))) == "b" * 40


def test_where_the_fault_said_nothing_no_change_is_held_against_for_sharing_no_word() -> None:
    changes = [commit(ONSET - 90, "c" * 40, "-  weight = Decimal(text)\n+  weight = int(text)\n"),
               deploy(ONSET - 60, after="c" * 40)]  # fmt: skip
    assert blamed(judge(changes, fault())) == "c" * 40


def renamed(changes: Sequence[Change], names: dict[str, str]) -> list[Change]:
    return [
        Change(one.timestamp, kind=one.kind, id=one.id, entity=names.get(one.entity, one.entity), summary=one.summary,
               diff=one.diff, files=one.files, after=one.after)
        for one in changes
    ]  # fmt: skip


def test_other_names_of_entities_and_another_order_give_the_same_answer() -> None:
    changes = [
        commit(ONSET - 400, "a" * 40, files=("x/pool.yaml",)),
        deploy(ONSET - 300, identity="d1", after="a" * 40),
        deploy(ONSET - 200, "db", "d2"),
        deploy(ONSET - 100, "chat", "d3"),
    ]
    names = {"orders": "e17", "db": "e3", "web": "e5", "chat": "e9", "model": "e1"}
    graph = Topology([Edge(names[one.source], names[one.target]) for one in GRAPH.edges])
    one = judge(changes, fault(lines=lines()))
    other = judge(
        renamed(changes, names)[::-1],
        fault(deviation("e17"), lines=lines("e17")[::-1], topology=graph, alerted="e17"),
    )
    assert [(x.id, x.probability) for x in one.changes] == [(x.id, x.probability) for x in other.changes]
    assert one.none == other.none


def grid() -> tuple[np.ndarray, np.random.Generator]:
    return np.arange(START, ONSET + 1_800, 60.0), np.random.default_rng(3)


@pytest.mark.parametrize("height", [2.0, -2.0])
def test_a_step_is_dated_by_its_first_sample(height: float) -> None:
    time, rng = grid()
    value = 10 + 0.1 * rng.standard_normal(len(time)) + height * (time >= ONSET)
    found = departed(time, value)
    assert found is not None
    assert found[:2] == (ONSET, ONSET)


def test_a_slow_slope_is_dated_before_it_could_be_told_from_the_band() -> None:
    time, rng = grid()
    value = 200 + 3 * rng.standard_normal(len(time)) + 0.04 * np.maximum(0, time - 2_000)
    found = departed(time, value)
    assert found is not None
    assert abs(found[0] - 2_000) < 240
    assert found[0] <= found[1]


def test_a_signal_that_only_is_noisy_or_comes_back_departs_nowhere() -> None:
    time, rng = grid()
    noise = 10 + rng.standard_normal(len(time))
    assert departed(time, noise) is None
    assert departed(time, noise + 9.0 * ((time > 2_000) & (time < 2_600))) is None


def test_a_leak_is_blamed_on_the_deploy_at_its_start_and_not_on_the_one_before_the_crash() -> None:
    time, rng = grid()
    value = 200 + 3 * rng.standard_normal(len(time)) + 0.04 * np.maximum(0, time - 1_860)
    signals = [Signal("orders", "memory_rss", time, value)]
    found = departures(signals, ONSET)
    changes = [deploy(1_800, identity="leak"), deploy(ONSET - 300, identity="late")]
    assert blamed(judge(changes, fault(*found, signals=signals))) == "leak"


def test_load_that_rises_at_the_entrance_speaks_for_no_change() -> None:
    time, rng = grid()
    value = 900 + 9 * rng.standard_normal(len(time)) + 3_600 * (time >= ONSET)
    signals = [Signal("web", "requests_per_second", time, value)]
    surge = fault(*departures(signals, ONSET + 900), deviation(onset=ONSET + 60), signals=signals)
    changes = [deploy(ONSET - 300)]
    assert blamed(judge(changes, surge)) == "none"
    assert blamed(judge(changes, replace(surge, departures=[deviation(onset=ONSET + 60)]))) == "d1"


def test_a_moment_that_was_named_before_speaks_for_no_change() -> None:
    told = line("orders", START + 600, "the lease ends 1970-01-01T02:00:00Z", "INFO")
    changes = [deploy(ONSET - 60)]
    assert blamed(judge(changes, fault(lines=[*lines(), told]))) == "none"
    other = line("orders", START + 600, "the lease ends 1970-01-01T09:00:00Z", "INFO")
    assert blamed(judge(changes, fault(lines=[*lines(), other]))) == "d1"


def test_what_ran_down_all_the_time_and_is_used_up_speaks_for_no_change() -> None:
    time, _ = grid()
    used = [Signal("db", "seconds_left", time, ONSET - time)]
    assert blamed(judge([deploy(ONSET - 60)], fault(signals=used))) == "none"
    left = [Signal("db", "seconds_left", time, ONSET + 9_000 - time)]
    assert blamed(judge([deploy(ONSET - 60)], fault(signals=left))) == "d1"


def test_a_host_that_deviates_first_and_was_not_changed_speaks_for_no_change() -> None:
    graph = Topology([*GRAPH.edges, Edge("orders", "n1", "runs_on")])
    host = deviation("n1", ONSET - 60, "saturation")
    assert blamed(judge([deploy(ONSET - 600)], fault(deviation(), host, topology=graph))) == "none"
    assert blamed(judge([deploy(ONSET - 600)], fault(deviation(), topology=graph))) == "d1"


def test_one_record_that_is_tried_again_and_again_speaks_for_no_change() -> None:
    usual = [line("orders", START + 60 * i, f"took offset={148_820_000 + i}", "INFO") for i in range(50)]
    one = lines(said="cannot read offset=148820291")
    many = [line("orders", ONSET + 5 * i, f"cannot read offset={148_820_291 + i}") for i in range(20)]
    assert blamed(judge([deploy(ONSET - 300)], fault(lines=[*usual, *one]))) == "none"
    assert blamed(judge([deploy(ONSET - 300)], fault(lines=[*usual, *many]))) == "d1"


def test_a_party_outside_that_fails_speaks_for_no_change_unless_the_change_names_it() -> None:
    out = lines(said="call to https://api.payments.example.com/v1 returned 503")
    assert blamed(judge([deploy(ONSET - 300)], fault(lines=out))) == "none"
    to = "-  url: https://pay.example.com\n+  url: https://api.payments.example.com\n"
    changes = [commit(ONSET - 400, "c" * 40, to), deploy(ONSET - 300, after="c" * 40)]
    assert blamed(judge(changes, fault(lines=out))) == "c" * 40


def test_it_failed_first_where_the_failing_calls_end() -> None:
    spans = [
        Span(ONSET, trace_id="t", span_id="1", entity="web", name="GET", duration_s=1, status="error"),
        Span(
            ONSET, trace_id="t", span_id="2", parent_id="1", entity="orders", name="put", duration_s=1, status="error"
        ),
    ]
    both = fault(deviation("web", ONSET + 60), deviation(), deviation("db", ONSET, "load"), alerted="web", spans=spans)
    assert first_failing(both) == "orders"
    assert blast_radius(both, "orders") == ("web",)


def test_without_spans_it_failed_first_where_the_known_calls_end() -> None:
    untraced = fault(deviation("web", ONSET + 60), deviation(), deviation("db", ONSET, "load"), alerted="web")
    assert first_failing(untraced) == "orders"
    assert first_failing(replace(untraced, topology=Topology(()))) == "web"


def test_a_deploy_without_a_known_commit_stands_for_itself() -> None:
    found = shipments([deploy(10.0, after="v42"), Change(20.0, kind="flag", id="f", entity="web")])
    assert [(one.change.id, one.weight) for one in found] == [("d1", 0.0), ("f", 0.0)]


@pytest.mark.parametrize(
    "diff",
    [
        "-tag: web #\n+tag: web 1.2.3",
        "-\x00\n+\x00\x00\n+limit: 3",
        f"-scale = 0.{'0' * 299}1\n+scale = 1{'0' * 300}",
        f"-scale = {'9' * 400}\n+scale = {'9' * 401}",
    ],
)
def test_a_diff_of_odd_numbers_and_marks_is_judged_like_any_other(diff: str) -> None:
    assert math.isfinite(behaviour((), diff)[0])


def test_a_diff_of_thousands_of_lines_that_alter_one_value_each_is_compared_in_linear_time() -> None:
    removed = [["name", str(i), "=", "call", "(", str(i), ")"] for i in range(1_000, 6_000)]
    added = [["other", str(i), "=", "call", "(", str(i), ",", "x", ")"] for i in range(1_000, 6_000)]
    reads = 0

    class Line(list[str]):
        def __getitem__(self, at: object) -> object:  # type: ignore[override]
            nonlocal reads
            reads += 1
            return super().__getitem__(at)  # type: ignore[index]

        def __iter__(self) -> Iterator[str]:
            nonlocal reads
            reads += len(self)
            return super().__iter__()

    changed = Line(["limit", "=", "30"]), Line(["limit", "=", "3"])
    found = largest([*map(Line, removed), changed[0]], [*map(Line, added), changed[1]])

    assert found[1] == "limit=30 -> 3"
    assert reads < 10 * sum(map(len, [*removed, *added]))


@pytest.mark.parametrize("said", ["a" * 300_000, "a." * 150_000, "1." * 150_000])
def test_a_line_of_one_endless_word_is_read_once_and_not_from_each_of_its_letters(said: str) -> None:
    begun = [*lines(), line("orders", ONSET + 1, said), line("orders", ONSET + 2, said)]
    assert blamed(judge([commit(ONSET - 60, "c1")], fault(lines=begun))) == "c1"
    assert len(new_lines(begun, ONSET + 300)) == 2
