"""What a card says is shown where it has the form expected, and is nothing where it hasn't."""

from pathlib import Path
from typing import Any

import pytest

from charrnn_tui.models.listing import ModelEntry, facts
from charrnn_tui.ui.cards import held_out


@pytest.mark.parametrize("bits", [10**400, -(10**400), float("nan"), float("inf"), "2.5", None, True, [2.5]])
def test_a_figure_that_is_no_usable_number_is_left_out(bits: Any) -> None:
    assert held_out({"held_out": [{"bits_per_character": bits}]}) == (None, None)


def test_words_are_measured_per_word_and_per_character_only_where_that_can_be_compared() -> None:
    known = {"bits_per_character": 1.5, "bits_per_token": 7.0, "unknown": 0}
    card: dict[str, Any] = {"corpus": {"level": "word"}, "held_out": [known]}
    assert [held_out(card, unit)[0] for unit in ("char", "word")] == [1.5, 7.0]
    card["held_out"].append({**known, "unknown": 3})
    assert [held_out(card, unit)[0] for unit in ("char", "word")] == [None, 7.0]


@pytest.mark.parametrize(
    "network",
    [
        {"cell": "lstm", "units": 1.5},
        {"cell": "lstm", "units": 10**400},
        {"cell": "lstm", "units": True},
        {"cell": "lstm", "units": None},
        {"cell": 7, "units": 5},
    ],
)
def test_a_network_that_makes_no_sense_is_left_out(network: Any) -> None:
    entry = ModelEntry("m", "m", Path("m"), Path("m/model.keras"), card={"network": network})
    assert "network" not in dict(facts(entry))


def test_layers_that_make_no_sense_are_left_out_of_the_network() -> None:
    for layers in (10**400, -1, "many", 1.5, None):
        entry = ModelEntry(
            "m",
            "m",
            Path("m"),
            Path("m/model.keras"),
            card={"network": {"cell": "lstm", "units": 5, "layers": layers}},
        )
        assert dict(facts(entry))["network"] == "LSTM 5"


def test_the_size_of_the_text_belongs_to_the_figure_that_is_shown() -> None:
    measured = {"bits_per_character": 2.0, "corpus": "this one", "characters": 1234}
    for last in ({"bits_per_character": 1.0, "characters": 9, "state": "carried"}, "nonsense", 7):
        entry = ModelEntry("m", "m", Path("m"), Path("m/model.keras"), card={"held_out": [measured, last]})
        assert dict(facts(entry))["held out"] == "2.000 bits/char on this one (1,234 characters)"
