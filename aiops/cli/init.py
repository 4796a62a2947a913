"""`aiops init`: a configuration that fits what is there."""

from __future__ import annotations

from pathlib import Path

import click

from aiops.cli.option import DEFAULT_CONFIG

OWN = "# what aiops wrote; every setting that is missing has a stated default, see docs/reference.md\n"


@click.command()
@click.option("--prometheus", metavar="URL", help="Such as http://127.0.0.1:9090.")
@click.option("--kafka", metavar="HOST:PORT", help="Such as 127.0.0.1:9092.")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=DEFAULT_CONFIG, show_default=True)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def command(prometheus: str | None, kafka: str | None, out: Path, force: bool) -> None:
    """Look at what is there and write a commented aiops.yaml that fits it.

    Example: aiops init --prometheus http://127.0.0.1:9090 --kafka 127.0.0.1:9092
    """
    if not prometheus and not kafka:
        raise click.UsageError("name at least one: --prometheus URL or --kafka HOST:PORT")
    if out.exists() and not force:
        raise click.UsageError(f"{out} exists; --force writes over it, --out names another file")
    if prometheus and not prometheus.startswith(("http://", "https://")):
        raise click.UsageError(f"--prometheus: write http://HOST:PORT or https://HOST (got {prometheus!r})")
    if kafka and "://" in kafka:
        raise click.UsageError(f"--kafka: write HOST:PORT (got {kafka!r})")
    sources = [_prometheus(prometheus)] if prometheus else []
    sources += [_kafka(kafka)] if kafka else []
    out.write_text(_document("".join(sources)))
    click.echo(f"{out} written. Next: aiops check -c {out}, then aiops run -c {out}")


def _prometheus(url: str) -> str:
    from aiops.ingest.prometheus import discover

    found = discover(url)
    jobs = ", ".join(f"{name}" for name in list(found.jobs)[:8])
    click.echo(f"Prometheus {found.version}: {found.series} series, jobs {jobs or 'none yet'}", err=True)
    kept = found.retention_seconds
    days = 14 if kept is None else max(1, min(14, int(kept // 86_400)))
    lines = [
        f"  # {found.series} series of the jobs: {jobs or 'none yet'}",
        "  prom:",
        "    type: prometheus",
        f"    url: {url}",
        "    select: ['{job=~\".+\"}']",
        f"    history: {days}d  # read once, so that season and level are known from the start",
    ]
    return "\n".join(lines) + "\n"


def _kafka(address: str) -> str:
    from aiops.ingest.kafka.discovery import topics

    found = topics(address)
    click.echo(f"Kafka: {len(found)} topics", err=True)
    named = "\n".join(f"      - {name}" for name in found) or "      # none there yet: name yours"
    lines = [
        "  bus:",
        "    type: kafka",
        f"    bootstrap_servers: [{address}]",
        "    topics:  # the format of each is told from its bytes; fix it with {name, format}",
        named,
        "    group_id: aiops",
    ]
    return "\n".join(lines) + "\n"


def _document(sources: str) -> str:
    return f"""{OWN}
budget: {{false_pages_per_week: 2}}   # thresholds follow from it
step: 15s
state_dir: aiops-state
sources:
{sources}
rules: [it, model, llm]

receivers:
  pages: {{type: file, path: pages.ndjson}}
  # oncall:
  #   type: slack
  #   channel: C012345
  #   token: "${{SLACK_BOT_TOKEN}}"
  #   signing_secret: "${{SLACK_SIGNING_SECRET}}"
route: {{receiver: pages, group_wait: 20s, repeat_interval: 4h}}

runbooks: {{mode: dry_run}}   # off | dry_run | approve | auto
web: {{listen: 127.0.0.1:8787}}
"""
