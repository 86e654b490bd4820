"""A game that reads a text, learns from it, is typed into, and undone: what it plays, records and measures."""

import random
from dataclasses import replace
from math import log

import pytest

from charrnn_engine import CharRNN, Controls, Generation
from charrnn_engine.evaluation.adapting import score_adapting
from charrnn_engine.evaluation.encoding import encoder
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import replay
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.game import Game
from charrnn_tui.play.places import Places, next_place
from charrnn_tui.play.reading import Reading, ReadingError

TEXT = "the quick brown fox jumps over the lazy dog, and then the dog sleeps. " * 4


def game_of(model: CharRNN, text: str | None = TEXT, controls: Controls = Controls()) -> Game:
    game = Game(lambda _: None, pytest.fail, controls=controls)
    game.open(model, "the ", 3)
    if text is not None:
        game.read(Reading(model, text, "a text"))
    return game


def text_of(game: Game) -> BranchingText:
    assert game.text is not None
    return game.text


def written(game: Game) -> str:
    return text_of(game).log.text(0)


def put(game: Game, text: str) -> None:
    """Types a text."""
    for character in text:
        game.take(text_of(game).model.vocabulary.ids[character])


def test_a_text_is_read_to_its_end_and_measured_as_in_evaluation(model: CharRNN) -> None:
    game = game_of(model)
    game.draw_now(10_000)
    text = text_of(game)
    assert (game.stopped_at, written(game), text.prompt) == ("end of reading", TEXT, "")
    generation = Generation(model, "", seed=1)
    expected = [generation.take(index, Controls()).model_probability for index in model.vocabulary.encode(TEXT)]
    assert [entry.model_probability for entry in text.log.entries()] == pytest.approx(expected, rel=1e-5)
    game.play()
    game.draw_now(20)
    assert text.position == len(TEXT) + 20
    game.start(seed=4)
    game.draw_now(30)
    assert written(game) == TEXT[:30]
    game.start("a ")
    assert not game.reads


def test_unknown_characters_are_named_and_left_out_and_a_text_without_known_ones_is_refused(model: CharRNN) -> None:
    reading = Reading(model, "thé quick\r\nΩ brown Ω\n", "file.txt")
    assert model.vocabulary.decode(reading.ids) == "th quick brown "
    assert reading.notice() == "Left out, because the model doesn't know them: 'Ω' 2 times, 'é'"
    assert list(reading.ids).count(model.vocabulary.eos) == 2  # the model has no newline
    for text, why in (("", "it is empty"), ("ΩΩ", "knows none")):
        with pytest.raises(ReadingError, match=why):
            Reading(model, text, "file.txt")


def test_writing_interrupts_reading_which_then_continues_where_it_was(model: CharRNN) -> None:
    game = game_of(model)
    game.draw_now(100)
    game.pause()
    game.go_to(60)
    game.toggle_writing()
    game.draw_now(25)
    assert not game.reads
    game.toggle_writing()
    game.draw_now(40)
    assert written(game)[:60] + written(game)[85:] == TEXT[:100]
    game.pause()
    game.go_to(30)
    game.draw_now(10)
    assert written(game) == TEXT[:40]


def test_fixing_a_word_in_a_text_that_is_read_is_one_change_to_undo(model: CharRNN) -> None:
    game = game_of(model)
    game.draw_now(40)
    game.pause()
    game.go_to(TEXT.index("brown"))
    game.history.begin_edit()
    game.erase()  # the space before it
    put(game, " ")
    for _ in "brown":
        game.erase(ahead=True)
    put(game, "re")
    game.erase()
    put(game, "ed")
    game.history.end_edit()
    fixed = TEXT.replace("brown", "red", 1)
    game.draw_now(60)
    assert written(game) == fixed[: len(written(game))]
    assert len(written(game)) > 60
    game.undo()
    assert written(game) + "".join(entry.text for entry in text_of(game).future) == TEXT[:40]
    game.draw_now(60)
    assert written(game) == TEXT[: len(written(game))]
    game.undo(redo=True)
    assert written(game) == fixed[: len(written(game))]
    assert not game.history.can_redo


def test_every_change_of_the_text_is_undone_and_redone(model: CharRNN) -> None:
    game = game_of(model, None)
    states = []

    def state() -> tuple[str, str, str]:
        text = text_of(game)
        return text.prompt, written(game), "".join(entry.text for entry in text.future)

    def change(what) -> None:  # type: ignore[no-untyped-def]
        states.append(state())
        what()
        game.pause()

    game.draw_now(50)
    game.pause()
    other = next(index for index in model.vocabulary.ids.values() if index != text_of(game).log.id(20))
    game.go_to(20)
    change(lambda: game.take(other))
    change(lambda: game.start("a "))
    game.draw_now(10)
    change(lambda: game.start(seed=9))
    game.draw_now(30)
    game.go_to(10)
    game.controls = Controls(temperature=5.0)
    change(lambda: game.draw_now(30))
    change(lambda: game.return_to(0))
    change(lambda: game.read(Reading(model, TEXT, "a text")))
    game.draw_now(20)
    last = state()
    for before in reversed(states):
        game.undo()
        assert "".join(state()) == "".join(before)
    assert not game.history.can_undo
    while game.history.can_redo:
        game.undo(redo=True)
    assert state() == last


def test_reading_with_learning_is_measured_with_and_without_it(model: CharRNN) -> None:
    game = game_of(model, TEXT, Controls(adapt=0.01))
    game.draw_now(10_000)
    text = text_of(game)
    ids = encoder(model.vocabulary)(TEXT)
    (static, _), (dynamic, _) = score_adapting(model, ids, (0.0, 0.01))
    for score, figure in ((static, text.static_surprise), (dynamic, text.surprise)):  # without the first token there
        assert figure == pytest.approx(score.nats / log(2), rel=0.02)
    assert text.surprise < text.static_surprise
    assert game.learnt
    game.pause()
    game.go_to(100)  # the figures go back with the cursor
    assert text.static_surprise == pytest.approx(float(text.log.surprises(0, static=True).sum()))
    game.toggle_adapting()
    assert (game.controls.adapt, game.learnt) == (0.0, True)
    game.forget()
    game.toggle_adapting()
    assert not game.learnt
    token = game.step()
    assert token.controls.adapt is None  # by this one it is forgotten, although it learns again at once
    assert game.step().controls.adapt


def test_a_session_with_bans_a_pattern_reading_typing_and_learning_replays_to_the_character(model: CharRNN) -> None:
    game = game_of(model, TEXT, Controls(ban=("e", "the "), adapt=0.003))
    game.draw_now(70)
    game.toggle_writing()
    game.draw_now(40)
    game.pause()
    game.controls = replace(game.controls, pattern="([a-z]{2,6} ){3,20}")
    game.draw_now(30)
    game.pause()
    game.go_to(text_of(game).position - 12)
    game.history.begin_edit()
    put(game, "tea")
    game.erase()
    put(game, "n ")
    game.history.end_edit()
    game.controls = replace(game.controls, pattern=None, ban=("og", "a"), adapt=0.0, repeat_penalty=12)
    game.draw_now(40)
    game.forget()
    game.toggle_adapting()
    game.draw_now(30)
    game.toggle_writing()
    game.draw_now(50)
    game.undo()
    game.undo(redo=True)
    recording = Recording.from_json(game.recording().to_json())
    expected = list(text_of(game).ids)
    assert [token.id for token in replay(model, recording)] == expected
    assert recording.ending is not None
    assert recording.ending.fits(expected)
    again = Game(lambda _: None, pytest.fail)
    again.replay(model, recording)
    again.draw_now(len(expected))
    assert list(text_of(again).ids) == expected
    assert text_of(again).static_surprise == pytest.approx(text_of(game).static_surprise, rel=1e-4)


def test_places_are_found_by_text_and_by_surprise(model: CharRNN) -> None:
    game = game_of(model)
    game.draw_now(200)
    game.pause()
    game.go_to(100)
    places = Places(text_of(game))
    found = places.matches("THE")
    assert found == [at for at in range(198) if TEXT.startswith("the", at)]
    assert places.matches("zebra") == []
    assert found[next_place(found, 100, 1)] == min(at for at in found if at > 100)
    assert found[next_place(found, 0, -1)] == found[-1]
    surprising = places.surprises()
    entries = [*text_of(game).log.entries(), *text_of(game).future]
    limit = max(entries[place].model_probability for place in surprising)
    assert len(surprising) == 7
    assert sum(entry.model_probability < limit for entry in entries) == 6


def something(game: Game, chance: random.Random) -> None:
    """Does one thing that a user may do."""
    text, keys = text_of(game), range(2, 30)
    rules = {"ban": [(), ("e",), ("th", "q")], "pattern": [None, "[a-z ,.]{3,90}"], "temperature": [0.5, 1.0, 2.0]}
    can = {
        "draw": lambda: game.draw_now(chance.randrange(1, 40)),
        "walk": lambda: game.go_to(chance.randrange(text.position + len(text.future) + 1)),
        "take": lambda: game.take(chance.choice(keys)),
        "type": lambda: game.take(chance.choice(keys), insert=True),
        "erase": lambda: game.erase(chance.random() < 0.3),
        "rules": lambda: setattr(game, "controls", replace(
            game.controls, **{name: chance.choice(values) for name, values in rules.items()})),
        "adapt": game.toggle_adapting,
        "forget": game.forget,
        "write": lambda: game.reading and game.toggle_writing(),
        "branch": lambda: text.branches and game.return_to(chance.randrange(len(text.branches))),
        "undo": lambda: game.history.can_undo and game.undo(),
        "redo": lambda: game.history.can_redo and game.undo(redo=True),
        "edit": game.history.begin_edit,
        "edited": game.history.end_edit,
        "restart": lambda: chance.random() < 0.2 and game.start(seed=chance.randrange(9)),
    }  # fmt: skip
    can[chance.choice(list(can))]()
    game.pause()


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_replay_to_the_same_text(model: CharRNN, seed: int) -> None:
    chance, game = random.Random(seed), game_of(model)
    for _ in range(50):
        something(game, chance)
        text = text_of(game)
        assert written(game) == "".join(model.vocabulary.pieces(text.ids, None, "\n"))
        assert text.reading is None or text.reading.read == text.log.read(0)
        assert text.surprise == pytest.approx(float(text.log.surprises(0).sum()), abs=1e-3)
    assert [token.id for token in replay(model, game.recording())] == list(text.ids)


def test_a_recording_of_another_model_leaves_nothing_to_undo(model: CharRNN, speller: CharRNN) -> None:
    game = game_of(model, None)
    game.draw_now(20)
    game.pause()
    game.go_to(10)
    put(game, "x")
    assert game.history.can_undo
    other = game_of(speller, None)
    other.draw_now(5)
    game.replay(speller, other.recording())
    assert not game.history.can_undo
