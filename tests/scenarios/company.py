"""The hidden state of a company, step by step: demand, load, latency and failure along its calls.

Trouble alters its own place only; what it does to others follows from the calls, from shared hosts and from finite
capacity: waiting callers time out, try again, and load what is below them. So a symptom may well be louder than its
cause. Same scenario and seed, same states.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from tests.scenarios.cast import CARRIER, Call, Cast
from tests.scenarios.trouble import Scenario

STEP = 15.0
SPREAD = 0.45
"""Standard deviation of the logarithm of a duration."""
USUAL_FAILURES = 0.002
CROWDED = 0.8
"""Share of a host's processors above which everybody on it gets slower."""


@dataclass(slots=True)
class State:
    """A company during one step.

    Attributes
    ----------
    rate, own, seconds, failed : by service: requests a second, seconds of own work and in all, share that fails.
    own_failed : share that fails by itself; `shed` of it because there is too much to do.
    tries, lost : by (caller, callee): attempts a call, share of calls that fail after the last attempt.
    busy : by host, share of its processors.
    lag : by consumer, announcements not yet worked on.
    moved : what is not as usual.
    """

    time: float
    season: float
    rng: np.random.Generator
    moved: dict[tuple[str, str], float]
    cast: Cast = CARRIER
    rate: dict[str, float] = field(default_factory=dict)
    own: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: dict[str, float] = field(default_factory=dict)
    own_failed: dict[str, float] = field(default_factory=dict)
    shed: dict[str, float] = field(default_factory=dict)
    tries: dict[tuple[str, str], float] = field(default_factory=dict)
    lost: dict[tuple[str, str], float] = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)
    lag: dict[str, float] = field(default_factory=dict)

    def of(self, entity: str, quantity: str, usual: float = 1.0) -> float:
        return self.moved.get((entity, quantity), usual)

    def noise(self, share: float) -> float:
        """A factor around 1."""
        return math.exp(self.rng.normal(0.0, share))

    def silent(self, entity: str) -> bool:
        """Whether nothing is heard of an entity any more."""
        return self.of(entity, "silent", 0.0) > 0.5


class Company:
    """The generator of states.

    Parameters
    ----------
    scenario : what goes wrong.
    begin : event time of its minute 0.
    """

    def __init__(self, scenario: Scenario, begin: float, cast: Cast = CARRIER, seed: int = 0) -> None:
        self._scenario, self._begin, self._cast, self._seed = scenario, begin, cast, seed
        self._tries: dict[tuple[str, str], float] = {}
        self._lag = dict.fromkeys(cast.consumers, 0.0)
        self._usual = _usual(cast)

    def step(self, index: int) -> State:
        """The step that begins at `index * STEP`; to be asked for in order."""
        time = index * STEP
        rng = np.random.default_rng((self._seed, index))
        state = State(time, season(time), rng, self._scenario.moved((time - self._begin) / 60.0), self._cast)
        self._demand(state)
        self._hosts(state)
        for name in reversed(self._cast.names):
            self._settle(name, state)
        self._tries = state.tries
        self._consume(state)
        return state

    def _demand(self, state: State) -> None:
        cast = self._cast
        rate = state.rate = dict.fromkeys(cast.names, 0.0)
        rate[cast.front] = cast.visits * state.season * state.noise(0.03) * state.of(cast.front, "demand")
        for name in cast.names:
            if name in cast.consumers:
                rate[name] = rate[cast.announcer] * cast.consumers[name]
            for callee, call in cast.services[name].calls.items():
                rate[callee] += rate[name] * call.share * self._tries.get((name, callee), 1.0)

    def _hosts(self, state: State) -> None:
        for host in self._cast.hosts:
            usual = (0.14 + 0.16 * state.season) * state.noise(0.06)
            state.busy[host] = min(0.99, usual + state.of(host, "busy", 0.0))

    def _settle(self, name: str, state: State) -> None:
        """Latency and failures of a service whose callees are settled."""
        service = self._cast.services[name]
        bearable = self._usual[name] * service.headroom * state.of(name, "capacity")
        load = state.rate[name] / max(bearable, 1e-9)  # whom nobody asks is idle
        waits = (1.0 - 1.0 / service.headroom) / (1.0 - min(load, 0.96))
        crowd = 1.0 + 7.0 * max(0.0, state.busy.get(service.host, 0.0) - CROWDED) / (1.0 - CROWDED)
        own = service.own_seconds * max(0.8, waits) * crowd * state.noise(0.04) * state.of(name, "latency")
        shed = max(0.0, 1.0 - 1.0 / max(load, 1e-9))
        failed = min(1.0, USUAL_FAILURES + shed + state.of(name, "errors", 0.0) + state.of(name, "silent", 0.0))
        state.own[name], state.own_failed[name], state.shed[name] = own, failed, shed
        seconds, good = own, 1.0 - failed
        for callee, call in service.calls.items():
            waited = self._call(name, callee, call, state)
            seconds += call.share * waited
            good *= 1.0 - min(1.0, call.share) * 0.95 * state.lost[name, callee]
        state.seconds[name], state.failed[name] = seconds, 1.0 - good

    @staticmethod
    def _call(name: str, callee: str, call: Call, state: State) -> float:
        """Seconds a call takes with all its attempts."""
        # A client that has the address at hand asks nobody; some keep it longer than others.
        asks = 0.35 + 0.05 * (len(name) % 4) if name in state.cast.speakers else 0.0
        unresolved = asks * state.of(state.cast.resolver, "unresolved", 0.0)
        late = 1.0 - below(call.timeout, state.seconds[callee])
        # An answer that says no is an answer; a client tries again when it got none.
        unanswered = 1.0 - (1.0 - state.shed[callee]) * (1.0 - late) * (1.0 - 0.6 * unresolved)
        refused = (state.failed[callee] - state.shed[callee]) / max(1e-9, 1.0 - state.shed[callee])
        # A connection that is refused costs no time.
        answered = 1.0 - 0.9 * state.of(callee, "silent", 0.0)
        once = min(call.timeout, state.seconds[callee]) * answered + 2.5 * unresolved
        tries = sum(unanswered**attempt for attempt in range(call.retries + 1))
        lost = unanswered ** (call.retries + 1)
        state.tries[name, callee], state.lost[name, callee] = tries, 1.0 - (1.0 - lost) * (1.0 - max(0.0, refused))
        return once * tries

    def _consume(self, state: State) -> None:
        cast = self._cast
        for name, share in cast.consumers.items():
            arrived = state.rate[cast.announcer] * share * STEP
            slower = max(1.0, state.seconds[name] / (1.5 * _usual_seconds(cast, name)))
            worked = cast.visits * 0.2 * share * STEP * 3.0 / slower * state.of(name, "consume")
            self._lag[name] = max(0.0, self._lag[name] + arrived - worked)
            state.lag[name] = self._lag[name] + float(state.rng.poisson(12))


def season(time: float) -> float:
    """Demand as a factor around 1: the shape of the day, and slow waves nobody planned."""
    day = 2 * math.pi * (time % 86_400.0) / 86_400.0
    waves = 0.015 * math.sin(time / 1_900.0) + 0.012 * math.sin(time / 700.0 + 1.0)
    return (1.0 - 0.42 * math.cos(day - 0.9) + 0.1 * math.sin(2 * day)) / 1.25 * (1.0 + waves)


def below(limit: float, mean: float) -> float:
    """Share of lognormal durations around `mean` that are shorter than `limit`."""
    return 0.5 * math.erfc(-(math.log(limit / mean) + SPREAD**2 / 2) / (SPREAD * math.sqrt(2.0)))


def _usual_seconds(cast: Cast, name: str) -> float:
    """Seconds a request takes when nobody waits."""
    service = cast.services[name]
    return service.own_seconds + sum(call.share * _usual_seconds(cast, one) for one, call in service.calls.items())


def _usual(cast: Cast) -> dict[str, float]:
    """Requests a second of every service at a season of 1."""
    rate = dict.fromkeys(cast.names, 0.0)
    rate[cast.front] = cast.visits
    for name in cast.names:
        if name in cast.consumers:
            rate[name] = rate[cast.announcer] * cast.consumers[name]
        for callee, call in cast.services[name].calls.items():
            rate[callee] += rate[name] * call.share
    return rate
