"""Lanes write what `generate` writes for them alone, at the same positions, and say where they part."""

from pathlib import Path

import numpy as np
import pytest

from charrnn_engine import CharRNN, Controls, UnknownTokenError, generate, load
from charrnn_engine.generation.race import OPENING, Lane, Race, Stretch
from tests.archives import characters, write_model, write_speller

TEMPERATURES = (0.3, 0.8, 1.0, 1.3, 1.8)


def lanes_of(model: CharRNN, *temperatures: float, prompt: str = "the ", seed: int = 3) -> list[Lane]:
    return [Lane(model, prompt, seed, Controls(temperature)) for temperature in temperatures or TEMPERATURES]


def advance(race: Race, tokens: int) -> dict[Lane, list[Stretch]]:
    """Moves every lane that may move so many tokens on."""
    drawn: dict[Lane, list[Stretch]] = {lane: [] for lane in race.lanes}
    while tokens and (stretches := race.advance(tokens, 60.0)):
        for stretch in stretches:
            drawn[stretch.lane].append(stretch)
        tokens -= max(len(stretch.ids) for stretch in stretches)
    return drawn


def ids_of(lane: Lane) -> list[int]:
    return lane.opening.tolist()


def alone(lane: Lane, count: int, *, endless: bool = True) -> list[int]:
    tokens = generate(lane.model, lane.prompt, lane.controls, seed=lane.seed, max_tokens=count, endless=endless)
    return [token.id for token in tokens]


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
@pytest.mark.parametrize("layers", [1, 2])
def test_each_lane_writes_what_it_writes_alone(tmp_path: Path, cell: str, layers: int) -> None:
    race = Race(lanes_of(load(write_model(tmp_path / "model", cell=cell, layers=layers, scale=0.4))))
    advance(race, 300)
    for lane in race.lanes:
        assert ids_of(lane) == alone(lane, 300)


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
def test_weights_too_large_for_the_cache_make_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    monkeypatch.setattr("charrnn_engine.network.products._SMALL", 4096)
    race = Race(lanes_of(load(write_model(tmp_path / "model", cell=cell, layers=2, units=64, scale=0.2))))
    advance(race, 200)
    for lane in race.lanes:
        assert ids_of(lane) == alone(lane, 200)


def test_lanes_have_models_prompts_seeds_and_controls_of_their_own(model: CharRNN, speller: CharRNN) -> None:
    race = Race(
        [
            Lane(model, "the ", 1, Controls(greedy=True)),
            Lane(speller, "the", 1),
            Lane(model, "", 2, Controls(top_k=3)),
            Lane(speller, "", 1, Controls(1.8, top_p=0.9)),
            Lane(model, "a long prompt ", 7, Controls(0.5, min_p=0.1)),
        ]
    )
    advance(race, 150)
    for lane in race.lanes:
        assert ids_of(lane) == alone(lane, 150)


def test_a_lane_obeys_new_controls_with_its_very_next_token_and_the_others_are_left_alone(model: CharRNN) -> None:
    race = Race(lanes_of(model))
    advance(race, 40)
    changed, *others = race.lanes
    before = [Controls(0.3)] * 40
    changed.controls = Controls(greedy=True)
    drawn = advance(race, 40)
    assert all(stretch.controls is changed.controls for stretch in drawn[changed])
    played = iter([*before, *[changed.controls] * 40])
    expected = generate(model, "the ", lambda: next(played, None), seed=3, endless=True)
    assert ids_of(changed) == [token.id for token in expected]
    for lane in others:
        assert ids_of(lane) == alone(lane, 80)


def test_what_is_measured_is_what_generate_says(model: CharRNN) -> None:
    race = Race(lanes_of(model))
    for lane, stretches in advance(race, 100).items():
        tokens = [*generate(model, "the ", lane.controls, seed=3, max_tokens=100, endless=True)]
        surprisals = np.concatenate([stretch.surprisals for stretch in stretches])
        np.testing.assert_allclose(surprisals, [-np.log2(token.model_probability) for token in tokens], atol=1e-4)
        entropies = np.concatenate([stretch.entropies for stretch in stretches])
        np.testing.assert_allclose(entropies, [token.entropy for token in tokens], atol=1e-4)


def test_lanes_agree_up_to_where_they_part_and_differ_there(model: CharRNN) -> None:
    race = Race(lanes_of(model, 0.95, 1.0, 1.05, 1.05))
    advance(race, 200)
    assert race.parting(0) is None
    for place in (1, 2):
        left, lane = race.lanes[place - 1 : place + 1]
        parting = race.parting(place)
        assert parting is not None
        assert ids_of(left)[:parting] == ids_of(lane)[:parting]
        assert ids_of(left)[parting] != ids_of(lane)[parting]
    assert race.parting(3) is None  # nothing tells them apart


def test_the_parting_is_found_however_few_tokens_come_at_a_time(model: CharRNN) -> None:
    at_once, slowly = Race(lanes_of(model, 1.0, 1.05)), Race(lanes_of(model, 1.0, 1.05))
    advance(at_once, 150)
    seen = []
    for _ in range(150):
        slowly.advance(1, 60.0)
        seen.append(slowly.parting(1))
    parting = at_once.parting(1)
    assert parting is not None
    assert seen == [None] * parting + [parting] * (150 - parting)


def test_lanes_of_other_prompts_part_at_the_beginning(model: CharRNN) -> None:
    race = Race([Lane(model, "the ", 1), Lane(model, "a ", 1)])
    assert race.parting(1) == 0


def test_lanes_of_different_vocabularies_are_compared_by_text(tmp_path: Path) -> None:
    greedy = Controls(greedy=True)
    one = load(write_speller(tmp_path / "one", "abcde"))
    other = load(write_speller(tmp_path / "other", "abxcde", eos=False))
    race = Race([Lane(one, "a", 1, greedy), Lane(other, "a", 1, greedy)])
    advance(race, 10)
    assert race.parting(1) == 1  # b, then c and x


def test_a_lane_put_in_later_catches_up_while_the_others_wait(model: CharRNN) -> None:
    race = Race(lanes_of(model, 0.3, 1.8))
    advance(race, 100)
    late = Lane(model, "the ", 3, Controls(1.0))
    race.lanes = [race.lanes[0], late, race.lanes[1]]
    assert race.behind
    while race.behind:
        assert [stretch.lane for stretch in race.advance(30, 60.0)] == [late]
    assert [len(lane) for lane in race.lanes] == [100] * 3
    advance(race, 50)
    for lane in race.lanes:
        assert ids_of(lane) == alone(lane, 150)
    left = race.parting(1)
    assert left is not None
    assert ids_of(late)[left] != ids_of(race.lanes[0])[left]


def test_a_removed_lane_leaves_the_others_as_they_were_and_its_neighbours_are_compared_again(model: CharRNN) -> None:
    race = Race(lanes_of(model, 0.95, 1.8, 1.05))
    advance(race, 80)
    race.lanes = [race.lanes[0], race.lanes[2]]
    left, right = race.lanes
    parting = race.parting(1)
    assert parting is not None
    assert parting == next(n for n, (a, b) in enumerate(zip(ids_of(left), ids_of(right), strict=True)) if a != b)
    advance(race, 80)
    for lane in race.lanes:
        assert ids_of(lane) == alone(lane, 160)


def test_where_texts_end_each_lane_stops_at_its_own_end(speller: CharRNN) -> None:
    prompts = ["the", "quic", ""]
    race = Race([Lane(speller, prompt, 1, Controls(greedy=True)) for prompt in prompts], endless=False)
    while not race.ended:
        assert race.advance(1000, 60.0)
    assert [speller.vocabulary.decode(ids_of(lane)) for lane in race.lanes] == [" quick", "k", "the quick"]
    assert all(ids_of(lane)[-1] == speller.vocabulary.eos and lane.ended for lane in race.lanes)
    assert race.advance(10, 60.0) == []


def test_lanes_that_ended_go_on_when_told_to_and_catch_up_first(speller: CharRNN) -> None:
    race = Race([Lane(speller, prompt, 1) for prompt in ("the", "quic", "")], endless=False)
    while not race.ended:
        race.advance(2, 60.0)
    lengths = [len(lane) for lane in race.lanes]
    race.endless = True
    assert not race.ended
    assert race.behind == (len(set(lengths)) > 1)
    while race.behind:
        race.advance(3, 60.0)
    assert {len(lane) for lane in race.lanes} == {max(lengths)}
    advance(race, 40)
    for lane in race.lanes:
        assert ids_of(lane) == alone(lane, max(lengths) + 40)


def test_again_is_the_same_lane_from_its_beginning(model: CharRNN) -> None:
    race = Race(lanes_of(model, 0.8, 1.3))
    advance(race, 30)
    before = [ids_of(lane) for lane in race.lanes]
    race.lanes = [lane.again() for lane in race.lanes]
    advance(race, 30)
    assert [ids_of(lane) for lane in race.lanes] == before
    race.lanes = [lane.again(seed=99) for lane in race.lanes]
    advance(race, 30)
    assert [ids_of(lane) for lane in race.lanes] == [alone(lane, 30) for lane in race.lanes]
    assert [lane.seed for lane in race.lanes] == [99, 99]


def test_a_turn_ends_in_time_and_moves_one_token_at_least(model: CharRNN) -> None:
    race = Race(lanes_of(model))
    stretches = race.advance(1_000_000, 0.0)
    assert [len(stretch.ids) for stretch in stretches] == [1] * 5


def test_lanes_of_several_models_stay_at_the_same_position_in_a_short_turn(tmp_path: Path, model: CharRNN) -> None:
    other = load(write_model(tmp_path / "other", cell="GRU", seed=5))
    race = Race([Lane(model, "a", 1), Lane(other, "a", 1), Lane(model, "b", 1)])
    for _ in range(20):
        race.advance(10_000, 0.0005)
        assert not race.behind


def test_what_is_kept_of_a_lane_is_bounded(monkeypatch: pytest.MonkeyPatch, model: CharRNN) -> None:
    assert OPENING >= 10_000
    monkeypatch.setattr("charrnn_engine.generation.race.OPENING", 50)
    race = Race(lanes_of(model, 1.0, 1.0))
    advance(race, 130)
    assert [len(lane.opening) for lane in race.lanes] == [50, 50]
    assert [len(lane) for lane in race.lanes] == [130, 130]
    assert race.parting(1) is None


def test_a_prompt_that_a_model_does_not_know_is_refused_at_once(tmp_path: Path) -> None:
    model = load(write_model(tmp_path / "few", vocabulary=characters("abc")))
    with pytest.raises(UnknownTokenError, match="'x'"):
        Lane(model, "abx", 1)
