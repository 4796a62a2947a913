"""Runs one service with its web server, from start to leave, and reloads what may be reloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from aiops.config import Config, load, routes
from aiops.daemon import assemble
from aiops.daemon.backend import BUILT_IN, DaemonBackend
from aiops.daemon.feeder import Feeder
from aiops.daemon.warm import warm
from aiops.detect.rule import load_rules
from aiops.errors import ConfigError
from aiops.ingest.push.source import OtlpSource
from aiops.ingest.source import SourceContext

FIXED = tuple(sorted(Config.model_fields.keys() - {"rules", "runbooks", "route", "inhibit"}))
"""Settings that a reload leaves as they are."""


class Host:
    """A service, its threads and its pages.

    Parameters
    ----------
    path : file of the configuration, read again at a reload.
    clock : epoch seconds; wall, or simulated.
    lend : see `assemble.service`.
    """

    def __init__(
        self, config: Config, path: Path | None, clock: Callable[[], float], lend: Mapping[str, Any] | None = None
    ) -> None:
        self.config, self._path = config, path
        self.log = structlog.get_logger().bind(part="daemon")
        self.service = assemble.service(config, clock, lend)
        self.push = self._push()
        self.backend = DaemonBackend(self.service, self.push.inbox)
        self._server: Any = None

    def _push(self) -> OtlpSource:
        """The source behind the HTTP ways in: a configured one, else one of our own."""
        for feeder in self.service.feeders.values():
            if isinstance(feeder.source, OtlpSource):
                return feeder.source
        context = SourceContext(
            self.config.state_dir / "sources" / BUILT_IN, self.config.step, log=self.log, clock=self.service.clock
        )
        source = OtlpSource(BUILT_IN, OtlpSource.Config(), context)
        mine = {k: v for k, v in self.service.positions.items() if k.partition("/")[0] == BUILT_IN}
        self.service.feeders[BUILT_IN] = Feeder(BUILT_IN, source, mine, self.service.inbox, self.log)
        return source

    @property
    def url(self) -> str:
        """Where the pages are, once started."""
        return str(self._server.url) if self._server else ""

    def start(self) -> None:
        """Compile kernels, start threads, open the port.

        Raises
        ------
        ConfigError : the port is taken, or would be open to strangers.
        """
        from aiops.web.app import build
        from aiops.web.server import serve

        self.log.info("starting", state_dir=str(self.config.state_dir), rules=len(self.service.pipeline.settings.rules))
        host, _, port = self.config.web.listen.rpartition(":")
        self._server = serve(build(self.backend, self.config.web), host.strip("[]"), int(port))
        if int(port) == 0:  # any free port: `aiops silence` and the like must find it
            (self.config.state_dir / "listen").write_text(self.url.partition("://")[2])
        self._warm()
        if self.service.courier is not None:
            self.service.courier.start()
        for feeder in self.service.feeders.values():
            feeder.start()
        self.log.info("started", pages=self.url, sources=sorted(self.service.feeders))

    def _warm(self) -> None:
        """Load or compile every kernel before the first record, not in the middle of it."""
        warm(self.service.pipeline.settings)

    def run(self) -> None:
        """Start, loop, leave."""
        try:
            self.start()
            self.service.run()
        finally:
            self.close()

    def stop(self) -> None:
        """Ask to leave; from a signal handler."""
        self.service.stop()

    def close(self) -> None:
        """Give back port, files and lock."""
        if self._server is not None:
            self._server.stop()
            (self.config.state_dir / "listen").unlink(missing_ok=True)
        self.service.keeper.ring.close()
        self.service.keeper.store.close()

    def reload(self) -> None:
        """Read rules, runbooks and routes again on the main thread; a bad file is refused and nothing changes."""
        self.service.request_reload(self._reload)

    def _reload(self) -> None:
        if self._path is None:
            return
        try:
            config = self._reloaded(load(self._path))
            rules = load_rules(config.rules)
            policy = assemble.policy(config)
            self.service.replace(assemble.settings_of(config, rules), policy)
        except ConfigError as error:
            self.log.error("reload_refused", error=str(error))
            return
        self.log.info("reloaded", rules=len(rules), runbooks=len(policy.runbooks))

    def _reloaded(self, read: Config) -> Config:
        """What we run with, under the rules, runbooks and routes of `read`: state counts in steps, workers are fixed.

        Raises
        ------
        ConfigError : a route names a receiver that only a restart would start.
        """
        asked = read.model_copy(update={name: getattr(self.config, name) for name in FIXED})
        if waiting := sorted(name for name in FIXED if getattr(read, name) != getattr(self.config, name)):
            self.log.warning("restart_needed", settings=waiting, note="a reload leaves these as they are")
        named = {route.receiver for route in routes(asked.route) if route.receiver}
        if unknown := sorted(named - asked.receivers.keys()):
            raise ConfigError("a new receiver starts with a restart", file=str(self._path), path="route", value=unknown)
        return asked
