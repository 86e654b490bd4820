"""Keys do only what can be done now, hints name the keys that work, and nothing typed or pasted is lost."""

from pathlib import Path

import pytest
from textual import events
from textual.command import CommandPalette

from charrnn_engine import CharRNN, Controls
from charrnn_engine.checkpoints.locations import settings_file
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.play.game import Game
from charrnn_tui.save.screen import SaveScreen
from charrnn_tui.ui.help import HelpScreen
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.prompt_bar import PromptBar, PromptInput
from tests.archives import characters, write_model
from tests.tui.pilot import app_for, notice, paused, played, playing, text_of, until


def with_keys(keys: str) -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(f'{{"keys": {keys}}}')


def recording_of(model: CharRNN, count: int):  # type: ignore[no-untyped-def]
    game = Game(lambda _: None, pytest.fail, controls=Controls(0.8))
    game.open(model, "the ", 3)
    game.draw_now(count)
    return game.recording()


async def test_a_digit_does_nothing_to_a_recording_while_it_plays(model_folder: Path, model: CharRNN) -> None:
    recording = recording_of(model, 400)
    app = PlaygroundApp(str(model_folder), speed=200.0, replay=recording)
    async with app.run_test(size=(110, 40)) as pilot:
        screen = await playing(pilot, 20)
        await pilot.press("1", "2")
        assert screen.game.replaying
        assert notice(pilot) == "Replaying. Change a control to branch off"
        await until(pilot, lambda: screen.game.stopped_at == "end of recording")
        assert played(screen).position == recording.length


async def test_the_notice_about_the_end_of_a_recording_goes_when_it_continues(
    model_folder: Path, model: CharRNN
) -> None:
    app = PlaygroundApp(str(model_folder), speed=None, replay=recording_of(model, 50))
    async with app.run_test(size=(110, 40)) as pilot:
        await until(pilot, lambda: notice(pilot) == "End of recording; space continues")
        await pilot.press("space")
        assert notice(pilot) == ""


async def test_hints_and_notices_name_mapped_keys(speller_folder: Path) -> None:
    with_keys('{"play.greedy": "ctrl+g", "play.restart": "f5", "dialog.close": "f9"}')
    async with app_for(speller_folder, prompt="", controls=Controls(greedy=True)).run_test(size=(160, 40)) as pilot:
        screen = await playing(pilot, 100)
        await until(pilot, lambda: notice(pilot).endswith("^g turns greedy off, f5 restarts"))
        assert "l penalises repetitions" in notice(pilot)
        assert "^g greedy" in screen.query_one("#keys", KeyBar).render().plain
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        assert "f9 cancel" in str(pilot.app.screen.query_one("#dialog").border_subtitle)
        await pilot.press("f9", "l")
        assert pilot.app.screen is screen
        assert screen.game.controls.repeat_penalty == 12


async def test_saving_pauses_and_resumes(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await playing(pilot)
        for keys in (["escape"], ["enter"]):
            await pilot.press("s")
            await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
            assert screen.game.paused
            await pilot.press(*keys)
            await until(pilot, lambda: pilot.app.screen is screen and not screen.game.paused)
        await until(pilot, lambda: "Saved as" in notice(pilot))


async def test_saving_a_paused_text_leaves_it_paused(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await paused(pilot)
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        await pilot.press("escape")
        assert screen.game.paused


async def test_all_pasted_lines_are_kept_in_the_prompt(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await playing(pilot)
        await pilot.press("p", *["backspace"] * 4)
        screen.query_one(PromptInput).post_message(events.Paste("one\r\ntwo\nthree"))
        await until(pilot, lambda: screen.query_one(PromptInput).value == r"one\ntwo\nthree")
        await pilot.press("enter")
        assert screen.query_one(PromptBar).editing or played(screen).prompt == "one\ntwo\nthree"


async def test_a_model_without_eos_starts_from_its_own_prompt_without_complaint(
    model_folder: Path, tmp_path: Path
) -> None:
    vowels = write_model(tmp_path / "vowels", vocabulary=characters("aeiou", eos=False))
    async with app_for(vowels, prompt=None).run_test() as pilot:
        await playing(pilot)
        assert notice(pilot) == ""
    async with app_for(model_folder, prompt="").run_test() as pilot:
        screen = await playing(pilot)
        screen.open_model(str(vowels))
        await until(pilot, lambda: screen.game.model is not None and screen.game.model.name == "vowels")
        await playing(pilot, 5)
        assert notice(pilot) == ""


@pytest.mark.parametrize("opens", ["question_mark", "s", "ctrl+p"])
async def test_ctrl_c_quits_from_every_dialog(model_folder: Path, opens: str) -> None:
    app = app_for(model_folder)
    async with app.run_test() as pilot:
        screen = await playing(pilot)
        await pilot.press(opens)
        await until(pilot, lambda: isinstance(app.screen, HelpScreen | SaveScreen | CommandPalette))
        assert app.screen is not screen
        await pilot.press("ctrl+c")
    assert app.return_code == 0


async def test_ctrl_c_copies_what_is_selected(model_folder: Path) -> None:
    app = app_for(model_folder)
    async with app.run_test() as pilot:
        await playing(pilot)
        await pilot.press("p", "shift+home", "ctrl+c")
        assert app.clipboard == "the "
        assert app.return_code is None


async def test_a_text_plays_on_where_a_branch_key_finds_no_branches(model_folder: Path) -> None:
    async with app_for(model_folder).run_test() as pilot:
        screen = await playing(pilot)
        before = text_of(pilot)
        await pilot.press("b", "left", "ctrl+left", "3")
        assert pilot.app.screen is screen
        assert not screen.game.paused
        assert text_of(pilot).startswith(before)
