"""The arrays of a template miner: how they grow, how they are written down and read back.

Templates are written in chunks of `CHUNK`, known shapes (hashes of masked lines) in order of arrival, so
that between two snapshots only few parts change. The tree and the hash table are rebuilt, never written.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np

from aiops.signals import line_kernel, template_kernel
from aiops.signals.template_kernel import ALIAS, BYTES, COUNT, FIRST, RELATIVE, SHAPES, TEMPLATES, TOKENS

FORMAT = 1
CHUNK = 128
SHAPE_CHUNK = 4096
_HEAD = struct.Struct("<Iqq")
_CHUNK_HEAD = struct.Struct("<IIQ")


class TemplateTable:
    """Arrays that the kernels work on, all doubling when full.

    Parameters
    ----------
    most_templates, most_shapes : limits; the latter is rounded up to a power of two.
    """

    def __init__(self, most_templates: int, most_shapes: int) -> None:
        self.state = np.zeros(6, np.int64)
        self.state[template_kernel.MOST_TEMPLATES] = most_templates
        self.state[template_kernel.MOST_SHAPES] = most_shapes
        self._allocate_tree(1024)
        self.pool = np.zeros(2048, np.uint64)
        self.text = np.zeros((2048, 4), np.int32)
        self.texts = np.zeros(16_384, np.uint8)
        self.template = np.zeros((CHUNK, 6), np.int32)
        self.origin = np.zeros(CHUNK, np.uint32)
        self._allocate_shapes(1024)
        self._parts: dict[str, bytes] = {}
        self._shapes_written = 0
        self.stale: set[int] = set()

    def __len__(self) -> int:
        return int(self.state[TEMPLATES])

    @property
    def store(self) -> tuple[np.ndarray, ...]:
        return self.pool, self.text, self.texts, self.template, self.origin

    @property
    def shapes(self) -> tuple[np.ndarray, ...]:
        return self._keys, self._values, self._known, self._known_id

    def grow(self) -> None:
        """Make room for one more template and one more shape."""
        if self.state[TOKENS] + line_kernel.MAX_TOKENS > len(self.pool):
            self.pool, self.text = _doubled(self.pool), _doubled(self.text)
        if self.state[BYTES] + line_kernel.MAX_BYTES > len(self.texts):
            self.texts = _doubled(self.texts)
        if len(self) == len(self.template):
            self.template, self.origin = _doubled(self.template), _doubled(self.origin)
        if 2 * len(self) >= len(self.tree[0]):
            self._allocate_tree(2 * len(self.tree[0]))
            template_kernel.relink(1, len(self), self.tree, self.store)
        if self.state[SHAPES] == len(self._known):
            self._grow_shapes()

    def _grow_shapes(self) -> None:
        count = len(self._known)
        if count >= self.state[template_kernel.MOST_SHAPES]:
            # Full: forget all shapes at once, at a line that follows from the lines alone.
            self.state[SHAPES] = 0
            self._keys[:] = 0
            self._forget_shape_parts()
            return
        known, known_id = self._known, self._known_id
        self._allocate_shapes(2 * count)
        self._known[:count], self._known_id[:count] = known, known_id
        template_kernel.index(self._known, self._known_id, count, self._keys, self._values)

    def _allocate_tree(self, width: int) -> None:
        keys, head, tail, size = np.zeros(width, np.uint64), *(np.zeros(width, np.int32) for _ in range(3))
        self.tree = keys, head, tail, size

    def _allocate_shapes(self, count: int) -> None:
        self._known, self._known_id = np.zeros(count, np.uint64), np.zeros(count, np.int32)
        self._keys, self._values = np.zeros(2 * count, np.uint64), np.zeros(2 * count, np.int32)

    def _forget_shape_parts(self) -> None:
        self._parts = {name: part for name, part in self._parts.items() if not name.startswith("shapes-")}
        self._shapes_written = 0

    def snapshot(self) -> dict[str, bytes]:
        """Named parts; those that did not change are the same objects as last time."""
        for chunk in sorted(self.stale):
            self._parts[f"templates-{chunk:05d}"] = self._encode_chunk(chunk)
        self.stale.clear()
        count = int(self.state[SHAPES])
        if count != self._shapes_written:
            for start in range(self._shapes_written // SHAPE_CHUNK * SHAPE_CHUNK, count, SHAPE_CHUNK):
                rows = slice(start, min(start + SHAPE_CHUNK, count))
                body = self._known[rows].astype("<u8").tobytes() + self._known_id[rows].astype("<i4").tobytes()
                self._parts[f"shapes-{start // SHAPE_CHUNK:05d}"] = body
            self._shapes_written = count
        head = _HEAD.pack(FORMAT, len(self), count)
        if self._parts.get("head") != head:
            self._parts["head"] = head
        return dict(self._parts)

    def _encode_chunk(self, chunk: int) -> bytes:
        rows = self.template[chunk * CHUNK : min((chunk + 1) * CHUNK, len(self))]
        first, stop = int(rows[0, FIRST]), int(rows[-1, FIRST] + rows[-1, COUNT])
        text = self.text[first:stop]
        # Bytes that generalising made unused are written too: positions stay what they are.
        begin = int(text[0, line_kernel.GAP]) if len(text) else 0
        end = self._bytes_end(chunk) if len(text) else 0
        return b"".join((
            _CHUNK_HEAD.pack(len(rows), first, begin), rows[:, [COUNT, ALIAS, RELATIVE]].astype("<i4").tobytes(),
            self.origin[chunk * CHUNK : chunk * CHUNK + len(rows)].astype("<u4").tobytes(),
            self.pool[first:stop].astype("<u8").tobytes(),
            (text - np.array([begin, begin, begin, 0])).astype("<i4").tobytes(),
            self.texts[begin:end].tobytes(),
        ))  # fmt: skip

    def _bytes_end(self, chunk: int) -> int:
        """Where the bytes of the chunk's templates end: where those of the next with any begin."""
        last = (chunk + 1) * CHUNK
        following = int(self.template[last, FIRST]) if last < len(self) else int(self.state[TOKENS])
        return int(self.text[following, line_kernel.GAP]) if following < self.state[TOKENS] else int(self.state[BYTES])

    def restore(self, parts: Mapping[str, bytes]) -> None:
        """Fill a new table with what `snapshot` gave.

        Raises
        ------
        ValueError : when the parts are of another format.
        """
        version, templates, shapes = _HEAD.unpack(parts["head"])
        if version != FORMAT:
            raise ValueError(f"log templates of format {version}; this version reads {FORMAT}")
        for name in sorted(name for name in parts if name.startswith("templates-")):
            self._decode_chunk(parts[name])
        if len(self) != templates:
            raise ValueError(f"{len(self)} log templates where {templates} were written")
        while 2 * templates >= len(self.tree[0]):
            self._allocate_tree(2 * len(self.tree[0]))
        template_kernel.relink(1, templates, self.tree, self.store)
        while len(self._known) < shapes:
            self._allocate_shapes(2 * len(self._known))
        for name in sorted(name for name in parts if name.startswith("shapes-")):
            body = parts[name]
            rows = len(body) // 12
            place = slice(int(self.state[SHAPES]), int(self.state[SHAPES]) + rows)
            self._known[place] = np.frombuffer(body, "<u8", rows)
            self._known_id[place] = np.frombuffer(body, "<i4", rows, 8 * rows)
            self.state[SHAPES] += rows
        template_kernel.index(self._known, self._known_id, shapes, self._keys, self._values)
        self._parts, self._shapes_written = dict(parts), shapes

    def _decode_chunk(self, body: bytes) -> None:
        rows, first, begin = _CHUNK_HEAD.unpack_from(body)
        at = _CHUNK_HEAD.size
        columns = np.frombuffer(body, "<i4", 3 * rows, at).reshape(rows, 3)
        count = columns[:, 0]
        origin = np.frombuffer(body, "<u4", rows, at + 12 * rows)
        at += 16 * rows
        tokens = int(count.sum())
        pool = np.frombuffer(body, "<u8", tokens, at)
        text = np.frombuffer(body, "<i4", 4 * tokens, at + 8 * tokens).reshape(-1, 4)
        texts = np.frombuffer(body, np.uint8, offset=at + 24 * tokens)
        while (
            len(self) + rows > len(self.template)
            or first + tokens > len(self.pool)
            or begin + len(texts) > len(self.texts)
        ):
            self.template, self.origin = _doubled(self.template), _doubled(self.origin)
            self.pool, self.text, self.texts = _doubled(self.pool), _doubled(self.text), _doubled(self.texts)
        place = slice(len(self), len(self) + rows)
        self.template[place][:, [COUNT, ALIAS, RELATIVE]] = columns
        self.template[place, FIRST] = first + np.cumsum(count) - count
        self.origin[place] = origin
        self.pool[first : first + tokens] = pool
        self.text[first : first + tokens] = text + np.array([begin, begin, begin, 0])
        self.texts[begin : begin + len(texts)] = texts
        self.state[[TEMPLATES, TOKENS, BYTES]] = len(self) + rows, first + tokens, begin + len(texts)


def _doubled(array: np.ndarray) -> np.ndarray:
    return np.concatenate((array, np.zeros_like(array)))
