"""Once, then edits, then the end."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.respond.dispatch import DispatchState, conversation, dispatch, next_due
from aiops.respond.mute import Muting
from aiops.respond.route import RouteNode, match_all
from aiops.types import Incident, Notification, Silence
from tests.respond.incident import finding, incident

ROUTE = RouteNode("oncall", 20.0, 3_600.0)
ALL = Silence("s1", (("entity", "=~", ".+"),), 0.0, 1e12)


class Told:
    """Drives dispatch through time."""

    def __init__(self, route: RouteNode = ROUTE) -> None:
        self.state, self.route = DispatchState(), route

    def at(self, now: float, *incidents: Incident, **more: object) -> list[tuple[str, str]]:
        return [(one.action, one.suppressed_by) for one in self.notifications(now, *incidents, **more)]

    def notifications(
        self, now: float, *incidents: Incident, silences: tuple[Silence, ...] = (), aliases: object = None
    ) -> list[Notification]:
        self.state, said = dispatch(
            self.state, incidents, Muting(silences), self.route, now, aliases=aliases  # type: ignore[arg-type]
        )  # fmt: skip
        return said


def test_nothing_is_said_before_group_wait_is_over_and_one_message_after() -> None:
    told = Told()
    assert told.at(0.0, incident()) == []
    assert next_due(told.state, 0.0) == 20.0
    assert told.at(19.0, incident()) == []
    assert told.at(20.0, incident()) == [("open", "")]
    assert told.at(21.0, incident()) == []


def test_a_change_within_the_wait_is_part_of_the_first_message() -> None:
    told = Told()
    told.at(0.0, incident())
    assert told.at(10.0, incident(title="worse")) == []
    assert told.at(20.0, incident(title="worse")) == [("open", "")]
    assert told.at(25.0, incident(title="worse")) == []


def test_a_change_of_what_is_shown_is_an_edit_at_once_and_a_change_of_digits_is_none() -> None:
    told = Told(RouteNode("oncall", 0.0, 3_600.0))
    told.at(0.0, incident())
    assert told.at(1.0, incident(findings=(finding(value=0.2500001, surprise=11.0),))) == []
    assert told.at(2.0, incident(severity="warn")) == [("update", "")]
    assert told.at(3.0, incident(severity="warn")) == []


def test_an_incident_that_ends_within_its_wait_is_told_once_as_resolved() -> None:
    told = Told()
    told.at(0.0, incident())
    assert told.at(5.0, incident(status="resolved")) == [("resolve", "")]
    assert told.at(30.0, incident(status="resolved")) == []


def test_the_end_is_told_once_and_feedback_after_it_is_an_edit() -> None:
    told = Told(RouteNode("oncall", 0.0, 3_600.0))
    told.at(0.0, incident())
    assert told.at(1.0, incident(status="resolved")) == [("resolve", "")]
    assert told.at(9_000.0, incident(status="resolved")) == []
    assert told.at(9_001.0, incident(status="resolved", feedback="false")) == [("update", "")]


def test_it_is_said_again_after_the_interval_unless_somebody_took_it() -> None:
    told = Told(RouteNode("oncall", 0.0, 100.0))
    told.at(0.0, incident())
    assert told.at(99.0, incident()) == []
    assert told.at(100.0, incident()) == [("repeat", "")]
    assert told.at(150.0, incident(status="acknowledged", acknowledged_by="ada")) == [("update", "")]
    assert told.at(300.0, incident(status="acknowledged", acknowledged_by="ada")) == []


def test_one_that_fires_again_after_its_end_pages_in_its_thread() -> None:
    told = Told(RouteNode("oncall", 0.0, 3_600.0))
    told.at(0.0, incident())
    told.at(1.0, incident(status="resolved"))
    again = told.notifications(2.0, incident())
    assert [one.action for one in again] == ["repeat"]
    assert conversation(again[0]) == "oncall/i1"


def test_a_silence_holds_the_page_back_once_on_record_and_its_end_lets_it_out() -> None:
    told = Told(RouteNode("oncall", 0.0, 3_600.0))
    assert told.at(0.0, incident(), silences=(ALL,)) == [("open", "s1")]
    assert told.at(1.0, incident(title="worse"), silences=(ALL,)) == []
    assert told.at(2.0, incident()) == [("open", "")]


def test_one_muted_to_its_end_is_never_told_but_pages_if_it_comes_back() -> None:
    told = Told(RouteNode("oncall", 0.0, 3_600.0))
    assert told.at(0.0, incident(), silences=(ALL,)) == [("open", "s1")]
    assert told.at(1.0, incident(status="resolved"), silences=(ALL,)) == []
    assert told.at(2.0, incident(status="resolved", feedback="true")) == []
    assert told.at(3.0, incident()) == [("open", "")]


def test_a_silence_stops_reminders_but_not_the_end_of_what_was_told() -> None:
    told = Told(RouteNode("oncall", 0.0, 100.0))
    told.at(0.0, incident())
    assert told.at(100.0, incident(), silences=(ALL,)) == [("repeat", "s1")]
    assert told.at(101.0, incident(), silences=(ALL,)) == []
    assert told.at(200.0, incident(), silences=(ALL,)) == [("repeat", "s1")]
    assert told.at(201.0, incident(status="resolved"), silences=(ALL,)) == [("resolve", "")]


def test_a_new_id_goes_on_in_the_same_conversation() -> None:
    told = Told(RouteNode("oncall", 0.0, 3_600.0))
    first = told.notifications(0.0, incident("i2"))
    later = told.notifications(1.0, incident("i1"), aliases={"i1": ["i2"]})
    end = told.notifications(2.0, incident("i1", status="resolved"), aliases={"i1": ["i2"]})
    assert [one.action for one in first + later + end] == ["open", "update", "resolve"]
    assert {conversation(one) for one in first + later + end} == {"oncall/i2"}
    assert [one.incident_id for one in first + later + end] == ["i2", "i1", "i1"]


def test_of_two_told_incidents_that_become_one_both_messages_end_and_one_reminds() -> None:
    told = Told(RouteNode("oncall", 0.0, 100.0))
    told.at(0.0, incident("a"), incident("b"))
    aliases = {"a": ["b"]}
    told.at(1.0, incident("a"), aliases=aliases)
    reminders = told.notifications(101.0, incident("a"), aliases=aliases)
    assert [(conversation(one), one.action) for one in reminders] == [("oncall/a", "repeat")]
    ends = told.notifications(102.0, incident("a", status="resolved"), aliases=aliases)
    assert [(conversation(one), one.action) for one in ends] == [("oncall/a", "resolve"), ("oncall/b", "resolve")]


def test_of_an_incident_that_was_merged_and_is_two_again_each_goes_on_in_its_own_conversation() -> None:
    told = Told(RouteNode("oncall", 0.0, 100.0))
    told.at(0.0, incident("a"), incident("b"))
    told.at(1.0, incident("a"), aliases={"a": ["b"]})
    again = told.notifications(2.0, incident("a"), incident("b", title="another"), aliases={"a": []})
    assert [(conversation(one), one.action, one.incident_id) for one in again] == [("oncall/b", "update", "b")]
    ends = told.notifications(3.0, incident("a"), incident("b", status="resolved"), aliases={"a": []})
    assert [(conversation(one), one.action, one.incident_id) for one in ends] == [("oncall/b", "resolve", "b")]


def test_who_was_told_hears_of_the_end_although_the_route_now_leads_elsewhere() -> None:
    children = (RouteNode("hook", matchers=match_all({"world": "llm"})),)
    told = Told(RouteNode("oncall", 0.0, 100.0, routes=children))
    told.at(0.0, incident())
    grown = incident(worlds=("it", "llm"))
    assert [(one.receiver, one.action) for one in told.notifications(1.0, grown)] == [
        ("hook", "open"),
        ("oncall", "update"),
    ]
    ended = told.notifications(2.0, replace(incident(status="resolved"), worlds=("it", "llm")))
    assert [(one.receiver, one.action) for one in ended] == [("hook", "resolve"), ("oncall", "resolve")]


def test_state_survives_json() -> None:
    told = Told()
    told.at(0.0, incident())
    again = msgspec.json.decode(msgspec.json.encode(told.state), type=DispatchState)
    assert again == told.state


MOMENTS = st.lists(
    st.tuples(
        st.floats(0.5, 60.0),
        st.sampled_from(["firing", "acknowledged", "resolved"]),
        st.sampled_from(["calm", "worse"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


@given(MOMENTS)
def test_whatever_happens_a_thread_opens_at_most_once_and_never_ends_twice_in_a_row(
    moments: list[tuple[float, str, str, bool]],
) -> None:
    told, now, sent = Told(RouteNode("oncall", 20.0, 90.0)), 0.0, []
    for pause, status, title, muted in moments:
        now += pause
        said = told.notifications(now, incident(status=status, title=title), silences=(ALL,) if muted else ())
        sent += [one.action for one in said if not one.suppressed_by]
        assert len(said) <= 1
    assert Counter(sent)["open"] <= 1
    assert "open" not in sent[1:]
    assert ("resolve", "resolve") not in set(itertools.pairwise(sent))
    assert not sent or sent[0] in ("open", "resolve")


@given(MOMENTS)
def test_telling_the_same_twice_says_nothing_new_and_json_between_steps_changes_nothing(
    moments: list[tuple[float, str, str, bool]],
) -> None:
    told, stored, now = Told(), Told(), 0.0
    for pause, status, title, muted in moments:
        now += pause
        silences = (ALL,) if muted else ()
        one = incident(status=status, title=title)
        first = told.notifications(now, one, silences=silences)
        assert told.notifications(now, one, silences=silences) == []
        stored.state = msgspec.json.decode(msgspec.json.encode(stored.state), type=DispatchState)
        assert stored.notifications(now, one, silences=silences) == first
        assert stored.notifications(now, one, silences=silences) == []


def test_the_order_of_incidents_does_not_matter() -> None:
    one, two = Told(RouteNode("oncall", 0.0)), Told(RouteNode("oncall", 0.0))
    assert one.notifications(0.0, incident("a"), incident("b")) == two.notifications(0.0, incident("b"), incident("a"))


@pytest.mark.parametrize("pause", [0.0, 20.0])
def test_keys_are_unique(pause: float) -> None:
    told, keys = Told(RouteNode("oncall", pause, 30.0)), []
    for second in range(0, 200, 10):
        keys += [one.key for one in told.notifications(float(second), incident(title=f"{second}"))]
    assert len(keys) == len(set(keys)) > 3
