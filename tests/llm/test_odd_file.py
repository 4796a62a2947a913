"""Files of calls that are hardly files of calls: begun and not ended, or with a mark in front."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aiops.llmfile.read import CallFile

CALL = json.dumps({"timestamp": 1.0, "model": "m", "input_tokens": 1, "output_tokens": 1}).encode() + b"\n"


@pytest.mark.parametrize("begun", [b"[\n", b"[{\n", b'[{"model":"m"},\n', b'["\xff\n', b'"open\n'])
def test_an_array_that_does_not_end_on_its_line_is_counted_and_the_rest_is_read(begun: bytes, tmp_path: Path) -> None:
    path = tmp_path / "calls.json"
    path.write_bytes(begun + CALL)
    file = CallFile(path)
    assert [numbers for numbers, _ in file.batches()] == [[2]]
    assert sum(file.bad.values()) == 1
    assert file.first_bad is not None
    assert file.first_bad[0] == 1


def test_a_byte_order_mark_costs_no_call(tmp_path: Path) -> None:
    path = tmp_path / "calls.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + CALL + CALL)
    file = CallFile(path)
    assert [numbers for numbers, _ in file.batches()] == [[1, 2]]
    assert not file.bad
