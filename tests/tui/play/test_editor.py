"""Reading, typing, searching, undoing and learning on the play screen, by keys."""

from pathlib import Path

from textual import events
from textual.pilot import Pilot
from textual.widgets import Label, TextArea

from charrnn_engine import CharRNN, load
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.find_bar import FindBar
from charrnn_tui.play.open_text_screen import OpenTextScreen
from charrnn_tui.play.reading import TextToRead
from charrnn_tui.play.rules_screen import RulesScreen
from charrnn_tui.save.screen import SaveScreen
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.title_bar import TitleBar
from tests.tui.pilot import app_for, notice, paused, played, playing, text_of, until

TEXT = "the quick brown fox jumps over the lazy dog, and then the dog sleeps."


async def look_into_another_window(pilot: Pilot[None]) -> None:
    """And back again: the terminal reports both."""
    for event in (events.AppBlur(), events.AppFocus()):
        pilot.app.post_message(event)
        await pilot.pause()


async def test_a_paste_is_read_and_a_binary_file_is_refused_in_the_dialog(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00")
    async with app_for(model_folder).run_test(size=(120, 40)) as pilot:
        screen = await playing(pilot)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(pilot.app.screen, OpenTextScreen))
        dialog = pilot.app.screen
        said = dialog.query_one("#open-said", Label)
        await pilot.press(*str(tmp_path / "picture"), "enter")
        await until(pilot, lambda: "not a UTF-8 text file" in str(said.render()))
        await pilot.press("ctrl+u")
        pilot.app.post_message(events.Paste(f"{TEXT}\nThé end"))
        await until(pilot, lambda: dialog.query_one(TextArea).text.startswith(TEXT))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: screen.game.stopped_at == "end of reading")
        assert text_of(pilot) == f"{TEXT}\nTh end"
        await until(pilot, lambda: notice(pilot).startswith("Read: "))
        await pilot.press("u")
        assert played(screen).prompt == "the "
        await pilot.press("ctrl+r", "space")
        await until(pilot, lambda: played(screen).position > len(TEXT) + 20)  # the model goes on by itself


async def test_search_typing_and_undo_in_a_text_that_is_read(model_folder: Path) -> None:
    app = PlaygroundApp(str(model_folder), speed=1000.0, read=TextToRead(TEXT, "fox.txt"))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await playing(pilot, 1)
        await until(pilot, lambda: screen.game.stopped_at == "end of reading")
        await pilot.press("slash", *"fox", "enter")
        await until(pilot, lambda: played(screen).position == TEXT.index("fox"))
        assert screen.query_one(FindBar).is_open
        await look_into_another_window(pilot)
        assert screen.query_one(FindBar).is_open
        await pilot.press("escape", "enter")
        await look_into_another_window(pilot)
        assert "del delete next" in screen.query_one("#keys", KeyBar).render().plain
        bars = screen.query_one(Distribution)
        assert not bars.numbered  # the numbers are text now
        await pilot.press("delete", "delete", "delete", *"wolf", "backspace", "backspace", "Q", "r", "space")
        await until(pilot, lambda: text_of(pilot) == TEXT.replace("fox", "wor "))  # before the space
        assert notice(pilot) == ""
        await pilot.press("Q")
        assert notice(pilot) == "Left out: the model doesn't know 'Q'"
        screen.post_message(events.Paste("g"))
        await pilot.press("escape", "n")
        assert bars.numbered
        assert notice(pilot).startswith("Surprise 1 of ")
        await pilot.press("u")
        assert text_of(pilot) == TEXT
        await pilot.press("u", "ctrl+r", "ctrl+r")
        assert text_of(pilot) == TEXT.replace("fox", "wor g")
        await pilot.press("w")
        assert not screen.game.reads
        await until(pilot, lambda: played(screen).position > len(TEXT))
        await pilot.press("w")
        await until(pilot, lambda: screen.game.stopped_at == "end of reading")
        assert text_of(pilot).endswith(TEXT[-20:])


async def test_rules_are_refused_in_the_dialog_or_obeyed_by_the_next_character(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(120, 40)) as pilot:
        screen = await paused(pilot)
        await pilot.press("k")
        await until(pilot, lambda: isinstance(pilot.app.screen, RulesScreen))
        said = pilot.app.screen.query_one("#rules-said", Label)
        await pilot.press(*'e "the "', "tab", *"a=2", "tab", *"(?=a)", "enter")
        await until(pilot, lambda: "looks ahead or behind" in str(said.render()))
        await pilot.press("ctrl+u", *"[a-z ]*", "enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        controls = screen.game.step().controls
        assert (controls.ban, controls.bias, controls.pattern) == (("e", "the "), {"a": 2.0}, "[a-z ]*")
        assert "ban 2  ·  bias a  ·  pattern" in screen.query_one(TitleBar).state
        await pilot.press("k")
        await until(pilot, lambda: isinstance(pilot.app.screen, RulesScreen))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.game.controls == controls


async def test_what_the_model_learns_is_shown_saved_and_forgotten(model_folder: Path, model: CharRNN) -> None:
    app = PlaygroundApp(str(model_folder), speed=1000.0, read=TextToRead(TEXT * 20, "fox.txt"))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await playing(pilot, 1)
        await pilot.press("a")
        title = screen.query_one(TitleBar)
        await until(pilot, lambda: "learning 0.003" in title.state and "reading" in title.state)
        screen = await paused(pilot, 200)
        text = played(screen)
        assert text.surprise < text.static_surprise
        await pilot.press("s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        await pilot.press("m")
        await until(pilot, lambda: notice(pilot).startswith("Saved as the model small-learnt"))
        learnt = load("small-learnt")
        assert (learnt.network.head.kernel != model.network.head.kernel).any()
        await pilot.press("a")
        await until(pilot, lambda: "has learnt" in title.state)
        await pilot.press("A")
        await until(pilot, lambda: "learn" not in title.state)
        assert screen.query_one(TextView).cursor is not None
