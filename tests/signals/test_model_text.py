"""Texts and embeddings among the features of scored rows: their drift is found, and no text is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from aiops.decode import tensor
from aiops.detect.partition import Settings
from aiops.drift.scored import stated
from aiops.pipeline import Pipeline
from aiops.signals.stated import Stated
from aiops.signals.unfold import PARTS, unfolded, unfolded_column
from aiops.types import Prediction, Records

START, STEP, ROWS = 1_767_571_200.0, 30.0, 100
PARCELS = ["parcel", "shipment", "delivery", "courier", "street", "address", "driver", "warehouse", "mailbox"]
MONEY = ["invoice", "refund", "card", "payment", "bank", "euro", "account", "credit", "balance", "receipt"]
WIDTH = 32
MEAN = np.random.default_rng(9).normal(0.0, 1.0, WIDTH)


def row(rng: np.random.Generator, *, money: bool = False, turned: bool = False) -> dict[str, Any]:
    vector = (MEAN + rng.normal(0.0, 1.0, WIDTH)).tolist()
    return {
        "question": " ".join(rng.choice(MONEY if money else PARCELS, rng.integers(6, 15))),
        "topic": str(rng.choice(["red shoes", "blue hats"])), "picture": vector[::-1] if turned else vector,
    }  # fmt: skip


def lived(models: dict[str, Stated], seed: int, plain: int, changed: int = 0, **change: bool) -> dict[str, float]:
    """Drift of each feature after some steps without a change and some with one; nothing said is saved anywhere."""
    pipeline, rng = Pipeline(Settings(STEP, 0.0, 2.0, (), models=models)), np.random.default_rng(seed)
    found: dict[str, float] = {}
    for s in range(plain + changed):
        rows = [row(rng, **change) if s >= plain else row(rng) for _ in range(ROWS)]
        common = {"type": "prediction", "timestamp": START + s * STEP, "model": "search"}
        events = [{**common, "id": f"{s}-{i}", "features": one} for i, one in enumerate(rows)]
        records = Records.many("bus/rows/0", [msgspec.json.encode(events)], s + 1, first_offset=s)
        outcome = pipeline.step([records], START + 1e6)
        assert not outcome.dead
        partition = pipeline.partitions["bus/rows/0"]
        for closed in outcome.closed:
            for labels, value in zip(partition.roster.labels, closed.value.tolist(), strict=False):
                pairs = dict(labels.pairs)
                if pairs["__name__"] == "model_feature_drift" and value == value:
                    found[pairs["feature"]] = value
    saved = b"".join(part for part in partition.snapshot().values() if isinstance(part, bytes))
    assert b"red shoes" in saved
    assert not [word for word in (*PARCELS, *MONEY) if word.encode() in saved]
    return found


def alerting(found: dict[str, float]) -> set[str]:
    return {name.partition(":")[0] for name, surprise in found.items() if surprise >= 6}


@pytest.mark.parametrize(
    ("change", "named"), [({}, set()), ({"money": True}, {"question"}), ({"turned": True}, {"picture"})], ids=str
)
def test_another_topic_and_another_embedder_are_drift_of_their_feature(
    change: dict[str, bool], named: set[str]
) -> None:
    found = lived({}, 1, 34, 10, **change)
    assert alerting(found) == named
    assert {"topic", "question:length", "question:content1", "picture:norm", "picture:direction8"} <= found.keys()


def test_a_file_with_texts_and_embeddings_is_a_reference_for_rows_as_the_daemon_reads_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = [row(rng) for _ in range(2_500)]
    columns = {name: [one[name] for one in rows] for name in rows[0]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "known.parquet")
    models = {"search": stated(tmp_path / "known.parquet", {}, STEP, None)}
    assert alerting(lived(models, 3, 12)) == set()
    assert alerting(lived(models, 3, 0, 12, money=True, turned=True)) == {"question", "picture"}


def test_a_column_is_unfolded_as_its_rows_are() -> None:
    said = ["the parcel never came to me", None, "yes", "a refund, and the whole of it", 3.0, "iVBORw0K" * 5_000]
    values: list[Any] = said
    columns = unfolded_column("q", values)
    rows = [Prediction(timestamp=0.0, model="m", features={"q": value}) for value in values]
    for i, (_, event) in enumerate(unfolded(list(enumerate(rows)))):
        assert isinstance(event, Prediction)
        assert {k: v for k, v in event.features.items() if v is not None} == {
            name: column[i] for name, column in columns.items() if column[i] is not None
        }
    assert columns.keys() == {"q", *(f"q:{part}" for part in PARTS)}
    assert unfolded_column("q", values[:1]).keys() == {f"q:{part}" for part in PARTS}
    assert unfolded_column("q", ["yes", "no"]) == {"q": ["yes", "no"]}


def test_a_picture_in_letters_is_known_by_its_hash_wherever_it_stands() -> None:
    pictures = ["iVBORw0K" * 5_000, "R0lGODlh" * 5_000]
    rows = [Prediction(timestamp=0.0, model="m", features={"scan": one, "dpi": 300}) for one in pictures]
    first, second = (event.features for _, event in unfolded(list(enumerate(rows))) if isinstance(event, Prediction))
    assert first["dpi"] == 300
    assert first["scan"] != second["scan"]
    assert len(str(first["scan"])) < 30


def test_embeddings_become_numbers_wherever_they_stand() -> None:
    vector = MEAN.tolist()
    expected = tensor.embedded("e", vector)
    assert expected["e:norm"] == pytest.approx(float(np.linalg.norm(MEAN)))
    assert tensor.features({"instances": [{"e": vector, "x": 1.5}]}) == [expected | {"x": 1.5}]
    wide = {"name": "e", "shape": [2, 600], "data": list(range(1_200))}
    assert [sorted(one) for one in tensor.features({"inputs": [wide]})] == [sorted(expected)] * 2
    table = {"name": "e", "shape": [1, 50], "data": list(range(50))}
    assert len(tensor.features({"inputs": [table]})[0]) == 50
    assert tensor.flattened({"tags": ["a", "b"]}) == {"tags": '["a","b"]'}
