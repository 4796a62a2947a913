"""What is compiled is compiled once, side by side, and a process that dies of it harms nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aiops.daemon import warm


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return tmp_path


def test_what_an_earlier_command_compiled_is_not_compiled_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "PARTS", (os.getpid, os.getppid))
    said: list[str] = []
    for _ in range(2):
        warm.prepare(said.append)
    assert len(said) == 1
    assert (folder / "prepared").exists()


def test_a_part_that_dies_is_compiled_by_whoever_needs_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "PARTS", (os.abort,))
    warm.prepare(lambda _: None)
    assert not (folder / "prepared").exists()


def test_every_part_leads_to_kernels_that_exist() -> None:
    for part in warm.PARTS:
        part()
