"""Text and embeddings are compared without a model, and without keeping them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet

from aiops.drift.cells import Roles
from aiops.drift.job import compare, learn
from aiops.drift.vector import of_embedding, of_text, vocabulary_of
from aiops.drift.verdict import Verdict
from tests.drift.sample import faults

PARCELS = "parcel order delivery late courier street address driver box label returned warehouse"
MONEY = "invoice refund card payment bank charge euro account credit balance receipt amount"


def texts(words: str, rows: int, rng: np.random.Generator) -> list[str]:
    return [" ".join(rng.choice(words.split(), rng.integers(5, 15))) for _ in range(rows)]


def verdicts(folder: Path, *columns: object) -> list[Verdict]:
    paths = []
    for i, column in enumerate(columns):
        paths.append(folder / f"{i}.parquet")
        pyarrow.parquet.write_table(pyarrow.table({"x": column}), paths[-1])
    known, _ = learn(paths[0], Roles())
    return [verdict for verdict, _ in compare(known, paths[1:])]


def test_another_topic_is_drift_of_a_text_and_the_same_topic_is_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    mixed = [*texts(PARCELS, 210, rng), *texts(MONEY, 90, rng)]
    found = verdicts(tmp_path, texts(PARCELS, 2_000, rng), texts(PARCELS, 300, rng), mixed, texts(MONEY, 300, rng))
    assert [verdict.alert for verdict in found] == [False, True, True]
    assert found[0].columns[0].kind == "text"


def test_a_rotated_embedding_and_one_of_another_width_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    mean = rng.normal(0, 1, 64)

    def vectors(rows: int) -> np.ndarray:
        return mean + rng.normal(0, 1, (rows, 64))

    found = verdicts(
        tmp_path, vectors(2_000).tolist(), vectors(300).tolist(), vectors(300)[:, ::-1].tolist(), [[0.1] * 32] * 300
    )
    assert [verdict.alert for verdict in found] == [False, True, True]
    assert faults(found[2]) == [("x", "type")]
    assert found[2].quality[0].value == "100.0% of the cells are lists of 32 numbers"
    assert found[2].quality[0].expected == "lists of 64 numbers"


def test_a_text_is_projected_as_if_alone_and_missing_ones_are_missing() -> None:
    some = ["a longer text", None, "", "ab", "Ärger, überall", "a longer text"]
    column = pyarrow.chunked_array([pyarrow.array(some)])
    words = vocabulary_of(column)
    found = of_text(column, words)
    alone = of_text(pyarrow.chunked_array([pyarrow.array(some[4:5])]), words)
    np.testing.assert_array_equal(found[4], alone[0])
    np.testing.assert_array_equal(found[0], found[5])
    assert np.isnan(found[1]).all()
    assert np.isnan(found[2:4, 1:-1]).all()
    assert found[2, 0] == 0.0


def test_words_are_known_or_not_as_naive_counting_says() -> None:
    rng = np.random.default_rng(2)
    known = [" ".join(rng.choice([f"w{i}" for i in range(300)], 6)) for _ in range(200)] + ["", "...", "w1,w1 W2"]
    now = [" ".join(rng.choice([f"w{i}" for i in range(400)], 6)) for _ in range(100)]
    held = Counter(word for text in known for word in set(words_of(text)))
    column = pyarrow.chunked_array([pyarrow.array(known)])
    words = vocabulary_of(column)
    for texts, own in ((known, True), (now, False)):
        found = of_text(pyarrow.chunked_array([pyarrow.array(texts)]), words, own=own)[:, -1]
        naive = [[held[word] <= own for word in words_of(text)] for text in texts]
        np.testing.assert_allclose(found, [np.mean(one) if one else np.nan for one in naive])


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def test_a_few_unknown_words_are_drift_and_numbers_that_are_always_new_are_none(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)

    def some(rows: int, strange: float) -> list[str]:
        return [
            " ".join(f"x{rng.integers(10**6)}" if rng.random() < strange else word for word in text.split())
            + f" order {rng.integers(10**9)}"
            for text in texts(PARCELS, rows, rng)
        ]

    found = verdicts(tmp_path, some(2_000, 0.0), some(300, 0.0), some(300, 0.0), some(300, 0.1))
    assert [verdict.alert for verdict in found] == [False, False, True]


def test_slices_and_chunks_of_embeddings_are_the_same_rows() -> None:
    whole = pyarrow.chunked_array([pyarrow.array([[1.0, 2.0], None, [3.0], [4.0, 5.0]]), pyarrow.array([[6.0, 7.0]])])
    found, alien = of_embedding(whole, 2)
    assert alien == 1
    assert np.isnan(found[1:3]).all()
    np.testing.assert_array_equal(of_embedding(whole.slice(3), 2)[0], found[3:])
