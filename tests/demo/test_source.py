"""The shop as a source and as an action."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from aiops import plugins
from aiops.decode.route import decode
from aiops.decode.series import SeriesLimits, SeriesTable
from aiops.demo import scenario, scene
from aiops.demo.action import Simulation, SimulatorAction
from aiops.demo.clock import SimulatedClock
from aiops.demo.run import metrics
from aiops.demo.source import SimulatorSource
from aiops.ingest.source import Source, SourceContext
from aiops.respond.effect import ActionContext

CONTEXT = ActionContext("run", "step", "key", 5.0)


def opened(tmp_path: Path, clock: SimulatedClock, **settings: float) -> SimulatorSource:
    config = SimulatorSource.Config.model_validate({"seed": 3, "start": scenario.MIDNIGHT, **settings})
    simulation = Simulation(scenario.shop(3), clock)
    source = SimulatorSource("shop", config, SourceContext(tmp_path, 60.0, clock=clock), simulation)
    source.open({})
    return source


def test_source_and_action_are_found_by_name_and_keep_the_contract(tmp_path: Path) -> None:
    assert plugins.load("aiops.sources", "simulator") is SimulatorSource
    assert plugins.load("aiops.actions", "simulator") is SimulatorAction
    assert isinstance(opened(tmp_path, SimulatedClock(scenario.MIDNIGHT)), Source)
    assert issubclass(SimulatorAction.Config, BaseModel)


def test_only_steps_that_are_over_are_handed_out(tmp_path: Path) -> None:
    clock = SimulatedClock(scenario.MIDNIGHT + 59.0)
    source = opened(tmp_path, clock)
    assert source.poll(0.0) == []
    assert source.status().partitions["shop"].at_end
    clock.advance(1.0)
    (records,) = source.poll(0.0)
    assert records.position["next"] == scenario.MIDNIGHT + 60


def test_a_second_source_goes_on_at_the_committed_position(tmp_path: Path) -> None:
    clock = SimulatedClock(scenario.MIDNIGHT + 120)
    first = opened(tmp_path, clock)
    (before,) = first.poll(0.0)
    second = opened(tmp_path, clock)
    second.open({"shop": before.position})
    clock.advance(60.0)
    (after,) = second.poll(0.0)
    assert after.offsets[0] == before.offsets[-1] + 1
    assert after.position["next"] == scenario.MIDNIGHT + 180


def test_the_past_comes_first_and_holds_metrics_only(tmp_path: Path) -> None:
    source = opened(tmp_path, SimulatedClock(scenario.MIDNIGHT), history=7_200.0)
    (records,) = source.poll(0.0)
    assert len(records) == 120
    assert records.position["history_end"] == scenario.MIDNIGHT
    decoded = decode(records, SeriesTable(SeriesLimits()), scenario.MIDNIGHT)
    assert decoded.rejected == []
    assert decoded.events == []
    assert decoded.samples.timestamp.min() == scenario.MIDNIGHT - 7_200
    assert decoded.samples.timestamp.max() == scenario.MIDNIGHT - 60


def test_nothing_happens_after_the_end(tmp_path: Path) -> None:
    clock = SimulatedClock(scenario.MIDNIGHT + 600)
    source = opened(tmp_path, clock, end=scenario.MIDNIGHT + 60)
    assert len(source.poll(0.0)) == 1
    assert source.poll(0.0) == []


def test_metrics_alone_are_what_static_limits_see(tmp_path: Path) -> None:
    (records,) = opened(tmp_path, SimulatedClock(scenario.MIDNIGHT + 120)).poll(0.0)
    only = decode(metrics(records), SeriesTable(SeriesLimits()), scenario.MIDNIGHT + 120)
    whole = decode(records, SeriesTable(SeriesLimits()), scenario.MIDNIGHT + 120)
    assert only.events == []
    np.testing.assert_array_equal(only.samples.value, whole.samples.value)


def test_an_action_without_a_shop_fails_and_says_so() -> None:
    config = SimulatorAction.Config(do="drain_gpu", target=scene.GPU)
    assert SimulatorAction().run(config, CONTEXT).status == "failed"


@pytest.mark.parametrize(("do", "helped"), [("drain_gpu", True), ("retrain", False)])
def test_an_action_was_done_whether_or_not_it_helped(do: str, helped: bool) -> None:
    shop = scenario.shop(1)
    fault = next(one for one in shop.faults.planned if one.name == "gpu_throttle")
    action = SimulatorAction(Simulation(shop, SimulatedClock(fault.start + 600)))
    outcome = action.run(SimulatorAction.Config.model_validate({"do": do, "target": scene.GPU}), CONTEXT)
    assert (outcome.status, outcome.output) == ("ok", {"helped": helped})
    assert fault.mended is helped
