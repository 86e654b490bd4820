"""Texts written with units held: within the step, exactly repeatable, also after going back."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from charrnn_engine import Controls, ControlsError, Generation, Request, generate, generate_many, load
from charrnn_engine.errors import RecordingError
from charrnn_engine.generation.holding import held_units, unit_statistics
from charrnn_engine.generation.race import Lane, Race
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder, replay
from charrnn_engine.network.units import place_of, unit_names
from tests.archives import characters, write_folder, write_model
from tests.archives import network as network_archive

CELLS = [("LSTM", "c1.3"), ("LSTM", "h1.3"), ("LSTM", "h2.5"), ("GRU", "h1.3"), ("SimpleRNN", "h2.0")]
HELD = Controls(hold={"c1.3": 2.5})


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    return load(write_model(tmp_path_factory.mktemp("models") / "deep", layers=2, units=16))


def ids_of(model, controls, count=200, seed=3):
    return [token.id for token in islice(generate(model, "the ", controls, seed=seed, endless=True), count)]


@pytest.mark.parametrize(("cell", "unit"), CELLS)
@pytest.mark.parametrize("rows", [None, 3])
def test_a_held_unit_has_its_value_after_each_step_and_the_others_follow_from_it(tmp_path, cell, unit, rows):
    network = load(write_model(tmp_path / "model", cell, layers=2, units=32))
    plain, held, after = (network.stepper(rows) for _ in range(3))
    place, ids = place_of(network.network, unit), 5 if rows is None else np.array([5, 5, 7])
    holds = [((place, 0.75),)] if rows is None else [(), ((place, 0.75),), ()]
    row = 0 if rows is None else 1
    held.hold(*holds)
    for stepper in (plain, held):
        stepper.step(ids)
    assert held.units[row, place] == 0.75
    assert np.isfinite(held.units).all()
    # Layers below stay as they were; what the head reads changes.
    if unit[1] == "2":
        np.testing.assert_array_equal(held.units[row, :32], plain.units[row, :32])
    assert not np.array_equal(np.atleast_2d(held.logits)[row], np.atleast_2d(plain.logits)[row])
    if rows is not None:  # rows that hold nothing are as they were
        np.testing.assert_array_equal(held.units[[0, 2]], plain.units[[0, 2]])
    # From then on it is as if the state had been so: the next step without holding agrees with that state's.
    after.state = held.state if rows else held.state[0]
    held.hold()
    np.testing.assert_array_equal(held.step(ids), after.step(ids))


def test_a_held_cell_state_is_what_the_hidden_state_is_computed_from(deep):
    stepper = deep.stepper()
    stepper.hold([(place_of(deep.network, "c1.3"), 50.0)])
    stepper.step(5)
    other = deep.stepper()
    other.hold([(place_of(deep.network, "c1.3"), -50.0)])
    other.step(5)
    place = place_of(deep.network, "h1.3")
    # tanh of a large cell state is 1, so the hidden state is the output gate, and minus it at -50.
    assert 0 < stepper.units[0, place] == -other.units[0, place]


def test_to_hold_a_unit_at_what_it_would_be_anyway_changes_nothing(deep):
    plain = deep.stepper()
    plain.step(5)
    values = plain.units[0]
    held = deep.stepper()
    held.hold(
        [(place_of(deep.network, name), float(values[place_of(deep.network, name)])) for name in ("c1.3", "h2.0")]
    )
    held.step(5)
    np.testing.assert_array_equal(held.units, plain.units)


def test_the_same_seed_and_hold_give_the_same_text_and_another_hold_another(deep):
    assert ids_of(deep, HELD) == ids_of(deep, HELD)
    assert ids_of(deep, HELD) != ids_of(deep, Controls())
    assert ids_of(deep, Controls(hold={"c1.3": -2.5})) != ids_of(deep, HELD)
    assert ids_of(deep, Controls(hold={})) == ids_of(deep, Controls())


def test_the_very_next_token_obeys_also_when_its_alternatives_have_been_looked_at(deep):
    plain, looked_at = (Generation(deep, "the ", seed=1) for _ in range(2))
    for generation in (plain, looked_at):
        for _ in range(5):
            generation.next(Controls())
    free = looked_at.logits().copy()
    held = looked_at.logits(HELD).copy()
    assert not np.array_equal(free, held)
    assert looked_at.next(HELD) == plain.next(HELD)
    assert looked_at.next(HELD) == plain.next(HELD)
    # Held and let go again before the token: as if nothing had been.
    looked_at.logits(Controls())
    looked_at.logits(HELD)
    np.testing.assert_array_equal(looked_at.logits(Controls()), plain.logits(Controls()))
    assert looked_at.next(Controls()) == plain.next(Controls())


def schedule(position):
    """Controls that change what is held, at positions before and after snapshots of the state, and just at one."""
    if position < 40 or 256 <= position < 300:
        return Controls()
    return HELD if position < 150 else Controls(hold={"c1.3": -1, "h2.2": 0, "h1.1": "1sd"})


def write(generation, until):
    while len(generation) < until:
        generation.next(schedule(len(generation)))
    return list(generation.ids)


@pytest.mark.parametrize("length", [399, 300, 299, 257, 256, 255, 150, 149, 128, 127, 40, 39, 1, 0])
def test_going_back_and_on_again_under_the_same_holds_gives_the_same_text(deep, length):
    generation = Generation(deep, "the ", seed=1)
    ids = write(generation, 400)
    generation.rewind(length)
    generation.logits(Controls(hold={"h1.7": 0.5}))  # something else was tried there meanwhile
    assert write(generation, 400) == ids
    np.testing.assert_array_equal(generation.units, fresh_units(deep, 400))


def fresh_units(model, until):
    generation = Generation(model, "the ", seed=1)
    write(generation, until)
    return generation.units


def test_tokens_can_be_appended_again_with_what_was_held(deep):
    generation = Generation(deep, "the ", seed=1)
    ids = write(generation, 320)
    generation.rewind(100)
    for _ in range(30):
        generation.next(Controls(greedy=True))
    generation.rewind(100)
    generation.resume((index, schedule(at)) for at, index in enumerate(ids[100:300], 100))
    assert write(generation, 320) == ids


def test_the_units_of_a_stretch_are_those_that_there_were(deep):
    generation = Generation(deep, "the ", seed=1)
    seen = []
    while len(generation) < 300:
        generation.next(schedule(len(generation)))
        # Those after a token depend on what is held for the next one.
        generation.logits(schedule(len(generation)))
        seen.append(generation.units)
    for start in (0, 1, 150, 299):
        np.testing.assert_array_equal(generation.units_from(start), seen[start:])
    assert generation.units_from(300).shape == (0, deep.network.units)
    expected = generation.next(schedule(300))
    again = Generation(deep, "the ", seed=1)
    write(again, 300)
    assert again.next(schedule(300)) == expected
    with pytest.raises(ValueError, match="can't go back to 500"):
        generation.units_from(500)


def test_after_the_end_of_a_text_units_are_held_from_the_first_token_on(speller):
    controls = Controls(greedy=True, hold={"h1.3": 1.0})
    one = [token.id for token in islice(generate(speller, "", controls, seed=0, endless=True), 30)]
    assert one == [token.id for token in islice(generate(speller, "", controls, seed=0, endless=True), 30)]
    free = [token.id for token in islice(generate(speller, "", Controls(greedy=True), seed=0, endless=True), 30)]
    assert one != free


def test_many_texts_hold_each_its_own_units(deep):
    controls = [Controls(hold=hold) for hold in ({}, {"c1.3": 2.5}, {"h2.0": -1, "c2.1": "2sd"}, {})]
    requests = [Request("the ", each, 7) for each in controls]
    rows = {}
    for number, token in generate_many(deep, requests, rows=2, max_tokens=80, endless=True):
        rows.setdefault(number, []).append(token.id)
    assert [rows[n] for n in range(4)] == [ids_of(deep, each, 80, 7) for each in controls]


def test_a_lane_of_a_race_obeys_from_its_next_token_on(deep):
    lanes = [Lane(deep, "the ", 5), Lane(deep, "the ", 5)]
    race = Race(lanes)
    race.advance(30, 60.0)
    lanes[1].controls = HELD
    race.advance(30, 60.0)
    generation = Generation(deep, "the ", seed=5)
    wanted = [generation.next(Controls() if at < 30 else HELD).id for at in range(60)]
    assert lanes[1].opening.tolist() == wanted
    assert race.parting(1) is not None
    assert race.parting(1) >= 30


def test_a_recording_carries_what_was_held_and_replays_to_the_character(deep):
    recorder, generation = Recorder(deep, "the ", 1), Generation(deep, "the ", seed=1)
    while len(generation) < 320:
        recorder.extend([generation.next(schedule(len(generation)))])
    recording = Recording.from_json(recorder.recording(generation.ids).to_json())
    assert [at for at, _ in recording.changes] == [0, 40, 150, 256, 300]
    assert recording.changes[1][1] == HELD
    assert [token.id for token in replay(deep, recording)] == list(generation.ids)


def test_a_recording_that_holds_units_the_model_lacks_is_refused(deep):
    recorder = Recorder(deep, "the ", 1)
    recording = recorder.recording((), Controls(hold={"c9.1": 1}))
    with pytest.raises(RecordingError, match=r"don't fit the model: the model has no unit 'c9\.1'"):
        replay(deep, recording)


@pytest.mark.parametrize(
    ("hold", "said"),
    [({"c3.0": 1}, "no unit 'c3.0'"), ({"h1.16": 1}, "no unit 'h1.16'"), ({"h1.1": 1.5}, "between -1 and 1")],
)
def test_units_that_the_model_lacks_are_refused_by_name_and_the_text_stays(deep, hold, said):
    generation = Generation(deep, "the ", seed=1)
    first = generation.next(Controls())
    with pytest.raises(ControlsError, match=said):
        generation.next(Controls(hold=hold))
    again = Generation(deep, "the ", seed=1)
    assert [first, generation.next(HELD)] == [again.next(Controls()), again.next(HELD)]
    with pytest.raises(ControlsError, match=said):
        list(generate_many(deep, [Request("the ", Controls(hold=hold), 1)], max_tokens=3))


def test_standard_deviations_count_from_the_mean_of_the_models_own_text(deep):
    means, standard = unit_statistics(deep)
    place = place_of(deep.network, "c2.1")
    [(found, value)] = held_units(deep, {"c2.1": "-2.5sd"})
    assert found == place
    assert value == pytest.approx(float(means[place] - 2.5 * standard[place]), rel=1e-5)
    assert dict(held_units(deep, {"h1.0": "50sd"})) == {0: 1.0}
    np.testing.assert_array_equal(unit_statistics(deep)[0], means)


def test_one_unit_can_be_read_at_each_token_while_the_text_is_written(deep):
    generation, places = (
        Generation(deep, "the ", seed=1),
        [place_of(deep.network, name) for name in ("h2.3", "c1.4", "c2.9")],
    )
    before = generation.units[places]
    for _ in range(5):
        generation.next(Controls())
        assert [generation.unit(place) for place in places] == before.tolist()
        before = generation.units[places]
    with pytest.raises(IndexError):
        generation.unit(deep.network.units)


def test_units_of_imported_layers_and_of_windows_are_held_too(tmp_path):
    archive = network_archive(len(characters()), units=6)
    archive.layer("LSTM")["config"]["activation"] = "relu"
    relu = load(write_folder(tmp_path / "relu", archive, characters()))
    stepper = relu.stepper()
    stepper.hold([(place_of(relu.network, "c1.2"), 8.0), (place_of(relu.network, "h1.4"), 3.0)])
    stepper.step(5)
    values = dict(zip(unit_names(relu.network), stepper.units[0].tolist(), strict=True))
    assert (values["c1.2"], values["h1.4"]) == (8.0, 3.0)
    assert 0 < values["h1.2"] < 8.0  # relu of the cell state, times the output gate
    window = replace(relu, network=replace(relu.network, window=3))
    assert ids_of(window, Controls(hold={"c1.2": 8.0})) != ids_of(window, Controls())
    generation = Generation(window, "the ", seed=1)
    generation.next(Controls(hold={"c1.2": 8.0}))
    generation.logits(Controls(hold={"c1.2": 8.0}))
    assert generation.unit(place_of(window.network, "c1.2")) == 8.0
