"""The layers of imported models: the same log-probabilities as Keras 3 from .keras and .h5, to 1e-5, and as formulas
for what only Keras 2 meant."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn_engine import CharRNN, Vocabulary
from charrnn_engine.checkpoints.model_files import ModelFile, read_model
from tests.archives import Archive, characters, entry, network

SIZE, WINDOW = 9, 6
LETTERS = Vocabulary(list("abcdefghi"))
IDS = np.random.default_rng(4).integers(0, SIZE, WINDOW)
TOLERANCE = 1e-5


def log_softmax(z: np.ndarray) -> np.ndarray:
    z = z.astype(float)
    return z - np.log(np.exp(z - z.max()).sum()) - z.max()


def ours(found: ModelFile) -> np.ndarray:
    """Log-probabilities after IDS, read one by one and as a row of a batch."""
    model = CharRNN(LETTERS, found.network)
    stepper = model.stepper(batch=2)
    for index in IDS:
        batch = stepper.step(np.array([index, index]))
    alone = model.logits(IDS)[-1]
    np.testing.assert_allclose(batch[1], alone, atol=1e-5)
    return log_softmax(alone)


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras", reason="needs the train extra")


ONE_HOT, SCALED = (WINDOW, SIZE), (WINDOW, 1)
# What a notebook puts between the input and the softmax, by layers L and activations of the recurrent layers.
KERAS: dict[str, tuple[tuple[int, ...], Callable[[Any], list[Any]]]] = {
    "window": (ONE_HOT, lambda L: [L.LSTM(7, return_sequences=True), L.LSTM(8)]),
    "scaled ids": (SCALED, lambda L: [L.LSTM(7), L.Dropout(0.2)]),
    "ids reshaped and scaled": ((WINDOW,), lambda L: [L.Reshape((WINDOW, 1)), L.GRU(7)]),
    "hard_sigmoid": (ONE_HOT, lambda L: [L.LSTM(7, recurrent_activation="hard_sigmoid")]),
    "relu": (ONE_HOT, lambda L: [L.SimpleRNN(7, activation="relu", return_sequences=True), L.GRU(5, "relu")]),
    "softsign": (ONE_HOT, lambda L: [L.GRU(7, "softsign", "hard_sigmoid", reset_after=False)]),
    "linear": (ONE_HOT, lambda L: [L.LSTM(7, activation="linear", recurrent_activation="linear")]),
    "batch normalisation": (
        ONE_HOT,
        lambda L: [
            L.BatchNormalization(), L.LSTM(7, return_sequences=True), L.BatchNormalization(scale=False),
            L.GRU(6, return_sequences=True), L.BatchNormalization(), L.SimpleRNN(5), L.BatchNormalization(),
        ],
    ),
    "layer normalisation": (
        (WINDOW,),
        lambda L: [
            L.Embedding(SIZE, 4), L.LayerNormalization(), L.SpatialDropout1D(0.1), L.LSTM(7, return_sequences=True),
            L.LayerNormalization(center=False), L.GaussianNoise(0.1), L.GRU(6), L.LayerNormalization(),
        ],
    ),
    "two Dense layers": (
        ONE_HOT,
        lambda L: [
            L.TimeDistributed(L.Dense(5, activation="relu")), L.Reshape((WINDOW, 5)),
            L.LSTM(7, return_sequences=True), L.TimeDistributed(L.Dense(6)), L.Activation("tanh"),
            L.LSTM(7), L.Flatten(), L.Dense(8, activation="relu"), L.BatchNormalization(), L.Activation("relu"),
        ],
    ),
}  # fmt: skip


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize("name", KERAS)
def test_layers_score_as_keras_does(keras: Any, tmp_path: Path, name: str) -> None:
    shape, layers = KERAS[name]
    L = keras.layers
    model = keras.Sequential([L.Input(shape), *layers(L), L.Dense(SIZE, activation="softmax")])
    rng = np.random.default_rng(1)
    for weight in model.weights:
        if weight.dtype.startswith("float"):
            spread = rng.normal(size=weight.shape) * 0.4
            weight.assign(abs(spread) + 0.1 if "variance" in weight.path else spread)
    batch = np.eye(SIZE, dtype="f")[IDS] if shape == ONE_HOT else IDS.astype("f")
    if shape != ONE_HOT:
        batch = IDS[:, None] / np.float32(SIZE) if shape == SCALED else batch
        batch = batch / SIZE if name.startswith("ids") else batch
    expected = np.log(keras.ops.convert_to_numpy(model(batch[None]))[0])
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"model.{ending}")
        found = read_model(tmp_path / f"model.{ending}")
        assert (found.windowed, found.window) == (True, WINDOW)
        np.testing.assert_allclose(ours(found), expected, atol=TOLERANCE)


@pytest.mark.keras
@pytest.mark.parametrize("kind", ["StringLookup", "TextVectorization"])
def test_a_lookup_in_front_brings_its_vocabulary(keras: Any, tmp_path: Path, kind: str) -> None:
    L = keras.layers
    if kind == "StringLookup":
        lookup = L.StringLookup(vocabulary=list("abc d"), mask_token=None)
        shape, expected = (None,), ["[UNK]", *"abc d"]
    else:
        lookup = L.TextVectorization(split="character", output_sequence_length=WINDOW)
        lookup.adapt(["aaabb c"])  # keeps the vocabulary beside the configuration
        shape, expected = (1,), lookup.get_vocabulary()
    size = len(expected)
    layers = [L.Input(shape, dtype="string"), lookup, L.Embedding(size, 3), L.LSTM(4), L.Dense(size)]
    keras.Sequential(layers).save(tmp_path / "model.keras")
    assert read_model(tmp_path / "model.keras").lookup_tokens == expected


def lstm_of_keras_2(archive: Archive, slope: float) -> np.ndarray:
    """The formulas of an LSTM whose gates are hard sigmoids, over one-hot rows."""
    kernel, recurrent, bias = (archive.arrays[f"layers/lstm/cell/vars/{n}"].astype(float) for n in range(3))
    h = c = np.zeros(len(recurrent))
    for index in IDS:
        i, f, g, o = np.split(kernel[index] + h @ recurrent + bias, 4)
        i, f, o = (np.clip(slope * gate + 0.5, 0, 1) for gate in (i, f, o))
        c = f * c + i * np.tanh(g)
        h = o * np.tanh(c)
    return log_softmax(h @ archive.arrays["layers/dense/vars/0"] + archive.arrays["layers/dense/vars/1"])


@pytest.mark.parametrize(("version", "slope"), [("2.0.4", 0.2), ("3.15.1", 1 / 6)])
def test_hard_sigmoid_is_what_the_version_of_keras_meant(tmp_path: Path, version: str, slope: float) -> None:
    archive = network(SIZE, units=5)
    archive.layer("LSTM")["config"]["recurrent_activation"] = "hard_sigmoid"
    found = read_model(archive.save_h5(tmp_path / "model.h5", version))
    np.testing.assert_allclose(ours(found), lstm_of_keras_2(archive, slope), atol=TOLERANCE)


def test_activations_without_bound_cant_overflow(tmp_path: Path) -> None:
    archive = network(SIZE, units=5, scale=9.0)
    archive.layer("LSTM")["config"].update(activation="relu", recurrent_activation="relu")
    archive.layers.insert(-1, entry("Activation", "act", activation="relu"))
    found = read_model(archive.save(tmp_path / "model.keras"))
    logits = CharRNN(LETTERS, found.network).logits(np.tile(IDS, 200))
    assert np.isfinite(logits).all()
    assert found.network.head.largest_logit == np.inf


# -- windows ---------------------------------------------------------------------------------------------------------


def test_a_window_scores_each_token_from_the_last_ones_alone(tmp_path: Path) -> None:
    carried = CharRNN(LETTERS, read_model(network(SIZE, layers=2, units=5).save(tmp_path / "m.keras")).network)
    windowed = replace(carried, network=replace(carried.network, window=4))
    ids = np.random.default_rng(2).integers(0, SIZE, 12)
    logits = windowed.logits(ids)
    for place in range(len(ids)):
        expected = carried.logits(ids[max(0, place - 3) : place + 1])[-1]
        np.testing.assert_allclose(logits[place], expected, atol=1e-6)


def test_windows_rewind_and_run_in_batches(tmp_path: Path) -> None:
    model = CharRNN(LETTERS, read_model(network(SIZE, units=5).save(tmp_path / "m.keras")).network)
    model = replace(model, network=replace(model.network, window=3))
    ids = [1, 5, 2, 8, 4]
    logits = model.logits(ids)
    stepper = model.stepper()
    kept = []
    for index in ids:
        stepper.step(index)
        kept.append(stepper.state)
    assert kept[0].shape == (1, model.network.state_size) == model.initial_state().shape
    for place in (4, 0, 2):
        stepper.restore(kept[place])
        np.testing.assert_allclose(stepper.logits, logits[place], atol=1e-6)
    state = model.initial_state(2)
    rows, state = model.step([1, 5], state)
    rows, state = model.step([5, 2], state)
    np.testing.assert_allclose(rows[0], logits[1], atol=1e-6)
    # A row that starts anew, beside one that goes on.
    batch = model.stepper(2)
    batch.state = state
    batch.reset(1)
    np.testing.assert_allclose(batch.step(np.array([2, 1]))[0], logits[2], atol=1e-6)
    np.testing.assert_allclose(batch.logits[1], logits[0], atol=1e-6)


def test_a_model_without_padding_may_draw_every_id() -> None:
    assert LETTERS.pad is None
    assert LETTERS.never_drawn == ()
    assert characters("ab").never_drawn == (0,)
