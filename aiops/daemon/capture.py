"""Drives sources into a recording folder: `aiops record`. Decodes, and detects nothing."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from aiops.config import Config, component
from aiops.daemon.assemble import stated_edges
from aiops.daemon.feeder import QUEUE_BATCHES, Feeder
from aiops.decode.route import decode
from aiops.decode.series import SeriesTable
from aiops.errors import TemporaryError
from aiops.ingest.source import SourceContext
from aiops.recording import Writer
from aiops.types import Records


class Capture:
    """Live sources, written down as they come.

    Parameters
    ----------
    target : a new folder.
    """

    def __init__(self, config: Config, target: Path) -> None:
        self._config, self._target = config, target
        self._tables: dict[str, SeriesTable] = {}
        self.samples, self.events, self.refused = 0, 0, 0

    def run(self, seconds: float, stop: Callable[[], bool], progress: Callable[[float], None]) -> None:
        """Capture for a while, or until `stop`.

        Raises
        ------
        TemporaryError : no source gave anything, with what each said.
        """
        inbox: queue.Queue[list[Records]] = queue.Queue(QUEUE_BATCHES)
        with TemporaryDirectory() as folder, Writer(self._target) as writer:
            feeders = self._feeders(Path(folder), inbox)
            for feeder in feeders:
                feeder.start()
            self._drain(inbox, {one.name: one for one in feeders}, writer, seconds, stop, progress)
            for feeder in feeders:
                feeder.stop()
            for feeder in feeders:
                feeder.join(5.0)
            writer.edges(stated_edges(self._config))
        if not self.samples and not self.events:
            said = "; ".join(f"{one.name}: {one.status().detail or 'nothing came'}" for one in feeders)
            raise TemporaryError(f"nothing was captured: {said or 'no sources are configured'}")

    def _feeders(self, folder: Path, inbox: queue.Queue[list[Records]]) -> list[Feeder]:
        made = []
        for name, settings in self._config.sources.items():
            kind, checked = component("aiops.sources", settings, path=f"sources.{name}")
            log = structlog.get_logger().bind(source=name)
            source = kind(name, checked, SourceContext(folder / name, self._config.step, log=log, clock=time.time))
            made.append(Feeder(name, source, {}, inbox, log))
        return made

    def _drain(
        self,
        inbox: queue.Queue[list[Records]],
        feeders: Mapping[str, Feeder],
        writer: Writer,
        seconds: float,
        stop: Callable[[], bool],
        progress: Callable[[float], None],
    ) -> None:
        began = time.monotonic()
        while not stop() and (passed := time.monotonic() - began) < seconds:
            progress(passed / seconds)
            try:
                batches = inbox.get(timeout=0.2)
            except queue.Empty:
                continue
            for records in batches:
                self._write(records, writer)
                feeders[records.partition.partition("/")[0]].taken(records)
        progress(1.0)

    def _write(self, records: Records, writer: Writer) -> None:
        table = self._tables.setdefault(records.partition, SeriesTable())
        decoded = decode(records, table, time.time())
        writer.samples(decoded.samples, table.labels, table.kind.tolist())
        writer.events(event for _, event in decoded.events)
        self.samples += len(decoded.samples)
        self.events += len(decoded.events)
        self.refused += sum(one.count for one in decoded.rejected)
