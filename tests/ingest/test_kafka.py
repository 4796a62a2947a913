"""The Kafka source against a real broker."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.structs import TopicPartition

from aiops.errors import TemporaryError
from aiops.ingest.kafka.source import KafkaSource
from aiops.ingest.source import Source, SourceContext
from tests.ingest.kafka_world import Driven, new_topic, widen, write
from tests.servers.kafka import Kafka
from tests.servers.process import free_port

MIB = 1024 * 1024


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"value-%d" % i for i in range(start, start + count)]


def test_it_is_a_source() -> None:
    config = KafkaSource.Config.model_validate({"bootstrap_servers": "127.0.0.1:9", "topics": ["a"]})
    assert isinstance(KafkaSource("bus", config, SourceContext(Path())), Source)


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_every_compression_is_read_from_the_beginning(kafka: Kafka, tmp_path: Path, codec: str | None) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(500), compression_type=codec)
    with Driven(kafka.address, tmp_path, [topic]) as driven:
        driven.until(lambda: len(driven.values()) >= 500)
        assert driven.values() == numbered(500)
        assert driven.positions == {f"bus/{topic}/0": 500}


def test_batches_come_as_columns_not_as_one_object_a_record(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(5_000))
    with Driven(kafka.address, tmp_path, [{"name": topic, "format": "own"}]) as driven:
        driven.until(lambda: len(driven.values()) >= 5_000)
        assert len(driven.records) < 50
        assert {records.format for records in driven.records} == {"own"}


def test_a_restart_goes_on_at_our_positions(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address, 2)
    write(kafka.address, topic, numbered(30), 0)
    write(kafka.address, topic, numbered(20), 1)
    with Driven(kafka.address, tmp_path, [topic]) as first:
        first.until(lambda: len(first.values()) >= 50)
    write(kafka.address, topic, numbered(5, 30), 0)
    with Driven(kafka.address, tmp_path, [topic], first.positions) as second:
        second.until(lambda: len(second.values()) >= 5)
        assert second.values() == numbered(5, 30)


def test_a_position_inside_a_compressed_batch_leaves_its_beginning_out(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(100), compression_type="zstd", linger_ms=500)
    with Driven(kafka.address, tmp_path, [topic], {f"bus/{topic}/0": 42}) as driven:
        driven.until(lambda: len(driven.values()) >= 58)
        assert driven.values() == numbered(58, 42)


def test_a_new_partition_is_found_and_read_from_its_beginning(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(3))
    with Driven(kafka.address, tmp_path, [topic]) as driven:
        driven.until(lambda: len(driven.values()) >= 3)
        widen(kafka.address, topic, 2)
        write(kafka.address, topic, numbered(4), 1)
        driven.until(lambda: len(driven.values(f"bus/{topic}/1")) >= 4)
        assert driven.values(f"bus/{topic}/1") == numbered(4)
        assert driven.values(f"bus/{topic}/0") == numbered(3)


def test_at_end_is_told_once_the_position_equals_the_brokers_end(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address, 2)
    write(kafka.address, topic, numbered(10), 0)
    with Driven(kafka.address, tmp_path, [topic]) as driven:
        assert not driven.source.status().ready
        driven.until(lambda: driven.source.status().ready)
        driven.until(lambda: all(part.at_end for part in driven.source.status().partitions.values()))
        assert set(driven.source.status().partitions) == {f"bus/{topic}/0", f"bus/{topic}/1"}
        assert driven.positions[f"bus/{topic}/0"] == 10


def test_a_pause_of_polling_loses_nothing(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(10))
    with Driven(kafka.address, tmp_path, [topic]) as driven:
        driven.until(lambda: len(driven.values()) >= 10)
        write(kafka.address, topic, numbered(2_000, 10))
        time.sleep(2.0)  # the daemon's queue is full
        driven.until(lambda: len(driven.values()) >= 2_010)
        assert driven.values() == numbered(2_010)
        assert driven.source.status().healthy


class TestHostile:
    def test_a_batch_bomb_is_refused_and_its_neighbours_are_read(self, kafka: Kafka, tmp_path: Path) -> None:
        topic = new_topic(kafka.address)
        write(kafka.address, topic, [b"before"])
        write(kafka.address, topic, [bytes(256 * MIB)], compression_type="zstd", enable_idempotence=False, acks=1)
        write(kafka.address, topic, [b"after"])
        with Driven(kafka.address, tmp_path, [topic]) as driven:
            driven.until(lambda: driven.positions.get(f"bus/{topic}/0") == 3)
            assert driven.values() == [b"before", b"after"]
            assert driven.dropped == {"bomb": 1}
            assert driven.source.status().dropped == {"bomb": 1}

    def test_a_record_of_nearly_16_mib_passes(self, kafka: Kafka, tmp_path: Path) -> None:
        topic = new_topic(kafka.address)
        large = b"x" * (16 * MIB - 1_000)
        write(kafka.address, topic, [b"small"], 0)
        write(kafka.address, topic, [large], enable_idempotence=False)
        with Driven(kafka.address, tmp_path, [topic]) as driven:
            driven.until(lambda: driven.positions.get(f"bus/{topic}/0") == 2)
            assert driven.values() == [b"small", large]

    def test_poison_is_handed_on_as_it_is(self, kafka: Kafka, tmp_path: Path) -> None:
        topic = new_topic(kafka.address)
        poison = [b"", b"\xff" * 100, b"[" * 1_000]
        write(kafka.address, topic, poison)
        with Driven(kafka.address, tmp_path, [topic]) as driven:
            driven.until(lambda: len(driven.values()) >= 3)
            assert driven.values() == poison


def test_transactions_deliver_what_was_committed_only(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    producer = KafkaProducer(bootstrap_servers=kafka.address, transactional_id=f"t-{topic}")
    producer.init_transactions()
    for commit, values in ((True, numbered(3)), (False, [b"never"] * 3), (True, numbered(3, 3))):
        producer.begin_transaction()
        for value in values:
            producer.send(topic, value=value, partition=0)
        producer.flush()
        if commit:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    with Driven(kafka.address, tmp_path, [topic]) as driven:
        driven.until(lambda: len(driven.values()) >= 6)
        driven.until(lambda: driven.source.status().partitions[f"bus/{topic}/0"].at_end)
        assert driven.values() == numbered(6)
        assert driven.positions[f"bus/{topic}/0"] == 12  # three markers are offsets too


def test_records_the_broker_has_deleted_are_counted_as_lost(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(10))
    admin = KafkaAdminClient(bootstrap_servers=kafka.address)
    admin.delete_records({TopicPartition(topic, 0): 7})
    admin.close()
    with Driven(kafka.address, tmp_path, [topic], {f"bus/{topic}/0": 4}) as driven:
        driven.until(lambda: len(driven.values()) >= 3)
        assert driven.values() == numbered(3, 7)
        assert driven.dropped == {"lost": 3}


def test_a_position_beyond_the_end_goes_back_to_the_beginning(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(5))
    with Driven(kafka.address, tmp_path, [topic], {f"bus/{topic}/0": 1_000}) as driven:
        driven.until(lambda: len(driven.values()) >= 5)
        assert driven.values() == numbered(5)
        assert driven.dropped == {"lost": 1}


def test_lag_tools_see_what_we_committed(kafka: Kafka, tmp_path: Path) -> None:
    topic = new_topic(kafka.address)
    write(kafka.address, topic, numbered(8))
    with Driven(kafka.address, tmp_path, [topic], group_id=f"group-{topic}") as driven:
        driven.until(lambda: len(driven.values()) >= 8)
        driven.source.committed({f"bus/{topic}/0": 6, "another/source": 3})
        admin = KafkaAdminClient(bootstrap_servers=kafka.address)
        seen: list[int] = []

        def shown() -> bool:
            offsets = admin.list_group_offsets({f"group-{topic}": None})[f"group-{topic}"]
            seen[:] = [found.offset for tp, found in offsets.items() if tp.topic == topic]
            return seen == [6]

        driven.until(shown)
        admin.close()


class TestAbsence:
    def test_a_missing_topic_is_named_waited_for_and_not_created(self, kafka: Kafka, tmp_path: Path) -> None:
        topic, late = new_topic(kafka.address), new_topic(kafka.address) + "-late"
        write(kafka.address, topic, numbered(2))
        with Driven(kafka.address, tmp_path, [topic, late]) as driven:
            driven.until(lambda: len(driven.values()) >= 2)
            status = driven.source.status()
            assert (status.ready, status.healthy) == (False, True)
            assert late in status.detail
            assert any(late in problem and "create" in problem for problem in driven.source.check())
            write(kafka.address, new_topic(kafka.address, name=late), numbered(3))
            driven.until(lambda: driven.source.status().ready)
            driven.until(lambda: len(driven.values(f"bus/{late}/0")) >= 3)
            assert driven.source.check() == []

    def test_asking_for_a_topic_does_not_create_it(self, tmp_path: Path) -> None:
        broker = Kafka(tmp_path / "auto", auto_create=True)
        with broker, Driven(broker.address, tmp_path, ["not-there"]) as driven:
            for _ in range(5):
                driven.poll(0.3)
            admin = KafkaAdminClient(bootstrap_servers=broker.address)
            assert "not-there" not in str(admin.list_topics())
            admin.close()

    def test_a_broker_that_is_away_at_start_is_a_temporary_error_and_leaves_no_thread(self, tmp_path: Path) -> None:
        settings = {"bootstrap_servers": f"127.0.0.1:{free_port()}", "topics": ["a"]}
        source = KafkaSource("bus", KafkaSource.Config.model_validate(settings), SourceContext(tmp_path))
        before = threading.active_count()
        for _ in range(2):
            with pytest.raises(TemporaryError):
                source.open({})
        assert threading.active_count() == before
        assert not source.status().ready
        assert "bootstrap" in source.check()[0]

    def test_a_broker_that_restarts_is_picked_up_without_loss(self, own_kafka: Kafka, tmp_path: Path) -> None:
        topic = new_topic(own_kafka.address)
        write(own_kafka.address, topic, numbered(100))
        with Driven(own_kafka.address, tmp_path, [topic]) as driven:
            driven.until(lambda: len(driven.values()) >= 100)
            own_kafka.child.kill()
            driven.until(lambda: not driven.source.status().healthy)
            assert not driven.source.status().ready
            own_kafka.start()
            write(own_kafka.address, topic, numbered(100, 100))
            driven.until(lambda: len(driven.values()) >= 200)
            assert driven.values() == numbered(200)
            driven.until(lambda: driven.source.status().ready)
