"""What every streaming detector must keep, as checks anyone can run over their own.

Each check takes the detector and columns of shape (w, n) or (w, n, inputs) and raises AssertionError with the first
difference. `check_all` runs them with data of its own. Third parties: one line in your tests,
`detectors.testing.check_all(MyDetector())`.
"""

from __future__ import annotations

import numpy as np

from detectors import state as states
from detectors.protocol import CAP, Array, Floats, Scanning, State, Streaming


def columns(detector: Streaming, width: int = 400, n: int = 7, seed: int = 0) -> Floats:
    """Ordinary columns with gaps, a step and a spike, in the detector's shape."""
    rng = np.random.default_rng(seed)
    shape = (width, n) if detector.inputs == 1 else (width, n, detector.inputs)
    x = rng.normal(100.0, 5.0, shape)
    if detector.inputs == 2:
        x[..., 1] = rng.poisson(200.0, shape[:2])
        x[..., 0] = rng.binomial(x[..., 1].astype(np.int64), 0.02)
    x[rng.random(shape[:2]) < 0.05] = np.nan
    x[width * 3 // 4 :, 0] += 60.0
    x[width // 2, -1] += 500.0
    if detector.inputs > 2:  # a histogram: counts, then its bounds
        half = detector.inputs // 2
        x[..., half:] = np.where(np.isnan(x[..., half:]), np.nan, np.arange(1.0, half + 1.0))
    return x


def run(detector: Streaming, state: State, x: Array, at: int = 0) -> tuple[Floats, Floats]:
    """Feed columns one after the other; surprise and expected, shape (w, n)."""
    pairs = [detector.update(state, column, at + i) for i, column in enumerate(x)]
    return np.array([s for s, _ in pairs]), np.array([e for _, e in pairs])


def check_shape(detector: Streaming, x: Array) -> None:
    """Scores are float64 of shape (n,), between 0 and the cap or NaN; parameters are held as `p_<name>`."""
    state = detector.init(x.shape[1])
    assert all(len(array) == x.shape[1] for array in state.values())
    assert {f"p_{name}" for name in detector.parameters} <= state.keys()
    surprise, expected = run(detector, state, x)
    assert surprise.shape == expected.shape == x.shape[:2]
    scored = surprise[~np.isnan(surprise)]
    assert ((scored >= 0.0) & (scored <= CAP)).all()
    assert not np.isinf(expected).any()


def check_alone(detector: Streaming, x: Array) -> None:
    """A series that comes late, into a state that has grown, scores as if it had been alone."""
    half = len(x) // 2
    alone = run(detector, detector.init(1), x[half:, -1:], half)
    state = detector.init(x.shape[1] - 1)
    run(detector, state, x[:half, :-1])
    together = run(detector, states.grow(detector, state, x.shape[1]), x[half:], half)
    for one, all_of_them in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one[:, 0], all_of_them[:, -1])


def check_permutation(detector: Streaming, x: Array) -> None:
    """Which slot a series has makes no difference."""
    order = np.random.default_rng(1).permutation(x.shape[1])
    straight = run(detector, detector.init(x.shape[1]), x)
    mixed = run(detector, detector.init(x.shape[1]), np.ascontiguousarray(x[:, order]))
    for a, b in zip(straight, mixed, strict=True):
        np.testing.assert_array_equal(a[:, order], b)


def check_scan(detector: Streaming, x: Array) -> None:
    """Many columns in one call score as they do one by one, and leave the same state."""
    if not isinstance(detector, Scanning):
        return
    one_by_one, at_once = detector.init(x.shape[1]), detector.init(x.shape[1])
    first = run(detector, one_by_one, x)
    for a, b in zip(first, detector.scan(at_once, x, np.arange(len(x))), strict=True):
        np.testing.assert_array_equal(a, b)
    for name, array in one_by_one.items():
        np.testing.assert_array_equal(array, at_once[name])


def check_snapshot(detector: Streaming, x: Array) -> None:
    """A restored state goes on exactly as the one that was saved; so do slots taken out and put back."""
    half = len(x) // 2
    state = detector.init(x.shape[1])
    run(detector, state, x[:half])
    saved = states.snapshot(state)
    moved = detector.init(x.shape[1])
    states.put(moved, np.arange(x.shape[1])[::-1], states.take(state, np.arange(x.shape[1])[::-1]))
    first = run(detector, state, x[half:], half)
    for other in (states.restore(detector, saved), moved):
        for a, b in zip(first, run(detector, other, x[half:], half), strict=True):
            np.testing.assert_array_equal(a, b)


def check_reset(detector: Streaming, x: Array) -> None:
    """A slot that was reset is as good as new, and its neighbours notice nothing."""
    state = detector.init(x.shape[1])
    run(detector, state, x)
    before, fresh = states.snapshot(state), detector.init(x.shape[1])
    states.reset(detector, state, np.array([1]))
    for name, array in state.items():
        np.testing.assert_array_equal(array[1], fresh[name][1])
        np.testing.assert_array_equal(np.delete(array, 1, axis=0), np.delete(before[name], 1, axis=0))


def check_missing(detector: Streaming, x: Array) -> None:
    """NaN and infinity are no samples: no error, no infinite state, and a column of nothing gives no number above 0.

    A detector of absence may speak then; it says so by the attribute `hears_silence`.
    """
    state = detector.init(x.shape[1])
    x = x.copy()
    x[::7] = np.inf
    x[3::7] = -np.inf
    surprise, _ = run(detector, state, x)
    if not getattr(detector, "hears_silence", False):
        assert np.isnan(surprise[::7]).all()
    nothing = detector.init(x.shape[1])
    surprise, _ = run(detector, nothing, np.full_like(x[:50], np.nan))
    assert np.isnan(surprise).all()


def check_inputs_untouched(detector: Streaming, x: Array) -> None:
    """`x` is not written to."""
    copy = x.copy()
    copy.flags.writeable = False
    state = detector.init(x.shape[1])
    for i in range(len(x)):
        detector.update(state, copy[i], i)
    np.testing.assert_array_equal(copy, x)


def check_refusal(detector: Streaming, x: Array) -> None:
    """A column of another length is refused, not read past its end."""
    try:
        detector.update(detector.init(x.shape[1] + 1), x[0], 0)
    except ValueError:
        return
    raise AssertionError("a column shorter than the state was accepted")


CHECKS = (
    check_shape,
    check_alone,
    check_permutation,
    check_scan,
    check_snapshot,
    check_reset,
    check_missing,
    check_inputs_untouched,
    check_refusal,
)


def check_all(detector: Streaming) -> None:
    """Every check, over ordinary columns."""
    x = columns(detector)
    for check in CHECKS:
        check(detector, x)
