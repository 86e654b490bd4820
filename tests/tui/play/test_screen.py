"""The play screen, driven by keys as a user drives it."""

from pathlib import Path

import pytest
from textual.command import CommandList
from textual.widgets import Label
from textual.widgets._toast import Toast

from charrnn_engine import CharRNN, Controls
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.play.control_row import ControlRow
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.help import HelpScreen
from charrnn_tui.ui.prompt_bar import PromptBar, PromptInput
from tests.archives import characters, write_model
from tests.tui.pilot import app_for, generated, paused, played, playing, text_of, until


async def test_streams_the_text_of_its_seed_after_its_prompt(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await paused(pilot, 100)
        assert text_of(pilot) == generated(model, "the ", 3, played(screen).position)


async def test_a_key_changes_the_temperature_of_the_very_next_character(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await paused(pilot)
        await pilot.press("up")
        assert screen.game.step().controls.temperature == pytest.approx(1.05)
        await pilot.press("shift+down")
        assert screen.game.step().controls.temperature == pytest.approx(0.8)


async def test_the_temperature_stays_in_its_range(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await paused(pilot)
        await pilot.press(*["shift+down"] * 6)
        assert screen.game.controls.temperature == 0.05
        await pilot.press(*["shift+up"] * 25)
        assert screen.game.controls.temperature == 5.0


async def test_greedy_text_is_the_models_most_probable(speller_folder: Path, speller: CharRNN) -> None:
    prompt = speller.vocabulary.decode([2])
    async with app_for(speller_folder, prompt=prompt, controls=Controls(greedy=True)).run_test() as pilot:
        screen = await paused(pilot, 30)
        greedy = Controls(greedy=True)
        assert text_of(pilot) == generated(speller, prompt, 3, played(screen).position, greedy)
        assert screen.query_one("#control-greedy", ControlRow).value == 1


async def test_g_switches_greedy_on_and_off(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await paused(pilot)
        await pilot.press("g")
        assert screen.game.step().probability == 1.0
        await pilot.press("g")
        assert screen.game.step().probability < 1.0


async def test_arrows_step_through_a_paused_text_which_stays_the_same(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await paused(pilot, 40)
        count = played(screen).position
        await pilot.press("right", "right", *["left"] * 12)
        assert played(screen).position == count - 10
        assert text_of(pilot) == generated(model, "the ", 3, count + 2)
        assert screen.query_one(TextView).cursor == len("the ") + count - 10
        await pilot.press(*["right"] * 15)
        assert text_of(pilot) == generated(model, "the ", 3, count + 5)
        assert screen.query_one(TextView).cursor is None


async def test_left_stops_at_the_prompt(model_folder: Path) -> None:
    async with app_for(model_folder, speed=5).run_test() as pilot:
        screen = await paused(pilot, 1)
        await pilot.press(*["left"] * 10)
        assert screen.query_one(TextView).cursor == len("the ")
        assert played(screen).position == 0


async def test_arrows_do_nothing_while_it_plays(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test() as pilot:
        await playing(pilot)
        await pilot.press("left", "left", "right")
        screen = await paused(pilot, 50)
        assert text_of(pilot) == generated(model, "the ", 3, played(screen).position)


async def test_r_begins_again_from_the_same_prompt_with_another_seed(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test() as pilot:
        await playing(pilot)
        await pilot.press("r")
        screen = await paused(pilot, 60)
        seed = played(screen).generation.seed
        assert seed != 3
        assert text_of(pilot) == generated(model, "the ", seed, played(screen).position)


async def test_a_new_prompt_restarts_the_text_with_the_same_seed(model_folder: Path, model: CharRNN) -> None:
    async with app_for(model_folder).run_test() as pilot:
        await playing(pilot)
        await pilot.press("p", *["backspace"] * 4, "q", "g", "space", "r", "enter")
        screen = await paused(pilot, 30)
        assert played(screen).generation.prompt == "qg r"
        assert not screen.game.controls.greedy
        assert text_of(pilot) == generated(model, "qg r", 3, played(screen).position)


async def test_a_prompt_with_unknown_characters_is_refused_in_its_line(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await playing(pilot)
        await pilot.press("p", *["backspace"] * 4, "a", "Ω", "b", "7", "enter")
        assert played(screen).generation.prompt == "the "
        problem = str(screen.query_one("#prompt-problem", Label).render())
        assert "'Ω' (at 1)" in problem
        assert "'7' (at 3)" in problem
        assert screen.query_one(PromptInput).value == "aΩb7"
        assert screen.query_one(PromptBar).editing
        await pilot.press("backspace", "backspace", "backspace", "enter")
        assert played(screen).generation.prompt == "a"


async def test_escape_leaves_the_prompt_and_keeps_what_was_typed_for_the_next_time(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await playing(pilot)
        await pilot.press("p", "a", "b", "escape")
        assert played(screen).generation.prompt == "the "
        field = screen.query_one(PromptInput)
        assert field.value == "the "
        await pilot.press("p")
        assert field.value == "the ab"


async def test_an_empty_prompt_starts_from_eos_where_there_is_one(model_folder: Path, tmp_path: Path) -> None:
    async with app_for(model_folder, prompt="").run_test() as pilot:
        await playing(pilot)
    windowed = write_model(tmp_path / "windowed", vocabulary=characters(eos=False))
    async with app_for(windowed).run_test() as pilot:
        screen = await playing(pilot)
        await pilot.press("p", *["backspace"] * 4, "enter")
        assert "empty" in str(screen.query_one("#prompt-problem", Label).render())
        assert played(screen).generation.prompt == "the "


async def test_speed_keys_go_down_to_one_and_up_to_full_speed(model_folder: Path) -> None:
    async with app_for(model_folder, speed=60.0).run_test() as pilot:
        screen = await playing(pilot, 1)
        await pilot.press(*["left_square_bracket"] * 12)
        assert screen.game.speed == 1
        await pilot.press(*["right_square_bracket"] * 15)
        assert screen.game.speed is None


async def test_e_stops_at_the_end_of_a_text_and_resumes_when_pressed_again(speller_folder: Path) -> None:
    async with app_for(speller_folder, prompt="", controls=Controls(greedy=True), speed=60.0).run_test() as pilot:
        screen = await playing(pilot, 1)
        await pilot.press("e")
        await until(pilot, lambda: screen.game.stopped_at is not None)
        assert played(screen).generation.at_eos
        count = played(screen).position
        await pilot.press("e")
        await until(pilot, lambda: played(screen).position > count)


async def test_the_page_stays_where_the_user_scrolled_and_follows_at_the_end(model_folder: Path) -> None:
    async with app_for(model_folder, speed=10_000.0).run_test(size=(60, 20)) as pilot:
        screen = await playing(pilot, 3000)
        page = screen.query_one(TextView)
        assert page.following
        await pilot.press("pageup")
        assert not page.following
        at = page.scroll_offset.y
        drawn = len(page.page)
        await until(pilot, lambda: len(page.page) > drawn + 2000)
        assert page.scroll_offset.y == at
        await pilot.press("end")
        assert page.following
        drawn = len(page.page)
        await until(pilot, lambda: len(page.page) > drawn + 2000)
        await pilot.press("space")
        await pilot.pause()
        assert page.scroll_offset.y == page.max_scroll_y


@pytest.mark.parametrize("size", [(160, 50), (60, 20), (30, 8)])
async def test_resizing_wraps_again_and_keeps_the_text(model_folder: Path, size: tuple[int, int]) -> None:
    async with app_for(model_folder).run_test(size=(80, 24)) as pilot:
        screen = await paused(pilot, 500)
        before = text_of(pilot)
        await pilot.resize_terminal(*size)
        page = screen.query_one(TextView)
        # A scrollbar comes or goes a moment later, and takes columns.
        await until(pilot, lambda: page.page.width <= page.size.width and page.scroll_offset.y == page.max_scroll_y)
        assert text_of(pilot) == before
        assert page.page.width <= page.size.width
        assert all(len(page.page.line(number)[0]) <= page.page.width + 1 for number in range(page.page.line_count))
        assert page.scroll_offset.y == page.max_scroll_y


async def test_a_long_text_is_rewrapped_in_steps_and_stays_where_it_is_read(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(120, 40)) as pilot:
        screen = await paused(pilot)
        page = screen.query_one(TextView)
        for number in range(40):
            text = f"paragraph {number} of those that are written here, one after the other\n" * 1000
            page.write(text, bytes(len(text)), bytes(len(text)))
        await pilot.press(*["pageup"] * 5)
        for size in ((60, 40), (100, 30)):
            top = page.page.start_of(page.scroll_offset.y)
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: page.page.settled and screen.size.width == size[0])
            assert page.page.line_of(top) == page.scroll_offset.y
            assert page.virtual_size.height == page.page.line_count


async def test_a_toast_hides_neither_the_prompt_nor_its_error(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(80, 24), notifications=True) as pilot:
        screen = await playing(pilot)
        pilot.app.notify("a word in passing, which is longer than the line that it stands in", timeout=60)
        await pilot.press("p", "Ω", "enter")
        problem = screen.query_one("#prompt-problem")
        await until(pilot, lambda: bool(problem.region and screen.query(Toast) and screen.query_one(Toast).region))
        toast = screen.query_one(Toast)
        assert not problem.region.overlaps(toast.region)
        assert not screen.query_one(PromptBar).region.overlaps(toast.region)


async def test_h_cycles_through_the_colourings(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await paused(pilot)
        page = screen.query_one(TextView)
        seen = []
        for _ in range(3):
            await pilot.press("h")
            seen.append(page.colouring)
        assert seen == ["temperature", "none", "surprise"]


async def test_help_lists_every_key_and_any_usual_key_closes_it(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(100, 40)) as pilot:
        await playing(pilot)
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, PlayScreen)


async def test_keys_can_be_clicked(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(120, 30)) as pilot:
        screen = await playing(pilot)
        bar = screen.query_one("#keys")
        row = "".join(segment.text for segment in bar.render_line(0))
        await pilot.click("#keys", offset=(row.index("greedy"), 0))
        assert screen.game.controls.greedy
        await pilot.click("#keys", offset=(row.index("pause"), 0))
        assert not screen.game.playing


async def test_every_command_is_in_the_palette(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await playing(pilot)
        await pilot.press("ctrl+p")

        def hits() -> int:
            lists = pilot.app.screen.query(CommandList)
            return lists.first().option_count if lists else 0

        await until(pilot, lambda: pilot.app.screen is not screen)
        await pilot.press(*"greedy")
        await until(pilot, lambda: hits() == 1)
        await pilot.press("enter")
        await until(pilot, lambda: screen.game.controls.greedy)


async def test_a_missing_model_is_reported_and_the_app_can_be_quit() -> None:
    app = PlaygroundApp("no-such-model")
    async with app.run_test() as pilot:
        await until(pilot, lambda: "no-such-model" in str(pilot.app.screen.query_one("#notice", Label).render()))
        await pilot.press("space", "r", "g", "up", "left", "right", "e", "p", "a", "enter", "escape", "h", "q")
    assert app.return_code == 0


async def test_an_unknown_prompt_is_reported_and_the_app_plays(model_folder: Path) -> None:
    async with app_for(model_folder, prompt="Ω!").run_test() as pilot:
        screen = await playing(pilot)
        assert "'Ω' (at 0)" in str(screen.query_one("#notice", Label).render())


async def test_q_quits_at_full_speed(model_folder: Path) -> None:
    app = app_for(model_folder)
    async with app.run_test() as pilot:
        await playing(pilot)
        await pilot.press("q")
    assert app.return_code == 0
