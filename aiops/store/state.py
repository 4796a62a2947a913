"""Arrays to chunks and back, and which chunks changed.

A chunk is a range of slots of one array (for season-major arrays: of one column), so that a step which
touches one season column writes 1/288 of the season. 100,000 series weigh 130 MB: finding out what changed
must run at the speed of memory, so unchanged ranges are hashed in place and only changed ones are copied.

    a/<array>/0/-          JSON: dtype, shape, order
    a/<array>/<column>/<i> raw bytes of rows [i * step, (i + 1) * step)
    b/<blob>/0/-           JSON: size
    b/<blob>/0/<i>         bytes [i * BLOB_BYTES, (i + 1) * BLOB_BYTES)

Row ranges do not depend on the number of slots, so growing by one series changes one chunk per column.
Nothing is pickled; dtypes with objects are refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from aiops.store.failure import CorruptState

SLOTS_PER_CHUNK = 4096
BLOB_BYTES = 262_144

Array = npt.NDArray[Any]
Part = Array | bytes
Pieces = Iterator[tuple[str, "memoryview | bytes"]]


def chunk(parts: Mapping[str, Part], slots_per_chunk: int = SLOTS_PER_CHUNK) -> dict[str, bytes]:
    """Cut arrays (and byte strings) into chunks.

    Parameters
    ----------
    parts : name -> array of any shape whose leading axis is the slot, or bytes. 2-d arrays in Fortran order
        are cut per column. Names may hold `/`.

    Returns
    -------
    Chunk key -> bytes, what `assemble` and `blobs` take.

    Raises
    ------
    ValueError : for dtypes that are not plain numbers or fixed-width strings.
    """
    return {key: bytes(data) for key, data in _pieces(parts, slots_per_chunk)}


def assemble(chunks: Mapping[str, bytes]) -> dict[str, Array]:
    """The arrays of `chunk`, writable, with their dtype, shape and order.

    Raises
    ------
    CorruptState : chunks are missing, too short, or belong to no array.
    """
    arrays: dict[str, Array] = {}
    for name, header, pieces in _grouped(chunks, "a"):
        dtype, shape, order = np.dtype(header["dtype"]), tuple(header["shape"]), header["order"]
        raw = b"".join(pieces)
        if len(raw) != dtype.itemsize * int(np.prod(shape, dtype=np.int64)):
            raise CorruptState(f"array {name}: {len(raw)} bytes do not make {dtype} of shape {shape}")
        arrays[name] = np.frombuffer(bytearray(raw), dtype).reshape(shape, order=order)
    return arrays


def blobs(chunks: Mapping[str, bytes]) -> dict[str, bytes]:
    """The byte strings of `chunk`.

    Raises
    ------
    CorruptState : chunks are missing or belong to no blob.
    """
    found: dict[str, bytes] = {}
    for name, header, pieces in _grouped(chunks, "b"):
        found[name] = b"".join(pieces)
        if len(found[name]) != header["size"]:
            raise CorruptState(f"blob {name}: {len(found[name])} bytes instead of {header['size']}")
    return found


class Dirty:
    """What was committed last, as digests, so that only changed chunks are written.

    One per partition. `changes` has no effect until `committed`: a commit that failed is offered again.
    128-bit digests: a change that is overlooked because of a collision will not happen.

    Parameters
    ----------
    stored : chunks as loaded at start, so that the first commit after a restart is small too.
    """

    def __init__(self, stored: Mapping[str, bytes] | None = None, slots_per_chunk: int = SLOTS_PER_CHUNK) -> None:
        self._slots_per_chunk = slots_per_chunk
        self._committed = {key: xxhash.xxh3_128_digest(data) for key, data in (stored or {}).items()}
        self._offered = self._committed

    def changes(self, parts: Mapping[str, Part]) -> dict[str, bytes | None]:
        """Chunks that differ from the committed ones; None for those that are gone."""
        changed: dict[str, bytes | None] = {}
        digests: dict[str, bytes] = {}
        known, digest = self._committed, xxhash.xxh3_128_digest
        for key, data in _pieces(parts, self._slots_per_chunk):
            digests[key] = found = digest(data)
            if known.get(key) != found:
                changed[key] = bytes(data)
        changed |= dict.fromkeys(key for key in known if key not in digests)
        self._offered = digests
        return changed

    def committed(self) -> None:
        """The chunks of the last `changes` are durable now."""
        self._committed = self._offered


def _pieces(parts: Mapping[str, Part], slots: int) -> Pieces:
    for name, part in parts.items():
        yield from _blob(name, part) if isinstance(part, bytes) else _array(name, part, slots)


def _blob(name: str, data: bytes) -> Pieces:
    yield f"b/{name}/0/-", json.dumps({"size": len(data)}).encode()
    view = memoryview(data)
    for i, start in enumerate(range(0, len(data), BLOB_BYTES)):
        yield f"b/{name}/0/{i}", view[start : start + BLOB_BYTES]


def _array(name: str, array: Array, slots: int) -> Pieces:
    if array.dtype.hasobject:
        raise ValueError(f"array {name} holds objects; state is numbers only")
    by_column = array.ndim == 2 and array.flags.f_contiguous and not array.flags.c_contiguous
    columns = array.T if by_column else np.ascontiguousarray(array)[np.newaxis]
    header = {"dtype": array.dtype.str, "shape": array.shape, "order": "F" if by_column else "C"}
    yield f"a/{name}/0/-", json.dumps(header).encode()
    if not array.size:
        return
    # uint8, because memoryview knows neither datetime64 nor float16 in every version.
    rows = columns.reshape(len(columns), -1).view(np.uint8)
    step = slots * (rows.shape[1] // (array.shape[0] if array.ndim else 1))
    for number, row in enumerate(rows):
        view = row.data
        for i, start in enumerate(range(0, len(row), step)):
            yield f"a/{name}/{number}/{i}", view[start : start + step]


def _grouped(chunks: Mapping[str, bytes], kind: str) -> Iterator[tuple[str, dict[str, Any], list[bytes]]]:
    """(name, header, pieces in order) of every array or blob."""
    prefix = f"{kind}/"
    pieces: dict[str, list[tuple[int, int, bytes]]] = {}
    headers: dict[str, dict[str, Any]] = {}
    for key, data in chunks.items():
        if not key.startswith(prefix):
            continue
        name, column, index = _numbered(key[2:])
        if column < 0:
            headers[name] = json.loads(data)
        else:
            pieces.setdefault(name, []).append((column, index, data))
    if lost := pieces.keys() - headers.keys():
        raise CorruptState(f"chunks without a header: {', '.join(sorted(lost))}")
    for name in sorted(headers):
        yield name, headers[name], [data for _, _, data in sorted(pieces.get(name, []))]


def _numbered(key: str) -> tuple[str, int, int]:
    """`name/3/1` -> (name, 3, 1); a header, `name/0/-`, has column -1."""
    name, column, index = key.rsplit("/", 2)
    return (name, -1, -1) if index == "-" else (name, int(column), int(index))
