"""Names of units and their places in the state."""

import pytest

from charrnn_engine import load
from charrnn_engine.errors import ControlsError
from charrnn_engine.network.units import place_of, unit_names
from tests.archives import write_model


def test_units_are_named_by_layer_and_number_in_the_order_of_the_state(tmp_path):
    lstm = load(write_model(tmp_path / "lstm", layers=2, units=3)).network
    assert unit_names(lstm)[:4] == ["h1.0", "h1.1", "h1.2", "h2.0"]
    assert unit_names(lstm)[6:] == ["c1.0", "c1.1", "c1.2", "c2.0", "c2.1", "c2.2"]
    assert [place_of(lstm, name) for name in unit_names(lstm)] == list(range(lstm.state_size))


@pytest.mark.parametrize(
    "name", ["h1.3", "h3.0", "c1.0", "h0.0", "h1.00", "h1.-1", "x", "", "h1.9" + "9" * 500, None]
)
def test_a_unit_that_the_network_lacks_is_refused_with_those_that_it_has(tmp_path, name):
    gru = load(write_model(tmp_path / "gru", "GRU", layers=2, units=3)).network
    with pytest.raises(ControlsError, match=r"no unit .*; its units are h1.0 to h1.2, h2.0 to h2.2") as refused:
        place_of(gru, name)
    assert len(str(refused.value)) < 200
