"""What the shipped rules promise, held: every case of every pack, through the columns that run in production."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiops.config import read_yaml
from aiops.detect.promtest import cases, run
from aiops.detect.rehearse import evaluate
from aiops.detect.rule import load_rules

FOLDER = Path(__file__).parents[2] / "detectors" / "rules"
FILES = sorted(FOLDER.glob("*/*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(FOLDER)) for file in FILES])
def test_the_cases_of_the_pack_hold(file: Path) -> None:
    rules = load_rules([str(file)])
    assert [problem for case in cases(read_yaml(file)) for problem in run(case, lambda one: evaluate(one, rules))] == []
