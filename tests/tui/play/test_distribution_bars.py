"""Bars that can be read: the longer for the more probable, both distributions in one row, and labels to see."""

import numpy as np
from rich.style import Style

from charrnn_engine import CharRNN, Controls, Generation
from charrnn_tui.play.distribution_bars import Alternative, BarStyles, bar, covered_rows, percent, rows
from charrnn_tui.play.next_tokens import next_alternatives
from charrnn_tui.text.token_names import label

KEPT, LOST, GAINED = (Style(color=colour) for colour in ("yellow", "blue", "white"))
STYLES = BarStyles(Style(), KEPT, LOST, GAINED, Style(), Style(), Style())


def drawn(model: float, after: float, width: int) -> list[tuple[str, Style | None]]:
    return [(segment.text, segment.style) for segment in bar(model, after, width, STYLES)]


def test_a_bar_is_as_long_as_its_values_to_an_eighth_of_a_cell() -> None:
    assert drawn(0.5, 0.5, 8) == [("████", KEPT), ("    ", Style())]
    assert drawn(3 / 16, 3 / 16, 4) == [("▊", KEPT), ("   ", Style())]
    assert drawn(0.5, 0.25, 8) == [("██", KEPT), ("██", LOST), ("    ", Style())]
    assert drawn(0.25, 0.5, 8) == [("██", KEPT), ("██", GAINED), ("    ", Style())]
    # Where one part ends within a cell, the other one is behind it.
    behind = KEPT + Style(bgcolor=GAINED.color)
    assert drawn(3 / 8, 6 / 8, 4) == [("█", KEPT), ("▌", behind), ("█", GAINED), (" ", Style())]
    assert drawn(0.0, 3 / 8, 2) == [("▊", GAINED), (" ", Style())]
    for model in range(33):
        for after in range(33):
            assert sum(len(text) for text, _ in drawn(model / 32, after / 32, 4)) == 4


def test_a_small_probability_still_shows() -> None:
    assert drawn(0.006, 0.006, 8)[0] == ("▏", KEPT)
    assert drawn(0.0, 0.0, 8) == [(" " * 8, Style())]


def test_big_bars_take_two_rows_and_covered_ones_say_nothing() -> None:
    items = [Alternative(5, "e", 0.6, 0.6), Alternative(6, "t", 0.4, 0.4)]
    big = [strip.text for strip in rows(items, 12, 5, STYLES, 2, big=True)]
    blank = " " * 12
    assert big == ["e  ████  60%", "   ████     ", blank, "t  ██▋   40%", "   ██▋      ", blank]
    assert len(rows(items, 12, 4, STYLES, 2, big=True)) == 3
    covered = covered_rows(12, 5, STYLES, 2, big=True)
    assert len(covered) == 6
    assert {strip.text for strip in covered} == {"?  ░░░░░░░░░", "   ░░░░░░░░░", blank}


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


def test_without_tokens_there_are_no_rows() -> None:
    assert rows([], 30, 5, STYLES) == []


def test_alternatives_are_those_of_the_model_and_of_the_controls(model: CharRNN) -> None:
    generation = Generation(model, "the ", seed=1)
    warm = next_alternatives(generation, Controls(), 5)
    greedy = next_alternatives(generation, Controls(greedy=True), 5)
    assert len(warm) == 5
    assert [item.model_probability for item in warm] == sorted((i.model_probability for i in warm), reverse=True)
    assert [item.model_probability for item in warm] == [item.model_probability for item in greedy]
    assert [item.probability for item in greedy] == [1.0, 0, 0, 0, 0]


def test_asking_for_alternatives_changes_nothing(model: CharRNN) -> None:
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
