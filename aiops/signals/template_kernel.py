"""The inner loop of the template miner, on one byte buffer and flat arrays.

`learn` hashes each line with its variables masked (one pass, no allocation) and looks the hash up; only an
unknown hash is cut into tokens and taken to the tree, Drain's idea: templates of equal token count and
first word are compared position by position, and where the best one differs it becomes `<*>`.

Every access is bounded by the arrays' lengths; `learn` stops when one is too small and goes on when it grew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.line_kernel import (
    ANY,
    BEGIN,
    END,
    GAP,
    MAX_BYTES,
    MAX_TOKENS,
    SPACE,
    START,
    Bytes,
    Hashes,
    Places,
    cut,
    masked_hash,
    mix,
)  # fmt: skip
from aiops.types import Slots

Arrays = tuple[Any, ...]
Counters = npt.NDArray[np.int64]

MERGED = np.uint64(0)
"""Hash of a position at which lines of the template differ; equal to no token's."""
BUCKET = 256
"""Templates of one token count and first word; the next one joins the most similar."""

# Places of `state`: what is in use of each array, and the limits.
TEMPLATES, TOKENS, BYTES, SHAPES, MOST_TEMPLATES, MOST_SHAPES = range(6)
# Columns of `template`: first token, number of tokens, next of its bucket, altered since last asked.
FIRST, COUNT, NEXT, ALTERED = range(4)


@njit(inline="always")
def _probe(keys: Hashes, mask: int, wanted: np.uint64) -> np.int64:
    """Place of `wanted` in an open-addressing table, or the empty place where it belongs."""
    at = np.int64(wanted & np.uint64(mask))
    while keys[at] != 0 and keys[at] != wanted:
        at = (at + 1) & mask
    return at


@njit(cache=True)
def _similar(tokens: Hashes, pool: Hashes, first: int) -> float:
    """Share of positions at which line and template agree; a merged `<*>` agrees with nothing."""
    same = 0
    for i in range(len(tokens)):
        same += tokens[i] == pool[first + i]
    return same / max(len(tokens), 1) if len(tokens) else 1.0


@njit(cache=True)
def _merge(buffer: Bytes, tokens: Hashes, bounds: Places, store: Arrays, number: int) -> None:
    """Generalise a template: positions at which it differs from the line become `<*>`."""
    pool, text, texts, template, _ = store
    first = template[number, FIRST]
    for i in range(len(tokens)):
        at = first + i
        if pool[at] == tokens[i] or pool[at] == MERGED:
            continue
        pool[at] = MERGED
        gap, begin = text[at, GAP], text[at, BEGIN]
        same = begin - gap == bounds[i, BEGIN] - bounds[i, GAP]
        for j in range(begin - gap):
            same = same and texts[gap + j] == buffer[bounds[i, GAP] + j]
        if not same:
            # Not even what stands before the word is fixed: keep a space if there was one.
            text[at, BEGIN] = gap + (begin > gap and texts[gap] <= SPACE)
        text[at, END] = text[at, BEGIN]
        text[at, ANY] = 1
        template[number, ALTERED] = 1


@njit(cache=True)
def _create(buffer: Bytes, tokens: Hashes, bounds: Places, store: Arrays, state: Counters) -> None:
    """Append a template: its tokens to the pool, its bytes to `texts`."""
    pool, text, texts, template, origin = store
    number, first, used = state[TEMPLATES], state[TOKENS], state[BYTES]
    spelt = START
    for i in range(len(tokens)):
        at = first + i
        pool[at] = tokens[i]
        spelt = mix(spelt, tokens[i])
        gap, begin = bounds[i, GAP], bounds[i, BEGIN]
        stop = begin if bounds[i, ANY] else bounds[i, END]
        text[at, GAP], text[at, BEGIN], text[at, END] = used, used + begin - gap, used + stop - gap
        text[at, ANY] = bounds[i, ANY]
        for j in range(gap, stop):
            texts[used] = buffer[j]
            used += 1
    template[number, FIRST], template[number, COUNT], template[number, ALTERED] = first, len(tokens), 1
    origin[number] = np.uint32(spelt >> np.uint64(32))
    state[TEMPLATES], state[TOKENS], state[BYTES] = number + 1, first + len(tokens), used


@njit(cache=True)
def learn(  # type: ignore[no-untyped-def]
    buffer, start, stop, line, out, shapes, tree, store, state, word, threshold
):
    """Find or learn the template of lines `line`, `line + 1`, ... of `buffer`.

    Parameters
    ----------
    buffer : uint8. start, stop : int64[n], line i is `buffer[start[i]:stop[i]]`.
    out : int32[n], filled from `line` on.
    shapes : (keys uint64[2^k], values int32[2^k], known uint64[2^(k-1)], known_id int32[2^(k-1)]): open
        addressing from masked hash to template, and the same in order of arrival.
    tree : (keys uint64[2^k], head, tail, size int32[2^k]): bucket of (token count, first word) -> templates.
    store : (pool uint64[t], text int32[t, 4], texts uint8[b], template int32[m, 4], origin uint32[m]).
    state : int64[6]. word : `WORD`. threshold : similarity from which a line belongs to a template.

    Returns
    -------
    Number of the first line not done: n, or less when an array is too small for one template or shape more.
    """
    keys, values, known, known_id = shapes
    mask = len(keys) - 1
    tokens = np.empty(MAX_TOKENS, np.uint64)
    bounds = np.empty((MAX_TOKENS, 4), np.int32)
    while line < len(out):
        begin, end = start[line], min(stop[line], start[line] + MAX_BYTES)
        shape = masked_hash(buffer, begin, end, word)
        at = _probe(keys, mask, shape)
        if keys[at] == shape:
            out[line] = values[at]
            line += 1
            continue
        if state[SHAPES] == len(known) or not _room(store, state):
            break
        n = cut(buffer, begin, end, word, tokens, bounds)
        found = _place(buffer, tokens[:n], bounds, tree, store, state, threshold)
        keys[at], values[at] = shape, found
        known[state[SHAPES]], known_id[state[SHAPES]] = shape, found
        state[SHAPES] += 1
        out[line] = found
        line += 1
    return line


@njit(cache=True)
def _room(store: Arrays, state: Counters) -> bool:
    """Whether one more template of any size fits, or none may be created."""
    pool, _, texts, template, _ = store
    if state[TEMPLATES] == state[MOST_TEMPLATES]:
        return True
    fits: bool = state[TOKENS] + MAX_TOKENS <= len(pool) and state[BYTES] + MAX_BYTES <= len(texts)
    return fits and state[TEMPLATES] < len(template)


@njit(cache=True)
def _place(  # type: ignore[no-untyped-def]
    buffer, tokens, bounds, tree, store, state, threshold
):
    """Template of a line whose shape is new: the most similar of its bucket, or a new one, or overflow."""
    keys, head, _, size = tree
    pool, _, _, template, _ = store
    at = bucket(tokens, len(tokens) > 0 and bounds[0, ANY] == 1, keys)
    best, best_similarity = -1, -1.0
    candidate = head[at] if keys[at] != 0 else -1
    while candidate >= 0:
        similarity = _similar(tokens, pool, template[candidate, FIRST])
        if similarity > best_similarity:
            best, best_similarity = candidate, similarity
        candidate = template[candidate, NEXT]
    if best >= 0 and (best_similarity >= threshold or size[at] >= BUCKET):
        _merge(buffer, tokens, bounds, store, best)
        return best
    if state[TEMPLATES] == state[MOST_TEMPLATES]:
        return 0
    fresh = state[TEMPLATES]
    _create(buffer, tokens, bounds, store, state)
    link(fresh, at, _bucket_key(tokens, len(tokens) > 0 and bounds[0, ANY] == 1), tree, template)
    return fresh


@njit(cache=True)
def _bucket_key(tokens: Hashes, leading_variable: bool) -> np.uint64:
    lead = START if len(tokens) == 0 or leading_variable else tokens[0]
    return mix(lead, np.uint64(len(tokens))) | np.uint64(1)


@njit(cache=True)
def bucket(tokens: Hashes, leading_variable: bool, keys: Hashes) -> np.int64:
    """Place in the tree's table of the templates that a line may belong to."""
    return _probe(keys, len(keys) - 1, _bucket_key(tokens, leading_variable))


@njit(cache=True)
def link(fresh: int, at: np.int64, key: np.uint64, tree: Arrays, template: Places) -> None:
    """Append a template to its bucket."""
    keys, head, tail, size = tree
    template[fresh, NEXT] = -1
    if keys[at] == 0:
        keys[at] = key
        head[at] = fresh
    else:
        template[tail[at], NEXT] = fresh
    tail[at] = fresh
    size[at] += 1


@njit(cache=True)
def relink(first: int, last: int, tree: Arrays, store: Arrays) -> None:
    """Put templates `first` to `last` back into the tree, in order of creation (after a restore)."""
    pool, text, _, template, _ = store
    for fresh in range(first, last):
        start, n = template[fresh, FIRST], template[fresh, COUNT]
        # A leading word that merged was variable to begin with: the bucket fixes any other.
        leading = n > 0 and text[start, ANY] == 1
        tokens = pool[start : start + n]
        link(fresh, bucket(tokens, leading, tree[0]), _bucket_key(tokens, leading), tree, template)


@njit(cache=True)
def index(known: Hashes, known_id: Slots, count: int, keys: Hashes, values: Slots) -> None:
    """Fill an empty table of shapes from their list."""
    for i in range(count):
        at = _probe(keys, len(keys) - 1, known[i])
        keys[at], values[at] = known[i], known_id[i]
