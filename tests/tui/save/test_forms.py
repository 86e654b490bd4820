"""Texts are kept whole or not at all, never over another, and say where they went."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Input, Label, OptionList

from charrnn_engine import CharRNN, Controls, Generation, load
from charrnn_engine.errors import RecordingError
from charrnn_engine.generation.replay import Recorder, replay
from charrnn_tui.save.forms import (
    CLIPBOARD_BYTES,
    Kind,
    SaveError,
    TextToSave,
    default_folder,
    folder_typed,
    for_clipboard,
    next_name,
    read_recording,
    save_text,
)
from charrnn_tui.save.screen import SaveChoice, SaveScreen
from charrnn_tui.text.escapes import escaped, visible
from charrnn_tui.ui.formats import shown_path
from tests.archives import characters, write_model
from tests.tui.pilot import until


@pytest.fixture
def to_save(speller: CharRNN) -> TextToSave:
    """Two greedy words with a branch in the second."""
    generation, recorder = Generation(speller, "the", seed=1), Recorder(speller, "the", 1)
    greedy = Controls(greedy=True)
    recorder.extend([generation.next(greedy) for _ in range(12)])
    recorder.extend([generation.take(speller.vocabulary.ids["q"], greedy)], forced=True)
    recorder.extend([generation.next(Controls(0.2)) for _ in range(4)])
    return TextToSave(speller, recorder.recording(generation.ids), generation.ids, "<svg/>")


def test_text_is_what_stands_on_the_page(to_save: TextToSave, tmp_path: Path) -> None:
    path = save_text(to_save, Kind.TEXT, tmp_path)
    assert path == tmp_path / "speller-1.txt"
    assert path.read_text() == "the quick\nthe qquick"


def test_a_text_whose_beginning_was_dropped_is_saved_from_its_beginning(to_save: TextToSave, tmp_path: Path) -> None:
    short = replace(to_save, ids=to_save.ids[-5:])
    for kind in (Kind.TEXT, Kind.LIVE):
        assert save_text(short, kind, tmp_path).read_text() == "the quick\nthe qquick"


def test_json_lines_hold_each_token_with_probabilities_and_controls(to_save: TextToSave, tmp_path: Path) -> None:
    whole, *tokens = [
        json.loads(line) for line in save_text(to_save, Kind.JSON_LINES, tmp_path).read_text().splitlines()
    ]
    assert whole == {"model": "speller", "prompt": "the", "seed": 1, "tokens": 17}
    assert [token["id"] for token in tokens] == list(to_save.ids)
    assert [token["index"] for token in tokens] == list(range(17))
    assert [token["index"] for token in tokens if token["forced"]] == [12]
    assert tokens[0]["greedy"] is True
    assert (tokens[16]["greedy"], tokens[16]["temperature"]) == (False, 0.2)
    assert tokens[0]["probability"] == 1.0
    assert 0 < tokens[0]["model_probability"] < 1
    assert {"text", "entropy", "top_k", "top_p", "min_p"} <= set(tokens[0])


def test_a_recording_is_read_back_and_replays(to_save: TextToSave, tmp_path: Path) -> None:
    recording = read_recording(save_text(to_save, Kind.RECORDING, tmp_path))
    assert recording == to_save.recording
    assert [token.id for token in replay(to_save.model, recording)] == list(to_save.ids)


def test_a_file_that_is_not_a_recording_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(RecordingError, match=r"notes\.txt: "):
        read_recording(tmp_path / "notes.txt")


def test_the_picture_is_kept_as_it_was_given(to_save: TextToSave, tmp_path: Path) -> None:
    assert save_text(to_save, Kind.PICTURE, tmp_path).read_text() == "<svg/>"


def test_names_are_numbered_and_nothing_is_overwritten(to_save: TextToSave, tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    for number in (1, 2, 3):
        assert next_name(folder, "speller", Kind.TEXT) == f"speller-{number}.txt"
        assert save_text(to_save, Kind.TEXT, folder).name == f"speller-{number}.txt"
    (folder / "speller-41.svg").write_text("a picture")
    (folder / "speller-notes.txt").write_text("notes")
    assert save_text(to_save, Kind.TEXT, folder).name == "speller-42.txt"
    assert (folder / "speller-41.svg").read_text() == "a picture"


def test_a_name_taken_meanwhile_is_skipped(
    to_save: TextToSave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "speller-1.txt").write_text("somebody else's")
    monkeypatch.setattr("charrnn_tui.save.forms._highest", lambda folder, stem: 0)
    assert save_text(to_save, Kind.TEXT, tmp_path).name == "speller-2.txt"
    assert (tmp_path / "speller-1.txt").read_text() == "somebody else's"


def test_a_full_disk_is_one_line_and_leaves_nothing(
    to_save: TextToSave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SaveError, match="No space left on device; choose another folder") as raised:
        save_text(to_save, Kind.TEXT, tmp_path)
    assert "\n" not in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_nothing(
    to_save: TextToSave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pieces(self: TextToSave, kind: Kind) -> Iterator[str]:
        yield "half of it"
        raise KeyboardInterrupt

    monkeypatch.setattr(TextToSave, "pieces", pieces)
    with pytest.raises(KeyboardInterrupt):
        save_text(to_save, Kind.TEXT, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file/folder", "file", "nul\0"])
def test_a_path_that_is_not_a_folder_is_one_line(to_save: TextToSave, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SaveError, match=r"^not saved: ") as raised:
        save_text(to_save, Kind.TEXT, tmp_path / place)
    assert "\n" not in str(raised.value)


def test_without_a_home_nothing_is_written(
    to_save: TextToSave, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SaveError, match="no home folder"):
        save_text(to_save, Kind.TEXT, Path("~/Documents"))
    assert list(tmp_path.iterdir()) == []


def test_folders_as_they_are_typed(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert folder_typed(" ") == default_folder() == home / "data" / "charrnn-tui" / "texts"
    assert folder_typed("~/texts") == home / "texts"
    assert folder_typed("here/../there") == tmp_path / "there"
    assert shown_path(home / "texts") == "~/texts"
    assert shown_path(Path("/elsewhere")) == "/elsewhere"
    (home / "Documents").mkdir()
    assert default_folder() == home / "Documents" / "charrnn-tui"


def test_the_clipboard_gets_the_end_of_a_long_text() -> None:
    assert for_clipboard("short ∎") == ("short ∎", False)
    text, cut = for_clipboard("∎" * CLIPBOARD_BYTES)
    assert cut
    assert set(text) == {"∎"}
    assert CLIPBOARD_BYTES - 3 < len(text.encode()) <= CLIPBOARD_BYTES


def test_a_typed_name_is_kept_and_never_leads_out_of_the_folder(to_save: TextToSave, tmp_path: Path) -> None:
    assert save_text(to_save, Kind.TEXT, tmp_path, " my words ").name == "my words.txt"
    assert save_text(to_save, Kind.HTML, tmp_path, "page.HTML").name == "page.HTML"
    for typed in ("my words.txt", "a/b", "..", "x\x1b[31m", " "):
        with pytest.raises(SaveError, match=r"not saved: .*; type another") as raised:
            save_text(to_save, Kind.TEXT, tmp_path, typed)
        assert str(raised.value).isprintable()
    assert (tmp_path / "my words.txt").read_text() == "the quick\nthe qquick"
    assert len(list(tmp_path.iterdir())) == 2


class Page(HTMLParser):
    """Collects the text of a page and its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_web_page_and_coloured_text_hold_the_text_with_nothing_to_obey(tmp_path: Path) -> None:
    hostile = "<i&\"'>/\x1b]\x9b\u202e=x"
    model = load(write_model(tmp_path / "evil", vocabulary=characters(hostile + "\n ")))
    generation, recorder = Generation(model, hostile, seed=1), Recorder(model, hostile, 1)
    recorder.extend([generation.next(Controls(temperature)) for temperature in (0.4, 1.9) for _ in range(300)])
    whole = hostile + "".join(model.vocabulary.texts[index] or "∎\n" for index in generation.ids)
    for colouring in ("surprise", "temperature", "none"):
        to_save = TextToSave(model, recorder.recording(generation.ids), generation.ids, colouring=colouring)
        written = save_text(to_save, Kind.HTML, tmp_path).read_text(encoding="utf-8")
        page = Page(written)
        assert page.text[page.text.index("characters\n") + len("characters\n") :].rstrip() == visible(whole).rstrip()
        assert {name for name, _ in page.elements} == {"meta", "title", "style", "h1", "pre", "i"}
        assert {name for tag, found in page.elements if tag == "i" for name in found} <= {"class", "data-p"}
        said = [found["data-p"] for _, found in page.elements if "data-p" in found]
        assert len(said) > 400
        assert all("%" in (line or "") for line in said)
        assert "http" not in written.replace("http-equiv", "")  # it needs nothing else
        assert "prefers-color-scheme: dark" in written

        coloured = save_text(to_save, Kind.ANSI, tmp_path).read_text(encoding="utf-8")
        plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
        assert plain == escaped(whole) + "\n"
        assert all(line.count("\x1b[0m") * 2 == line.count("\x1b[") for line in coloured.splitlines())
        assert ("38;2;" in coloured) == (colouring != "none")


class Asking(App[None]):
    """Asks once, and again with `ask`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.answer: SaveChoice | str | None = "none yet"

    def on_mount(self) -> None:
        self.ask()

    def ask(self) -> None:
        def take(choice: SaveChoice | None) -> None:
            self.answer = choice

        self.answer = "none yet"
        self.push_screen(
            SaveScreen({kind: kind.content for kind in Kind if kind is not Kind.MODEL}, "small", self.folder), take
        )


async def test_enter_a_letter_or_a_click_saves_in_a_form(tmp_path: Path) -> None:
    app = Asking(tmp_path)
    async with app.run_test() as pilot:

        async def opened() -> None:
            await until(pilot, lambda: isinstance(app.focused, OptionList) and bool(app.focused.size))

        for keys, kind in (
            (["enter"], Kind.TEXT),
            (["down", "enter"], Kind.HTML),
            (["up", "enter"], Kind.RECORDING),
            (["v"], Kind.PICTURE),
            (["w"], Kind.LIVE),
            (["r"], Kind.RECORDING),
            (["a"], Kind.ANSI),
            (["down", "tab", "enter"], Kind.HTML),
        ):
            await opened()
            await pilot.press(*keys)
            assert app.answer == SaveChoice(kind, tmp_path)
            app.ask()
        await opened()
        await pilot.press("tab", "escape")
        assert app.answer is None
        app.ask()
        await opened()
        await pilot.click(OptionList, offset=(3, 4))
        assert app.answer == SaveChoice(Kind.PICTURE, tmp_path)


async def test_the_name_follows_form_and_folder_until_another_is_typed(tmp_path: Path) -> None:
    (tmp_path / "small-4.txt").touch()
    (tmp_path / "mine.html").touch()
    app = Asking(tmp_path)
    async with app.run_test() as pilot:
        folder, name = app.screen.query_one("#save-folder", Input), app.screen.query_one("#save-name", Input)
        problem = app.screen.query_one("#save-problem", Label)
        assert folder.value == str(tmp_path)
        await until(pilot, lambda: name.value == "small-5.txt")
        await pilot.press("down")
        await until(pilot, lambda: name.value == "small-5.html")
        await pilot.press("tab", *"/tvr")
        await until(pilot, lambda: name.value == "small-1.html")
        await pilot.press(*["backspace"] * 4, "tab", *["backspace"] * 12, *"mine.html", "enter")
        await until(pilot, lambda: "mine.html is already there" in str(problem.render()))
        await pilot.press("shift+tab", "shift+tab", "down")
        await until(pilot, lambda: name.value == "mine.ansi")
        await pilot.press("enter")
        await until(pilot, lambda: app.answer == SaveChoice(Kind.ANSI, tmp_path, "mine.ansi"))
