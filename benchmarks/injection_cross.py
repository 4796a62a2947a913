"""How well the injection model finds what it was not trained on: `python -m benchmarks.injection_cross FOLDER`.

Every labelled text is scored by a model that has seen no text of its source (InjecGuard's families; HaluEval in five
parts), while the phrase grammar is always there. With `--family`, a family of the grammar is left out and scored by a
model that has seen the others. Thresholds: one half, and that which 1 % of all benign texts exceed. With `--benign N`,
the threshold is calibrated on N benign texts of one source at a time and judged by its others, over 200 draws.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aiops.signals.content.calibration import bar, histogram
from aiops.types import Floats
from benchmarks.injection_train import Example, Windows, fit, made_up, recorded, scores

PARTS, DRAWS = 5, 200
ABROAD = "phrases/abroad"
"""Attacks in languages other than English, left out together."""


def group(example: Example) -> str:
    """What is left out together."""
    source = example.source
    if source in ("halueval", "answers"):
        return f"{source} {zlib.crc32(example.text.encode()) % PARTS}"
    return "injecguard/NotInject" if "NotInject" in source else source


def folds(groups: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Name and groups of each fold: one source of attacks or of benign texts, and a part of the ordinary questions."""
    sources = sorted({one for one in groups if one.startswith("injecguard")})
    for i in range(PARTS):
        yield f"questions {i}", [f"halueval {i}", f"answers {i}"]
    for source in sources:
        yield source, [source]


def left_out(windows: Windows, examples: list[Example], groups: list[str]) -> Floats:
    """Log odds of each recorded text under the model that has not seen its group; NaN for made-up texts."""
    attack = np.array([one.attack for one in examples], float)
    weight = np.array([one.weight for one in examples])
    found = np.full(len(examples), np.nan)
    names = np.array(groups)
    for _, out in folds(groups):
        held = np.isin(names, out)
        weights, intercept = fit(windows, attack, np.where(held, 0.0, weight))
        found[held] = (scores(windows, weights, len(examples)) + intercept)[held]
    return found


def family_left_out(windows: Windows, examples: list[Example], family: str) -> tuple[Floats, Floats]:
    """Log odds of a family of the grammar, and of benign questions, under a model that has seen neither.

    Parameters
    ----------
    family : what the sources begin with.
    """
    attack = np.array([one.attack for one in examples], float)
    held = np.array([one.source.startswith(family) and one.attack for one in examples])
    questions = np.array([one.source == "halueval" and zlib.crc32(one.text.encode()) % PARTS == 0 for one in examples])
    weights, intercept = fit(windows, attack, np.where(held | questions, 0.0, [one.weight for one in examples]))
    score = scores(windows, weights, len(examples)) + intercept
    return score[held], score[questions]


def table(examples: list[Example], score: Floats) -> Iterator[str]:
    """Recall and false positives by source."""
    attack = np.array([one.attack for one in examples])
    known = ~np.isnan(score) & np.array([one.source != "answers" for one in examples])
    benign = score[known & ~attack]
    bar = float(np.sort(benign)[::-1][int(0.01 * len(benign))])
    yield f"threshold of 1 % of {len(benign)} benign texts: log odds {bar:.2f}"
    for source in sorted({one.source for one, there in zip(examples, ~np.isnan(score), strict=True) if there}):
        part = score[np.array([one.source == source for one in examples]) & ~np.isnan(score)]
        kind = "attacks" if next(one for one in examples if one.source == source).attack else "benign"
        shares = f"above .5: {np.mean(part >= 0):.3f}  above 1 %: {np.mean(part > bar):.3f}"
        yield f"{source:44s} {kind:8s} {len(part):5d}  {shares}"
    found = score[known & attack]
    yield f"all attacks: above .5 {np.mean(found >= 0):.3f}, above 1 % {np.mean(found > bar):.3f}"
    yield f"all benign texts: above .5 {np.mean(benign >= 0):.4f}"


def calibrated(examples: list[Example], score: Floats, n: int) -> Iterator[str]:
    """Flagged share of a source's other benign texts and recall of all attacks, shipped and calibrated on n texts.

    Parameters
    ----------
    score : log odds from `left_out`.
    """
    known, rng = ~np.isnan(score), np.random.default_rng(DRAWS)
    attack = np.array([one.attack for one in examples])
    sources = np.array(["injecguard/" + one.source.split("/")[1].split("_")[0] if "/" in one.source else one.source
                        for one in examples])  # fmt: skip
    attacks = score[known & attack]
    for source in sorted(set(sources[known & ~attack])):
        benign = score[known & ~attack & (sources == source)]
        if len(benign) < 2 * n:
            continue
        drawn = []
        for _ in range(DRAWS):
            order = rng.permutation(benign)
            at = bar(histogram(1.0 / (1.0 + np.exp(-order[:n]))))
            drawn.append((at, np.mean(order[n:] >= at), np.mean(attacks >= at)))
        at, flagged, found = np.array(drawn).mean(axis=0)
        before = f"shipped: flagged {np.mean(benign >= 0):.3f}, found {np.mean(attacks >= 0):.3f}"
        yield f"{source:32s} {len(benign):5d}  {before}; own: flagged {flagged:.3f}, found {found:.3f}, bar {at:.2f}"


def main() -> None:
    """Print the table of sources, or how much is found of families of the grammar."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--family", action="append", help="of the grammar, as in `phrases/code` or `phrases/abroad`; `all` = each"
    )
    parser.add_argument("--benign", type=int, action="append", default=[], metavar="N", help="calibrate on N texts")
    options = parser.parse_args()
    examples = recorded(options.folder) + made_up()
    windows = Windows.of([one.text for one in examples])
    if not options.family:
        groups = [group(one) for one in examples]
        score = left_out(windows, examples, groups)
        lines = [line for n in options.benign for line in (f"calibrated on {n}:", *calibrated(examples, score, n))]
        for line in lines or table(examples, score):
            print(line)
    known = {one.source for one in examples if one.source.startswith("phrases/") and one.attack}
    every = [*sorted(one for one in known if not one.startswith(ABROAD)), ABROAD]
    for family in every if options.family == ["all"] else options.family or ():
        found, benign = family_left_out(windows, examples, family)
        bar = np.quantile(benign, 0.99)
        shares = f"above .5: {np.mean(found >= 0):.3f}  above 1 % of questions: {np.mean(found > bar):.3f}"
        print(f"{family:44s} {len(found):5d}  {shares}", flush=True)


if __name__ == "__main__":
    main()
