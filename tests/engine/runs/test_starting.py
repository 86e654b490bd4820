"""A run that starts from a model takes over its sizes, and is refused where it can't have them."""

import pytest

from charrnn_engine.errors import CheckpointError, SettingsError
from charrnn_engine.runs.presets import settings_for
from charrnn_engine.runs.settings import NetworkSettings
from charrnn_engine.runs.starting import starting_vocabulary, taken_over
from tests.archives import characters, write_model


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
