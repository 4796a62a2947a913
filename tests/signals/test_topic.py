"""Questions that move to another topic, by hashed words: found, seldom imagined, and learnt with patience."""

from __future__ import annotations

import random

import pytest

from aiops.signals.content.sketch import sketches
from aiops.signals.content.sketch_kernel import MOST
from aiops.signals.content.text import packed
from aiops.signals.emitted import key
from aiops.signals.llm import topic
from aiops.signals.llm.topic import REFERENCE, WINDOW, Topics, evidence
from aiops.types import LlmCall, Said

DRIFT = key("llm_topic_drift", {"service_name": "bot"})
LOUD = 4.0
HOUR = 3_600.0


def question(rng: random.Random, subject: str) -> str:
    common = [f"common{min(int(rng.expovariate(0.1)), 99)}" for _ in range(6)]
    return " ".join(common + [f"{subject}{min(int(rng.expovariate(0.05)), 199)}" for _ in range(6)])


def about(rng: random.Random, n: int, new: float = 0.0) -> list[bytes]:
    subjects = ["fish" if rng.random() < new else rng.choice(["tools", "roofs", "bread"]) for _ in range(n)]
    return sketches(packed([question(rng, one) for one in subjects]))


def told(one: Topics, step: float, some: list[bytes], conversation: str = "") -> float | None:
    calls = [
        LlmCall(timestamp=0.0, entity="bot", model="m", said=Said(sketch=said), conversation_id=conversation)
        for said in some
    ]
    return one.close(step, calls).get(DRIFT)


def learnt(rng: random.Random) -> tuple[Topics, float]:
    one = Topics()
    hours = REFERENCE // WINDOW + 8
    for i in range(hours):
        told(one, i * HOUR, about(rng, WINDOW))
    return one, hours * HOUR


def test_chance_alone_passes_the_bar_in_no_more_windows_than_stated() -> None:
    rng = random.Random(1)
    found = []
    for _ in range(8):
        reference = about(rng, REFERENCE)
        found += [evidence(reference, about(rng, WINDOW)) for _ in range(12)]
    assert max(found) < LOUD
    assert sum(one > 1.3 for one in found) < 0.12 * len(found), "1.3 is one in twenty"


@pytest.mark.parametrize("share", [0.4, 1.0])
def test_a_new_topic_is_found_within_two_windows(share: float) -> None:
    rng = random.Random(2)
    one, now = learnt(rng)
    assert (told(one, now, about(rng, WINDOW)) or 0.0) < LOUD
    assert (told(one, now + HOUR, about(rng, WINDOW, share)) or 0.0) < LOUD, "one window is no drift"
    assert (told(one, now + 2 * HOUR, about(rng, WINDOW, share)) or 0.0) > LOUD


def test_one_long_conversation_about_something_new_is_one_question() -> None:
    rng = random.Random(3)
    one, now = learnt(rng)
    for i in range(3):
        told(one, now + 2 * i * HOUR, about(rng, WINDOW - 1, 1.0), conversation="c")
        found = told(one, now + (2 * i + 1) * HOUR, about(rng, WINDOW - 1))
    assert (found or 0.0) < LOUD


def test_windows_that_are_new_teach_nothing_until_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(4)
    one, now = learnt(rng)
    monkeypatch.setattr(topic, "PATIENCE", 10)
    monkeypatch.setattr(topic, "LESSON", WINDOW // 2)
    found = [told(one, now + i * HOUR, about(rng, WINDOW, 1.0)) or 0.0 for i in range(40)]
    assert min(found[1:10]) > LOUD, "still new"
    assert found[-1] < LOUD, "by now it is usual"


def test_topics_go_on_where_the_snapshot_was_taken() -> None:
    rng = random.Random(5)
    one, now = learnt(rng)
    told(one, now, about(rng, WINDOW // 2, 1.0))
    other = Topics()
    other.restore(one.snapshot())
    rest = about(rng, WINDOW, 1.0)
    assert told(other, now + HOUR, rest) == told(one, now + HOUR, rest)
    assert other.snapshot() == one.snapshot()


def test_a_sketch_is_small_whatever_the_text_and_knows_scripts_without_blanks() -> None:
    long = " ".join(f"word{i}" for i in range(5_000))
    one, other, kanji, again = sketches(packed([long, long + " more", "水泵漏水了怎么办", "水泵漏水了怎么办"]))
    assert len(one) <= 2 * MOST
    assert len(set(one) & set(other)) > 0
    assert kanji == again != b""
