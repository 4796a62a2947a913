"""When a level that falls and wanders reaches zero, and how sure that is.

A level loses `fall` a step on average and wanders by a variance of `walk` a step; `error` is the standard error of
`fall`. Arrays in, arrays out; nothing is remembered here.

References
----------
Cox and Miller (1965), The Theory of Stochastic Processes, 5.7 (first passage of a drifting walk).
"""

from __future__ import annotations

import numpy as np

from detectors.protocol import Floats


def noise(square: Floats, cross: Floats, blocks: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Degrees of freedom, standard error of the mean step, and variance by which the level wanders in one step.

    Parameters
    ----------
    square, cross : shape (n,), variance of the steps, and covariance of each with the one before.
    blocks : shape (n,), steps seen.
    weight : shape (n,), of the newest step in an exponential mean of them.

    The steps are taken for a moving average of order one: 0 = a walk, -1/2 = noise around a line. Their correlation
    is itself uncertain, so it is taken one standard error too high; above 0 it is a trend that began, and no noise.
    """
    weight = np.maximum(weight, 2.0 / (np.maximum(blocks, 1.0) + 1.0))
    steps = (2.0 - weight) / weight
    freedom = np.maximum(steps - 1.0, 1.0)
    cross = np.minimum(np.maximum(cross, -0.5 * square) + square / np.sqrt(steps), 0.0)
    error = np.maximum(square + 2.0 * (1.0 - weight) * cross, weight * square) / freedom
    walk = np.maximum(square + 2.0 * cross, 0.02 * square)
    return freedom, np.sqrt(np.maximum(error, 0.0)), np.maximum(walk, 0.0)


def passage(left: Floats, fall: Floats, error: Floats, walk: Floats, z: Floats) -> tuple[Floats, Floats, Floats]:
    """When `left` is gone: middle, early and late edge in steps, shape (n,) each.

    The t at which left = fall t, and those at which the level is z standard deviations from there.
    Both edges are roots of (left - fall t)^2 = z^2 (error^2 t^2 + walk t); no late one = perhaps never.
    """
    fall = np.maximum(fall, 1e-12 * left + 1e-300)  # slower is never
    a, half = fall**2 - (z * error) ** 2, left * fall + 0.5 * z**2 * walk
    reach = half + np.sqrt(np.maximum(half**2 - a * left**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        early = np.where(reach > 0.0, left**2 / reach, 0.0)
        return left / fall, early, np.where(a > 0.0, reach / a, np.inf)
