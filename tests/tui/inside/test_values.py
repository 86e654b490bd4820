"""The values of a unit along a text: kept while it is written, read again, and as levels."""

import numpy as np
import pytest

from charrnn_engine import CharRNN, Controls
from charrnn_engine.generation.generation import Generation
from charrnn_engine.network.units import place_of
from charrnn_tui.inside.report import course_rows, effect_text
from charrnn_tui.inside.values import UnitValues, read_again
from charrnn_tui.text.colouring import UNIT_LEVELS, UNKNOWN_MARK

FREE, HELD = Controls(), Controls(hold={"c1.3": 2.0})


def written(model: CharRNN, place: int) -> tuple[Generation, UnitValues, list[Controls]]:
    """A text with a stretch in which a unit is held, and another unit's values, kept while it was written."""
    generation, values = Generation(model, "the ", seed=1), UnitValues(place)
    controls = [FREE] * 30 + [HELD] * 20 + [FREE] * 30
    for position, each in enumerate(controls):
        generation.next(each)
        values.read(generation, position)
    values.put(len(generation), [float(generation.units[place])])
    return generation, values, controls


def all_of(reading):  # type: ignore[no-untyped-def]
    """What a generator returns."""
    while True:
        try:
            next(reading)
        except StopIteration as end:
            return end.value


def test_values_kept_while_writing_are_those_of_the_network_after_each_token(model: CharRNN) -> None:
    place = place_of(model.network, "h1.5")
    generation, values, _ = written(model, place)
    assert np.array_equal(values.after(0, 80), generation.units_from(0)[:, place])


def test_reading_a_text_again_gives_the_same_values_with_what_was_held(model: CharRNN) -> None:
    place = place_of(model.network, "h1.5")
    generation, values, controls = written(model, place)
    tokens = list(zip(generation.ids, controls, strict=True))
    assert all_of(read_again(model, "the ", tokens, place))[1:] == values.after(0, 80).tolist()


def test_what_is_read_again_fills_only_gaps() -> None:
    values = UnitValues(0)
    values.put(3, [30.0, 40.0])
    values.fill(0, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    assert values.after(-1, 5).tolist() == [0.0, 1.0, 2.0, 30.0, 40.0, 5.0]


def test_a_text_that_is_another_one_from_a_position_on_has_unknown_values_there() -> None:
    values = UnitValues(0)
    values.put(0, [0.0, 1.0, 2.0])
    values.forget_from(2)
    assert np.isnan(values.after(1, 3)).all()
    assert values.after(0, 1).tolist() == [1.0]


def test_levels_go_from_far_below_the_mean_to_far_above_it() -> None:
    values = UnitValues(0, mean=1.0, deviation=2.0)
    values.put(0, [0.0, -9.0, 1.0, 9.0])
    assert list(values.levels(0, 4)) == [0, UNIT_LEVELS // 2, UNIT_LEVELS - 1, UNKNOWN_MARK]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_course_has_its_lowest_value_at_the_bottom_and_its_highest_at_the_top(rows: int) -> None:
    drawn = course_rows(np.array([-9.0, np.nan, 9.0], np.float32), rows)
    assert len(drawn) == rows
    assert drawn[-1][0] == "▁"
    assert all(row[1] == " " and row[2] == "█" for row in drawn)


def test_what_holding_a_unit_does_stands_beside_how_well_it_follows_its_property() -> None:
    effect = {
        "figure": "mean length of a line",
        "low": {"mean": 52.31},
        "free": {"mean": 31.75},
        "high": {"mean": 0.5},
    }
    assert effect_text({"effect": effect}) == "mean length of a line: 52 at -3 sd, 32 free, 0.5 at +3 sd"
    assert [effect_text({"effect": odd}) for odd in (None, 3, {"low": 1}, {**effect, "low": {"mean": "x"}})] == [
        ""
    ] * 4
