"""What a cast is, and that of a made-up parcel carrier: what runs where, who calls whom, what programs usually say.

Only facts stand here. How they move is `company`, what goes wrong is `trouble`. Callers stand before their callees.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from aiops.types import Edge


@dataclass(frozen=True, slots=True)
class Call:
    """How often a request of the caller leads to one of the callee, how long it waits, how often it tries again."""

    share: float
    timeout: float = 10.0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """One program.

    Attributes
    ----------
    host : where it runs; empty = somebody else's machine, of which nothing is told.
    own_seconds : what its own work takes a request.
    headroom : requests it can bear, in multiples of the usual.
    """

    host: str
    own_seconds: float
    calls: dict[str, Call] = field(default_factory=dict)
    headroom: float = 3.0


@dataclass(frozen=True)
class Cast:
    """Who is there, as the simulation knows them.

    Attributes
    ----------
    services : by name; callers before their callees, the front door first.
    hosts : whose exporters tell of the machine.
    visits : requests a second at the front, on average over the day.
    consumers : who reads the topic, and how many of what is announced each works on.
    announcer : who announces it.
    systems : databases and the like, which send no spans, and what they are.
    elsewhere : hosts of what serves nobody.
    lines : what each program usually says.
    """

    services: dict[str, Service]
    hosts: tuple[str, ...]
    visits: float
    consumers: dict[str, float] = field(default_factory=dict)
    announcer: str = ""
    topic: str = ""
    resolver: str = ""
    systems: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, str] = field(default_factory=dict)
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    names: tuple[str, ...] = field(init=False)
    speakers: tuple[str, ...] = field(init=False)
    host_of: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        told = {name: one.host for name, one in self.services.items() if one.host}
        derived = {"names": tuple(self.services), "speakers": tuple(told), "host_of": {**told, **self.elsewhere}}
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def front(self) -> str:
        """The service that visitors meet."""
        return self.names[0]


DATABASE, TOPIC, RESOLVER, JOB = "parcels-db", "parcel-events", "resolver", "export-batch"
SESSIONS, PROVIDER, LLM, GPU = "sessions", "api.lumen.example", "lumen-large-2", "gpu-1"
SERVICES: dict[str, Service] = {
    "front": Service(
        "node-1",
        0.006,
        {"booking": Call(0.2, 3.0, 1), "tracking": Call(0.5), "accounts": Call(0.25), "helper": Call(0.02, 60.0)},
    ),
    "booking": Service(
        "node-2", 0.018, {"rates": Call(1.0, 0.4, 3), "accounts": Call(1.0), DATABASE: Call(2.0), TOPIC: Call(1.0)}
    ),
    "tracking": Service("node-2", 0.009, {DATABASE: Call(1.0), "eta": Call(0.4)}),
    "helper": Service("node-5", 0.040, {"guide": Call(1.0), PROVIDER: Call(1.0, 30.0)}),
    "labels": Service("node-3", 0.060, {DATABASE: Call(0.5)}),
    "digest": Service("node-5", 0.050, {PROVIDER: Call(1.0, 30.0)}),
    "rates": Service("node-3", 0.014, {DATABASE: Call(1.0)}, headroom=2.0),
    "accounts": Service("node-4", 0.008, {SESSIONS: Call(1.0)}),
    "eta": Service("node-4", 0.022),
    "guide": Service(GPU, 0.030),
    DATABASE: Service("node-6", 0.004, headroom=1.45),
    TOPIC: Service("node-7", 0.002),
    SESSIONS: Service("", 0.001),
    PROVIDER: Service("", 1.400),
}
CONSUMERS = {"labels": 1.0, "digest": 0.08}
"""Who reads the topic, and how many of the announced parcels it works on."""
HTTP = ("front", "booking", "tracking", "helper", "rates", "accounts", "eta", "guide")
HOSTS = ("node-1", "node-2", "node-3", "node-4", "node-5", "node-6", "node-7", GPU)
SYSTEMS = {DATABASE: "postgresql", SESSIONS: "redis"}

LINES: dict[str, tuple[str, ...]] = {
    "front": ("POST /parcels 201 in {} ms", "visitor {} follows parcel {}"),
    "booking": ("parcel {} booked from depot {}", "announced parcel {} on partition {}"),
    "tracking": ("parcel {} seen at depot {}",),
    "rates": ("quoted {} cents for {} grams",),
    "accounts": ("session {} renewed for {} minutes",),
    "labels": ("label {} printed on printer {}",),
    "digest": ("summarised {} complaints of depot {}",),
    "helper": ("answered turn {} of conversation {}",),
    "guide": ("{} passages found for question {}",),
    "eta": ("arrival of parcel {} estimated in {} ms",),
    DATABASE: ("checkpoint complete: wrote {} buffers", "automatic vacuum of table parcels: {} pages"),
    RESOLVER: ("[INFO] plugin/reload: configuration unchanged after {} s",),
    JOB: ("waiting for the next export, {} s left",),
}

CARRIER = Cast(
    SERVICES,
    HOSTS,
    visits=40.0,
    consumers=CONSUMERS,
    announcer="booking",
    topic=TOPIC,
    resolver=RESOLVER,
    systems=SYSTEMS,
    elsewhere={RESOLVER: "node-7", JOB: "node-3"},
    lines=LINES,
)


def stated() -> list[Edge]:
    """What no span can tell, as the carrier's own `topology.csv` states it: everybody resolves names at one place."""
    return [Edge(name, RESOLVER, "calls") for name in CARRIER.speakers if name not in (DATABASE, TOPIC)]
