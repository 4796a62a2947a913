"""The stated budget of false pages, as thresholds.

A rule that watches n series, of which m count (`effective`), and asks for `for` columns in a row makes m tests every
`for` columns. A surprise of s is passed by chance in 10**-s of them. So the pages that chance alone brings in a week
are the sum over all rules of tests * 10**-threshold, whatever the series have to do with each other: expectations add.
The common threshold that makes this sum equal what may be spent is the budget's; a rule that feedback has found to be
noisy stands above it, one found to be right may stand below and is then counted with what it takes.

What one week may spend is the *wealth*: the budget N, less what false pages have taken out of it, plus a little for
every page that was right; both wear off by a seventh a day. Spent evenly over a week, N * weeks + REWARD * (right
pages) is never exceeded in expectation, which is the guarantee of generalised alpha-investing with decaying memory.

References
----------
Foster and Stine (2008), J. R. Statist. Soc. B 70:429; Aharoni and Rosset (2014), J. R. Statist. Soc. B 76:771; Ramdas,
Yang, Wainwright and Jordan (2017), NeurIPS, section 5 (decaying memory); Genovese, Roeder and Wasserman (2006),
Biometrika 93:509 (weights).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scipy import special

WEEK_SECONDS = 604_800.0
REWARD = 0.25
"""What a page that was right adds to the wealth, in false pages."""
LEAST_SHARE, MOST_SHARE = 0.01, 2.0
"""Wealth is held between these shares of the budget: nobody is deaf for a week, and nothing is hoarded."""
LOOSEST, STRICTEST = -0.5, 2.0
"""What feedback may add to a rule's threshold, in decades of probability."""
FORGET_SECONDS = 4 * WEEK_SECONDS
"""After this time a verdict counts half."""
PRIOR_WEEKS = 1.0
"""Weeks of feedback that the model's own expectation is worth."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What people made of a rule's pages, each verdict weighed by its age and by how plainly it was said."""

    false: float = 0.0
    right: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """False pages a week: mean, and the bounds of the interval that holds 90 %."""

    mean: float
    lower: float
    upper: float


def tests(series: float, hold: int, step_seconds: float) -> float:
    """Independent tests a week of a rule over so many series that count."""
    return series * WEEK_SECONDS / step_seconds / (hold + 1)


def wealth(pages_per_week: float, said: Iterable[tuple[float, bool, float]]) -> float:
    """False pages that a week from now may bring.

    Parameters
    ----------
    said : verdicts as (age in seconds, whether the page was right, weight).
    """
    moved = sum((REWARD if right else -1.0) * weight * math.exp(-age / WEEK_SECONDS) for age, right, weight in said)
    return min(max(pages_per_week + moved, LEAST_SHARE * pages_per_week), MOST_SHARE * pages_per_week)


def offset(judged: Judged) -> float:
    """What feedback adds to a rule's threshold: three false pages make it four times as rare."""
    return min(max(math.log10((1.0 + judged.false) / (1.0 + judged.right)), LOOSEST), STRICTEST)


def common(tests_of: Mapping[str, float], offsets: Mapping[str, float], wealth: float) -> float:
    """The threshold at which the tests of all rules together are passed by chance `wealth` times a week; 0 at least.

    Parameters
    ----------
    tests_of : rule -> tests a week.
    offsets : rule -> what is added for it; what is taken off is paid for by all.
    """
    total = sum(count * 10.0 ** -min(offsets.get(rule, 0.0), 0.0) for rule, count in sorted(tests_of.items()))
    return math.log10(max(total / wealth, 1.0))


def expected(tests_of: Mapping[str, float], thresholds: Mapping[str, float]) -> float:
    """Pages a week that chance brings at these thresholds."""
    return math.fsum(count * math.pow(10.0, -thresholds[rule]) for rule, count in sorted(tests_of.items()))


def estimate(model: float, false: float, judged_share: float, weeks: float) -> Estimate:
    """False pages a week, from what chance is expected to bring and what people judged.

    A Poisson rate with a Gamma prior of mean `model` that weighs as much as `PRIOR_WEEKS` of observation.

    Parameters
    ----------
    false : pages judged false in the last `weeks`.
    judged_share : share of the pages of that time that were judged at all.
    """
    shape = max(model, 1e-3) * PRIOR_WEEKS + false
    rate = PRIOR_WEEKS + weeks * judged_share
    lower, upper = (float(special.gammaincinv(shape, share)) / rate for share in (0.05, 0.95))
    return Estimate(shape / rate, lower, upper)
