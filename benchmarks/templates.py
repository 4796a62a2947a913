"""Log templates: drain3 with its example masks and our miner, side by side, in turns.

The corpus is made here, 16 systems of 2,000 lines (loghub's licence lets nobody ship it); when the environment
variable AIOPS_DATA names a folder with `<System>/<System>_2k.log_structured*.csv`, that is used instead.
Cold is a miner that knows nothing, repeat is the same miner over the same lines again. Both sides are measured in
process CPU time and get the same list of str. Grouping accuracy: share of lines whose group is exactly the
lines of one true template.

    python -m benchmarks.templates
"""

from __future__ import annotations

import csv
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

import numpy as np
import numpy.typing as npt

SYSTEMS, LINES, ROUNDS = 16, 2000, 3
Corpus = dict[str, tuple[list[str], list[str]]]
"""System -> its lines, and the true template of each."""
Answers = Sequence[int] | npt.NDArray[np.int32]

# The masks of drain3's own example configuration.
MASKS = (
    (r"((?<=[^A-Za-z0-9])|^)(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))((?=[^A-Za-z0-9])|$)", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,} ?){3,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9A-F]{4} ?){4,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-f0-9A-F]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\-\+]?\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
    (r"(?<=executed cmd )(\".+?\")", "CMD"),
)
WORDS = """
    accepted access address after allocated attempt authentication available backup balance block buffer cache
    channel check client closed commit connection container created data deleted device disk driver election
    error event expired failed file flush for from heap host index interrupted invalid job kernel key leader
    lease level lock log memory message missing mount network node not opened packet partition password peer
    pool port process queue read received rejected replica request resolved response retry role route schema
    sent server service session shard shutdown size slow socket started state stopped stream table task thread
    timeout to token topic transaction unable unknown update user version volume waiting with worker write
""".split()  # noqa: SIM905
NAMES = [f"{first}{second}" for first in ("ada", "bo", "cleo", "dai", "eve") for second in ("li", "nor", "sen", "wick")]
VARIABLES: dict[str, Callable[[np.random.Generator], str]] = {
    "number": lambda rng: str(int(rng.lognormal(5, 3))),
    "address": lambda rng: ".".join(str(part) for part in rng.integers(1, 255, 4)) + f":{rng.integers(1024, 65536)}",
    "hexadecimal": lambda rng: f"0x{rng.integers(2**40):010x}",
    "identifier": lambda rng: f"blk_{rng.integers(-(2**62), 2**62)}",
    "uuid": lambda rng: "-".join(rng.bytes(n).hex() for n in (4, 2, 2, 2, 6)),
    "path": lambda rng: "/" + "/".join(rng.choice(WORDS, 3)) + f"/part-{rng.integers(10**5):05d}",
    "duration": lambda rng: f"{rng.exponential(90):.1f}",
    "name": lambda rng: str(rng.choice(NAMES)),
    "host": lambda rng: f"{rng.choice(NAMES)}.rack-{rng.integers(9)}.example.org",
}


def made_up(seed: int = 1) -> Corpus:
    """16 systems of 6 to 100 templates, a few of which write most of the lines."""
    rng = np.random.default_rng(seed)
    corpus: Corpus = {}
    for number in range(SYSTEMS):
        templates = [_template(rng) for _ in range(int(rng.integers(6, 100)))]
        shares = rng.permutation(1 / np.arange(1, len(templates) + 1) ** 1.3)
        chosen = rng.choice(len(templates), LINES, p=shares / shares.sum())
        lines = [
            " ".join(VARIABLES[word[1:]](rng) if word[0] == "%" else word for word in templates[i]) for i in chosen
        ]
        corpus[f"system-{number:02d}"] = lines, [" ".join(templates[i]) for i in chosen]
    return corpus


def _template(rng: np.random.Generator) -> list[str]:
    words = [str(word) for word in rng.choice(WORDS, int(rng.integers(3, 14)))]
    for at in rng.choice(np.arange(1, len(words)), int(rng.integers(0, len(words) // 2 + 1)), replace=False):
        words[at] = f"%{rng.choice(list(VARIABLES))}"
    return words


def loghub(folder: Path) -> Corpus:
    """Header-free lines and true templates of every system below `folder`; the corrected truth where there is one."""
    corpus: Corpus = {}
    for path in sorted(folder.rglob("*_2k.log_structured*.csv")):
        with path.open(newline="", encoding="utf-8", errors="replace") as source:
            rows = list(csv.DictReader(source))
        # `..._corrected.csv` sorts behind `....csv` and so replaces it.
        corpus[path.parent.name] = [row["Content"].strip() for row in rows], [row["EventTemplate"] for row in rows]
    return corpus


def accuracy(truth: Sequence[str], groups: Sequence[int]) -> float:
    """Grouping accuracy, as the log parsing benchmarks define it."""
    sizes, found, pairs = Counter(truth), Counter(groups), Counter(zip(truth, groups, strict=True))
    right = sum(n for (true, group), n in pairs.items() if n == sizes[true] == found[group])
    return right / len(truth)


class Peer:
    """drain3 with its example masks."""

    def __init__(self) -> None:
        from drain3 import TemplateMiner
        from drain3.masking import MaskingInstruction
        from drain3.template_miner_config import TemplateMinerConfig

        config = TemplateMinerConfig()
        config.masking_instructions = [MaskingInstruction(pattern, name) for pattern, name in MASKS]
        config.profiling_enabled = False
        self._miner = TemplateMiner(config=config)

    def learn(self, lines: list[str]) -> Answers:
        return [self._miner.add_log_message(line)["cluster_id"] for line in lines]

    def groups(self, answers: Answers) -> list[int]:
        return list(answers)


class Ours:
    """Our miner, one configuration for all."""

    def __init__(self) -> None:
        from aiops.signals.templates import Miner

        self._miner = Miner()

    def learn(self, lines: list[str]) -> Answers:
        return self._miner.learn(lines)

    def groups(self, answers: Answers) -> list[int]:
        """The groups at the end: templates that were joined since are one."""
        numbers: list[int] = self._miner.resolve(np.asarray(answers, np.int32)).tolist()
        return numbers


@dataclass(slots=True)
class Run:
    """CPU seconds over all systems, and the grouping accuracy of each."""

    cold: float = 0.0
    repeat: float = 0.0
    accuracy: dict[str, float] = field(default_factory=dict)


def run(side: type[Peer] | type[Ours], corpus: Corpus) -> Run:
    done = Run()
    for name, (lines, truth) in corpus.items():
        miner = side()
        began = time.process_time()
        answers = miner.learn(lines)
        done.cold += time.process_time() - began
        began = time.process_time()
        miner.learn(lines)
        done.repeat += time.process_time() - began
        done.accuracy[name] = accuracy(truth, miner.groups(answers))
    return done


def measure() -> dict[str, float]:
    """Ratio `templates` (cold, target >= 40), `templates_repeat` (target >= 100) and what they are made of."""
    folder = os.environ.get("AIOPS_DATA")
    corpus = (loghub(Path(folder)) if folder else {}) or made_up()
    Ours().learn(["compile the kernels"])
    peer: list[Run] = []
    ours: list[Run] = []
    for _ in range(ROUNDS):
        peer.append(run(Peer, corpus))
        # Ours takes milliseconds: several runs make its median as steady as the peer's.
        ours += [run(Ours, corpus) for _ in range(5)]
    lines = sum(len(texts) for texts, _ in corpus.values())
    peer_cold, cold = (median(one.cold for one in side) for side in (peer, ours))
    peer_repeat, repeat = (median(one.repeat for one in side) for side in (peer, ours))
    result = {
        "templates": peer_cold / cold,
        "templates_repeat": peer_repeat / repeat,
        "templates_per_core_second": lines / cold,
        "templates_repeat_per_core_second": lines / repeat,
        "templates_peer_per_core_second": lines / peer_cold,
        "templates_accuracy": mean(ours[-1].accuracy.values()),
        "templates_peer_accuracy": mean(peer[-1].accuracy.values()),
    }
    if folder:
        for name in corpus:
            print(f"{name:12} grouping accuracy {ours[-1].accuracy[name]:.3f}, drain3 {peer[-1].accuracy[name]:.3f}")
    return result


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:35} {value:15,.3f}")
