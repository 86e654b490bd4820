"""The engine against Keras itself: the same archive opened by both gives the same logits to 1e-5."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn_engine import CharRNN, CheckpointError, load
from charrnn_engine.checkpoints.locations import shipped_checkpoints
from charrnn_engine.checkpoints.model_files import read_network
from charrnn_engine.network.products import Array
from tests.archives import characters, write_model

pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore:.*`quantize` method:UserWarning", "ignore:__array__:DeprecationWarning"),
]

VOCABULARY = characters("abcdefghijk")
SIZE = len(VOCABULARY)
IDS = np.random.default_rng(5).integers(1, SIZE, size=14)
TOLERANCE = 1e-5

CELLS = ("LSTM", "GRU, reset after", "GRU, reset before", "SimpleRNN")
HEADS = ("softmax", "logits", "TimeDistributed softmax", "Activation softmax", "Softmax layer")
SHIPPED = sorted(path.parent for path in shipped_checkpoints().glob("*/model.keras"))


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras", reason="needs the train extra")


def recurrent_layer(keras: Any, cell: str, units: int, bias: bool) -> Any:
    settings: dict[str, Any] = {"return_sequences": True, "use_bias": bias}
    if cell.startswith("GRU"):
        return keras.layers.GRU(units, reset_after=cell.endswith("after"), **settings)
    return {"LSTM": keras.layers.LSTM, "SimpleRNN": keras.layers.SimpleRNN}[cell](units, **settings)


def head_layers(keras: Any, head: str, bias: bool) -> list[Any]:
    L = keras.layers
    return {
        "softmax": lambda: [L.Dense(SIZE, activation="softmax", use_bias=bias)],
        "logits": lambda: [L.Dense(SIZE, use_bias=bias)],
        "TimeDistributed softmax": lambda: [L.TimeDistributed(L.Dense(SIZE, activation="softmax", use_bias=bias))],
        "Activation softmax": lambda: [L.Dense(SIZE, use_bias=bias), L.Activation("softmax")],
        "Softmax layer": lambda: [L.Dense(SIZE, use_bias=bias), L.Softmax()],
    }[head]()


def build(
    keras: Any, cell: str, depth: int, *, embedding: bool, head: str, functional: bool = False, bias: bool = True
) -> Any:
    """A Keras model with random weights, biases included."""
    L = keras.layers
    inputs = L.Input((None,) if embedding else (None, SIZE))
    layers = [L.Embedding(SIZE, 5, mask_zero=True)] if embedding else [L.Masking()]
    for n in range(depth):
        layers += [recurrent_layer(keras, cell, 8 + n, bias), L.Dropout(0.2)]
    layers += head_layers(keras, head, bias)
    if functional:
        x = inputs
        for layer in layers:
            x = layer(x)
        model = keras.Model(inputs, x)
    else:
        model = keras.Sequential([inputs, *layers])
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape) * 0.5)
    return model


def keras_logits(keras: Any, model: Any, ids: Array) -> Array:
    """What a Keras model scores after each prefix, without the softmax at its end."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Softmax):
            layer.call = lambda inputs, mask=None: inputs
        for part in (layer, getattr(layer, "layer", None)):
            if isinstance(part, keras.layers.Dense | keras.layers.Activation):
                part.activation = keras.activations.linear
    [inputs] = model.inputs
    batch = ids[None] if len(inputs.shape) == 2 else np.eye(inputs.shape[-1], dtype="f")[ids][None]
    return keras.ops.convert_to_numpy(model(batch))[0]


def assert_equal(keras: Any, model: Any, folder: Path) -> None:
    model.save(folder / "model.keras")
    network, parameters = read_network(folder / "model.keras")
    ours = CharRNN(VOCABULARY, network).logits(IDS)
    np.testing.assert_allclose(ours, keras_logits(keras, model, IDS), rtol=0, atol=TOLERANCE)
    assert parameters == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_depth_and_input(keras: Any, tmp_path: Path, cell: str, depth: int) -> None:
    # Both inputs and both kinds of model for each cell, and both kinds for each input.
    embedding = (CELLS.index(cell) + depth) % 2 == 0
    functional = (CELLS.index(cell) // 2 + depth) % 2 == 0
    model = build(keras, cell, depth, embedding=embedding, head="logits", functional=functional)
    assert_equal(keras, model, tmp_path)


@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("head", HEADS)
def test_every_head_and_cell_with_and_without_bias(keras: Any, tmp_path: Path, head: str, bias: bool) -> None:
    place = HEADS.index(head)
    cell = CELLS[(place + 2 * bias) % len(CELLS)]
    functional = embedding = place % 2 == 0
    assert_equal(
        keras, build(keras, cell, 1, embedding=embedding, head=head, functional=functional, bias=bias), tmp_path
    )


def test_layers_of_two_kinds_and_names_of_ones_own(keras: Any, tmp_path: Path) -> None:
    L = keras.layers
    inputs = L.Input((None,), name="characters")
    x = L.Embedding(SIZE, 4, name="of_characters")(inputs)
    x = L.SpatialDropout1D(0.1)(L.GRU(6, return_sequences=True, name="below", dropout=0.1)(x))
    x = L.GaussianNoise(0.1)(L.LSTM(7, return_sequences=True, name="gru", recurrent_dropout=0.1)(x))
    x = L.GRU(5, return_sequences=True, name="above")(x)
    assert_equal(keras, keras.Model(inputs, L.Dense(SIZE, name="lstm")(x)), tmp_path)


@pytest.mark.parametrize("cell", CELLS)
def test_padding_under_mask_zero_is_passed_over_as_keras_does(keras: Any, tmp_path: Path, cell: str) -> None:
    model = build(keras, cell, 2, embedding=True, head="logits")
    model.save(tmp_path / "model.keras")
    ours = CharRNN(VOCABULARY, read_network(tmp_path / "model.keras")[0])
    for ids in ([0, 1, 2], [1, 0, 2], [0, 0, 3, 0, 4, 0]):
        theirs = keras_logits(keras, model, np.array(ids))
        np.testing.assert_allclose(ours.logits(ids), theirs, rtol=0, atol=TOLERANCE)


def test_a_compiled_model_is_read_with_its_optimizer_beside_it(keras: Any, tmp_path: Path) -> None:
    model = build(keras, "LSTM", 1, embedding=False, head="softmax")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.optimizer.build(model.trainable_variables)
    assert_equal(keras, model, tmp_path)


def test_a_model_of_mixed_precision_is_read_in_full_precision(keras: Any, tmp_path: Path) -> None:
    L = keras.layers
    lstm = L.LSTM(8, return_sequences=True, dtype="mixed_float16")
    model = keras.Sequential([L.Input((None, SIZE)), lstm, L.Dense(SIZE)])
    model.save(tmp_path / "model.keras")
    ours = CharRNN(VOCABULARY, read_network(tmp_path / "model.keras")[0]).logits(IDS)
    np.testing.assert_allclose(ours, keras_logits(keras, model, IDS), rtol=0, atol=1e-2)


def test_the_archives_that_these_tests_write_are_ones_that_keras_opens(keras: Any, tmp_path: Path) -> None:
    for cell, embedding in (("LSTM", None), ("GRU", 5), ("SimpleRNN", None)):
        folder = write_model(tmp_path / f"{cell}{embedding}", cell, 2, embedding=embedding, scale=0.3)
        theirs = keras_logits(keras, keras.models.load_model(folder / "model.keras"), IDS)
        np.testing.assert_allclose(load(folder).logits(IDS), theirs, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_each_shipped_model(keras: Any, folder: Path) -> None:
    model = load(folder)
    ids = np.random.default_rng(2).integers(1, len(model.vocabulary), size=30)
    theirs = keras_logits(keras, keras.models.load_model(folder / "model.keras", compile=False), ids)
    # A logit of 16 has steps of 2e-6 in float32: the tolerance of many such is relative, too.
    np.testing.assert_allclose(model.logits(ids), theirs, rtol=1e-6, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("named", "layers"),
    [
        ("Bidirectional", lambda L: [L.Bidirectional(L.LSTM(3, return_sequences=True)), L.Dense(SIZE)]),
        ("Lambda", lambda L: [L.LSTM(3, return_sequences=True), L.Lambda(lambda x: x), L.Dense(SIZE)]),
        ("Conv1D", lambda L: [L.Conv1D(3, 2), L.LSTM(3, return_sequences=True), L.Dense(SIZE)]),
        ("RNN", lambda L: [L.RNN(L.LSTMCell(3), return_sequences=True), L.Dense(SIZE)]),
        ("go_backwards", lambda L: [L.GRU(3, return_sequences=True, go_backwards=True), L.Dense(SIZE)]),
        ("gelu", lambda L: [L.SimpleRNN(3, return_sequences=True, activation="gelu"), L.Dense(SIZE)]),
    ],
)
def test_what_keras_writes_and_we_do_not_run_is_refused_by_name(
    keras: Any, tmp_path: Path, named: str, layers: Callable[[Any], list[Any]]
) -> None:
    keras.Sequential([keras.layers.Input((None, SIZE)), *layers(keras.layers)]).save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match=named):
        read_network(tmp_path / "model.keras")


def test_a_quantized_model_is_refused(keras: Any, tmp_path: Path) -> None:
    model = build(keras, "LSTM", 1, embedding=True, head="logits")
    model.quantize("int8")
    model.save(tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match="quantized"):
        read_network(tmp_path / "model.keras")
