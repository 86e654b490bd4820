"""Keys, clicks and resizes at random on every screen: a short run of `python -m tests.fuzz.keys`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.fuzz.keys import WAYS, storm, workplace
from tests.tui.pilot import app_for, paused, until


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with workplace() as folder:
        yield folder


@pytest.fixture(autouse=True)
def home() -> None:
    """The workplace is the home here."""


@pytest.mark.parametrize("way", WAYS)
async def test_nothing_that_is_pressed_at_random_breaks_a_screen_and_q_ends_it(folder: Path, way: str) -> None:
    assert await storm(folder, way, f"every day/{way}", 12) >= 1


async def press_at_once(pilot: Pilot[None], *keys: str) -> None:
    """Keys that are all there before the app looks at the first."""
    from textual.events import Key

    for key in keys:
        event = Key(key, None)
        event.set_sender(pilot.app)
        assert pilot.app._driver is not None
        pilot.app._driver.send_message(event)
    await pilot.pause()


@pytest.mark.parametrize("opens", ["question_mark", "s", "c"])
async def test_a_screen_left_twice_at_once_takes_none_with_it(folder: Path, opens: str) -> None:
    app = app_for(folder / "small")
    async with app.run_test() as pilot:
        screen = await paused(pilot)
        await pilot.press(opens)
        await until(pilot, lambda: app.screen is not screen)
        await press_at_once(pilot, "escape", "escape", "escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("g")
        assert screen.controls.greedy


@pytest.mark.parametrize("opens", ["s", "m", "ctrl+p"])
async def test_paging_through_a_list_without_room_does_no_harm(folder: Path, opens: str) -> None:
    app = app_for(folder / "small")
    async with app.run_test() as pilot:
        await paused(pilot)
        await pilot.resize_terminal(1, 1)
        await pilot.press(opens, "pagedown", "pageup", "down", "pageup", "pagedown")
        await pilot.resize_terminal(80, 24)
        await pilot.press("pageup", "escape")
    assert app.return_code in (0, None)
