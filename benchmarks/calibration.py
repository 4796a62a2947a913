"""How often the surprise of `aiops score` is said where nothing happens; the last line is JSON.

    python -m benchmarks.calibration [--series 20] [--rows 20000] [--seed 7]

Fourteen kinds of ordinary series, one row a minute, no fault. Nominal is 10 ** -surprise. A kind whose values rarely
change (`rare_steps`, `sparse_counts`, `constant`) need not reach nominal at 3, and none may exceed 1e-5 at 6.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from benchmarks.quiet_series import FAMILIES, STEP_SECONDS, Quiet
from detectors.deep import Deep

AT = (3, 4, 5, 6)


def main() -> None:
    """Score, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("series", 20), ("rows", 20_000), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    quiet = Quiet(asked.series, np.random.default_rng(asked.seed))
    values = quiet.block(asked.rows)
    detector = Deep(step_seconds=STEP_SECONDS)
    surprise, _ = detector.scan(detector.init(values.shape[1]), values, np.arange(asked.rows))
    print(f"{'share of rows at':16}", *(f"{level:>9}" for level in AT))
    figures: dict[str, float] = {}
    for family in FAMILIES:
        said = np.nan_to_num(surprise[:, list(quiet.family(family))])
        rates = [float((said >= level).mean()) for level in AT]
        print(f"{family:16}", *(f"{rate:9.1e}" for rate in rates))
        figures |= {f"{family}_at_{level}": rate for level, rate in zip(AT, rates, strict=True)}
    print(f"{'nominal':16}", *(f"{10.0**-level:9.1e}" for level in AT))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
