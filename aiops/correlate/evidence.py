"""Findings that page nobody, kept by entity: what else is known when an incident is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from aiops.correlate import group
from aiops.types import Finding


class Evidence:
    """Findings that opened nothing."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._about: dict[str, dict[group.Key, Finding]] = defaultdict(dict)
        self._stretches: dict[group.Place, dict[float, Finding]] = defaultdict(dict)
        for one in findings:
            self.put(one)

    def __iter__(self) -> Iterator[Finding]:
        """In canonical order."""
        return iter(sorted((one for some in self._about.values() for one in some.values()), key=group.order))

    def put(self, finding: Finding) -> None:
        """Hold a finding, or its end in place of its beginning."""
        key = group.key(finding)
        known = self._about[finding.entity].get(key)
        new = finding if known is None else group.renewed(known, finding)
        self._about[finding.entity][key] = self._stretches[group.place(finding)][finding.started] = new

    def stretches(self, place: group.Place) -> list[Finding]:
        """Findings about a series."""
        return list(self._stretches.get(place, {}).values())

    def between(self, begin: float, end: float, entities: Collection[str]) -> list[Finding]:
        """Findings that began from `begin` to `end` and are about one of `entities`, in canonical order."""
        fewer, more = sorted((entities, self._about.keys()), key=len)
        about = (one for entity in fewer if entity in more for one in self._about[entity].values())
        return sorted((one for one in about if begin <= one.started <= end), key=group.order)

    def forget(self, old: float) -> None:
        """Drop what ended before `old`."""
        for entity in list(self._about):
            gone = [one for one in self._about[entity].values() if one.ended is not None and one.ended <= old]
            for one in gone:
                del self._about[entity][group.key(one)], self._stretches[group.place(one)][one.started]
                if not self._stretches[group.place(one)]:
                    del self._stretches[group.place(one)]
            if not self._about[entity]:
                del self._about[entity]
