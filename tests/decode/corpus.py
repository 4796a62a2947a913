"""Damaged records of every format; run as a program, it decodes them all (see test_fuzz.py)."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.decode.bodies import BODIES, NOW

REASONS = {
    "unreadable",
    "broken_json",
    "too_deep",
    "oversize",
    "bomb",
    "unknown_type",
    "invalid_field",
    "invalid_utf8",
    "future",
    "invalid_time",
    "non_finite",
    "series_cap",
    "name_too_long",
}


def corpus(format: str, count: int) -> Iterator[bytes]:
    """Random bytes, truncations and random damage of the bodies of one format."""
    rng = random.Random(f"corpus {format}")
    bodies = [body for name, body in BODIES.values() if name == format]
    for _ in range(count):
        body = bytearray(rng.choice(bodies))
        for _ in range(rng.randrange(4)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        yield bytes(body[: rng.randrange(1, len(body) + 1)])
        yield rng.randbytes(rng.randrange(40))


def main() -> None:
    from numba import config

    from aiops.decode import SeriesTable, decode, warm
    from aiops.types import Records

    assert config.BOUNDSCHECK, "run with NUMBA_BOUNDSCHECK=1"
    warm()
    count = 0
    for format in sorted({format for format, _ in BODIES.values()}):
        bodies = [body for _, body in BODIES.values()] + list(corpus(format, 400))
        for fixed in ("", format):
            decode(Records.many("p", bodies, format=fixed), SeriesTable(), NOW)
            count += len(bodies)
    # Alone in the buffer, a read beyond the record is a read beyond the array.
    for _, body in BODIES.values():
        for cut in range(1, len(body), 2):
            decode(Records.single("p", body[:cut]), SeriesTable(), NOW)
            count += 1
    print(f"checked {count}")


if __name__ == "__main__":
    main()
