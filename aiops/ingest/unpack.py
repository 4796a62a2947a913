"""Unpacking of compressed bodies and record batches, bounded: what a bomb would unpack to is never held.

Every codec writes into one buffer of the permitted size and is stopped at its end, so the worst case is that size and
not what the sender claims. Buffers are reused, because fresh pages cost more than the decompression itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cramjam
import numpy as np
import zstandard

Bytes = bytes | memoryview
KEPT_BYTES = 4 * 1024 * 1024
"""A scratch buffer that was touched beyond this is given back to the system."""
XERIAL = b"\x82SNAPPY\x00"
ZSTD_WINDOW_BYTES = 64 * 1024 * 1024


class BombError(Exception):
    """The data unpacks to more than the permitted size."""


class CorruptError(Exception):
    """The data is not what its codec's name says."""


class Unpacker:
    """Unpacks with one reused buffer; belongs to one thread.

    Parameters
    ----------
    cap_bytes : the most that any one call may unpack to.
    """

    def __init__(self, cap_bytes: int) -> None:
        self.cap_bytes = cap_bytes
        self._scratch = np.empty(cap_bytes, np.uint8)

    def unpack(self, data: Bytes, codec: str) -> bytes:
        """Return the unpacked bytes.

        Parameters
        ----------
        data : the whole compressed body.
        codec : gzip, deflate, zstd, lz4 (frames), snappy (raw, or Java's xerial framing) or identity.

        Raises
        ------
        BombError : it is more than `cap_bytes`.
        CorruptError : it is damaged, cut off, or the codec is unknown.
        """
        if codec in ("", "identity"):
            if memoryview(data).nbytes > self.cap_bytes:
                raise BombError(f"more than {self.cap_bytes} bytes")
            return bytes(data)
        method = CODECS.get(codec)
        if method is None:
            raise CorruptError(f"unknown codec {codec!r}")
        try:
            size = method(data, self._scratch)
        except (cramjam.DecompressionError, zstandard.ZstdError, ValueError) as error:
            if "whole buffer" in str(error):
                raise BombError(f"unpacks to more than {self.cap_bytes} bytes") from None
            raise CorruptError(str(error)) from error
        unpacked = self._scratch[:size].tobytes()
        if size > KEPT_BYTES:
            self._scratch = np.empty(self.cap_bytes, np.uint8)
        return unpacked


def unpack(body: bytes, encoding: str, cap: int) -> bytes:
    """Unpack an HTTP body by its Content-Encoding; see `Unpacker.unpack`.

    >>> import zlib
    >>> unpack(zlib.compress(b"abc"), "deflate", 100)
    b'abc'
    >>> unpack(zlib.compress(bytes(101)), "deflate", 100)
    Traceback (most recent call last):
    aiops.ingest.unpack.BombError: unpacks to more than 100 bytes
    """
    return Unpacker(cap).unpack(body, encoding.strip().lower())


def _zstd(data: Bytes, out: Any) -> int:
    # The window is memory of the decoder's own, reserved on the frame's word.
    if zstandard.get_frame_parameters(data).window_size > ZSTD_WINDOW_BYTES:
        raise BombError("zstd window too large")
    return int(cramjam.zstd.decompress_into(data, out))


def _snappy(data: Bytes, out: Any) -> int:
    view = memoryview(data)
    if bytes(view[:8]) != XERIAL:
        return _snappy_block(view, out)
    at, size = 16, 0
    while at < len(view):
        end = at + 4 + int.from_bytes(view[at : at + 4], "big")
        if at + 4 >= end or end > len(view):
            raise CorruptError("snappy block is cut off")
        size += _snappy_block(view[at + 4 : end], out[size:])
        at = end
    return size


def _snappy_block(block: memoryview, out: Any) -> int:
    if cramjam.snappy.decompress_raw_len(block) > len(out):
        raise BombError("snappy block too large")
    return int(cramjam.snappy.decompress_raw_into(block, out))


CODECS: dict[str, Callable[[Bytes, Any], int]] = {
    "gzip": lambda data, out: int(cramjam.gzip.decompress_into(data, out)),
    "x-gzip": lambda data, out: int(cramjam.gzip.decompress_into(data, out)),
    "deflate": lambda data, out: int(cramjam.zlib.decompress_into(data, out)),
    "lz4": lambda data, out: int(cramjam.lz4.decompress_into(data, out)),
    "zstd": _zstd,
    "snappy": _snappy,
}
