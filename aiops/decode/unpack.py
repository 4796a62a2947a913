"""gzip and zstd inside a record, unpacked to a stated size and no further.

The limit holds while unpacking: a bomb costs at most the limit, and what the header claims is not believed.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import zstandard

from aiops.decode.sink import Refused
from aiops.types import Ints

GZIP = b"\x1f\x8b\x08"
ZSTD = b"\x28\xb5\x2f\xfd"
WINDOW_BYTES = 8 * 2**20  # what RFC 8878 asks every decoder to support; more would be memory at a header's word

BITE = 256  # a block of four bytes may stand for 128 KiB


def packed(buffer: npt.NDArray[np.uint8], start: Ints, stop: Ints) -> npt.NDArray[np.bool_]:
    """Tell which records begin as gzip or zstd, shape (n,)."""
    found = np.zeros(len(start), bool)
    if not len(buffer) or not len(start):
        return found
    first = buffer[np.minimum(start, len(buffer) - 1)]
    for i in np.flatnonzero((first == GZIP[0]) | (first == ZSTD[0])).tolist():
        head = buffer[start[i] : min(stop[i], start[i] + 4)].tobytes()
        found[i] = head.startswith((GZIP, ZSTD))
    return found


def unpack(body: bytes, limit: int) -> bytes:
    """Unpack one gzip or zstd body, all members of it.

    Raises
    ------
    Refused : `bomb` above `limit` bytes, `unreadable` when it is damaged or cut off.
    """
    try:
        plain = _gunzip(body, limit) if body.startswith(GZIP) else _unzstd(body, limit)
    except (zlib.error, zstandard.ZstdError) as error:
        raise Refused("unreadable", str(error)) from error
    if len(plain) > limit:
        raise Refused("bomb", f"{len(body)} bytes unpack to more than {limit}")
    return plain


def _gunzip(body: bytes, limit: int) -> bytes:
    parts, room = [], limit + 1
    while body and room:
        reader = zlib.decompressobj(wbits=31)
        part = reader.decompress(body, room)
        parts.append(part)
        room -= len(part)
        if room and not reader.eof:
            raise zlib.error("cut off")
        body = reader.unused_data if reader.unused_data.startswith(GZIP) else b""
    return b"".join(parts)


def _unzstd(body: bytes, limit: int) -> bytes:
    # The one reader that tells a cut-off frame cannot bound its output: it is fed bites that cannot grow beyond 8 MiB.
    decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
    parts, size, at = [], 0, 0
    reader = decompressor.decompressobj()
    while at < len(body) and size <= limit:
        part = reader.decompress(body[at : at + BITE])
        at += BITE
        parts.append(part)
        size += len(part)
        if reader.eof:
            at -= len(reader.unused_data)
            if body[at : at + 4] != ZSTD:
                return b"".join(parts)
            reader = decompressor.decompressobj()
    if size <= limit:
        raise zstandard.ZstdError("cut off")
    return b"".join(parts)
