"""Looking into the network that plays: which unit is looked at, what is held, and what the text is coloured by."""

from dataclasses import replace
from pathlib import Path

from textual.pilot import Pilot

from charrnn_engine import CharRNN, Controls
from charrnn_engine.generation.generation import Generation
from charrnn_engine.inside import place_of
from charrnn_tui.inside.field import Field
from charrnn_tui.inside.find import FindScreen
from charrnn_tui.inside.report import Report, ReportView
from charrnn_tui.inside.screen import Inside
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.text.colouring import UNKNOWN_MARK
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.title_bar import TitleBar
from tests.tui.pilot import app_for, generated, paused, played, playing, text_of, until

LARGE = (120, 40)


async def opened(pilot: Pilot[None], characters: int = 40) -> PlayScreen:
    """The screen with the inside open and its units measured, paused."""
    screen = await paused(pilot, characters)
    await pilot.press("i")
    await until(pilot, lambda: screen.query_one(Inside).measured)
    return screen


def report(screen: PlayScreen) -> Report:
    return screen.query_one(ReportView).report


def colouring(screen: PlayScreen) -> str:
    return screen.query_one(TextView).colouring


async def test_i_shows_the_inside_and_colours_by_a_unit_and_takes_both_away(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        assert screen.query_one(Field).size.height > 0
        assert not screen.query_one("#side").display
        assert colouring(screen) == "unit"
        await pilot.press("h")
        assert colouring(screen) == "surprise"
        await pilot.press("h", "h", "h", "i")
        assert colouring(screen) != "unit"
        assert screen.query_one("#side").display
        assert not screen.query_one("#inside").display
        await pilot.press("plus", "0", "n", "slash")  # keys of the inside do nothing while it is closed
        assert not screen.game.controls.hold
        assert pilot.app.screen is screen


async def test_arrows_or_a_click_choose_a_unit_and_it_is_what_the_network_has_after_the_text(
    model_folder: Path, model: CharRNN
) -> None:
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        position, unit = played(screen).position, report(screen).unit
        await pilot.press("tab", "right")
        kind, number = unit.split(".")
        assert report(screen).unit == f"{kind}.{int(number) + 1}"
        assert played(screen).position == position
        await pilot.press("escape", "left")
        assert played(screen).position == position - 1

        generation = Generation(model, "the ", seed=3)
        for _ in range(position - 1):
            generation.next(Controls())
        place = place_of(model.network, report(screen).unit)
        assert report(screen).value == float(generation.units[place])

        await pilot.click(Field, offset=(3 + 5, 0))
        assert report(screen).unit == "h1.5"


async def test_the_next_character_obeys_what_is_held_and_released(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        unit = report(screen).unit
        await pilot.press("plus", "plus", "plus")
        assert screen.game.step().controls.hold == {unit: "3sd"}
        assert f"hold {unit} +3 sd" in screen.query_one(TitleBar).state
        assert screen.game.recording().changes[-1][1].hold == {unit: "3sd"}
        await pilot.press("minus", "minus", "minus", "minus")
        assert screen.game.step().controls.hold == {unit: "-1sd"}
        await pilot.press("0")
        assert screen.game.step().controls.hold == {unit: 0.0}
        await pilot.press("backspace")
        assert not screen.game.step().controls.hold
        await pilot.press(*["plus"] * 6)  # the dial stops at four standard deviations
        assert screen.game.controls.hold == {unit: "4sd"}


async def test_several_units_are_held_and_listed_and_another_model_starts_with_nothing_held(
    model_folder: Path, speller_folder: Path
) -> None:
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        await pilot.press("plus", "tab", "right", "minus", "escape")
        assert sorted(screen.game.controls.hold.values()) == ["-1sd", "1sd"]
        shown = screen.query_one(ReportView).render().plain
        assert all(unit in shown for unit in screen.game.controls.hold)
        await pilot.press("tab", "right", "right", "backspace")  # all are released from another unit
        assert not screen.game.controls.hold

        await pilot.press("plus")
        assert screen.game.controls.hold
        first = screen.game.model
        screen.open_model(str(speller_folder), "")
        await until(pilot, lambda: screen.game.model is not first)
        assert not screen.game.controls.hold


async def test_going_back_before_a_hold_gives_the_text_as_it_was(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        start = played(screen).position
        await pilot.press("plus", *["right"] * 10, "backspace", *["left"] * 10)
        assert played(screen).position == start
        while played(screen).position < start + 10:
            screen.game.step()
        assert text_of(pilot)[: len("the ") + start + 10] == generated(model, "the ", 3, start + 10)


async def test_a_pause_colours_what_was_written_before_and_underlines_what_the_next_character_depends_on(
    model_folder: Path,
) -> None:
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await opened(pilot, 100)
        page = screen.query_one(TextView)
        end = len("the ") + played(screen).position
        await until(pilot, lambda: UNKNOWN_MARK not in page.unit_marks(len("the "), end))
        before = page.unit_marks(len("the "), end)
        await pilot.press(*["left"] * 5, *["right"] * 5)
        assert page.unit_marks(len("the "), end) == before

        await until(pilot, lambda: any(page.underlined[1]))
        first = page.underlined
        await pilot.press(*["left"] * 6)
        await until(pilot, lambda: any(page.underlined[1]) and page.underlined != first)
        assert page.underlined[0] + len(page.underlined[1]) == page.cursor
        await pilot.press("space")
        assert not page.underlined[1]


async def test_finding_ranks_units_by_a_regular_expression_and_enter_goes_to_one(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        await pilot.press("slash", *"([", "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, FindScreen)
        await until(pilot, lambda: "is not a regular expression" in str(dialog.query_one("#filter-said").visual))
        await pilot.press("backspace", "backspace", *"[a-k]", "enter")
        await until(pilot, lambda: "All units together" in str(dialog.query_one("#filter-said").visual))
        chosen = dialog.query_one("#filter-list").get_option_at_index(0).id  # type: ignore[attr-defined]
        await pilot.press("enter")
        assert report(screen).unit == chosen
        assert pilot.app.screen is screen


async def test_units_of_the_card_are_offered_by_name(model_folder: Path, model: CharRNN) -> None:
    units = [{"unit": unit, "name": name, "measure": "r", "score": 0.9} for unit, name in
             (("c1.3", "position in the line"), ("h1.7", "a vowel"))]  # fmt: skip
    async with app_for(model_folder).run_test(size=LARGE) as pilot:
        screen = await paused(pilot)
        screen.game.open(replace(model, card={**model.card, "units": [*units, {"unit": "c9.1", "name": "none"}]}))
        await pilot.press("i")
        assert (report(screen).unit, report(screen).name) == ("c1.3", "position in the line")
        await pilot.press("n")
        assert (report(screen).unit, report(screen).name) == ("h1.7", "a vowel")
        await pilot.press("n")
        assert report(screen).unit == "c1.3"


async def test_without_colours_units_are_shown_as_heights(model_folder: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("NO_COLOR", "1")
    async with app_for(model_folder).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        line = screen.query_one(Field).render_line(0).text
        assert len(set(line) & set("▁▂▃▄▅▆▇█")) > 3


async def test_a_unit_is_chosen_while_the_text_runs(model_folder: Path) -> None:
    async with app_for(model_folder, speed=None).run_test(size=(80, 24)) as pilot:
        screen = await playing(pilot, 200)
        await pilot.press("i", "tab", "right", "down")
        before = played(screen).position
        await until(pilot, lambda: played(screen).position > before + 500)
        assert len(report(screen).course) > 0
