"""Keys, clicks and resizes at random on every screen: a short run of `python -m tests.fuzz.keys`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from charrnn_tui.save.screen import SaveScreen
from tests.fuzz.keys import WAYS, laid_out, storm, workplace
from tests.tui.pilot import app_for, paused, playing, until


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


async def test_a_screen_dismissed_twice_takes_no_other_with_it(folder: Path) -> None:
    app = app_for(folder / "small")
    async with app.run_test() as pilot:
        screen = await paused(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: app.screen is not screen)
        help_screen = app.screen
        help_screen.dismiss()
        help_screen.dismiss()  # as by a second key that was there before the first took effect
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("g")
        assert screen.game.controls.greedy


@pytest.mark.parametrize("way", ["save", "palette", "branches"])
async def test_paging_through_a_list_without_room_does_no_harm(folder: Path, way: str) -> None:
    app = app_for(folder / "small")
    async with app.run_test() as pilot:
        await playing(pilot)
        await pilot.press(*WAYS[way])
        for size in ((4, 6), (1, 1), (6, 4)):
            await pilot.resize_terminal(*size)
            await laid_out(pilot)
            await pilot.press("pagedown", "pageup", "down", "pageup", "pagedown")
        await pilot.resize_terminal(80, 24)
        await pilot.press("pageup", "escape")
    assert app.return_code in (0, None)


async def test_a_choice_made_once_more_while_its_screen_goes_is_none(folder: Path) -> None:
    app = app_for(folder / "small")
    async with app.run_test() as pilot:
        screen = await paused(pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, SaveScreen))
        save = app.screen
        assert isinstance(save, SaveScreen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen and not save.children)
        save.action_save("TEXT")
        assert app.screen is screen
