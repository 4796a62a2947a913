"""Telling formats apart, limits, and what a batch may be cut into."""

from __future__ import annotations

import gzip
import json
import math
import random
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.decode import Limits, SeriesLimits, SeriesTable, decode
from aiops.decode.sniff import sniff
from aiops.types import Records
from tests.decode.bodies import AT, BODIES, NOW, otlp_gauges


@pytest.mark.parametrize("name", BODIES)
def test_every_format_is_told_from_its_bytes(name):
    format, body = BODIES[name]
    assert sniff(body) == format


@pytest.mark.parametrize("body", [b"", b" ", b"\n\r\t "])
def test_empty_records_are_nothing(read, body):
    told = read(body, body)
    assert (len(told.samples), told.events, told.rejected) == (0, [], [])


@pytest.mark.parametrize("name", BODIES)
def test_fixed_and_told_formats_read_alike(read, name):
    format, body = BODIES[name]
    told, fixed = read(body), read(body, format=format)
    assert (told.events, told.rejected) == (fixed.events, fixed.rejected)
    np.testing.assert_array_equal(told.samples.value, fixed.samples.value)
    assert told.events or len(told.samples)
    assert not told.rejected


def test_an_unknown_fixed_format_is_told_from_the_bytes(read):
    assert len(read(BODIES["agent_metric"][1], format="nonsense").samples) == 1


def test_one_series_has_one_identity_in_every_format(read):
    rows = read.rows(
        BODIES["same_own"][1], BODIES["same_otlp"][1], BODIES["same_remote_write"][1], BODIES["same_matrix"][1]
    )
    assert [row[0] for row in rows] == ['queue_depth{code="a", host_name="h1", service_name="web"}'] * 4
    assert len(read.table) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_records_are_unpacked(read, pack):
    for name in BODIES:
        told = read(pack(BODIES[name][1]))
        assert told.events or len(told.samples), name


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_bombs_are_refused_while_unpacking(pack):
    bomb = pack(bytes(3 * 2**20))
    told = decode(Records.many("p", [bomb, pack(b"x")]), SeriesTable(), NOW, Limits(unpacked_bytes=2**20))
    assert [(one.record, one.reason) for one in told.rejected] == [(0, "bomb")]


def test_a_bomb_of_many_members_is_one_bomb():
    bomb = gzip.compress(bytes(2**19)) * 3
    told = decode(Records.many("p", [bomb]), SeriesTable(), NOW, Limits(unpacked_bytes=2**20))
    assert [one.reason for one in told.rejected] == ["bomb"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_damaged_packing_is_unreadable(read, pack):
    whole = pack(BODIES["agent_metric"][1] * 50)
    assert read.reasons(whole[: len(whole) // 2]) == [(0, "unreadable", 1)]


def test_zstd_window_beyond_eight_megabytes_is_refused(read):
    parameters = zstandard.ZstdCompressionParameters(window_log=27, enable_ldm=True)
    body = zstandard.ZstdCompressor(compression_params=parameters).compressobj().compress(b"")
    writer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = writer.compress(b"x" * 100) + writer.flush()
    assert read.reasons(body) == [(0, "unreadable", 1)]


def test_oversize_records_are_refused(read):
    assert read.reasons(b'{"type":"metric","name":"' + b"x" * 10_000_000) == [(0, "oversize", 1)]


def test_poison_is_refused_with_its_reason(read):
    poison = {
        "too_deep": [b"[" * 100_000, b'{"type":' * 50_000 + b"1", b'{"a":' * 9_000 + b"1" + b"}" * 9_000],
        "broken_json": [b'{"type":"metric","timestamp":', b'{"type":"log","body":"\\ud800"}'],
        "unknown_type": [b'{"type":"nonsense"}', b"[5]"],
        "unreadable": [
            b"\xff\xfe\x00 not utf-8 \xc3\x28",
            b"\x00" * 500,
            bytes([255]) + random.Random(1).randbytes(500),
        ],
    }
    for reason, bodies in poison.items():
        assert read.reasons(*bodies) == [(i, reason, 1) for i in range(len(bodies))]


def test_truncated_protobuf_is_unreadable(read):
    good = otlp_gauges(50)
    cut = [good[:n] for n in range(3, len(good) - 1, 7)]
    # A cut may fall between two resources: then what remains is whole.
    assert {reason for _, reason, _ in read.reasons(*cut)} == {"unreadable"}


def test_future_samples_are_counted_per_record_and_make_no_series(read):
    assert read.reasons(otlp_gauges(20, at=NOW + 3_600), otlp_gauges(5, at=NOW + 299)) == [(0, "future", 20)]
    assert len(read.table) == 5


def test_series_beyond_the_cap_are_counted(read):
    table = SeriesTable(SeriesLimits(per_metric=10))
    for _ in range(2):
        told = decode(Records.many("p", [otlp_gauges(30)]), table, NOW)
        assert [(one.reason, one.count) for one in told.rejected] == [("series_cap", 20)]
        assert len(told.samples) == 10
    assert table.explosion() == ("up", "service_name")


def rows(decoded, table):
    samples = decoded.samples
    return [
        (str(table.labels[slot]), at, None if math.isnan(value) else value)
        for slot, at, value in zip(samples.series, samples.timestamp.tolist(), samples.value.tolist(), strict=True)
    ]


def own(name, *, slow=False, packed=False):
    label = "h\\u0031" if slow else "h1"
    body = b'{"type":"metric","timestamp":%d,"name":"%s","labels":{"host":"%s"},"value":1}' % (AT, name, label.encode())
    return gzip.compress(body) if packed else body


@pytest.mark.parametrize("odd", [{"slow": True}, {"packed": True}])
def test_series_get_their_slots_in_the_order_of_records_however_each_is_read(read, odd):
    names = [b"a", b"b", b"c", b"d", b"e", b"f"]
    read(*(own(name, **(odd if i % 3 == 0 else {})) for i, name in enumerate(names)))
    assert [labels.metric for labels in read.table.labels] == [name.decode() for name in names]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(sorted(BODIES)), max_size=12), st.lists(st.integers(0, 12), max_size=4))
def test_any_split_of_the_same_records_decodes_alike(names, cuts):
    bodies = [BODIES[name][1] for name in names]
    whole_table, split_table = SeriesTable(), SeriesTable()
    whole = decode(Records.many("p", bodies), whole_table, NOW)
    edges = sorted({0, len(bodies), *(cut for cut in cuts if cut <= len(bodies))})
    found, events, rejected = [], [], 0
    for first, last in pairwise(edges):
        part = decode(Records.many("p", bodies[first:last]), split_table, NOW)
        found += rows(part, split_table)
        events += [(first + record, event) for record, event in part.events]
        rejected += sum(one.count for one in part.rejected)
    assert found == rows(whole, whole_table)
    assert events == whole.events
    assert rejected == sum(one.count for one in whole.rejected)
    assert split_table.labels == whole_table.labels
    assert split_table.kind.tolist() == whole_table.kind.tolist()


def test_samples_and_events_are_ordered_by_record(read):
    told = read(*[body for _, body in BODIES.values()] * 3)
    assert np.all(np.diff(told.samples.record) >= 0)
    records = [record for record, _ in told.events]
    assert records == sorted(records)


def test_results_do_not_depend_on_the_key_of_the_process():
    code = (
        "import sys; sys.path.insert(0, 'tests/decode')\n"
        "from bodies import BODIES, NOW\n"
        "from aiops.decode import SeriesTable, decode\n"
        "from aiops.types import Records\n"
        "t = SeriesTable(); d = decode(Records.many('p', [b for _, b in BODIES.values()] * 2), t, NOW)\n"
        "print([str(x) for x in t.labels], d.samples.series.tolist(), d.samples.value.tolist(), len(d.events))\n"
    )
    outs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(outs) == 1


def test_importing_the_package_loads_neither_numpy_nor_numba():
    code = "import sys, aiops.decode; print([m for m in ('numpy', 'numba', 'google.protobuf') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_body_of_the_test_is_in_the_past():
    assert AT < NOW
    assert json.loads(BODIES["agent_metric"][1])["timestamp"] == AT
