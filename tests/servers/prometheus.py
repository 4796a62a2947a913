"""Prometheus, its node exporter and Alertmanager, as Debian packages them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.process import Server, answers, program


class Prometheus(Server):
    """Scrapes itself and `targets` (job -> addresses); takes remote-write too."""

    name = "prometheus"

    def __init__(
        self,
        folder: Path,
        targets: Mapping[str, Sequence[str]] | None = None,
        *,
        interval: str = "1s",
        alertmanager: str = "",
        rules: str = "",
    ) -> None:
        self._targets, self._interval = dict(targets or {}), interval
        self._alertmanager, self._rules = alertmanager, rules
        super().__init__(folder)

    def command(self) -> list[str]:
        jobs = {"prometheus": [self.address], **self._targets}
        config = {
            "global": {"scrape_interval": self._interval, "evaluation_interval": self._interval},
            "scrape_configs": [
                {"job_name": job, "static_configs": [{"targets": list(addresses)}]} for job, addresses in jobs.items()
            ],
        }
        if self._rules:
            (self.folder / "rules.yml").write_text(self._rules)
            config["rule_files"] = [str(self.folder / "rules.yml")]
        if self._alertmanager:
            config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [self._alertmanager]}]}]}
        file = self.folder / "prometheus.yml"
        file.write_text(json.dumps(config))  # JSON is YAML
        return [
            program("prometheus"),
            f"--config.file={file}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address={self.address}",
            "--web.enable-remote-write-receiver",
        ]

    def ready(self) -> bool:
        return answers(f"{self.url}/-/ready")


class NodeExporter(Server):
    """Only what does not depend on how busy this machine is."""

    name = "node_exporter"

    def command(self) -> list[str]:
        collectors = [f"--collector.{name}" for name in ("uname", "time", "filefd", "filesystem", "meminfo", "cpu")]
        node = program("prometheus-node-exporter", "node_exporter")
        return [node, f"--web.listen-address={self.address}", "--collector.disable-defaults", *collectors]

    def ready(self) -> bool:
        return answers(f"{self.url}/metrics")


class Alertmanager(Server):
    """Sends every alert to one webhook, quickly."""

    name = "alertmanager"

    def __init__(self, folder: Path, webhook: str = "http://127.0.0.1:9/") -> None:
        self._webhook = webhook
        super().__init__(folder)

    def command(self) -> list[str]:
        config = {
            "route": {"receiver": "hook", "group_wait": "1s", "group_interval": "2s"},
            "receivers": [{"name": "hook", "webhook_configs": [{"url": self._webhook}]}],
        }
        file = self.folder / "alertmanager.yml"
        file.write_text(json.dumps(config))
        return [
            program("prometheus-alertmanager", "alertmanager"),
            f"--config.file={file}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",
        ]

    def ready(self) -> bool:
        return answers(f"{self.url}/-/ready")
