"""Whole models in HDF5, as Keras 2.0 to 3 write them, are the same networks as in a .keras archive."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from charrnn_engine import CharRNN, CheckpointError
from charrnn_engine.checkpoints.model_files import read_model, read_network
from tests.archives import HDF5_NAMINGS, Archive, characters, entry, network, write_textgenrnn

VOCABULARY = characters("abcdefg")
SIZE = len(VOCABULARY)
IDS = [2, 5, 3, 8, 2, 2, 7]


def logits(path: Path) -> np.ndarray:
    return CharRNN(VOCABULARY, read_network(path)[0]).logits(IDS)


@pytest.mark.parametrize("functional", [False, True], ids=["Sequential", "functional"])
@pytest.mark.parametrize("version", HDF5_NAMINGS)
def test_every_way_of_naming_weights_is_read(tmp_path: Path, version: str, functional: bool) -> None:
    archive = network(SIZE, layers=2, units=5, embedding=None if functional else 4)
    if functional:
        archive.make_functional()
    file = archive.save_h5(tmp_path / "model.h5", version, split=functional)
    np.testing.assert_array_equal(logits(file), logits(archive.save(tmp_path / "model.keras")))
    assert read_model(file).kind == f"Keras {version[0]} model (.h5)"


def test_a_gru_of_keras_2_resets_before_unless_it_says_otherwise(tmp_path: Path) -> None:
    archive = network(SIZE, cell="GRU", reset_after=False)
    del archive.layer("GRU")["config"]["reset_after"]
    before = network(SIZE, cell="GRU", reset_after=False).save(tmp_path / "model.keras")
    np.testing.assert_array_equal(logits(archive.save_h5(tmp_path / "a.h5", "2.0.4")), logits(before))


def windowed(archive: Archive, length: int | None) -> Archive:
    archive.layers[0]["config"]["batch_shape"][1] = length
    archive.layers[-2]["config"]["return_sequences"] = False
    return archive


def test_the_length_of_training_windows_is_read_from_the_input(tmp_path: Path) -> None:
    file = windowed(network(SIZE, layers=2), 40).save_h5(tmp_path / "a.h5")
    assert (read_model(file).windowed, read_model(file).window) == (True, 40)
    file = windowed(network(SIZE), None).save(tmp_path / "b.keras")
    assert (read_model(file).windowed, read_model(file).window) == (True, None)
    file = network(SIZE).save(tmp_path / "c.keras")
    assert (read_model(file).windowed, read_model(file).window) == (False, None)
    archive = windowed(network(SIZE), 40)
    archive.layer("LSTM")["config"]["stateful"] = True
    assert not read_model(archive.save(tmp_path / "d.keras")).windowed


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        read_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    return message


def test_hdf5_models_that_cant_be_used_are_refused_with_the_reason(tmp_path: Path) -> None:
    archive = network(SIZE, units=4)
    archive.layers.insert(2, entry("Lambda", "odd", function="evil"))
    assert "'odd' is a 'Lambda'" in refusal(archive.save_h5(tmp_path / "lambda.h5"))
    file = network(SIZE, units=4).save_h5(tmp_path / "missing.h5")
    with h5py.File(file, "r+") as content:
        content["model_weights/dense"].attrs["weight_names"] = [b"dense/kernel:0"]
    assert "'dense' has no weights number 2" in refusal(file)
    for config in ("{", "[]", '"x"', "[" * 10_000):
        with h5py.File(file, "r+") as content:
            content.attrs["model_config"] = config
        refusal(file)


def test_a_saved_model_is_refused_with_the_line_that_saves_it_as_data(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    assert "model.save('model.keras')" in refusal(tmp_path)


def test_a_link_out_of_the_model_is_not_followed(tmp_path: Path) -> None:
    file = network(SIZE, units=4).save_h5(tmp_path / "model.h5")
    secret = network(SIZE, units=4).save_h5(tmp_path / "secret.h5")
    with h5py.File(file, "r+") as content:
        del content["model_weights/dense"]
        content["model_weights/dense"] = h5py.ExternalLink(str(secret), "model_weights/dense")
    assert "a link" in refusal(file)


# -- textgenrnn ------------------------------------------------------------------------------------------------------


def reference(weights: dict[str, np.ndarray], window: list[int]) -> np.ndarray:
    """Log-probabilities after a padded window, from the formulas of LSTM and of AttentionWeightedAverage."""

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-x))

    embedded = weights["embedding/embeddings:0"].astype(float)[window]
    parts, below = [embedded], embedded
    for layer in ("rnn_1", "rnn_2"):
        kernel, recurrent, bias = (
            weights[f"{layer}/{name}:0"].astype(float) for name in ("kernel", "recurrent_kernel", "bias")
        )
        h = c = np.zeros(4)
        outputs = []
        for x in below:
            i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            outputs.append(h)
        below = np.array(outputs)
        parts.append(below)
    joined = np.concatenate(parts, axis=1)
    attention = np.exp(joined @ weights["attention/attention_W:0"][:, 0])
    average = (attention / attention.sum()) @ joined
    z = average @ weights["output/kernel:0"] + weights["output/bias:0"]
    return z - np.log(np.exp(z).sum())


def log_softmax(z: np.ndarray) -> np.ndarray:
    z = z.astype(float)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def test_textgenrnn_scores_from_a_padded_window_by_attention(tmp_path: Path) -> None:
    weights = write_textgenrnn(tmp_path / "x_weights.hdf5", SIZE)
    found = read_model(tmp_path / "x_weights.hdf5")
    assert (found.window, found.windowed, found.parameters) == (40, True, sum(a.size for a in weights.values()))
    ours = log_softmax(CharRNN(VOCABULARY, found.network).logits(IDS * 7))
    for place in (0, 3, 45):
        read = (IDS * 7)[: place + 1][-40:]
        expected = reference(weights, [0] * (40 - len(read)) + read)
        np.testing.assert_allclose(ours[place], expected, atol=1e-5)


def test_cudnn_weights_are_the_transposed_ones(tmp_path: Path) -> None:
    cudnn = write_textgenrnn(tmp_path / "cudnn.hdf5", SIZE, cudnn=True)
    write_textgenrnn(tmp_path / "plain.hdf5", SIZE)
    with h5py.File(tmp_path / "plain.hdf5", "r+") as file:
        for name, array in cudnn.items():
            layer, kind = name.split("/")
            if kind == "bias:0" and layer.startswith("rnn"):
                array = array[:16] + array[16:]
            elif layer.startswith("rnn"):
                # As Keras 2 converts them, gate by gate.
                gates = np.split(array, 4, axis=1)
                is_kernel = kind == "kernel:0"
                array = np.hstack([g.T.reshape(g.shape, order="F") if is_kernel else g.T for g in gates])
            del file[f"{layer}/{name}"]
            file[f"{layer}/{name}"] = array
    np.testing.assert_allclose(logits(tmp_path / "cudnn.hdf5"), logits(tmp_path / "plain.hdf5"), atol=1e-6)


def test_a_bidirectional_textgenrnn_is_refused_with_the_reason(tmp_path: Path) -> None:
    write_textgenrnn(tmp_path / "both.hdf5", SIZE)
    with h5py.File(tmp_path / "both.hdf5", "r+") as file:
        file["rnn_1"].attrs["weight_names"] = [b"rnn_1/forward_rnn_1/kernel:0"]
    assert "rnn_bidirectional" in refusal(tmp_path / "both.hdf5")
