"""Log lines as counts."""

from __future__ import annotations

from aiops.signals.emitted import Emitted, key
from aiops.signals.logs import LEARNING_SECONDS, MOST_SERIES, LogSignal
from aiops.types import LogRecord

STEP = 15.0


def line(body: str, severity: str = "INFO", entity: str = "web", host: str = "") -> LogRecord:
    return LogRecord(timestamp=0.0, entity=entity, body=body, severity=severity, host=host)


def total(emitted: Emitted, metric: str, **labels: str) -> float:
    wanted = labels.items()
    found = [(dict(pairs).items(), value) for (name, pairs), value in emitted.values.items() if name == metric]
    return sum(value for pairs, value in found if wanted <= pairs)


def learnt(signal: LogSignal, *bodies: str) -> float:
    """Feed the bodies for the hour of learning; the next step."""
    step = 0.0
    while step <= LEARNING_SECONDS:
        signal.close(step, [line(body) for body in bodies])
        step += 300.0
    return step


def test_lines_are_counted_by_service_host_and_severity() -> None:
    emitted = LogSignal(STEP).close(0.0, [line("a 1"), line("a 2"), line("b", "ERROR", host="h1")])
    assert emitted.values[key("log_lines", {"service_name": "web", "severity": "INFO"})] == 2
    assert emitted.values[key("log_lines", {"service_name": "web", "severity": "ERROR", "host_name": "h1"})] == 1


def test_a_template_carries_its_highest_severity() -> None:
    signal = LogSignal(STEP)
    signal.close(0.0, [line("failed 1", "WARN")])
    emitted = signal.close(STEP, [line("failed 2", "FATAL"), line("failed 3", "INFO")])
    assert total(emitted, "log_template_lines", severity="ERROR") == 2
    assert total(emitted, "log_template_lines", severity="WARN") == 0


def test_the_text_of_a_template_can_be_asked_for() -> None:
    signal = LogSignal(STEP)
    emitted = signal.close(0.0, [line("order 5 paid")])
    ((template, text),) = emitted.texts.items()
    assert text == signal.text(template) == "order <*> paid"
    assert signal.text("ffffffff") == ""


def test_silence_is_zero_for_an_hour_and_then_nothing() -> None:
    signal = LogSignal(STEP)
    signal.close(0.0, [line("a")])
    assert total(signal.close(3600.0, []), "log_lines") == 0.0
    assert key("log_lines", {"service_name": "web", "severity": "INFO"}) in signal.close(3600.0, []).values
    assert not signal.close(3615.0, []).values


def test_nothing_is_new_in_the_first_hour() -> None:
    signal = LogSignal(STEP)
    found = [signal.close(step, [line(f"{'xyz'[i]} began")]) for i, step in enumerate((0.0, 900.0, 3585.0))]
    assert all(total(emitted, "log_new_templates") == total(emitted, "log_rare_lines") == 0 for emitted in found)


def test_a_template_is_new_once_after_the_first_hour() -> None:
    signal = LogSignal(STEP)
    step = learnt(signal, "request 7 served")
    first = signal.close(step, [line("out of memory, killed process 7", "ERROR")] * 3)
    assert total(first, "log_new_templates", severity="ERROR") == 1
    assert total(first, "log_rare_lines") == 3
    second = signal.close(step + STEP, [line("out of memory, killed process 8", "ERROR")])
    assert total(second, "log_new_templates") == 0
    assert total(second, "log_rare_lines") == 1


def test_what_became_common_is_not_rare() -> None:
    signal = LogSignal(STEP)
    step = learnt(signal, "request 7 served")
    for i in range(6):
        signal.close(step + i * STEP, [line("cache is cold")])
    assert total(signal.close(step + 6 * STEP, [line("cache is cold")]), "log_rare_lines") == 0
    assert total(signal.close(step + 20 * 86_400, [line("cache is cold")]), "log_rare_lines") == 1


def test_one_more_word_in_a_known_place_is_no_new_template() -> None:
    signal = LogSignal(STEP)
    step = learnt(signal, "session of ann was opened")
    for i, user in enumerate(("bob", "cy", "dan", "eve")):
        emitted = signal.close(step + i * STEP, [line(f"session of {user} was opened")])
        assert total(emitted, "log_new_templates") == 0


def test_a_service_that_logs_what_another_is_known_for_has_news() -> None:
    signal = LogSignal(STEP)
    step = learnt(signal, "request 7 served")
    signal.close(step, [line("hello there", entity="db")])
    later = step + LEARNING_SECONDS
    emitted = signal.close(later, [line("request 9 served", entity="db")])
    assert total(emitted, "log_new_templates", service_name="db") == 1


def test_past_the_cap_templates_are_counted_together() -> None:
    signal = LogSignal(STEP)
    words = [f"{'ghijklmn'[i % 8]}{'ghijklmn'[i // 8 % 8]}{'ghijklmn'[i // 64 % 8]}" for i in range(512)]
    bodies = [f"{a}{b} began" for a in words for b in words[:10]]
    signal.close(0.0, [line(body) for body in bodies[:MOST_SERIES]])
    emitted = signal.close(STEP, [line(body) for body in bodies[MOST_SERIES : MOST_SERIES + 50]])
    assert total(emitted, "log_template_lines", template="other") == 50
    assert total(emitted, "log_lines") == 50


def regular(signal: LogSignal, step: float, count: int, *bodies: str) -> float:
    """Feed the bodies in every step for `count` steps; the next step."""
    for _ in range(count):
        signal.close(step, [line(body) for body in bodies])
        step += STEP
    return step


def vanished(signal: LogSignal, step: float, count: int, *bodies: str) -> list[float]:
    """Steps from `step` on in which something vanished, while only the bodies are logged."""
    steps = [step + i * STEP for i in range(count)]
    return [
        at for at in steps if total(signal.close(at, [line(body) for body in bodies]), "log_vanished_templates") > 0
    ]


def test_what_came_regularly_and_stays_away_is_told_once() -> None:
    signal = LogSignal(STEP)
    step = regular(signal, 0.0, 60, "request 7 served", "cache refreshed")
    assert vanished(signal, step, 100, "request 8 served") == [step - STEP + 300.0]
    assert "cache refreshed" in signal.example("increase(log_vanished_templates[1m])", "web")


def test_what_comes_back_may_vanish_again_but_only_after_longer_than_before() -> None:
    signal = LogSignal(STEP)
    step = regular(signal, 0.0, 60, "request 7 served", "cache refreshed")
    assert len(vanished(signal, step, 40, "request 8 served")) == 1
    step = regular(signal, step + 40 * STEP, 60, "request 7 served", "cache refreshed")
    assert vanished(signal, step, 120, "request 8 served") == []
    assert len(vanished(signal, step + 120 * STEP, 20, "request 8 served")) == 1


def test_what_came_seldom_and_a_service_that_fell_silent_as_a_whole_tell_of_nothing_vanished() -> None:
    signal = LogSignal(STEP)
    step = regular(signal, 0.0, 10, "request 7 served", "cache refreshed")
    assert vanished(signal, step, 100, "request 8 served") == []
    silent = LogSignal(STEP)
    step = regular(silent, 0.0, 60, "request 7 served", "cache refreshed")
    assert vanished(silent, step, 100) == []


def test_the_gravest_new_line_is_quoted_with_its_time() -> None:
    signal = LogSignal(STEP)
    step = learnt(signal, "request 7 served")
    signal.close(step, [line("out of memory, killed process 7", "ERROR")])
    signal.close(step + STEP, [line("cache is cold")])
    assert (
        signal.example("increase(log_new_templates[1m])", "web") == "“out of memory, killed process 7” (01:05:00 UTC)"
    )
    assert signal.example("increase(log_new_templates[1m])", "db") == ""
    assert signal.example("increase(log_lines[1m])", "web") == ""
    signal.close(step + 3600.0 + STEP, [line("cache is warm again")])
    assert "warm" in signal.example("increase(log_new_templates[1m])", "web")


def test_a_stack_trace_is_one_template_however_deep_it_lies() -> None:
    signal = LogSignal(STEP)
    frames = "\n\tat com.acme.Cart.add(Cart.java:17)" + "\n\tat com.acme.Main.run(Main.java:5)" * 3
    step = learnt(signal, "java.lang.NullPointerException: x" + frames)
    emitted = signal.close(step, [line("java.lang.NullPointerException: x" + frames * 2, "ERROR")])
    assert total(emitted, "log_new_templates") == 0
    assert set(emitted.texts.values()) <= {"java.lang.NullPointerException at Cart.add (Cart.java)"}


def test_a_restored_signal_tells_the_same_news() -> None:
    first = LogSignal(STEP)
    step = regular(first, 0.0, 250, "request 7 served", "cache refreshed")
    first.close(step, [line("disk is full", "ERROR")])
    second = LogSignal(STEP)
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    signal = "increase(log_new_templates[1m])"
    assert second.example(signal, "web") == first.example(signal, "web") != ""
    step += STEP
    assert vanished(second, step, 40, "request 8 served") == vanished(first, step, 40, "request 8 served") != []
    assert second.snapshot() == first.snapshot()
