"""The pace is kept, controls are obeyed by the next character, and pausing, stepping and going back are exact."""

import asyncio

import pytest

from charrnn_engine import CharRNN, Controls, Generation, Token, generate
from charrnn_tui.play.playback import Playback
from charrnn_tui.ui.pace import Pace, RateMeter

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


@pytest.fixture
async def playing(model: CharRNN):  # type: ignore[no-untyped-def]
    """A playback at full speed, its listener, and its task."""
    listener = Listener()
    playback = Playback(Generation(model, "a", seed=5), Controls(), listener, speed=None)
    task = asyncio.create_task(playback.run())
    yield playback, listener
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_plays_the_text_of_the_seed(playing: tuple[Playback, Listener], model: CharRNN) -> None:
    _, listener = playing
    tokens = await listener.until(200)
    expected = [token.id for token in generate(model, "a", seed=5, max_tokens=200, endless=True)]
    assert [token.id for token in tokens[:200]] == expected


async def test_controls_are_obeyed_by_the_very_next_character(playing: tuple[Playback, Listener]) -> None:
    playback, listener = playing
    await listener.until(50)
    drawn = len(playback.generation)
    playback.controls = GREEDY
    tokens = await listener.until(drawn + 50)
    assert all(token.controls == Controls() for token in tokens[:drawn])
    assert all(token.controls is GREEDY for token in tokens[drawn:])


async def test_a_pause_stops_at_once_and_hands_on_what_was_drawn(playing: tuple[Playback, Listener]) -> None:
    playback, listener = playing
    await listener.until(20)
    playback.pause()
    assert len(listener.tokens) == len(playback.generation)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(listener.tokens) == len(playback.generation)
    stopped = len(listener.tokens)
    playback.play()
    await listener.until(stopped + 20)


async def test_stepping_while_paused_changes_nothing_of_the_text(
    playing: tuple[Playback, Listener], model: CharRNN
) -> None:
    playback, listener = playing
    await listener.until(20)
    playback.pause()
    for _ in range(10):
        playback.step()
    playback.play()
    tokens = await listener.until(200)
    expected = [token.id for token in generate(model, "a", seed=5, max_tokens=200, endless=True)]
    assert [token.id for token in tokens[:200]] == expected


async def test_stops_at_eos_when_told_to_and_goes_on_when_asked(speller: CharRNN) -> None:
    listener = Listener()
    prompt = speller.vocabulary.tokens[2]
    playback = Playback(Generation(speller, prompt, seed=1), GREEDY, listener, speed=None, endless=False)
    task = asyncio.create_task(playback.run())
    while not playback.ended:
        await listener.until(len(listener.tokens) + 1)
    assert listener.tokens[-1].id == speller.vocabulary.eos
    assert not playback.playing
    count = len(listener.tokens)
    playback.play()
    await listener.until(count + 1)
    task.cancel()


async def test_a_slower_speed_yields_single_characters(model: CharRNN) -> None:
    frames: list[int] = []
    done = asyncio.Event()

    def count(frame: list[Token]) -> None:
        frames.append(len(frame))
        if len(frames) == 4:
            done.set()

    playback = Playback(Generation(model, "a", seed=5), Controls(), count, speed=40)
    task = asyncio.create_task(playback.run())
    await asyncio.wait_for(done.wait(), 20)
    task.cancel()
    assert min(frames) == 1
