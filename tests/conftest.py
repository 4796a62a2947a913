"""What every test may ask for."""

from tests.servers.fixtures import alertmanager, kafka, node_exporter, own_kafka, prometheus

__all__ = ["alertmanager", "kafka", "node_exporter", "own_kafka", "prometheus"]
