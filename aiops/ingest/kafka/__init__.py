"""The Kafka source: `source` (positions, health), `fetch` (hook into kafka-python), `batch` and `kernels` (bytes)."""
