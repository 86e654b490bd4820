"""A network that can't fit into memory is refused before the system kills somebody for it."""

import pytest

from charrnn_engine.runs import memory
from charrnn_engine.runs.errors import TrainingError
from charrnn_engine.runs.memory import check_memory, count_parameters
from charrnn_engine.runs.settings import NetworkSettings


@pytest.mark.keras
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("embedding", [0, 7])
def test_the_parameters_are_counted_as_keras_counts_them(cell, embedding):
    pytest.importorskip("tensorflow")
    from charrnn_engine.training.network import build

    settings = NetworkSettings(cell=cell, layers=3, units=5, embedding=embedding)
    assert count_parameters(settings, 11) == build(settings, 11, 0).count_params()


def test_what_cant_fit_is_refused_with_what_it_needs_and_what_there_is(settings_of):
    check_memory(settings_of(), 30)
    with pytest.raises(
        TrainingError, match=r"needs more than [\d,]+ GB of memory and there are [\d.,]+; .*--units"
    ) as e:
        check_memory(settings_of(network={"units": 1_000_000}), 30)
    assert e.value.kind == "memory"


def test_a_limit_set_by_the_system_counts(settings_of, monkeypatch, tmp_path):
    limit = tmp_path / "memory.max"
    limit.write_text("max\n", encoding="ascii")
    monkeypatch.setattr(memory, "_LIMITS", (str(limit),))
    check_memory(settings_of(), 30)
    limit.write_text("1000\n", encoding="ascii")
    with pytest.raises(TrainingError):
        check_memory(settings_of(), 30)
