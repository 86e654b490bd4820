"""A network that can't be trained here, or not be opened afterwards, is refused before anything is allocated."""

import pytest

from charrnn_engine.errors import SettingsError, TrainingError
from charrnn_engine.runs.limits import check_limits, count_parameters
from charrnn_engine.runs.settings import NetworkSettings


@pytest.mark.keras
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("embedding", [0, 7])
def test_parameters_are_counted_as_keras_counts_them(cell, embedding):
    pytest.importorskip("tensorflow")
    from charrnn_engine.training.network import build

    settings = NetworkSettings(cell=cell, layers=3, units=5, embedding=embedding)
    assert count_parameters(settings, 11) == build(settings, 11, 0).count_params()


@pytest.mark.parametrize("network", [{"units": 8000}, {"units": 1500, "layers": 20}, {"units": 60_000}])
def test_a_network_with_more_weights_than_can_be_opened_is_refused(settings_of, network):
    check_limits(settings_of(), 30)
    with pytest.raises(SettingsError, match=r"million weights; models of at most 48 million .*--units"):
        check_limits(settings_of(network=network), 30)


def test_a_table_that_would_be_too_large_to_open_is_refused(settings_of):
    with pytest.raises(SettingsError, match="--units 300 is too many for a vocabulary of 60,000"):
        check_limits(settings_of(network={"cell": "lstm", "units": 300, "embedding": 4}), 60_000)


def test_a_run_that_cant_fit_into_memory_is_refused_with_what_it_needs(settings_of):
    with pytest.raises(TrainingError, match=r"needs more than [\d,.]+ GB of memory .* has [\d.,]+; .*--batch") as e:
        check_limits(settings_of(batch=1_000_000_000), 30)
    assert e.value.kind == "memory"


def test_a_memory_limit_of_a_control_group_counts(settings_of, tmp_path):
    limit = tmp_path / "memory.max"
    limit.write_text("max\n", encoding="ascii")
    check_limits(settings_of(), 30, [tmp_path / "gone", limit])
    limit.write_text("1000\n", encoding="ascii")
    with pytest.raises(TrainingError):
        check_limits(settings_of(), 30, [tmp_path / "gone", limit])
