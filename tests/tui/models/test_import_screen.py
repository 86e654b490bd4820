"""Somebody's saved model opens from the picker: its file, its vocabulary or its text, a sample, a name."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Static

from charrnn_engine import load
from charrnn_tui.models.import_screen import ImportScreen
from charrnn_tui.models.model_sample import ModelSample
from charrnn_tui.models.screen import ModelsScreen
from charrnn_tui.ui.file_picker import FilePicker
from charrnn_tui.ui.path_field import PathField
from tests.archives import CHARACTERS, network, write_model, write_speller
from tests.tui.command import Command
from tests.tui.pilot import until


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("charrnn_tui.models.model_sample.TOKEN_SECONDS", 0)


@pytest.fixture
def speller(tmp_path: Path) -> Path:
    """A model's file alone, and beside it the text that it spells."""
    folder = write_speller(tmp_path / "folder", "abcdefgh", eos=False)
    file = (folder / "model.keras").rename(tmp_path / "old model.keras")
    (tmp_path / "text.txt").write_text("abcdefgh" * 60, encoding="utf-8")
    (folder / "vocabulary.json").rename(tmp_path / "tokens.json")
    return file


class Importing(App[None]):
    """Opens the picker of models, or the dialog that imports a file."""

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self.first = ModelsScreen(None) if file is None else ImportScreen(file, seed=3)
        self.answer: str | None = "none yet"

    def on_mount(self) -> None:
        def take(answer: str | None) -> None:
            self.answer = answer

        self.push_screen(self.first, take)

    def said(self, what: str) -> str:
        return str(self.screen.query_one(f"#import-{what}", Static).render())

    def field(self, what: str) -> PathField:
        return self.screen.query_one(f"#import-{what}", PathField)

    @property
    def hints(self) -> str:
        return str(self.screen.query_one("#dialog").border_subtitle)


@asynccontextmanager
async def importing(file: Path) -> AsyncIterator[tuple[Pilot[None], Importing]]:
    """The dialog, once it has read the file."""
    app = Importing(file)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: file.name in app.said("found"))
        await until(pilot, lambda: bool(app.said("said")) and "opening" not in app.said("said"))
        yield pilot, app


def ready(app: Importing) -> Callable[[], bool]:
    return lambda: "save and play" in app.hints


async def test_a_text_gives_the_vocabulary_and_enter_saves_the_model(home: Path, speller: Path) -> None:
    async with importing(speller) as (pilot, app):
        assert "SimpleRNN 9 · 9 tokens" in app.said("found")
        assert "vocabulary, or the text" in app.said("said")
        await pilot.press("enter")
        assert "Name its vocabulary" in app.said("said")
        app.field("text").put(str(speller.with_name("text.txt")))
        await pilot.press("enter")
        await until(pilot, ready(app))
        sample = app.screen.query_one(ModelSample)
        await until(pilot, lambda: len(sample.text) > 40)
        assert "bcdefghabc" in sample.text
        assert app.screen.query_one("#import-name", Input).value == "old-model"
        await pilot.press("enter")
        await until(pilot, lambda: app.answer != "none yet")
        assert app.answer == "old-model"
    assert load("old-model").vocabulary.tokens[1:] == list("abcdefgh")


async def test_what_goes_wrong_is_said_in_the_dialog_and_what_was_typed_stays(home: Path, speller: Path) -> None:
    write_model(home / "checkpoints" / "taken")
    async with importing(speller) as (pilot, app):
        for wrong in ("nowhere.txt", "old model.keras", "folder"):
            path = str(speller.with_name(wrong))
            app.field("text").put(path)
            await pilot.press("enter")
            await until(pilot, lambda: app.screen.query_one("#import-said").has_class("-problem"))
            assert app.field("text").value == path
            assert wrong in app.said("said")
            app.field("text").put("")
            await pilot.press("enter")
        app.field("vocabulary").put(str(speller.with_name("tokens.json")))
        await pilot.press("enter")
        await until(pilot, ready(app))
        name = app.screen.query_one("#import-name", Input)
        for wrong, why in (("", "can't be the name"), ("../x", "can't be the name"), ("taken", "already")):
            name.value = wrong
            await pilot.press("enter")
            await until(pilot, lambda why=why: why in app.said("said"))  # type: ignore[misc]
            assert app.answer == "none yet"
        name.value = "free"
        await pilot.press("enter")
        await until(pilot, lambda: app.answer == "free")


async def test_a_vocabulary_beside_the_model_is_taken_and_the_other_use_of_its_state_can_be_chosen(
    home: Path, tmp_path: Path
) -> None:
    tokens = ["<pad>", *CHARACTERS]
    archive = network(len(tokens))
    archive.layers[0]["config"]["batch_shape"] = [None, 10, len(tokens)]
    archive.layer("LSTM")["config"]["return_sequences"] = False
    file = archive.save_h5(tmp_path / "poet.h5")
    index = {token: number for number, token in enumerate(tokens)}
    (tmp_path / "poet_vocab.json").write_text(json.dumps(index), encoding="utf-8")
    app = Importing(file)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, ready(app))
        assert app.field("vocabulary").value == str(tmp_path / "poet_vocab.json")
        assert "windows of 10" in app.said("found")
        await pilot.press("ctrl+t")
        await until(pilot, ready(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.answer == "poet")
    assert load("poet").network.window is None


async def test_escape_cancels_what_is_being_found_out_and_then_closes(
    home: Path, speller: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    asked, cancelled, given_up = Event(), Event(), Event()

    def endless(*_: object, progress: Callable[[str], None], **__: object) -> None:
        progress("still at it")
        asked.set()
        cancelled.wait()
        try:
            progress("and on")
        finally:
            given_up.set()

    monkeypatch.setattr("charrnn_engine.checkpoints.importing.prepare", endless)
    async with importing(speller) as (pilot, app):
        app.field("text").put(str(speller.with_name("text.txt")))
        await pilot.press("enter")
        await until(pilot, asked.is_set)
        await pilot.press("escape")
        cancelled.set()
        await until(pilot, given_up.is_set)
        await until(pilot, lambda: app.said("said") == "cancelled")
        assert app.field("text").value.endswith("text.txt")
        assert app.answer == "none yet"
        await pilot.press("escape")
        await until(pilot, lambda: app.answer is None)


async def test_rubbish_is_refused_by_name_and_the_dialog_can_be_closed(home: Path, tmp_path: Path) -> None:
    app = Importing()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("escape")
        await until(pilot, lambda: app.answer is None)  # the picker is closed
        for content in (b"", b"rubbish", b"\x80\x04pickle", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n" + b"\0" * 99):
            file = tmp_path / "bad.h5"
            file.write_bytes(content)
            closed: list[str | None] = []
            await app.push_screen(ImportScreen(file, seed=3), closed.append)
            await until(pilot, lambda: app.said("said").startswith("bad.h5: "))
            await pilot.press("enter", "ctrl+t", "tab", "enter", "escape", "escape")
            await until(pilot, lambda closed=closed: closed == [None])  # type: ignore[misc]


async def test_the_picker_opens_files_of_models_and_plays_a_checkpoint_at_once(home: Path, speller: Path) -> None:
    checkpoint = write_speller(speller.parent / "there")
    app = Importing()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.first)
        app.screen.query_one("#models-filter", Input).value = str(speller)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ImportScreen))
        app.field("vocabulary").put(str(speller.with_name("tokens.json")))
        await until(pilot, lambda: "SimpleRNN" in app.said("found"))
        await until(pilot, lambda: "Which" in app.said("said"))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.first)
        app.screen.query_one("#models-filter", Input).value = str(checkpoint / "model.keras")
        await pilot.press("enter")
        await until(pilot, lambda: app.answer == str(checkpoint / "model.keras"))


def test_play_says_how_to_import_a_file_that_is_no_checkpoint_yet(command: Command, speller: Path) -> None:
    done = command("play", speller)
    assert done.code == 2
    assert f"charrnn-tui import '{speller}' --text TEXT --name 'old model'" in done.err
    assert done.err.count("\n") == 1
