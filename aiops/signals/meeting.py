"""Requests and responses that lie on two topics, as of Seldon Core or KServe, and so on two partitions.

Each half is counted where it is: features with the request, answers with the response. What needs both is what
features have to do with answers (`association`), which a few thousand rows teach. So a response that finds no request
where it is is offered to the partitions that hold requests of its model, and joins there `APART_SECONDS` of event time
later. So far may the partitions be apart: nearer, the same rows join in the same step however records were batched.

Bounded: the earliest requests and offers wait, further ones are let pass until there is room.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from aiops.signals.joins import RowJoin
from aiops.types import Prediction

APART_SECONDS = 60.0
WAITING = 2_000
OFFERS = 10_000


class Meeting:
    """Requests of one partition that wait for responses of others."""

    def __init__(self) -> None:
        self._requests = RowJoin("apart", WAITING)
        self._offers: list[Prediction] = []

    def wait(self, request: Prediction) -> None:
        """Remember a request, if there is room."""
        if len(self._requests) < WAITING:
            self._requests.wait(request)

    def leave(self, model: str, row: str) -> None:
        """A request was answered where it is."""
        self._requests.take(model, row)

    def offer(self, responses: Iterable[Prediction]) -> None:
        """Remember responses of other partitions, as far as there is room."""
        for response in responses:
            if len(self._offers) < OFFERS:
                self._offers.append(response)

    def met(self, end: float) -> list[Prediction]:
        """Rows whose halves are both old enough when a step ends at `end`, in order of time; they are forgotten."""
        due = [one for one in self._offers if one.timestamp + APART_SECONDS < end]
        if due:
            self._offers = [one for one in self._offers if one.timestamp + APART_SECONDS >= end]
        found = []
        for response in sorted(due, key=lambda one: (one.timestamp, one.model, one.id)):
            request = self._requests.take(response.model, response.id)
            if request is not None:
                version = response.version or request.version
                found.append(msgspec.structs.replace(response, features=request.features, version=version))
        self._requests.forget(end - 2.0 * APART_SECONDS)
        return found

    def snapshot(self) -> dict[str, bytes]:
        """State as named parts."""
        return self._requests.snapshot() | {"offers": msgspec.msgpack.encode(self._offers)}

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Take over what `snapshot` gave."""
        self._requests = RowJoin("apart", WAITING)
        self._requests.restore(parts)
        self._offers = msgspec.msgpack.decode(parts["offers"], type=list[Prediction]) if "offers" in parts else []
