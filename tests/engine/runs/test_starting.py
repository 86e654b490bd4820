"""A run that starts from a model takes over its sizes and vocabulary, and is refused where it can't have them."""

import numpy as np
import pytest

from charrnn_engine.errors import CheckpointError, SettingsError
from charrnn_engine.runs.presets import settings_for
from charrnn_engine.runs.settings import NetworkSettings
from charrnn_engine.runs.starting import starting_vocabulary, taken_over
from charrnn_engine.vocabulary import PAD, Vocabulary
from tests.archives import Archive, characters, entry, network, write_folder, write_model


def test_a_run_takes_over_the_sizes_of_the_model_it_starts_from(text_file, tmp_path):
    folder = write_model(tmp_path / "model", vocabulary=characters(eos=False), units=8)
    settings = settings_for(str(text_file), "out", given={"start_from": str(folder), "epochs": 2})
    assert settings.network == NetworkSettings("lstm", 1, 8, settings.network.embedding, dropout=0.2)
    assert taken_over(str(folder), vars(settings.network))["units"] == 8
    assert starting_vocabulary(settings).tokens == characters(eos=False).tokens


@pytest.mark.parametrize("option", ["units", "layers"])
def test_sizes_that_differ_are_refused_by_name(text_file, tmp_path, option):
    folder = write_model(tmp_path / "model", vocabulary=characters(eos=False), units=8)
    with pytest.raises(SettingsError, match=f"has {option} [81], not 64; leave --{option} out"):
        settings_for(str(text_file), "out", given={"start_from": str(folder), option: 64})


def test_a_model_that_isnt_there_is_refused_by_name(text_file):
    with pytest.raises(CheckpointError, match="there is no model 'nosuchmodel'"):
        settings_for(str(text_file), "out", given={"start_from": "nosuchmodel"})


def test_a_vocabulary_without_padding_gets_it_in_front_and_the_state_goes_on(text_file, tmp_path):
    own = Vocabulary(["a", "b", "c"], lower=True, window=4, state="window")
    folder = write_model(tmp_path / "model", units=8, vocabulary=own)
    settings = settings_for(str(text_file), "out", given={"start_from": str(folder)})
    assert starting_vocabulary(settings) == Vocabulary([PAD, "a", "b", "c"], lower=True)


def hard_sigmoid(archive: Archive) -> None:
    archive.layer("LSTM")["config"]["recurrent_activation"] = "hard_sigmoid"


def normalised(archive: Archive) -> None:
    archive.layers.insert(3, entry("BatchNormalization", "norm", axis=-1))
    archive.arrays |= {f"layers/batch_normalization/vars/{n}": np.ones(4, np.float32) for n in range(4)}


def two_heads(archive: Archive) -> None:
    archive.layers.insert(3, entry("Dense", "hidden", units=4, use_bias=False))
    for n in range(2):
        archive.arrays[f"layers/dense_1/vars/{n}"] = archive.arrays[f"layers/dense/vars/{n}"]
    archive.arrays["layers/dense/vars/0"] = np.eye(4, dtype=np.float32)


def scaled(archive: Archive) -> None:
    archive.layers[0]["config"]["batch_shape"] = [None, 10, 1]
    archive.arrays["layers/lstm/cell/vars/0"] = np.ones((1, 16), np.float32)


def bidirectional(archive: Archive) -> None:
    archive.layers[2] = entry("Bidirectional", "both", layer=archive.layers[2])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (hard_sigmoid, "can't build 'hard_sigmoid' as recurrent_activation .its layer 'cell_0'."),
        (normalised, "can't build BatchNormalization .its layer 'norm'."),
        (two_heads, "can't build a network with 2 Dense layers"),
        (scaled, "can't build an input of ids divided by the size of the vocabulary"),
        (bidirectional, "Bidirectional"),
    ],
)
def test_what_training_cant_build_is_refused_by_name(text_file, tmp_path, change, said):
    archive = network(5, units=4)
    change(archive)
    folder = write_folder(tmp_path / "model", archive, Vocabulary([PAD, *"abcd"]))
    with pytest.raises((SettingsError, CheckpointError), match=said):
        settings_for(str(text_file), "out", given={"start_from": str(folder)})


def test_a_gru_that_resets_before_is_refused_by_name(text_file, tmp_path):
    folder = write_model(tmp_path / "model", "GRU", reset_after=False)
    with pytest.raises(SettingsError, match="can't build a GRU with reset_after=False; leave --from out"):
        settings_for(str(text_file), "out", given={"start_from": str(folder)})
