"""The cells against their formulas, written out one gate at a time in float64; see test_against_keras for Keras."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from charrnn_engine import CharRNN, load
from charrnn_engine.network.products import Array
from tests.archives import Archive, characters, network, write_folder

VOCABULARY = characters("abcdefgh")
SIZE = len(VOCABULARY)
IDS = [1, 4, 2, 9, 3, 3, 7, 5, 8, 6]
CELLS = [("LSTM", False), ("GRU", True), ("GRU", False), ("SimpleRNN", False)]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def run_cell(cell: str, reset_after: bool, xs: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """Hidden states (T, H) of inputs (T, I), by the formulas of the Keras documentation."""
    kernel, recurrent = (w.astype(np.float64) for w in weights[:2])
    units = recurrent.shape[0]
    bias = np.zeros((2, kernel.shape[1]))
    if len(weights) == 3:
        bias[: weights[2].ndim] = weights[2]
    h, c, out = np.zeros(units), np.zeros(units), []
    for x in xs:
        a, b = x @ kernel + bias[0], h @ recurrent + bias[1]
        if cell == "SimpleRNN":
            h = np.tanh(a + b)
        elif cell == "LSTM":
            i, f, g, o = np.split(a + b, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            (az, ar, ah), (bz, br, bh) = np.split(a, 3), np.split(b, 3)
            z, r = sigmoid(az + bz), sigmoid(ar + br)
            new = np.tanh(ah + (r * bh if reset_after else (r * h) @ recurrent[:, 2 * units :]))
            h = z * h + (1 - z) * new
        out.append(h)
    return np.array(out)


def expected_logits(archive: Archive, cell: str, reset_after: bool, depth: int) -> np.ndarray:
    arrays = archive.arrays
    table = arrays.get("layers/embedding/vars/0", np.eye(SIZE))
    xs = table[IDS].astype(np.float64)
    group = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn"}[cell]
    for n in range(depth):
        path = f"layers/{group}{f'_{n}' if n else ''}/cell/vars"
        xs = run_cell(cell, reset_after, xs, [arrays[f"{path}/{k}"] for k in range(3) if f"{path}/{k}" in arrays])
    return xs @ arrays["layers/dense/vars/0"] + arrays.get("layers/dense/vars/1", 0.0)


@pytest.mark.parametrize("embedding", [None, 5])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_logits_follow_the_formulas(
    tmp_path: Path, cell: str, reset_after: bool, depth: int, bias: bool, embedding: int | None
) -> None:
    archive = network(SIZE, cell=cell, layers=depth, units=6, embedding=embedding, bias=bias, reset_after=reset_after)
    model = load(write_folder(tmp_path, archive, VOCABULARY))
    expected = expected_logits(archive, cell, reset_after, depth)
    np.testing.assert_allclose(model.logits(IDS), expected, rtol=0, atol=1e-5)


def one_by_one(model: CharRNN, ids: list[int]) -> Array:
    """Logits (T, V) of a row stepped on its own."""
    stepper = model.stepper()
    return np.array([stepper.step(index).copy() for index in ids])


@pytest.mark.parametrize(("rows", "units"), [(1, 6), (1, 128), (3, 37), (64, 6), (64, 128), (67, 37)])
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_rows_of_a_batch_do_not_touch_each_other(
    tmp_path: Path, cell: str, reset_after: bool, rows: int, units: int
) -> None:
    archive = network(SIZE, cell=cell, layers=2, units=units, reset_after=reset_after, scale=0.5 / units**0.5)
    model = load(write_folder(tmp_path, archive, VOCABULARY))
    texts = np.random.default_rng(0).integers(SIZE, size=(rows, 10))
    stepper = model.stepper(rows)
    together = np.array([stepper.step(ids).copy() for ids in texts.T])
    for row, ids in enumerate(texts.tolist()):
        np.testing.assert_allclose(together[:, row], one_by_one(model, ids), rtol=0, atol=1e-5)


@pytest.mark.parametrize("rows", [None, 3, 64])
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_large_products_are_cut_and_come_out_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, reset_after: bool, rows: int | None
) -> None:
    archive = network(SIZE, cell=cell, layers=2, units=64, reset_after=reset_after, scale=0.06)
    ids = np.random.default_rng(0).integers(SIZE, size=(10, rows or 1))

    def logits() -> Array:
        stepper = load(write_folder(tmp_path, archive, VOCABULARY)).stepper(rows)
        return np.array([stepper.step(each if rows else int(each[0])).copy() for each in ids])

    whole = logits()
    monkeypatch.setattr("charrnn_engine.network.products._SMALL", 64 * 16 * 20)
    np.testing.assert_allclose(logits(), whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_a_row_is_put_back_to_its_beginning_without_the_others(tmp_path: Path, cell: str, reset_after: bool) -> None:
    archive = network(SIZE, cell=cell, layers=2, units=32, reset_after=reset_after)
    stepper = load(write_folder(tmp_path, archive, VOCABULARY)).stepper(3)
    stepper.step(np.array([1, 2, 3]))
    before = stepper.state
    stepper.reset(1)
    after = stepper.state
    assert not after[1].any()
    np.testing.assert_array_equal(after[[0, 2]], before[[0, 2]])
    assert before[1].any()


@pytest.mark.parametrize("rows", [None, 2, 20])
@pytest.mark.parametrize(("cell", "reset_after"), CELLS)
def test_a_state_is_given_back_as_it_was_taken(
    tmp_path: Path, cell: str, reset_after: bool, rows: int | None
) -> None:
    archive = network(SIZE, cell=cell, layers=3, units=48, reset_after=reset_after)
    model = load(write_folder(tmp_path, archive, VOCABULARY))
    stepper = model.stepper(rows)
    state = np.random.default_rng(0).normal(size=model.initial_state(rows or 1).shape).astype(np.float32)
    stepper.state = state
    np.testing.assert_array_equal(stepper.state, state)


@pytest.mark.parametrize(("cell", "batch"), list(product(["LSTM", "GRU", "SimpleRNN"], [None, 2])))
def test_large_inputs_saturate_and_never_give_nan(tmp_path: Path, cell: str, batch: int | None) -> None:
    model = load(write_folder(tmp_path, network(SIZE, cell=cell, layers=2, units=6, scale=1e4), VOCABULARY))
    stepper = model.stepper(batch)
    for index in IDS:
        logits = stepper.step(index if batch is None else np.array([index, 2]))
        assert np.isfinite(logits).all()
