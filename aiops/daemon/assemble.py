"""Builds a service from a configuration: rules, runbooks, store, sources, receivers, web server."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from aiops import plugins
from aiops.config import Config, ModelReference, component
from aiops.correlate import topology
from aiops.daemon.courier import Courier
from aiops.daemon.feeder import Feeder
from aiops.daemon.keeper import Keeper
from aiops.daemon.service import Service
from aiops.decode.route import Limits
from aiops.decode.series import SeriesLimits
from aiops.detect import maintenance
from aiops.detect.partition import Settings
from aiops.detect.rule import Rule, load_rules
from aiops.errors import ConfigError
from aiops.ingest.source import SourceContext
from aiops.pipeline import Pipeline
from aiops.respond.responder import Policy, Responder, policy_of
from aiops.respond.runbook import Runbook, read_all
from aiops.signals.llm import Allowance
from aiops.signals.prices import Price, PriceBook, shipped
from aiops.signals.stated import Stated
from aiops.store.repository import Store
from aiops.store.ring import Ring
from aiops.types import Edge


def settings_of(config: Config, rules: list[Rule]) -> Settings:
    """What all partitions share."""
    limits = SeriesLimits(per_metric=config.limits.series_per_metric, total=config.limits.series)
    return Settings(
        config.step,
        config.lateness,
        config.budget.false_pages_per_week,
        tuple(rules),
        limits,
        timezone=config.timezone,
        maintenance=maintenance.read(config),
        deep_slots=config.limits.deep_slots,
        joint_entities=config.limits.joint_entities,
        prices=prices_of(config),
        allowances=allowances_of(config),
        models=models_of(config),
    )


def prices_of(config: Config) -> PriceBook:
    """The shipped prices of language models, and the user's own before them."""
    stated = {}
    for name, one in config.prices.items():
        service = {"batch": one.batch} if one.batch else {}
        longer = one.long
        above: tuple[tuple[float, Price], ...] = ()
        if longer is not None:
            far = Price(longer.input, longer.output, longer.cache_read, longer.cache_write, service=service)
            above = ((float(longer.above), far),)
        stated[name] = Price(one.input, one.output, one.cache_read, one.cache_write, above, service)
    return PriceBook(shipped(), stated)


def allowances_of(config: Config) -> tuple[Allowance, ...]:
    """Budgets for language models, in order of their names."""
    return tuple(
        Allowance(
            name,
            one.limit,
            one.per,
            {what: frozenset([said] if isinstance(said, str) else said) for what, said in sorted(one.match.items())},
            config.timezone,
            one.unit,
        )
        for name, one in sorted(config.allowances.items())
    )


def models_of(config: Config) -> dict[str, Stated]:
    """What models' rows are compared with, where the user says so.

    Raises
    ------
    ConfigError : a reference file cannot be used.
    """
    return {name: _stated(one, config) for name, one in config.models.items()}


def _stated(one: ModelReference, config: Config) -> Stated:
    if one.reference is None:
        return Stated(one.seasonal)
    # It reads tables with pyarrow, which a daemon without such a file need not load.
    from aiops.drift import scored

    return scored.stated(one.reference, one.columns, config.step, config.timezone if one.seasonal else None)


def stated_edges(config: Config) -> list[Edge]:
    """Edges of the user's topology file.

    Raises
    ------
    ConfigError : it cannot be read.
    """
    return topology.read(config.topology) if config.topology else []


def shipped_runbooks() -> Path:
    """The folder of runbooks that come with the agent."""
    from importlib.resources import files

    return Path(str(files("runbooks")))


def load_runbooks(config: Config) -> dict[str, Runbook]:
    """Runbooks of the configured paths; the shipped ones when none is named.

    Raises
    ------
    ConfigError : a file is wrong.
    """
    paths = [Path(one) for one in config.runbooks.paths] or [shipped_runbooks()]
    return read_all(paths, _actions())


def _actions() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in plugins.names("aiops.actions"):
        try:
            found[name] = plugins.load("aiops.actions", name)
        except ConfigError:
            # Its extra is not installed: a runbook that names it is still a valid file.
            found[name] = None
    return found


def policy(config: Config) -> Policy:
    """Routes, inhibitions and runbooks, freshly read.

    Raises
    ------
    ConfigError : a file is wrong.
    """
    return policy_of(config, load_runbooks(config))


def service(config: Config, clock: Callable[[], float], lend: Mapping[str, Any] | None = None) -> Service:
    """Everything built and restored, nothing started.

    Parameters
    ----------
    clock : epoch seconds.
    lend : what a source or an action of ours needs, by name; the demo lends its simulated shop.

    Raises
    ------
    ConfigError : something configured cannot be used.
    AlreadyRunning : another process has the state directory.
    """
    rules = load_rules(config.rules)
    store = Store.open(config.state_dir)
    try:
        sizes = Limits(record_bytes=config.limits.record_bytes)
        pipeline = Pipeline(settings_of(config, rules), stated_edges(config), sizes)
        responder = Responder(policy(config), random.Random())
        keeper = Keeper(store, Ring(config.state_dir, config.explain.keep))
        made = Service(config, pipeline, responder, keeper, clock)
        made.restore()
        made.courier = Courier(config, made.answers, structlog.get_logger(), lend)
        for name, settings in config.sources.items():
            made.feeders[name] = feeder(made, name, settings, (lend or {}).get(name))
    except BaseException:
        store.close()
        raise
    return made


def feeder(made: Service, name: str, settings: Mapping[str, Any], lent: Any = None) -> Feeder:
    """One source with its thread, not started."""
    kind, config = component("aiops.sources", settings, path=f"sources.{name}")
    log = structlog.get_logger().bind(source=name)
    context = SourceContext(made.config.state_dir / "sources" / name, made.config.step, log=log, clock=made.clock)
    source = kind(name, config, context, lent) if lent is not None else kind(name, config, context)
    mine = {key: value for key, value in made.positions.items() if key.partition("/")[0] == name}
    return Feeder(name, source, mine, made.inbox, log)
