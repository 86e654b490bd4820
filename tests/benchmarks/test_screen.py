"""What the screen does many times a second: wrapping what has come, and drawing the lines in view."""

import asyncio
import itertools
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from textual.app import App, ComposeResult

from charrnn_tui.app import PlaygroundApp
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.text.text_view import TextView
from charrnn_tui.text.wrapped_text import WrappedText

FRAME = 1000  # characters between two frames at full speed
SENTENCE = "the quick brown fox jumps over the lazy dog, "
COLUMNS, ROWS = 120, 40


def coloured(length: int) -> tuple[str, bytes, bytes]:
    """Text in which neighbours differ in colour, as they do in a model's text."""
    text = (SENTENCE * (length // len(SENTENCE) + 1))[:length]
    return text, bytes(at * 7 % 6 for at in range(length)), bytes(length)


LENGTHS = pytest.mark.parametrize("held", [1000, 10_000_000], ids=["1000 characters", "10 million"])


def written(held: int) -> WrappedText:
    page = WrappedText(88)
    sentences = coloured(held)
    for start in range(0, held, FRAME):
        page.append(*(column[start : start + FRAME] for column in sentences))
    return page


@LENGTHS
def test_wrap_a_frame(benchmark: BenchmarkFixture, held: int) -> None:
    page, frame = written(held), coloured(FRAME)

    def run() -> None:
        page.append(*frame)
        page.truncate(held)

    benchmark(run)


@LENGTHS
def test_take_another_width(benchmark: BenchmarkFixture, held: int) -> None:
    """Until what is in view stands; the rest follows by and by."""
    page = written(held)
    widths = itertools.cycle((60, 88))
    benchmark(lambda: page.rewrap(next(widths), held // 2))


def test_wrap_ten_million_characters_anew(benchmark: BenchmarkFixture) -> None:
    page = written(10_000_000)

    def run() -> None:
        page.rewrap(60)
        page.settle(60)

    benchmark(run)


@LENGTHS
def test_look_anywhere(benchmark: BenchmarkFixture, held: int) -> None:
    """A screenful of lines at the top, in the middle and at the end."""
    page = written(held)

    def run() -> None:
        for top in (0, page.line_count // 2, page.line_count - 1):
            for number in range(top, min(top + ROWS, page.line_count)):
                page.line(number)

    benchmark(run)


class Page(App[None]):
    def compose(self) -> ComposeResult:
        yield TextView()


@LENGTHS
def test_draw_the_lines_of_a_page(benchmark: BenchmarkFixture, held: int) -> None:
    async def run() -> None:
        app = Page()
        async with app.run_test(size=(COLUMNS, ROWS)) as pilot:
            view = app.query_one(TextView)
            view.write(*coloured(held))
            await pilot.pause()

            def draw() -> None:
                view._strips.clear()  # lines already drawn are kept
                for y in range(view.size.height):
                    view.render_line(y)

            benchmark(draw)

    asyncio.run(run())


def test_the_app_plays_5000_characters(benchmark: BenchmarkFixture, model_folder: Path, unhurried: None) -> None:
    async def run() -> None:
        app = PlaygroundApp(str(model_folder), prompt="the ", seed=1, speed=None)
        async with app.run_test(size=(COLUMNS, ROWS)):
            while True:
                screen = app.screen
                text = screen.game.text if isinstance(screen, PlayScreen) else None
                if text is not None and text.position >= 5000:
                    return
                await asyncio.sleep(0.005)

    benchmark.pedantic(lambda: asyncio.run(run()), rounds=3, warmup_rounds=1)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pilot waits until the processor idles, which it doesn't while a text runs."""

    async def turns(*_: object) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr("textual.app.wait_for_idle", turns)
    monkeypatch.setattr("textual.pilot.wait_for_idle", turns)
