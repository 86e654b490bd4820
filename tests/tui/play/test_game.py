"""The pace is kept, the next character obeys the controls, and pausing, stepping and replaying are exact."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from charrnn_engine import CharRNN, Controls, Token, generate, load
from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.generation.recording import Recording
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.game import Game
from charrnn_tui.ui.pace import Pace, RateMeter
from tests.archives import characters, write_model

GREEDY = Controls(greedy=True)


def test_the_first_character_is_due_at_once_and_the_next_a_beat_later() -> None:
    pace = Pace(10)
    assert pace.wait(100.0) <= 0
    pace.drawn(100.0)
    assert pace.wait(100.0) == pytest.approx(0.1)
    assert pace.wait(100.04) == pytest.approx(0.06)


def test_small_delays_are_caught_up() -> None:
    pace = Pace(100)
    pace.drawn(0.0)
    pace.drawn(0.03)
    assert pace.wait(0.03) == pytest.approx(-0.01)


def test_a_long_delay_is_not_caught_up() -> None:
    pace = Pace(100)
    pace.drawn(0.0)
    pace.drawn(60.0)
    assert pace.wait(60.0) == pytest.approx(0.01 - 0.1)


def test_full_speed_never_waits() -> None:
    pace = Pace(None)
    pace.drawn(1.0)
    assert pace.wait(1.0) <= 0


def test_a_change_of_speed_counts_from_the_last_character() -> None:
    pace = Pace(1)
    pace.drawn(0.0)
    pace.speed = 100
    assert pace.wait(0.0) == pytest.approx(0.01)


def test_the_rate_is_that_of_the_last_second() -> None:
    meter = RateMeter()
    for tenth in range(50):
        meter.add(tenth / 10, 6 if tenth > 30 else 1)
    assert meter.rate() == pytest.approx(60)


def test_the_rate_of_nothing_is_zero() -> None:
    meter = RateMeter()
    assert meter.rate() == 0
    meter.add(1.0, 5)
    assert meter.rate() == 0


class Listener:
    """Collects tokens, and lets a test wait for a number of them."""

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self._arrived = asyncio.Event()

    def __call__(self, frame: list[Token]) -> None:
        self.tokens.extend(frame)
        self._arrived.set()

    async def until(self, count: int) -> list[Token]:
        while len(self.tokens) < count:
            self._arrived.clear()
            await asyncio.wait_for(self._arrived.wait(), 20)
        return self.tokens


def game_of(model: CharRNN, prompt: str, seed: int, **options: Any) -> tuple[Game, Listener]:
    listener = Listener()
    game = Game(listener, pytest.fail, **options)
    assert game.open(model, prompt, seed) is None
    return game, listener


def text_of(game: Game) -> BranchingText:
    assert game.text is not None
    return game.text


@pytest.fixture
async def playing(model: CharRNN):  # type: ignore[no-untyped-def]
    """A game at full speed, and its listener."""
    game, listener = game_of(model, "a", 5, speed=None)
    task = asyncio.create_task(game.run())
    yield game, listener
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_plays_the_text_of_the_seed(playing: tuple[Game, Listener], model: CharRNN) -> None:
    _, listener = playing
    tokens = await listener.until(200)
    expected = [token.id for token in generate(model, "a", seed=5, max_tokens=200, endless=True)]
    assert [token.id for token in tokens[:200]] == expected


async def test_controls_are_obeyed_by_the_very_next_character(playing: tuple[Game, Listener]) -> None:
    game, listener = playing
    await listener.until(50)
    drawn = text_of(game).position
    game.controls = GREEDY
    tokens = await listener.until(drawn + 50)
    assert all(token.controls == Controls() for token in tokens[:drawn])
    assert all(token.controls is GREEDY for token in tokens[drawn:])


async def test_a_pause_stops_at_once_and_hands_on_what_was_drawn(playing: tuple[Game, Listener]) -> None:
    game, listener = playing
    await listener.until(20)
    game.pause()
    assert len(listener.tokens) == text_of(game).position
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(listener.tokens) == text_of(game).position
    stopped = len(listener.tokens)
    game.play()
    await listener.until(stopped + 20)


async def test_stepping_while_paused_changes_nothing_of_the_text(
    playing: tuple[Game, Listener], model: CharRNN
) -> None:
    game, listener = playing
    await listener.until(20)
    game.pause()
    for _ in range(10):
        game.step()
    game.play()
    tokens = await listener.until(200)
    expected = [token.id for token in generate(model, "a", seed=5, max_tokens=200, endless=True)]
    assert [token.id for token in tokens[:200]] == expected


async def test_it_stops_at_eos_if_not_endless_and_resumes(speller: CharRNN) -> None:
    prompt = speller.vocabulary.tokens[2]
    game, listener = game_of(speller, prompt, 1, controls=GREEDY, speed=None, endless=False)
    task = asyncio.create_task(game.run())
    while game.stopped_at != "end of text":
        await listener.until(len(listener.tokens) + 1)
    assert listener.tokens[-1].id == speller.vocabulary.eos
    assert not game.playing
    count = len(listener.tokens)
    game.play()
    await listener.until(count + 1)
    task.cancel()


async def test_a_slower_speed_yields_single_characters(model: CharRNN) -> None:
    frames: list[int] = []
    done = asyncio.Event()

    def count(frame: list[Token]) -> None:
        frames.append(len(frame))
        if len(frames) == 4:
            done.set()

    game = Game(count, pytest.fail, speed=40)
    game.open(model, "a", 5)
    task = asyncio.create_task(game.run())
    await asyncio.wait_for(done.wait(), 20)
    task.cancel()
    assert min(frames) == 1


def recorded(model: CharRNN, count: int) -> Recording:
    """A text whose temperature rises half-way."""
    game, _ = game_of(model, "a", 5, speed=None)
    game.draw_now(count // 2)
    game.turn_temperature(0.5)
    game.draw_now(count - count // 2)
    return game.recording()


def test_a_replay_changes_the_controls_and_stops_at_its_end(model: CharRNN) -> None:
    recording = recorded(model, 100)
    game = Game(Listener(), pytest.fail)
    game.replay(model, recording)
    game.draw_now(1000)
    assert (game.stopped_at, text_of(game).position, game.controls.temperature) == ("end of recording", 100, 1.5)
    assert game.recording() == recording
    game.play()
    assert game.stopped_at is None
    game.draw_now(20)
    assert text_of(game).position == 120


def test_a_change_of_controls_leaves_a_replay_with_all_that_was_drawn(model: CharRNN) -> None:
    game = Game(Listener(), pytest.fail)
    game.replay(model, recorded(model, 100))
    game.draw_now(30)
    assert game.replaying
    game.controls = GREEDY
    game.draw_now(100)
    assert game.stopped_at is None
    assert [entry.controls == GREEDY for entry in text_of(game).log.entries()] == [False] * 30 + [True] * 100


def test_a_prompt_that_another_model_does_not_know_is_left_out_silently_and_comes_back(
    model: CharRNN, tmp_path: Path
) -> None:
    vowels = load(write_model(tmp_path / "vowels", vocabulary=characters("aeiou", eos=False)))
    game, _ = game_of(model, "the ", 5)
    assert game.open(vowels) is None
    assert text_of(game).prompt == default_prompt(vowels)
    assert game.open(model) is None
    assert (text_of(game).prompt, text_of(game).seed) == ("the ", 5)


def test_an_unknown_prompt_given_with_the_model_is_reported(model: CharRNN) -> None:
    game = Game(Listener(), pytest.fail)
    problem = game.open(model, "Ω", 5)
    assert problem is not None
    assert "'Ω' (at 0)" in problem
    assert text_of(game).prompt == default_prompt(model)


def test_a_restart_keeps_what_was_drawn_in_the_text_before(model: CharRNN) -> None:
    game, listener = game_of(model, "a", 5, speed=None)
    before = text_of(game)
    game.draw_now(10)
    game.start(seed=6)
    assert before.position == len(before.log) == len(listener.tokens) == 10
    assert text_of(game) is not before


async def test_a_text_that_can_not_continue_is_paused_and_says_why(model: CharRNN) -> None:
    problem: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    game = Game(Listener(), problem.set_result)
    game.open(model, "a", 5)

    def broken(controls: Controls) -> Token:
        raise CharRNNError("no more")

    text_of(game).generation.next = broken  # type: ignore[method-assign]
    task = asyncio.create_task(game.run())
    assert await asyncio.wait_for(problem, 20) == "no more"
    assert game.paused
    task.cancel()


def test_models_by_the_word_have_a_speed_of_their_own(model: CharRNN) -> None:
    vocabulary = replace(model.vocabulary, level="word")
    game = Game(lambda _: None, pytest.fail, speed=100.0)
    game.open(model)
    game.open(replace(model, vocabulary=vocabulary))
    assert game.speed == 12.0
    game.step_speed(1)
    game.start(seed=2)
    assert game.speed == 20.0
    game.open(model)
    assert game.speed == 100.0
    assert game.speeds == {"char": 100.0, "word": 20.0}
