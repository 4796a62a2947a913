"""Train the injection model: `python -m benchmarks.injection_train FOLDER`.

FOLDER holds `injecguard/*.json` (InjecGuard, MIT) and `halueval_general.jsonl` (HaluEval, MIT). To these come the
phrase grammar of `injection_phrases`. The same folder gives the same file.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import optimize, sparse

from aiops.signals.content import injection
from aiops.signals.content.injection_kernel import PIECES, SIZE, listed
from aiops.signals.content.text import packed
from aiops.signals.content.word_class import TABLE
from aiops.types import Floats, Ints
from benchmarks.injection_phrases import attacks, honest

SEED = 20240607
COUNT = 400
"""Made-up texts of each family."""
DECAY = 1.0
"""Penalty on the squared weights, per example of mean weight."""
ROUNDS = 2
"""Fits: before the second, only the most suspicious window of an attack stays one."""
WEIGHT = {"phrases": 0.25, "halueval": 1.0, "answers": 0.7, "injecguard": 2.0}


@dataclass(frozen=True, slots=True)
class Example:
    """A text, whether it is an attack, where it is from (`set/source`) and how much it counts."""

    text: str
    attack: bool
    source: str
    weight: float


def recorded(folder: Path) -> list[Example]:
    """The labelled texts of the folder, each once."""
    found: dict[str, Example] = {}
    for path in sorted(folder.glob("injecguard/*.json")):
        for text, attack, source in _labelled(path):
            found.setdefault(text.strip(), Example(text, attack, f"injecguard/{source}", WEIGHT["injecguard"]))
    rows = [json.loads(line) for line in (folder / "halueval_general.jsonl").open(encoding="utf-8")]
    for row in rows:
        question, answer = row["user_query"], row["chatgpt_response"]
        found.setdefault(question.strip(), Example(question, False, "halueval", WEIGHT["halueval"]))
        found.setdefault(answer.strip(), Example(answer, False, "answers", WEIGHT["answers"]))
    return list(found.values())


def _labelled(path: Path) -> Iterable[tuple[str, bool, str]]:
    data = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(data, dict):
        return [(text, True, path.stem) for texts in data.values() for text in texts]
    return [(row["prompt"], bool(row["label"]), row.get("source", path.stem)) for row in data]


def made_up(count: int = COUNT, seed: int = SEED) -> list[Example]:
    """What the phrase grammar makes."""
    found = {text: Example(text, True, f"phrases/{family}", WEIGHT["phrases"]) for family, text in attacks(count, seed)}
    for kind, text in honest(2 * count, seed + 1):
        found.setdefault(text, Example(text, False, f"phrases/{kind}", WEIGHT["phrases"]))
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Windows:
    """Features of all windows (sparse, one row a window) and the example each is of."""

    features: Any
    owner: Ints

    @classmethod
    def of(cls, texts: list[str]) -> Windows:
        """Read the texts."""
        parts: list[Any] = []
        owners: list[Ints] = []
        for first in range(0, len(texts), 500):
            some = packed(texts[first : first + 500])
            at, value, begin, owner = listed(some.data, some.bound, TABLE.keys, TABLE.values)
            parts.append(sparse.csr_matrix((value, at, begin), shape=(len(owner), SIZE)))
            owners.append(owner + first)
        return cls(sparse.vstack(parts, format="csr"), np.concatenate(owners))


def fit(windows: Windows, attack: Floats, weight: Floats) -> tuple[Floats, float]:
    """Weights and intercept.

    Parameters
    ----------
    attack, weight : of each example, shape (n,).
    """
    owner = windows.owner
    share = weight[owner] / np.bincount(owner, minlength=len(attack))[owner]
    kept = share.copy()
    weights, intercept = np.zeros(SIZE), 0.0
    for _ in range(ROUNDS):
        weights, intercept = _logistic(windows.features, attack[owner], kept, (weights, intercept))
        score = windows.features @ weights
        best = np.full(len(attack), -np.inf)
        np.maximum.at(best, owner, score)
        kept = np.where(attack[owner] == 1, np.where(score == best[owner], weight[owner], 0.0), share)
    return weights, intercept


def _logistic(features: Any, truth: Floats, weight: Floats, start: tuple[Floats, float]) -> tuple[Floats, float]:
    """Logistic regression with a squared penalty, by L-BFGS."""
    used = weight > 0
    features, sign, weight = features[used], 2 * truth[used] - 1, weight[used]
    turned = features.T.tocsr()

    def loss(point: Floats) -> tuple[float, Floats]:
        margin = sign * (features @ point[:-1] + point[-1])
        value = float(weight @ np.logaddexp(0, -margin)) + 0.5 * DECAY * float(point[:-1] @ point[:-1])
        pull = -sign * weight / (1 + np.exp(np.clip(margin, -500, 500)))
        return value, np.append(turned @ pull + DECAY * point[:-1], pull.sum())

    found = optimize.minimize(loss, np.append(*start), jac=True, method="L-BFGS-B", options={"maxiter": 120})
    return found.x[:-1], float(found.x[-1])


def scores(windows: Windows, weights: Floats, count: int) -> Floats:
    """Of each example, its most suspicious window's score, before the intercept."""
    best = np.full(count, -np.inf)
    np.maximum.at(best, windows.owner, windows.features @ weights)
    return best


def quantised(weights: Floats, slope: float, intercept: float) -> dict[str, Any]:
    """The arrays of the file: int8 weights, and the steps of pieces and of orders, slope and intercept."""
    steps = [float(np.abs(part).max()) / 127 for part in (weights[:PIECES], weights[PIECES:])]
    whole = np.concatenate([np.rint(weights[:PIECES] / steps[0]), np.rint(weights[PIECES:] / steps[1])])
    return {"weights": whole.astype(np.int8), "scale": np.array([*steps, slope, intercept], np.float32)}


def intercept_for(benign: Floats, share: float) -> float:
    """The intercept that puts the threshold of one half above all but a share of benign scores."""
    return -float(np.quantile(benign, 1 - share))


def main() -> None:
    """Train on everything and write the package's file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=Path(injection.__file__).with_name(injection.FILE))
    options = parser.parse_args()
    examples = recorded(options.folder) + made_up()
    windows = Windows.of([one.text for one in examples])
    attack = np.array([one.attack for one in examples], float)
    weights, intercept = fit(windows, attack, np.array([one.weight for one in examples]))
    np.savez_compressed(options.out, **quantised(weights, 1.0, intercept))
    print(f"{len(examples)} texts, {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
