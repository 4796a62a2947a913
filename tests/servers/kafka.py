"""A Kafka 4.1 broker that is its own controller; jars come by Maven once, into a cache."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

from tests.servers.process import NotUpError, Server, free_port, program

VERSION = "4.1.0"
LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>aiops.test</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
  </dependencies>
</project>
"""


def cache() -> Path:
    return Path(os.environ.get("AIOPS_TEST_CACHE", Path.home() / ".cache" / "aiops"))


def jars() -> Path:
    """The folder of the broker's jars; two processes may ask at once."""
    folder = cache() / f"kafka-{VERSION}"
    if folder.is_dir():
        return folder
    cache().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache()) as name:
        work = Path(name)
        (work / "pom.xml").write_text(POM)
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={work / 'jars'}"]
        subprocess.run([program("mvn"), "-q", "-B", *goal], cwd=work, check=True, capture_output=True, timeout=900)
        try:
            (work / "jars").rename(folder)
        except OSError:  # somebody else was faster
            shutil.rmtree(work / "jars")
    return folder


class Kafka(Server):
    """Topics are made explicitly unless `auto_create`; messages up to 16 MiB."""

    name = "kafka"

    def __init__(self, folder: Path, *, auto_create: bool = False) -> None:
        self._auto_create = auto_create
        super().__init__(folder)

    def command(self) -> list[str]:
        controller = free_port()
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": str(self.folder / "data"),
            "log.retention.ms": "-1",
            "message.max.bytes": str(LARGEST_MESSAGE_BYTES),
            "offsets.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "2",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "transaction.state.log.num.partitions": "2",
            "group.initial.rebalance.delay.ms": "0",
            "auto.create.topics.enable": str(self._auto_create).lower(),
        }
        file = self.folder / "server.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        java = [program("java"), "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", f"{jars()}/*"]
        # An identity that began with a dash would be taken for an option.
        identity = "a" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        tool = [*java, "kafka.tools.StorageTool", "format", "-t", identity, "-c", str(file)]
        done = subprocess.run(tool, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        if done.returncode:
            raise NotUpError(f"kafka storage format: {done.stdout}{done.stderr}")
        return [*java, "kafka.Kafka", str(file)]
