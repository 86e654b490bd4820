"""Navigation through a text, looking at what else could have come, taking it, and the sampler's controls by hand."""

from pathlib import Path

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot
from textual.widgets import Label

from charrnn_engine import CharRNN, Controls
from charrnn_tui.play.control_row import ControlRow, Range
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.sampler_panel import TEMPERATURE
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.text import token_log
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.key_bar import KeyBar
from tests.tui.pilot import app_for, generated, paused, played, playing, text_of, until

SIZE = (100, 40)


def position(screen: PlayScreen) -> int:
    return played(screen).position


async def test_the_bars_at_each_position_are_those_it_had(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 60)
        text = text_of(pilot)
        await pilot.press(*["left"] * 30)
        at = len("the ") + position(screen)
        shown = screen.query_one(Distribution).alternatives
        (came,) = [item for item in shown if item.came]
        assert model.vocabulary.texts[came.id] == text[at].replace("\n", "")
        logits = model.logits(model.vocabulary.encode(text[:at])) if "\n" not in text[:at] else None
        if logits is not None:
            assert shown[0].id == int(logits[-1].argmax())


async def test_a_number_takes_a_character_and_the_text_continues_from_it(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 60)
        before = text_of(pilot)
        await pilot.press(*["left"] * 20)
        at = position(screen)
        shown = screen.query_one(Distribution).alternatives
        place, other = next((n, item) for n, item in enumerate(shown, 1) if not item.came and item.label.isalpha())
        await pilot.press(str(place))
        assert position(screen) == at + 1
        cut = len("the ") + at
        assert text_of(pilot) == before[:cut] + other.label
        assert len(played(screen).branches) == 1
        await pilot.press("space")
        await until(pilot, lambda: position(screen) > at + 30)
        assert text_of(pilot).startswith(before[:cut] + other.label)


async def test_a_click_too_far_back_moves_nothing_and_says_so(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_log, "KEPT_TOKENS", 500)
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 600)
        text, at = text_of(pilot), position(screen)
        await pilot.press("home")
        await pilot.click("#text", offset=(5, 0))
        assert (text_of(pilot), position(screen)) == (text, at)
        assert "Too far back" in str(screen.query_one("#notice", Label).render())


async def test_resuming_in_the_middle_repeats_the_text_until_a_control_changes(
    model_folder: Path, model: CharRNN
) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 60)
        known = position(screen)
        await pilot.press(*["left"] * 40, "space")
        await until(pilot, lambda: position(screen) > known + 10)
        await pilot.press("space")
        assert text_of(pilot) == generated(model, "the ", 3, position(screen))
        assert not played(screen).branches


async def test_pausing_before_the_known_text_is_used_up_shows_the_rest(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder, speed=60.0).run_test(size=SIZE) as pilot:
        screen = await playing(pilot, 1)
        await pilot.press(*["right_square_bracket"] * 9)
        await until(pilot, lambda: position(screen) > 3000)
        await pilot.press("space")
        known = text_of(pilot)
        for _ in range(40):
            await pilot.press("ctrl+up")
        assert position(screen) < 3000
        await pilot.press(*["left_square_bracket"] * 12, "space", "space")
        assert text_of(pilot) == known


async def test_the_cursor_moves_by_words_and_lines(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 300)
        page = screen.query_one(TextView)
        line = page.cursor_line
        await pilot.press("ctrl+up", "ctrl+up", "ctrl+up")
        assert page.cursor_line == line - 3
        at = position(screen)
        await pilot.press("ctrl+left")
        assert position(screen) < at
        await pilot.press("ctrl+right", "ctrl+right")
        assert position(screen) > at - 1
        line = page.cursor_line
        await pilot.press("ctrl+down")
        assert page.cursor_line == line + 1


async def test_a_click_on_a_character_puts_the_cursor_there(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await playing(pilot, 200)
        page = screen.query_one(TextView)
        await pilot.press(*["left_square_bracket"] * 12)  # too slow to scroll before the click
        await pilot.press("space")
        row = next(row for row in range(1, 20) if len(page.page.line(row)[0]) > 10)
        await pilot.press("space")
        await pilot.click("#text", offset=(8, row))
        assert not screen.game.playing
        assert page.cursor == page.offset_of_line(row) + 7
        assert position(screen) == page.cursor - len("the ")


async def test_a_click_on_a_bar_takes_it(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot, 40)
        at = position(screen)
        wanted = screen.query_one(Distribution).alternatives[2].id
        await pilot.click("#distribution", offset=(3, 2))
        assert position(screen) == at + 1
        assert played(screen).log.id(at) == wanted


async def wheel(pilot: Pilot[None], row: ControlRow, up: bool) -> None:
    kind = MouseScrollUp if up else MouseScrollDown
    row.post_message(
        kind(row, x=1, y=0, delta_x=0, delta_y=0, button=0, shift=False, meta=False, ctrl=False)
    )  # fmt: skip
    await pilot.pause()


async def test_controls_are_focused_typed_turned_stepped_and_reset(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        screen = await paused(pilot)
        game = screen.game
        temperature = screen.query_one("#control-temperature", ControlRow)
        assert "0.05–5" not in temperature.render().plain
        await pilot.press("tab")
        assert "0.05–5" in temperature.render().plain  # the range is shown while it is set
        await pilot.press("1", ".", "7", "5", "enter")
        assert game.controls.temperature == 1.75
        await pilot.press("up", "right")  # there is no control above
        assert game.controls.temperature == pytest.approx(1.8)
        await pilot.press("backspace")
        assert game.controls.temperature == 1.0
        await wheel(pilot, temperature, up=True)
        assert game.controls.temperature == pytest.approx(1.05)
        await wheel(pilot, temperature, up=False)
        await pilot.press("down", "down", "1", "2", "enter")
        assert game.controls.top_k == 12
        await pilot.press("backspace", "down", "right", "down", "right", "up", "up", "down", "down", "left")
        assert (game.controls.top_k, game.controls.top_p, game.controls.min_p) == (None, 0.95, pytest.approx(0.04))
        await pilot.press("up", "up", "up", "up", "right")
        bar = screen.query_one("#keys", KeyBar)
        await until(pilot, lambda: "reset" in bar.render().plain)
        assert game.controls.temperature == pytest.approx(1.05)
        await pilot.click(bar, offset=(bar.render().plain.index("reset"), 0))
        assert game.controls.temperature == 1.0
        await pilot.press("escape", "up")  # back in the text, where up is the temperature
        assert game.controls.temperature == pytest.approx(1.05)
        await pilot.click("#control-greedy", offset=(3, 0))
        assert game.controls.greedy


async def test_a_number_out_of_range_is_refused_with_the_range(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(80, 24)) as pilot:
        screen = await paused(pilot)
        for name, typed, said in (
            ("temperature", "99", "must be 0.05 to 5"),
            ("top_k", "123456789012", "must be 1 to 500"),
            ("seed", "1.5", "must be 0 or more"),
        ):
            row = screen.query_one(f"#control-{name}", ControlRow)
            row.focus()
            await pilot.press(*typed, "enter")
            assert said in row.render().plain
            assert len(row.render().plain) <= row.size.width
            assert row.typed == typed
        assert screen.game.controls == Controls()
        await pilot.press(*["backspace"] * 4, "2", "enter")
        await until(pilot, lambda: played(screen).seed == 2)


async def test_a_seed_that_is_typed_starts_its_text(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test(size=SIZE) as pilot:
        await paused(pilot)
        await pilot.press(*["tab"] * 6, "4", "2", "enter", "escape")
        screen = await paused(pilot, 50)
        assert text_of(pilot) == generated(model, "the ", 42, position(screen))


def test_a_range_steps_within_itself_and_off_below_it() -> None:
    assert TEMPERATURE.stepped(0.05, -1) == 0.05
    assert TEMPERATURE.stepped(5.0, 1) == 5.0
    top_p = Range(0.05, 1.0, 0.05, start=0.95)
    assert top_p.stepped(None, -1) == 0.95
    assert top_p.stepped(0.05, -1) is None
    assert top_p.stepped(1.0, 1) is None
    assert top_p.stepped(0.5, 1) == pytest.approx(0.55)


@pytest.mark.parametrize("typed", ["", ".", "1.2.3", "0", "6", "nan", "1e9"])
def test_a_value_out_of_range_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"0\.05 to 5"):
        TEMPERATURE.read(typed)
