"""No bytes whatever make decode raise, read out of bounds, or let a kernel disagree with its slow path."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.decode import SeriesTable, agent_json, decode, otlp_metrics, prometheus_json, remote_write
from aiops.decode.sink import Run, Sink, joined
from aiops.decode.sniff import FORMATS
from aiops.types import Decoded, Records
from tests.decode.bodies import BODIES, NOW
from tests.decode.corpus import REASONS, corpus

SHAPES = sorted(BODIES)


def check(bodies: list[bytes], format: str = "") -> Decoded:
    told = decode(Records.many("p", bodies, format=format), SeriesTable(), NOW)
    assert {one.reason for one in told.rejected} <= REASONS
    assert all(0 <= one.record < len(bodies) for one in told.rejected)
    return told


@settings(deadline=None, max_examples=300)
@given(st.lists(st.binary(max_size=200), max_size=5), st.sampled_from(FORMATS))
def test_random_bytes_are_survived(bodies, format):
    check(bodies, format)


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet='{}[]",:0123456789.eE+-\\ntruefalsNI"metricvaluesdata', max_size=120), st.sampled_from(FORMATS))
def test_text_that_looks_like_json_is_survived(text, format):
    check([text.encode(), b"[" + text.encode(), b"{" + text.encode()], format)


@pytest.mark.parametrize("name", SHAPES)
def test_truncation_at_every_byte_is_survived(name):
    format, body = BODIES[name]
    cuts = [body[:n] for n in range(len(body))]
    check(cuts)
    check(cuts, format)


@pytest.mark.parametrize("name", SHAPES)
def test_flipped_bits_are_survived(name):
    format, body = BODIES[name]
    flipped = [body[:i] + bytes([body[i] ^ (1 << bit)]) + body[i + 1 :] for i in range(len(body)) for bit in range(8)]
    check(flipped[:4_000])
    check(flipped[:4_000], format)


def fast(decoder, bodies):
    sink = Sink(SeriesTable(), NOW)
    decoder(joined(list(enumerate(bodies))), sink)
    return outcome(sink)


def slow(read, bodies):
    sink = Sink(SeriesTable(), NOW)
    joined(list(enumerate(bodies))).each(sink, read)
    return outcome(sink)


def outcome(sink):
    told = sink.decoded()
    samples = {}
    for record, slot, at, value in zip(
        told.samples.record, told.samples.series, told.samples.timestamp, told.samples.value, strict=True
    ):
        samples.setdefault(int(record), []).append(
            (sink.table.labels[slot], int(sink.table.kind[slot]), repr(at), repr(value))
        )
    lost = {one.record for one in told.rejected}
    # Within a record the kernel hands out rare metrics first.
    return {record: sorted(rows, key=repr) for record, rows in samples.items()}, lost


def _unsnapped(record, body, sink):
    remote_write.read(record, remote_write.unsnap(body), sink)


KERNELS = {
    "otlp_metrics": (otlp_metrics.decode, otlp_metrics.read, ["otlp_metrics", "otlp_histogram", "same_otlp"]),
    "agent_json": (
        agent_json.decode,
        agent_json.read,
        ["agent_metric", "agent_spaced", "agent_lines", "agent_type_last"],
    ),
    "prometheus_json": (prometheus_json.decode, prometheus_json.read, ["matrix", "same_matrix"]),
    "remote_write": (remote_write.decode, _unsnapped, ["remote_write", "same_remote_write"]),
}


@pytest.mark.parametrize("name", KERNELS)
def test_kernel_and_slow_path_agree_on_damaged_records(name):
    """Where both lose nothing they read the same; the kernel loses no more than the slow path does."""
    decoder, read, shapes = KERNELS[name]
    rng = random.Random(3)
    bodies = [bytes(mutated(bytearray(BODIES[rng.choice(shapes)][1]), rng)) for _ in range(3_000)]
    fast_samples, fast_lost = fast(decoder, bodies)
    slow_samples, slow_lost = slow(read, bodies)
    assert fast_lost <= slow_lost
    for record in range(len(bodies)):
        if record not in slow_lost:
            assert fast_samples.get(record) == slow_samples.get(record)


def mutated(body, rng):
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(body))
        kind = rng.randrange(4)
        if kind == 0:
            body[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            body[at] = rng.choice(b'{}[]",:0 \n\\\x00\xff\x7f\x0a\x12')
        elif kind == 2 and len(body) > 2:
            del body[at : at + rng.randrange(1, 4)]
        else:
            body[at:at] = body[max(0, at - rng.randrange(1, 20)) : at]
        if not body:
            return bytearray(b"x")
    return body


def test_the_slow_paths_refuse_and_raise_nothing_else():
    for name, (_, read, _) in KERNELS.items():
        for body in corpus(name, 200):
            sink = Sink(SeriesTable(), NOW)
            sink.attempt(0, read, 0, body, sink)  # anything but a refusal would come through
            assert {one.reason for one in sink.decoded().rejected} <= REASONS


def test_records_are_read_within_their_bounds():
    """What lies around a record in the buffer changes nothing: kernels stop at `stop`."""
    for name, (decoder, _, shapes) in KERNELS.items():
        for shape in shapes:
            body = BODIES[shape][1]
            for cut in range(1, len(body), 3):
                alone = fast(decoder, [body[:cut]])
                sink = Sink(SeriesTable(), NOW)
                around = joined([(0, body)])
                decoder(Run(around.buffer, around.start, around.start + cut, around.record), sink)
                assert outcome(sink) == alone, (name, shape, cut)


@pytest.mark.timeout(280)
def test_no_kernel_reads_out_of_bounds(tmp_path):
    """The whole corpus again, with numba's bounds checks compiled in."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.decode.corpus"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.startswith("checked ")
