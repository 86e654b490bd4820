"""Settings check themselves, survive JSON, and are chosen by presets or by the size of the text."""

import json
import math

import pytest

from charrnn_engine.errors import SettingsError
from charrnn_engine.runs.presets import PRESETS, resumed, settings_for
from charrnn_engine.runs.settings import CorpusSettings, NetworkSettings, TrainingSettings


def test_settings_come_back_from_json_as_they_were():
    settings = TrainingSettings(CorpusSettings("a.csv", ("x", "y"), lines=True), NetworkSettings("gru", 2), seed=4)
    assert TrainingSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@pytest.mark.parametrize(
    "make",
    [
        lambda: NetworkSettings("transformer"),
        lambda: NetworkSettings(units=0),
        lambda: NetworkSettings(dropout=1.0),
        lambda: NetworkSettings(recurrent_dropout=-0.1),
        lambda: CorpusSettings("a", window=1),
        lambda: CorpusSettings("a", validation="1.5").validation_fraction,
        lambda: TrainingSettings(CorpusSettings("a"), epochs=0),
        lambda: TrainingSettings(CorpusSettings("a"), learning_rate=math.nan),
        lambda: TrainingSettings(CorpusSettings("a"), seed=-1),
        lambda: TrainingSettings.from_json({"corpus": {"path": "a"}, "speed": 9}),
        lambda: TrainingSettings.from_json({}),
    ],
)
def test_what_is_out_of_range_or_unknown_is_refused_in_a_line(make):
    with pytest.raises(SettingsError) as caught:
        make()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: NetworkSettings(layers=1000), "--layers is 1000; it must be a whole number from 1 to 61"),
        (lambda: NetworkSettings(layers=31, dropout=0.1), "from 1 to 30"),
        (lambda: NetworkSettings(units=65_537), "--units is 65537; it must be a whole number from 1 to 65536"),
        (lambda: TrainingSettings(CorpusSettings("a"), seed=10**29), "from 0 to 2147483647"),
        (lambda: TrainingSettings(CorpusSettings("a"), epochs=10**29), "from 1 up"),
        (lambda: TrainingSettings(CorpusSettings("a"), precision="half"), "one of auto, float32, bfloat16"),
    ],
)
def test_a_refusal_names_the_option_and_its_range(make, said):
    with pytest.raises(SettingsError, match=said):
        make()


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_makes_settings_which_options_override(preset, text_file):
    settings = settings_for(str(text_file), "out", preset=preset, given={"units": 7})
    assert (settings.preset, settings.network.units) == (preset, 7)


@pytest.mark.parametrize("size", [30, 3_000, 100_000, 3_000_000])
def test_a_text_of_any_size_gets_settings_that_train_on_it(tmp_path, size):
    file = tmp_path / "notes.txt"
    file.write_text("x" * size, encoding="utf-8")
    settings = settings_for(str(file), "out")
    assert settings.corpus.window < size * 0.9
    assert 1 <= settings.epochs <= 100


def test_a_table_is_read_as_lines_unless_a_window_is_asked_for(table_file):
    columns = {"columns": ("title",)}
    assert settings_for(str(table_file), "out", given=columns).corpus.lines
    assert not settings_for(str(table_file), "out", given={**columns, "window": 16}).corpus.lines


def test_an_unknown_preset_names_those_there_are(text_file):
    with pytest.raises(SettingsError, match="notebook"):
        settings_for(str(text_file), "out", preset="nope")


def test_a_resumed_run_may_take_longer_but_not_become_another():
    saved = TrainingSettings(CorpusSettings("a.txt"), NetworkSettings(units=32), epochs=3)
    longer = resumed(saved, "there/model", {"epochs": 5, "units": 32, "path": "moved/a.txt"})
    assert (longer.epochs, longer.out, longer.corpus.path, longer.resume) == (5, "there/model", "moved/a.txt", True)
    with pytest.raises(SettingsError, match="units 32, not 64"):
        resumed(saved, "there/model", {"units": 64})
