"""Units that are held, as part of Controls: compared, hashed, as JSON, and refused when they make no sense."""

import json
from dataclasses import asdict, replace

import pytest

from charrnn_engine import Controls, ControlsError
from charrnn_engine.sampling.hold import Hold, parse_hold


def test_held_units_are_part_of_what_makes_controls_equal():
    one, same = Controls(hold={"c2.145": 3, "h1.0": "-2sd"}), Controls(hold={"h1.0": "-2sd", "c2.145": 3.0})
    assert one == same
    assert hash(one) == hash(same)
    assert one != Controls()
    assert one != Controls(hold={"c2.145": 3, "h1.0": "-2.5sd"})
    assert len({one, same, Controls(), Controls(hold={})}) == 2


def test_controls_copy_what_they_are_given_and_stay_as_they_are():
    given = {"c1.0": 1.0}
    controls = Controls(hold=given)
    given["c1.0"] = 2.0
    assert controls.hold == {"c1.0": 1.0}
    for change in ("clear", "popitem"):
        with pytest.raises(TypeError, match="can't be changed"):
            getattr(controls.hold, change)()
    with pytest.raises(TypeError, match="can't be changed"):
        controls.hold["c1.0"] = 2.0
    assert replace(controls, temperature=0.5).hold == {"c1.0": 1.0}
    assert replace(controls, hold={}) == Controls()


def test_as_json_they_are_an_object_that_controls_can_be_made_of_again():
    controls = Controls(0.5, hold={"c2.145": 3.0, "h1.0": "-2sd"})
    assert json.loads(json.dumps(asdict(controls)))["hold"] == {"c2.145": 3.0, "h1.0": "-2sd"}
    assert Controls(**json.loads(json.dumps(asdict(controls)))) == controls


@pytest.mark.parametrize(
    ("hold", "said"),
    [
        ({"x1.0": 1}, "'x1.0' is not the name of a unit"),
        ({"h1": 1}, "'h1' is not the name of a unit"),
        ({"h0.1": 1}, "not the name"),
        ({1: 1}, "not the name"),
        ({"c1.0": float("nan")}, "'c1.0' is held at nan; it must be a number from -1000 to 1000"),
        ({"c1.0": 1e4}, "10000"),
        ({"c1.0": 10**400}, "must be a number"),
        ({"c1.0": True}, "True"),
        ({"c1.0": None}, "None"),
        ({"c1.0": "2 sd"}, "standard deviations"),
        ({"c1.0": "101sd"}, "-100sd to 100sd"),
        ({"c1.0": [1]}, "must be a number"),
        (5, "hold is 5; it must map units to values"),
        ("c1.0", "must map units"),
    ],
)
def test_what_cannot_be_held_is_refused_by_name(hold, said):
    with pytest.raises(ControlsError, match=said):
        Controls(hold=hold)


def test_a_unit_and_its_value_are_read_from_one_word():
    assert parse_hold("c2.145=3") == ("c2.145", 3.0)
    assert parse_hold("h1.0=-2.5sd") == ("h1.0", "-2.5sd")
    for wrong in ("c2.145", "c2.145=", "c2.145=x", "c2.145=inf", "=3"):
        with pytest.raises(ControlsError):
            Hold([parse_hold(wrong)])
