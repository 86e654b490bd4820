"""Bars that can be read: the longer for the more probable, both distributions in one row, and labels to see."""

import numpy as np
from rich.style import Style

from charrnn_engine import CharRNN, Controls, Generation
from charrnn_tui.play.distribution_bars import Alternative, BarStyles, bar_cells, percent, rows
from charrnn_tui.play.next_tokens import label, next_alternatives

STYLES = BarStyles(*(Style(color=colour) for colour in ("white", "blue", "yellow", "white")), Style(), Style())


def test_a_bar_is_as_long_as_its_value() -> None:
    assert bar_cells(0.5, 0.25, 8) == "bbuu    "
    assert bar_cells(0.25, 0.5, 8) == "bbll    "
    assert bar_cells(1.0, 0.0, 4) == "uuuu"


def test_what_is_there_at_all_shows() -> None:
    assert bar_cells(0.01, 0.0, 8).count("u") == 1
    assert bar_cells(0.0, 0.0, 8).strip() == ""


def test_percentages_fit_four_columns() -> None:
    assert [percent(p) for p in (1.0, 0.345, 0.0996, 0.012, 0.0)] == ["100%", " 34%", " 10%", "1.2%", "   –"]
    assert {len(percent(p)) for p in np.linspace(0, 1, 999)} == {4}


def test_rows_have_the_width_asked_for_and_no_more_than_fit() -> None:
    items = [Alternative(5, "e", 0.6, 0.8), Alternative(6, "漢", 0.3, 0.2), Alternative(7, "␣", 0.1, 0.0)]
    strips = rows(items, 30, 2, STYLES)
    assert len(strips) == 2
    assert {strip.cell_length for strip in strips} == {30}
    assert strips[0].text.startswith("e")
    assert strips[0].text.rstrip().endswith("80%")


def test_numbers_stand_before_the_first_nine() -> None:
    items = [Alternative(at, "e", 0.1, 0.1) for at in range(12)]
    strips = rows(items, 30, 12, STYLES, numbered=True)
    assert [strip.text[0] for strip in strips] == [*"123456789", " ", " ", " "]
    assert {strip.cell_length for strip in strips} == {30}


def test_nothing_to_show_is_no_rows() -> None:
    assert rows([], 30, 5, STYLES) == []


def test_alternatives_are_those_of_the_model_and_of_the_controls(model: CharRNN) -> None:
    generation = Generation(model, "the ", seed=1)
    warm = next_alternatives(generation, Controls(), 5)
    greedy = next_alternatives(generation, Controls(greedy=True), 5)
    assert len(warm) == 5
    assert [item.model_probability for item in warm] == sorted((i.model_probability for i in warm), reverse=True)
    assert [item.model_probability for item in warm] == [item.model_probability for item in greedy]
    assert [item.probability for item in greedy] == [1.0, 0, 0, 0, 0]


def test_looking_at_the_alternatives_changes_nothing(model: CharRNN) -> None:
    one, other = (Generation(model, "the ", seed=1) for _ in range(2))
    for _ in range(30):
        next_alternatives(one, Controls(), 5)
        assert one.next(Controls()).id == other.next(Controls()).id


def test_spaces_and_ends_can_be_seen(model: CharRNN) -> None:
    vocabulary = model.vocabulary
    assert vocabulary.eos is not None
    assert label(vocabulary, vocabulary.eos) == "∎"
    assert label(vocabulary, vocabulary.ids[" "]) == "␣"
    assert label(vocabulary, vocabulary.ids["a"]) == "a"
