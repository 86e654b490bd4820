"""What is raced, without a screen: lanes, what they vary in, prompts, seeds and controls."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from charrnn_engine import CharRNN, Controls, load
from charrnn_engine.errors import UnknownTokenError
from charrnn_engine.generation.race import Lane, Stretch
from charrnn_engine.inside import PROPERTIES
from charrnn_tui.race.game import RaceGame
from charrnn_tui.race.lane_output import LaneOutput
from charrnn_tui.race.other_models import other_models
from tests.archives import characters, write_model


@pytest.fixture
def game(model: CharRNN) -> RaceGame:
    return RaceGame(model, "the ", 3)


def settings(game: RaceGame) -> list[tuple[str, str, int, Controls]]:
    return [(lane.model.name, lane.prompt, lane.seed, lane.controls) for lane in game.lanes]


def temperatures(game: RaceGame) -> list[float]:
    return [lane.controls.temperature for lane in game.lanes]


def test_an_unknown_prompt_is_refused(model: CharRNN) -> None:
    with pytest.raises(UnknownTokenError):
        RaceGame(model, "Ω", 3)


@pytest.mark.parametrize("place", [0, 2, 4])
def test_varying_everything_in_turn_changes_nothing(game: RaceGame, model: CharRNN, place: int) -> None:
    other = replace(model, name="other")
    game.select(place)
    game.change_temperature(0.25)
    before = settings(game)
    game.vary_next()
    assert {lane.controls for lane in game.lanes} == {Controls()}
    game.vary_next()
    game.set_prompt("an ")
    game.vary_next()
    game.set_models([model, other])
    game.vary_next()
    game.vary_next()
    assert settings(game) == before


def test_each_variation_comes_back_as_it_was_left(game: RaceGame, model: CharRNN) -> None:
    other = replace(model, name="other")
    seen = []
    game.vary_next()
    seen.append(settings(game))
    game.vary_next()
    game.select(1)
    game.set_prompt("an ")
    seen.append(settings(game))
    game.vary_next()
    assert game.wants_models
    game.set_models([model, other])
    assert not game.wants_models
    seen.append(settings(game))
    game.vary_next()
    game.units_measured()
    game.turn(0.5)
    seen.append(settings(game))
    game.vary_next()
    for expected in seen:
        game.vary_next()
        assert settings(game) == expected


def test_the_controls_of_a_lane_stay_when_another_thing_varies(game: RaceGame) -> None:
    game.vary_next()
    game.select(1)
    game.toggle_greedy()
    game.vary_next()
    assert [lane.controls.greedy for lane in game.lanes] == [False, True, False, False, False]


def test_a_prompt_for_all_lanes_keeps_the_one_typed_for_a_lane(game: RaceGame) -> None:
    game.vary_next()
    game.vary_next()
    game.select(2)
    game.set_prompt("an ")
    game.vary_next()
    game.set_prompt("so ")
    assert {lane.prompt for lane in game.lanes} == {"so "}
    for _ in range(4):
        game.vary_next()
    prompts = [lane.prompt for lane in game.lanes]
    assert (prompts[0], prompts[2]) == ("so ", "an ")
    assert len({*prompts}) == 5  # the others have begun with examples


def test_a_lane_whose_model_does_not_know_the_new_prompt_gets_the_first_model(game: RaceGame, tmp_path: Path) -> None:
    vowels = load(write_model(tmp_path / "vowels", vocabulary=characters("the ")))
    for _ in range(3):
        game.vary_next()
    game.set_models([game.model, vowels])
    assert game.problem_with("so ") is not None
    game.vary_next()
    game.set_prompt("so ")
    for _ in range(3):
        game.vary_next()
    assert {lane.model.name for lane in game.lanes} == {game.model.name}


def test_an_added_lane_is_between_its_neighbours_and_keeps_their_text(game: RaceGame) -> None:
    game.remove()
    kept = game.outputs[:]
    assert temperatures(game) == [0.8, 1.0, 1.3, 1.8]
    assert game.add()
    assert temperatures(game) == [0.8, 0.9, 1.0, 1.3, 1.8]
    assert game.place == 1
    assert [output for output in game.outputs if output in kept] == kept
    assert not game.add()
    for _ in range(3):
        assert game.remove()
    assert not game.remove()
    assert len(game.lanes) == len(game.outputs) == 2


def test_new_seeds_are_shared_unless_the_lanes_vary_in_them(game: RaceGame) -> None:
    game.restart_with_new_seeds()
    assert len({lane.seed for lane in game.lanes}) == 1
    assert game.seed != 3
    game.vary_next()
    assert len({lane.seed for lane in game.lanes}) == 5
    assert game.lanes[0].seed == game.seed


def test_a_race_continues_only_from_the_same_model_and_prompt(game: RaceGame, model: CharRNN) -> None:
    assert game.continues(model, "the ")
    assert not game.continues(model, "an ")
    assert not game.continues(replace(model, name="other"), "the ")


def test_other_models_follow_in_turn_without_those_that_do_not_know_the_prompt(home: Path, model: CharRNN) -> None:
    for name, known in (("a", None), ("b", "xyz"), ("c", None)):
        write_model(home / "checkpoints" / name, vocabulary=characters(known) if known else characters())
    (write_model(home / "checkpoints" / "broken") / "model.keras").write_bytes(b"nothing")
    names = [other.name for other in other_models(model, model, "the ")]
    assert names[:2] == ["a", "c"]
    a, c = (load(name) for name in ("a", "c"))
    following = other_models(model, c, "the ", [a])
    assert a in following
    assert "broken" not in names


def held(game: RaceGame) -> list[dict[str, float | str]]:
    return [dict(lane.controls.hold) for lane in game.lanes]


def test_lanes_hold_the_first_unit_of_the_card_once_units_are_measured(model: CharRNN) -> None:
    listed = {"unit": "c1.4", "name": "a vowel", "property": "vowel"}
    card = {"units": ["junk", {**listed, "unit": "c9.1"}, {**listed, "property": "?"}, listed]}
    game = RaceGame(replace(model, card=card), "the ", 3)
    for _ in range(4):
        game.vary_next()
    assert game.wants_measuring
    assert held(game) == [{}] * 5
    game.units_measured()
    assert not game.wants_measuring
    assert held(game) == [{"c1.4": "-3sd"}, {"c1.4": "-1.5sd"}, {}, {"c1.4": "1.5sd"}, {"c1.4": "3sd"}]
    game.turn(0.5)
    game.toggle_greedy()
    assert held(game)[0] == {"c1.4": "-2.5sd"}
    assert game.lanes[0].controls.greedy
    game.set_free()
    game.select(2)
    game.turn(-0.5)
    assert [unit.get("c1.4") for unit in held(game)[:3]] == [None, "-1.5sd", "-0.5sd"]
    game.set_unit("h1.2")
    assert held(game)[4] == {"h1.2": "3sd"}
    assert game.unit.what.name == "vowel", "what the unit before it was found for"
    game.remove()
    game.select(1)
    game.add()
    assert held(game)[2] == {"h1.2": "0sd"}, "between its neighbours"
    assert game.problem_with_unit("h1.2") is None
    assert "h7.1" in str(game.problem_with_unit("h7.1"))


def test_a_lane_measures_what_the_unit_was_found_for_under_its_present_controls(model: CharRNN) -> None:
    lane = Lane(model, "the ", 3)
    output = LaneOutput(lane, PROPERTIES["vowel"])

    def take(text: str, controls: Controls) -> None:
        ids = np.array(model.vocabulary.encode(text))
        figures = np.zeros(len(ids), np.float32)
        output.take([Stretch(lane, 0, ids, figures, figures, controls)])

    take("aaaa", Controls())
    take("bbbb", Controls())
    assert output.figures().followed == 0.5
    take("abbb", Controls(hold={"h1.2": "3sd"}))
    assert output.figures().followed == 0.25
    assert output.figures().characters == 12
