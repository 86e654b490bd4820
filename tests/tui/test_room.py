"""What is shown in terminals of which size, and that nothing is chosen from what isn't seen."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Sparkline

from charrnn_tui.play.control_row import ControlRow
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.next_line import NextLine
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.play.status_panel import Status, figures
from charrnn_tui.text.legend import Legend
from tests.tui.pilot import app_for, paused, played, text_of, until

NARROW = (60, 20)


def position(screen: PlayScreen) -> int:
    return played(screen).position


async def at_the_cursor(pilot: Pilot[None], back: int = 20) -> tuple[PlayScreen, NextLine]:
    """A text that rests some characters back, and the line of what could come."""
    screen = await paused(pilot, 60)
    await pilot.press(*["left"] * back)
    line = screen.query_one(NextLine)
    await until(pilot, lambda: bool(line.alternatives))
    return screen, line


async def test_24_lines_have_room_for_a_legend_and_the_line_of_entropies(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(80, 24)) as pilot:
        screen = await paused(pilot)
        assert screen.query_one(Sparkline).size.height == 1
        assert screen.query_one(Legend).size.height == 1
        assert screen.query_one(Distribution).size.height >= 9


def test_where_there_is_little_room_the_bits_stand_beside_the_held_out_ones() -> None:
    status = Status(60.0, "continue", True, bits=2.0, held_out=2.5)
    assert [name for name, _, _ in figures(status, compact=True)] == ["surprise", "held-out", "entropy"]


def test_a_text_that_rests_has_no_speed() -> None:
    actual = {name: value for name, value, _ in figures(Status(60.0, "continue", True))}["actual"]
    assert actual == "–"


async def test_a_narrow_terminal_tells_what_could_come_in_a_line_and_a_number_takes_it(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=NARROW) as pilot:
        screen, line = await at_the_cursor(pilot)
        before, at = text_of(pilot), position(screen)
        place, other = next((n, item) for n, item in enumerate(line.alternatives, 1) if not item.came)
        assert f"{place} {other.label}" in line.render().plain
        assert f"{line.entropy:.2f} bits" in line.render().plain
        await pilot.press(str(place))
        assert position(screen) == at + 1
        assert text_of(pilot)[: len("the ") + at] == before[: len("the ") + at]


async def test_a_click_on_the_line_takes_what_is_there(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=NARROW) as pilot:
        screen, line = await at_the_cursor(pilot)
        at = position(screen)
        second = line.alternatives[1]
        column = line.render().plain.index(f"2 {second.label}")
        await pilot.click(line, offset=(2 + column, 0))
        assert position(screen) == at + 1
        assert played(screen).generation.ids[-1] == second.id


async def test_in_a_narrow_terminal_tab_brings_the_controls_and_escape_takes_them_away(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=NARROW) as pilot:
        screen = await paused(pilot)
        side = screen.query_one("#side")
        assert not side.display
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(screen.focused, ControlRow))
        assert side.display
        await pilot.press("2", "enter")
        assert screen.game.controls.temperature == 2.0
        await pilot.press("escape")
        await until(pilot, lambda: not side.display)


async def test_nothing_is_taken_from_what_is_not_seen(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(100, 40)) as pilot:
        screen = await paused(pilot, 60)
        await pilot.press(*["left"] * 20)
        await pilot.resize_terminal(20, 6)
        distribution = screen.query_one(Distribution)
        await until(pilot, lambda: not distribution.alternatives)
        before, at = text_of(pilot), position(screen)
        await pilot.press("1", "2", "3")
        assert (text_of(pilot), position(screen)) == (before, at)


async def test_a_text_that_rests_fills_the_room_that_it_gets(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(100, 25)) as pilot:
        screen = await paused(pilot, 60)
        distribution = screen.query_one(Distribution)
        few = len(distribution.alternatives)
        await pilot.resize_terminal(100, 50)
        await until(pilot, lambda: len(distribution.alternatives) > few)
