"""The inner loop of the template miner, on one byte buffer and flat arrays.

`learn` hashes each line with its variables masked (one pass, no allocation) and looks the hash up; only an
unknown hash is cut into tokens and taken to the tree, Drain's idea: it is compared position by position with the
templates of equal token count and first word. If none fits, the line is a template of its own, and where similar
templates then show enough different words at a position, that becomes `<*>` and they are joined: two words may be
"opened" and "closed", four are users.

Every access is bounded by the arrays' lengths; `learn` stops when one is too small and goes on when it grew.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from aiops.signals.fold_kernel import SETS, fold, name_kinds
from aiops.signals.line_kernel import (
    ANY,
    BEGIN,
    END,
    GAP,
    GAP_BITS,
    KIND,
    MAX_BYTES,
    MAX_TOKENS,
    MIXED,
    START,
    STATE,
    Bytes,
    Hashes,
    Places,
    cut,
    masked_hash,
    mix,
)
from aiops.types import Slots

Arrays = tuple[Any, ...]
Counters = npt.NDArray[np.int64]

BUCKET = 256
"""Templates of one token count and first word; one more joins the most similar, or is overflow if none is similar."""
MOST_WORDS = 16
"""Different words of one position that are told apart."""

WORD_BITS = ~GAP_BITS
"""Without any of them a token is a position at which lines of the template differ: a gap without a word."""

# Places of `state`: what is in use of each array, and the limits.
TEMPLATES, TOKENS, BYTES, SHAPES, MOST_TEMPLATES, MOST_SHAPES = range(6)
# Columns of `template`: first token, number of tokens, next of its bucket, whether altered since last asked, what it
# was joined to (itself while it lives), and the most similar one when it was created (-1 = none was similar).
FIRST, COUNT, NEXT, ALTERED, ALIAS, RELATIVE = range(6)


@njit(cache=True)
def _probe(keys: Hashes, mask: int, wanted: np.uint64) -> np.int64:
    """Place of `wanted` in an open-addressing table, or the empty place where it belongs."""
    at = np.int64(wanted & np.uint64(mask))
    while keys[at] != 0 and keys[at] != wanted:
        at = (at + 1) & mask
    return at


@njit(cache=True)
def _similar(tokens: Hashes, pool: Hashes, first: int) -> tuple[float, bool]:
    """Share of positions at which line and template agree (-1 when gaps differ), and whether the line fits."""
    same, fits = 0, True
    for i in range(len(tokens)):
        token = pool[first + i]
        if token == tokens[i]:
            same += 1
        elif (token ^ tokens[i]) & GAP_BITS:
            return -1.0, False
        elif token & WORD_BITS:
            fits = False
    return (same / len(tokens) if len(tokens) else 1.0), fits


@njit(cache=True)
def _generalise(  # type: ignore[no-untyped-def]
    store, number, varies
):
    """Positions of a template that vary become `<*>`."""
    pool, text, _, template, _ = store
    first = template[number, FIRST]
    for i in range(len(varies)):
        at = first + i
        if varies[i] and pool[at] & WORD_BITS:
            pool[at] &= GAP_BITS
            text[at, END] = text[at, BEGIN]
            text[at, KIND] = ANY
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
        stop = begin if bounds[i, KIND] == ANY else bounds[i, END]
        text[at, GAP], text[at, BEGIN], text[at, END] = used, used + begin - gap, used + stop - gap
        text[at, KIND] = bounds[i, KIND]
        for j in range(gap, stop):
            texts[used] = buffer[j]
            used += 1
    template[number, FIRST], template[number, COUNT], template[number, ALTERED] = first, len(tokens), 1
    template[number, ALIAS] = number
    origin[number] = np.uint32(spelt >> np.uint64(32))
    state[TEMPLATES], state[TOKENS], state[BYTES] = number + 1, first + len(tokens), used


@njit(cache=True)
def learn(  # type: ignore[no-untyped-def]
    buffer, start, stop, line, out, shapes, tree, store, state, tables, limits
):
    """Find or learn the template of lines `line`, `line + 1`, ... of `buffer`.

    Parameters
    ----------
    buffer : uint8. start, stop : int64[n], line i is `buffer[start[i]:stop[i]]`.
    out : int32[n], filled from `line` on.
    shapes : (keys uint64[2^k], values int32[2^k], known uint64[2^(k-1)], known_id int32[2^(k-1)]): open
        addressing from masked hash to template, and the same in order of arrival.
    tree : (keys uint64[2^k], head, tail, size int32[2^k]): bucket of (token count, first word) -> templates.
    store : (pool uint64[t], text int32[t, 4], texts uint8[b], template int32[m, 6], origin uint32[m]).
    state : int64[6]. tables : `TABLES`.
    limits : similarity from which templates may be joined, and the number of different words at a position that
        makes it variable: plain words, names.

    Returns
    -------
    Number of the first line not done: n, or less when an array is too small for one template or shape more.
    """
    keys, values, known, known_id = shapes
    template = store[3]
    mask = len(keys) - 1
    tokens = np.empty(MAX_TOKENS, np.uint64)
    bounds = np.empty((MAX_TOKENS, 4), np.int32)
    while line < len(out):
        begin, end = start[line], min(stop[line], start[line] + MAX_BYTES)
        shape = masked_hash(buffer, begin, end, tables)
        at = _probe(keys, mask, shape)
        if keys[at] == shape:
            found = values[at]
            while template[found, ALIAS] != found:
                found = template[found, ALIAS]
            out[line] = found
            line += 1
            continue
        if state[SHAPES] == len(known) or not _room(len(tree[0]), store, state):
            break
        n = fold(buffer, tokens, bounds, cut(buffer, begin, end, tables, tokens, bounds), SETS)
        found = _place(buffer, tokens[:n], bounds, tree, store, state, limits)
        keys[at], values[at] = shape, found
        known[state[SHAPES]], known_id[state[SHAPES]] = shape, found
        state[SHAPES] += 1
        out[line] = found
        line += 1
    return line


@njit(cache=True)
def _room(width: int, store: Arrays, state: Counters) -> bool:
    """Whether one more template of any size fits, or none may be created."""
    pool, _, texts, template, _ = store
    if state[TEMPLATES] == state[MOST_TEMPLATES]:
        return True
    fits: bool = state[TOKENS] + MAX_TOKENS <= len(pool) and state[BYTES] + MAX_BYTES <= len(texts)
    return fits and state[TEMPLATES] < len(template) and 2 * state[TEMPLATES] < width


@njit(cache=True)
def _place(  # type: ignore[no-untyped-def]
    buffer, tokens, bounds, tree, store, state, limits
):
    """Template of a line whose shape is new: one that fits, a new one, or, past a limit, the most similar."""
    keys, head, _, size = tree
    pool, _, _, template, _ = store
    leading = len(tokens) > 0 and bounds[0, KIND] == ANY
    at = bucket(tokens, leading, keys)
    best, best_similarity, best_fits = -1, -1.0, False
    candidate = head[at] if keys[at] != 0 else -1
    while candidate >= 0:
        similarity, fits = _similar(tokens, pool, template[candidate, FIRST])
        if (fits, similarity) > (best_fits, best_similarity):
            best, best_similarity, best_fits = candidate, similarity, fits
        candidate = template[candidate, NEXT]
    if best_fits:
        return best
    name_kinds(buffer, tokens, bounds, SETS[0])
    similar = best_similarity >= limits[0]
    full = size[at] >= BUCKET or state[TEMPLATES] == state[MOST_TEMPLATES]
    if full and similar:
        first = template[best, FIRST]
        differs = np.zeros(len(tokens), np.bool_)
        for i in range(len(tokens)):
            differs[i] = tokens[i] != pool[first + i]
        _generalise(store, best, differs)
        return best
    if full:
        # Rather uncounted by template than a template that says nothing.
        return 0
    fresh = state[TEMPLATES]
    _create(buffer, tokens, bounds, store, state)
    template[fresh, RELATIVE] = best if similar else -1
    link(fresh, at, _bucket_key(tokens, leading), tree, template)
    return _join(tokens, bounds, at, tree, store, limits, fresh) if similar else fresh


@njit(cache=True)
def _join(  # type: ignore[no-untyped-def]
    tokens, bounds, at, tree, store, limits, fresh
):
    """Join similar templates where a position has shown enough different words to be a variable.

    Returns the template that the line `fresh` was created for belongs to afterwards.
    """
    _, head, tail, size = tree
    pool, _, _, template, _ = store
    varies, count = _varying(tokens, bounds, head[at], store, limits)
    if count > (1 - limits[0]) * len(tokens):
        # What would be left could be anything.
        return fresh
    kept, before = -1, -1
    candidate = head[at]
    while candidate >= 0:
        following = template[candidate, NEXT]
        if not _same_elsewhere(tokens, varies, pool, template[candidate, FIRST]):
            before = candidate
        elif kept < 0:
            # The oldest keeps its name.
            kept = before = candidate
        else:
            template[candidate, ALIAS] = kept
            template[candidate, ALTERED] = 1
            template[before, NEXT] = following
            size[at] -= 1
            if tail[at] == candidate:
                tail[at] = before
        candidate = following
    if kept != fresh:
        _generalise(store, kept, varies)
    return kept


@njit(cache=True)
def _varying(  # type: ignore[no-untyped-def]
    tokens, bounds, candidate, store, limits
):
    """Positions that are variable, judged by the similar templates of the bucket, and how many they are."""
    pool, text, _, template, _ = store
    n = len(tokens)
    varies = np.zeros(n, np.bool_)
    words = np.empty((n, MOST_WORDS), np.uint64)
    count = np.zeros(n, np.int64)
    mixed, named = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    while candidate >= 0:
        first = template[candidate, FIRST]
        if _similar(tokens, pool, first)[0] >= limits[0]:
            for i in range(n):
                token = pool[first + i]
                if token == tokens[i]:
                    continue
                if not token & WORD_BITS:
                    varies[i] = True
                    continue
                kinds = text[first + i, KIND], bounds[i, KIND]
                mixed[i] |= ANY in kinds or MIXED in kinds
                named[i] |= kinds != (STATE, STATE)
                new = count[i] < MOST_WORDS
                for j in range(min(count[i], MOST_WORDS)):
                    new = new and words[i, j] != token
                if new:
                    words[i, count[i]] = token
                    count[i] += 1
        candidate = template[candidate, NEXT]
    total = 0
    for i in range(n):
        # The line's own word counts as well.
        varies[i] |= named[i] and count[i] + 1 >= (limits[2] if mixed[i] else limits[1])
        total += varies[i]
    return varies, total


@njit(cache=True)
def _same_elsewhere(tokens: Hashes, varies: npt.NDArray[np.bool_], pool: Hashes, first: int) -> bool:
    """Whether a template says what the line says at all positions that do not vary."""
    differ = 0
    for i in range(len(tokens)):
        differ += not varies[i] and pool[first + i] != tokens[i]
    return differ == 0


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
        if template[fresh, ALIAS] != fresh:
            continue
        start, n = template[fresh, FIRST], template[fresh, COUNT]
        # A leading word that merged was variable to begin with: the bucket fixes any other.
        leading = n > 0 and text[start, KIND] == ANY
        tokens = pool[start : start + n]
        link(fresh, bucket(tokens, leading, tree[0]), _bucket_key(tokens, leading), tree, template)


@njit(cache=True)
def index(known: Hashes, known_id: Slots, count: int, keys: Hashes, values: Slots) -> None:
    """Fill an empty table of shapes from their list."""
    for i in range(count):
        at = _probe(keys, len(keys) - 1, known[i])
        keys[at], values[at] = known[i], known_id[i]
