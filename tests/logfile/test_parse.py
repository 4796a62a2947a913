"""A log file as templates: the same whatever the pieces it is read in."""

from __future__ import annotations

import codecs
import csv
import gzip
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from aiops.cli import cli
from aiops.errors import ConfigError
from aiops.logfile.parse import line_form, parse
from aiops.logfile.write import listed

HEAD = "2024-05-01 10:00:{s:02d},{p:03d} INFO [main] org.acme.Worker: "
BODIES = ["order {n} paid by user{n}", "disk full", "", "took {n} ms for /var/lib/{n}/x", "session of {w} opened"]


def lines_of(count: int) -> list[str]:
    words = ["ann", "bob", "cyd", "dan", "eve", "fay", "gus"]
    return [HEAD.format(s=i % 60, p=i % 1000) + BODIES[i * 7 % 5].format(n=i * i, w=words[i % 7]) for i in range(count)]


def written(tmp_path: Path, lines: Iterable[str], end: str = "\n") -> Path:
    path = tmp_path / "some.log"
    path.write_bytes("".join(line + end for line in lines).encode())
    return path


def groups(numbers: np.ndarray) -> list[int]:
    """The same partition of lines, numbered by first appearance."""
    seen: dict[int, int] = {}
    return [seen.setdefault(number, len(seen)) for number in numbers.tolist()]


@pytest.mark.parametrize("piece", [1, 17, 4096, 1 << 20])
def test_the_size_of_the_pieces_cannot_be_seen_in_the_result(tmp_path: Path, piece: int) -> None:
    path = written(tmp_path, lines_of(300))
    whole, parted = parse(path), parse(path, piece=piece)
    assert parted.numbers.tolist() == whole.numbers.tolist()
    assert parted.miner.snapshot() == whole.miner.snapshot()


def test_lines_of_one_group_in_a_part_of_a_file_are_of_one_group_in_all_of_it(tmp_path: Path) -> None:
    lines = lines_of(2500)
    whole = parse(written(tmp_path, lines)).numbers
    part = parse(written(tmp_path, lines[:2100])).numbers
    pairs = set(zip(part.tolist(), whole[:2100].tolist(), strict=True))
    assert len(pairs) == len(set(part.tolist()))


def test_carriage_returns_and_a_missing_last_line_end_change_nothing(tmp_path: Path) -> None:
    lines = lines_of(60)
    plain = parse(written(tmp_path, lines)).numbers.tolist()
    assert parse(written(tmp_path, lines, "\r\n")).numbers.tolist() == plain
    (tmp_path / "some.log").write_bytes("\n".join(lines).encode())
    assert parse(tmp_path / "some.log").numbers.tolist() == plain


@pytest.mark.parametrize("piece", [1, 5, 1 << 20])
@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_byte_order_mark_is_obeyed(tmp_path: Path, coding: str, piece: int) -> None:
    lines = [*lines_of(60), "Anmeldung für Müller №7 fehlgeschlagen"]
    plain = parse(written(tmp_path, lines))
    mark = codecs.BOM_UTF16_BE if coding == "utf-16-be" else b""
    (tmp_path / "some.log").write_bytes(mark + "".join(line + "\r\n" for line in lines).encode(coding))
    marked = parse(tmp_path / "some.log", piece=piece)
    assert marked.numbers.tolist() == plain.numbers.tolist()
    assert listed(marked) == listed(plain)


def test_every_line_has_a_row_the_empty_ones_as_well(tmp_path: Path) -> None:
    path = written(tmp_path, ["", "a 1", "", "a 2", "\xff"])
    assert len(parse(path).numbers) == 5
    path.write_bytes(b"")
    assert len(parse(path).numbers) == 0
    path.write_bytes(b"\n\n")
    assert len(parse(path).numbers) == 2


def test_the_command_writes_both_tables(tmp_path: Path) -> None:
    path = written(tmp_path, lines_of(50))
    out, templates = tmp_path / "new" / "lines.csv", tmp_path / "templates.csv"
    done = CliRunner().invoke(cli, ["logs", str(path), "--out", str(out), "--templates", str(templates)])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(out.open()))
    texts = {row["template_id"]: row for row in csv.DictReader(templates.open())}
    assert [int(row["line"]) for row in rows] == list(range(1, 51))
    assert texts[rows[0]["template_id"]]["template"] == "order <*> paid by <*>"
    assert sum(int(row["count"]) for row in texts.values()) == 50
    assert {row["template_id"] for row in rows} == set(texts)


@pytest.mark.parametrize(
    "form", ["<Date> <Time> <Level> [<Thread>] <Class>: <Content>", r"(?:\S+\s+){4}\S+: (?P<content>.*)"]
)
def test_a_stated_form_finds_what_is_recognised_without_it(tmp_path: Path, form: str) -> None:
    path = written(tmp_path, lines_of(200))
    assert groups(parse(path, line_form(form)).numbers) == groups(parse(path).numbers)


def test_a_line_that_is_not_of_the_stated_form_is_its_own_content(tmp_path: Path) -> None:
    parsed = parse(written(tmp_path, ["x: 1", "odd one"]), line_form("x: (?P<content>.*)"))
    assert [parsed.miner.template(number) for number in parsed.numbers] == ["<*>", "odd one"]


@pytest.mark.parametrize("form", ["(", "no group"])
def test_a_form_that_names_no_content_is_refused(form: str) -> None:
    with pytest.raises(ConfigError, match="--format-regex"):
        line_form(form)


def test_a_file_that_is_not_there_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        parse(tmp_path / "none.log")


def test_a_compressed_file_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(b"took 1 ms\ntook 2 ms\n"))
    assert [text for _, _, text in listed(parse(tmp_path / "a.log.gz"))] == ["took <*> ms"]
    (tmp_path / "b.log.gz").write_bytes(b"\x1f\x8bthis was never packed")
    with pytest.raises(ConfigError, match=r"b\.log\.gz: cannot be unpacked"):
        parse(tmp_path / "b.log.gz")


def test_a_line_cannot_colour_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(b"login \x1b[31mred\x1b[0m\n")
    shown = CliRunner().invoke(cli, ["logs", str(tmp_path / "a.log")]).output
    assert "\x1b" not in shown
    assert "�" in shown


@pytest.mark.parametrize("piece", [1, 1 << 20])
def test_of_lines_of_json_the_message_is_read_and_other_lines_stand_for_themselves(tmp_path: Path, piece: int) -> None:
    said = [
        {"time": f"2026-05-10T09:00:{i % 60:02d}Z", "level": "info", "msg": f"order {i} shipped"} for i in range(60)
    ]
    told = [json.dumps(one) for one in said] + ['{"msg": "cache cold"}', "Traceback of old", '{"level": "info"}', ""]
    parsed = parse(written(tmp_path, told), piece=piece)
    assert groups(parsed.numbers) == [0] * 60 + [1, 2, 3, 4]
    assert listed(parsed)[0][2] == "order <*> shipped"
