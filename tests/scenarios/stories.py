"""The scenarios, each as an engineer would tell it afterwards. What a good page says stands beside what happened."""

from __future__ import annotations

from tests.scenarios.cast import DATABASE, GPU, JOB, PROVIDER, RESOLVER, SESSIONS
from tests.scenarios.trouble import Altered, Effect, Expected, Line, Scenario

HARMLESS = (
    Altered(-9.0, "deploy", "tracking-3.9.1", "tracking", "tracking 3.9.1: new depot icons", files=("icons.svg",)),
    Altered(-6.0, "config", "log-level-guide", "guide", "log level info", before="debug", after="info"),
)

BAD_DEPLOY = Scenario(
    "booking 5.2.0 cannot read weights that are no whole number; every fourth booking fails at once",
    effects=(Effect("booking", "errors", 0.25, over=0.5), Effect("booking", "latency", 1.4, over=0.5)),
    changes=(
        *HARMLESS,
        Altered(-0.5, "deploy", "booking-5.2.0", "booking", "booking 5.2.0: weights in grams",
                diff="- weight = Decimal(text)\n+ weight = int(text)", files=("booking/weight.py",)),
    ),
    lines=(Line("booking", "ERROR", "cannot book parcel {}: ValueError: weight {}.5 is no whole number", each=5),),
    pages=(Expected(frozenset({"booking"}), change="booking-5.2.0", never=frozenset({"front", "rates", DATABASE})),),
)  # fmt: skip

BAD_FLAG = Scenario(
    "the flag volume-pricing is switched on; its path through rates fails and is slow. Flags name no service",
    effects=(Effect("rates", "errors", 0.45, over=0.5), Effect("rates", "latency", 2.5, over=0.5)),
    changes=(
        *HARMLESS,
        Altered(
            -0.5, "flag", "volume-pricing", "", "volume-pricing switched on for everybody", before="off", after="on"
        ),
    ),
    lines=(Line("rates", "ERROR", "volume pricing of parcel {} failed: no tier for {} cubic centimetres", each=5),),
    pages=(Expected(frozenset({"rates"}), change="volume-pricing", never=frozenset({"front", "booking", DATABASE})),),
)

PROMPT_CHANGE = Scenario(
    "prompt v13 puts the whole parcel history into every question: dearer, cut answers, unhappy users",
    effects=(
        Effect("helper", "tokens", 4.0, over=0.25),
        Effect("helper", "cut", 0.35, over=0.25),
        Effect("helper", "pleased", 0.55, over=0.25),
    ),
    changes=(
        *HARMLESS,
        Altered(-0.5, "prompt", "helper-v13", "helper", "helper prompt v13: include the whole history of the parcel"),
    ),
    pages=(
        Expected(
            frozenset({"helper"}), change="helper-v13", worlds=frozenset({"llm"}),
            never=frozenset({PROVIDER, GPU, "guide", "front"}),
        ),
    ),
)  # fmt: skip

PROVIDER_DOWN = Scenario(
    "the provider of the language model answers 503 to four calls in five; nothing of ours did it",
    effects=(Effect(PROVIDER, "errors", 0.8, over=1.0),),
    changes=(*HARMLESS, Altered(-10.0, "deploy", "helper-2.4.0", "helper", "helper 2.4.0: links to the depot")),
    lines=(
        Line("helper", "ERROR", "lumen answered 503 Service Unavailable for conversation {}", each=4),
        Line("digest", "ERROR", "lumen answered 503 Service Unavailable for complaint {}", each=2),
    ),
    pages=(
        Expected(
            frozenset({PROVIDER, "lumen"}), worlds=frozenset({"llm"}), never=frozenset({"helper", "digest", "front"}),
            says=(r"(?i)not ours|outside|external|third party|nothing of its own is known|sends no telemetry",),
        ),
    ),
)  # fmt: skip

FELL_SILENT = Scenario(
    "the process of accounts is gone; nothing is heard of it, callers are refused",
    effects=(Effect("accounts", "silent", 1.0, over=0.25),),
    lines=(
        Line("front", "ERROR", "accounts: connection refused while asking for session {}", each=3),
        Line("booking", "ERROR", "accounts: connection refused for depot {}", each=3),
    ),
    changes=HARMLESS,
    pages=(Expected(frozenset({"accounts"}), never=frozenset({"front", "booking"})),),
)

NEVER_SPOKE = Scenario(
    "the managed session store, which never sent any telemetry, refuses two commands in three",
    effects=(Effect(SESSIONS, "errors", 0.65, over=1.0),),
    lines=(Line("accounts", "ERROR", "READONLY You can't write against a read only replica, session {}", each=4),),
    changes=HARMLESS,
    pages=(Expected(frozenset({SESSIONS}), never=frozenset({"front", "booking", "accounts"})),),
)

NOISY_NEIGHBOUR = Scenario(
    "the nightly export is started by hand at noon and takes the processors of node-3 from rates and labels",
    effects=(
        Effect(JOB, "cpu", 90.0, over=1.0),
        Effect(JOB, "memory", 6.0, over=3.0),
        Effect("node-3", "busy", 0.66, over=2.0),
    ),
    lines=(Line(JOB, "INFO", "exported {} parcels of depot {}", each=6),),
    changes=HARMLESS,
    pages=(Expected(frozenset({"node-3", JOB}), never=frozenset({"front", "booking", "rates", "labels", DATABASE})),),
)

DNS = Scenario(
    "the shared resolver answers SERVFAIL to half of what it is asked; everybody who asks a name fails now and then",
    effects=(Effect(RESOLVER, "unresolved", 0.5, over=2.0),),
    lines=tuple(
        Line(name, "ERROR", "lookup {}.parcels.svc: server misbehaving after {} ms", at=0.5, each=2)
        for name in ("front", "booking", "tracking", "accounts", "helper", "rates")
    ),
    changes=HARMLESS,
    pages=(
        Expected(
            frozenset({RESOLVER}), never=frozenset({"front", "booking", "tracking", "accounts", "rates", DATABASE})
        ),
    ),
)

CLOCK_SKEW = Scenario(
    "the clock of node-2 is put back by two and a half minutes; then the database waits for a lock",
    effects=(
        Effect("node-2", "skew", -150.0, at=-11.0, over=0.25),
        Effect(DATABASE, "latency", 14.0, over=1.5),
        Effect(DATABASE, "locks", 12.0, over=1.0),
        Effect(DATABASE, "sessions", 2.5, over=2.0),
    ),
    lines=(Line(DATABASE, "ERROR", "process {} still waiting for ExclusiveLock on relation {}", at=0.5, each=3),),
    changes=(Altered(-7.0, "deploy", "eta-1.8.2", "eta", "eta 1.8.2: fewer log lines"),),
    pages=(Expected(frozenset({DATABASE}), never=frozenset({"front", "booking", "tracking", "node-2"})),),
)

RETRY_STORM = Scenario(
    "rates loses half of its workers and gets slow; callers time out, try again, and drown it and the database",
    effects=(Effect("rates", "capacity", 0.48, over=1.0), Effect("rates", "latency", 7.0, over=1.5)),
    lines=(
        Line("rates", "WARN", "worker {} left the pool, {} remain", at=0.0, each=2, until=1.0),
        Line("booking", "ERROR", "rates did not answer within 400 ms, attempt {} for parcel {}", at=1.0, each=6),
        Line("front", "ERROR", "booking of parcel {} gave up after {} ms", at=2.0, each=6),
    ),
    changes=HARMLESS,
    pages=(Expected(frozenset({"rates"}), never=frozenset({"front", "booking", "tracking", DATABASE})),),
)

TWO_AT_ONCE = Scenario(
    "the database waits for a lock; three minutes later, and for reasons of its own, the graphics card gets too hot",
    effects=(
        Effect(DATABASE, "latency", 12.0, over=1.5),
        Effect(DATABASE, "locks", 12.0, over=1.0),
        Effect(DATABASE, "sessions", 2.5, over=2.0),
        Effect(GPU, "temperature", 1.45, at=3.0, over=2.0),
        Effect(GPU, "clock", 0.4, at=3.5, over=2.0),
        Effect("guide", "latency", 30.0, at=3.5, over=2.0),
    ),
    lines=(Line(DATABASE, "ERROR", "process {} still waiting for ExclusiveLock on relation {}", at=0.5, each=3),),
    changes=HARMLESS,
    pages=(
        Expected(frozenset({DATABASE}), never=frozenset({"front", "booking", "tracking"})),
        Expected(frozenset({GPU}), never=frozenset({"guide", "helper", "front"})),
    ),
)
