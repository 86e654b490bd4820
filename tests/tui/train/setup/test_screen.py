"""The set-up of a run: a path and two keys start one, what is wrong is shown, and nothing typed is lost."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.events import Paste
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Button, Input, Label, OptionList, SelectionList, Static

import charrnn_tui
from charrnn_engine.runs.presets import PRESETS
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.corpus_reading import Look, look
from charrnn_tui.train.setup.draft import Draft
from charrnn_tui.train.setup.screen import TrainSetupScreen
from charrnn_tui.ui.file_picker import FilePicker, TextTree
from charrnn_tui.ui.path_field import PathField, PathInput
from charrnn_tui.ui.theme import scale_variables
from tests.archives import write_model
from tests.tui.pilot import until
from tests.tui.train.conftest import Measuring


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story.txt").write_text("Once upon a time there was a fox.\n\nIt ran away.\n" * 60)
    (tmp_path / "news.csv").write_text('id,title,body\n1,Rain,"It rained, again"\n2,Sun,It shone\n3,Fog,Grey\n')
    (tmp_path / "story.png").write_bytes(b"\x89PNG\0")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "inner.txt").write_text("Inside there is a text too.\n" * 50)
    return tmp_path


class SettingUp(App[None]):
    """Opens the set-up with the style of the app; `answer` is what it was dismissed with."""

    CSS_PATH = Path(charrnn_tui.__path__[0]) / "app.tcss"

    def __init__(self, measuring: Measuring, draft: Draft, missing: str = "") -> None:
        super().__init__()
        self.draft = draft
        self._options: dict[str, Any] = {"missing": lambda: missing, "measure": measuring, "settle": 0.0}
        self.answer: TrainingSettings | str | None = "none yet"
        self.setup: TrainSetupScreen

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return scale_variables(dark=True)

    def on_mount(self) -> None:
        self.open()

    def open(self) -> None:
        self.answer = "none yet"
        self.setup = TrainSetupScreen(self.draft, **self._options)
        self.push_screen(self.setup, self.take)

    def take(self, answer: TrainingSettings | None) -> None:
        self.answer = answer

    def said(self, what: str) -> str:
        return "".join(str(shown.render()) for shown in self.setup.query(f"#{what}").results(Static))

    def costs(self) -> list[str]:
        rows = listed(self.setup.query_one("#setup-presets", OptionList))
        return [row[12:38].strip() for row in rows]

    def field(self, name: str) -> Input:
        return self.setup.query_one(f"#{name}", Input)

    @property
    def ready(self) -> bool:
        return not self.setup.query_one(Button).disabled

    @property
    def settings(self) -> TrainingSettings:
        assert isinstance(self.answer, TrainingSettings)
        return self.answer


Opened = tuple[SettingUp, Pilot[None]]


@asynccontextmanager
async def setting_up(
    measuring: Measuring, path: str = "", *, size: tuple[int, int] = (80, 24), missing: str = "", **draft: Any
) -> AsyncIterator[Opened]:
    app = SettingUp(measuring, Draft(path, **draft), missing)
    async with app.run_test(size=size) as pilot:
        yield app, pilot


async def choose_path(app: SettingUp, pilot: Pilot[None], path: str) -> None:
    """Puts a path in the field, and waits until it has been read and a plan made."""
    app.setup.query_one(PathField).put(path)
    await until(pilot, lambda: app.ready and Path(path).name[:4] in app.said("start-command"))


def listed(rows: OptionList) -> list[str]:
    return [str(option.prompt) for option in rows.options]


async def type_in(pilot: Pilot[None], text: str) -> None:
    await pilot.press(*({" ": "space", ".": "full_stop", "/": "slash"}.get(char, char) for char in text))


# -- the path --------------------------------------------------------------------------------------------------------


async def test_a_path_is_completed_and_two_enters_start_a_run(folder: Path, measuring: Measuring, home: Path) -> None:
    async with setting_up(measuring) as (app, pilot):
        assert isinstance(app.focused, PathInput)
        field, matches = app.setup.query_one(PathInput), app.setup.query_one("#path-matches", OptionList)
        await until(pilot, lambda: matches.option_count == 3)
        await type_in(pilot, "d")
        await until(pilot, lambda: listed(matches) == ["deep/"])
        await pilot.press("tab")
        await until(pilot, lambda: field.value == "deep/")
        await until(pilot, lambda: listed(matches) == ["inner.txt"])
        await pilot.press("down", "enter")
        await until(pilot, lambda: field.value == "deep/inner.txt")
        await until(pilot, lambda: app.ready)
        assert not matches.has_class("-shown")
        await pilot.press("tab")
        assert app.focused is not field, "with nothing to complete, tab goes to the next field"
        field.focus()
        await choose_path(app, pilot, "story.txt")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Button))
        await pilot.press("enter")
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.corpus.path == str(folder / "story.txt")
    assert app.settings.name == "story"
    assert app.settings.out == str(home / "data" / "charrnn-tui" / "checkpoints" / "story")
    assert app.settings.command == "charrnn-tui train story.txt"
    assert app.settings.low_priority


async def test_keys_that_come_before_the_text_has_been_read_are_obeyed_afterwards(
    folder: Path, measuring: Measuring, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    def look_slowly(*asked: Any) -> Look:
        assert looked.wait(20)
        return look(*asked)

    monkeypatch.setattr("charrnn_tui.train.setup.screen.look", look_slowly)
    async with setting_up(measuring) as (app, pilot):
        app.setup.query_one(PathField).put("story.txt")
        await pilot.pause()
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert app.answer == "none yet"
        looked.set()
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.name == "story"


async def test_a_path_is_pasted_in_any_form_and_refused_if_it_is_no_text(folder: Path, measuring: Measuring) -> None:
    async with setting_up(measuring, "what was there before") as (app, pilot):
        for form in ("{}", "'{}'\n", "file://{}\r\n"):
            await until(pilot, lambda: not app.ready)
            app.setup.query_one(PathInput).post_message(Paste(form.format(folder / "story.txt")))
            await until(pilot, lambda: app.ready)
            assert app.draft.path == str(folder / "story.txt")
            app.setup.query_one(PathField).put("story.png")
        await until(pilot, lambda: "zero bytes" in app.said("preview-said"))
        await pilot.press("enter", "ctrl+s")
        assert app.answer == "none yet"
        assert not app.ready
        await type_in(pilot, "x")
        await until(pilot, lambda: "there is no such file" in app.said("preview-said"))


async def test_a_file_is_picked_from_the_folders(folder: Path, measuring: Measuring) -> None:
    async with setting_up(measuring) as (app, pilot):
        await pilot.press("ctrl+o")
        assert isinstance(app.screen, FilePicker)
        tree = app.screen.query_one(TextTree)
        await until(pilot, lambda: len(tree.root.children) == 3)
        assert [str(node.label) for node in tree.root.children] == ["deep", "news.csv", "story.txt"]
        await pilot.press("right")
        await until(pilot, lambda: len(tree.root.children[0].children) == 1)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.ready)
        picked = app.draft.path
        assert picked.endswith("deep/inner.txt")
        await pilot.click("#path-browse")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        above = app.screen.query_one(TextTree)
        await until(pilot, lambda: len(above.root.children) == 1)
        await pilot.press("left")
        await until(pilot, lambda: len(above.root.children) == 3)
        await pilot.press("escape")
        assert app.screen is app.setup
        assert app.draft.path == picked


# -- what is in the corpus, and how it is read -----------------------------------------------------------------------


async def test_the_text_is_shown_and_its_lines_can_be_separate_texts(folder: Path, measuring: Measuring) -> None:
    (folder / "evil\x1b[31m.txt").write_text("red \x1b[31m alarm \x07\n\nmore\n" * 60)
    async with setting_up(measuring, "story.txt") as (app, pilot):
        await until(pilot, lambda: app.ready)
        assert app.said("preview-figures") == "running text · 3 kB · 2,880 characters, 22 different"
        assert "Once upon a time there was a fox." in app.said("preview-lines")
        assert app.said("preview-alphabet").startswith("⏎␣.IO")
        assert "$ charrnn-tui train story.txt" in app.said("start-command")

        await choose_path(app, pilot, "evil\x1b[31m.txt")
        shown = app.said("preview-lines") + app.said("preview-alphabet") + app.said("start-command")
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "␛[31m" in app.said("preview-lines")

        await choose_path(app, pilot, "story.txt")
        app.setup.query_one("#preview-kind", ChoiceRow).focus()
        await pilot.press("right")
        await until(pilot, lambda: app.said("start-command").endswith("story.txt --lines"))
        await until(pilot, lambda: app.ready)
        assert app.said("preview-figures").startswith("lines, each a separate text")
        await pilot.click("#preview-kind", offset=(4, 0))
        await until(pilot, lambda: app.said("start-command").endswith("story.txt"))
        await until(pilot, lambda: app.ready)
        await pilot.press("left", "ctrl+s")
        await until(pilot, lambda: app.answer != "none yet" or app.ready)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.corpus.lines


async def test_the_columns_of_a_table_are_proposed_and_chosen(folder: Path, measuring: Measuring) -> None:
    async with setting_up(measuring, "news.csv") as (app, pilot):
        await until(pilot, lambda: app.ready)
        columns = app.setup.query_one("#preview-columns", SelectionList)
        assert listed(columns) == ["id  1", "title  Rain", "body  It rained, again"]

        async def selected(*names: str) -> None:
            command = "".join(f" --column {name}" for name in names)
            await until(pilot, lambda: columns.selected == [*names])
            await until(pilot, lambda: app.said("start-command").endswith(f"news.csv{command}"))
            await until(pilot, lambda: f"validation is on {names[0]}" in app.said("preview-hint"))

        await selected("title")
        columns.focus()
        assert columns.highlighted == 1
        await pilot.press("down", "enter")
        await selected("title", "body")
        await pilot.press("up", "space")
        await selected("body")
        await pilot.press("space")
        await selected("body", "title")
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: "Choose a column" in app.said("start-state"))
        assert not app.ready

        app.setup.query_one(PathField).put("tfds:ag_news_subset")
        await until(pilot, lambda: app.said("preview-said").startswith("a data set"))
        asked = len(measuring.asked)
        await until(pilot, lambda: "Choose a column" in app.said("start-state"))
        app.field("preview-column").focus()
        await type_in(pilot, "title")
        await until(pilot, lambda: app.ready)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.answer != "none yet")
    assert (app.settings.corpus.path, app.settings.corpus.columns) == ("tfds:ag_news_subset", ("title",))
    assert len(measuring.asked) == asked, "a data set isn't measured"


# -- presets and estimates -------------------------------------------------------------------------------------------


async def test_the_chosen_preset_is_measured_and_the_others_are_estimated_at_once(
    folder: Path, measuring: Measuring
) -> None:
    async with setting_up(measuring, "story.txt", size=(100, 30), preset="quick") as (app, pilot):
        await until(pilot, lambda: all(cost.startswith("about ") for cost in app.costs()))
        assert app.said("start-state").startswith("Measuring exactly")
    measuring.lines = [{"event": "estimate", "seconds": 60.0, "start_seconds": 10.0, "bytes": 1_400_000}]
    measuring.asked.clear()
    async with setting_up(measuring, "story.txt", size=(100, 30), preset="quick") as (app, pilot):
        await until(pilot, lambda: "measured just now" in app.said("start-state"))
        assert app.said("start-state").startswith("≈ 1 min 10 s · 1.4 MB, measured just now on this machine")
        assert app.said("start-state").endswith("LSTM 256 · 8 epochs")
        assert app.costs()[[*PRESETS].index("quick") + 1] == "≈ 1 min 10 s · 1.4 MB"
        assert app.costs()[0].startswith("about "), "by the speed that was measured"
        assert [settings.preset for settings in measuring.asked] == ["quick"]
        app.field("option-epochs").value = "16"
        await until(pilot, lambda: app.said("start-state").startswith("≈ 2 min 10 s"))
        assert len(measuring.asked) == 1, "an estimate follows the epochs without measuring again"
        measuring.lines = []
        app.field("option-units").value = "24"
        await until(pilot, lambda: len(measuring.asked) == 2)
        await pilot.press("ctrl+r")
        app.setup.query_one("#setup-presets", OptionList).focus()
        await pilot.press("up")
        await until(pilot, lambda: app.said("start-command").endswith("--preset notebook"))
        assert app.ready, "nobody has to wait for an estimate"
        assert measuring.running
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.preset == "notebook"
    assert all(process.wait(20) != 0 for process in measuring.processes[2:])


@pytest.mark.parametrize("key", ["escape", "ctrl+q"])
async def test_a_run_that_cannot_be_is_not_started_and_measuring_ends_with_the_screen(
    folder: Path, measuring: Measuring, key: str
) -> None:
    measuring.lines = [{"event": "error", "message": "story.txt: too short for windows of 128", "kind": "corpus"}]
    async with setting_up(measuring, "story.txt") as (app, pilot):
        await until(pilot, lambda: app.said("start-state") == "story.txt: too short for windows of 128")
        assert not app.ready
        await pilot.press("ctrl+s")
        assert app.answer == "none yet"
        measuring.lines = []
        app.field("option-units").value = "24"
        await until(pilot, lambda: measuring.running)
        await pilot.press(key)
    assert measuring.processes[-1].wait(20) != 0


# -- name and options ------------------------------------------------------------------------------------------------


async def test_names_and_options_are_checked_and_reset(folder: Path, measuring: Measuring, home: Path) -> None:
    write_model(home / "data" / "charrnn-tui" / "checkpoints" / "story")
    async with setting_up(measuring, "story.txt", size=(110, 40)) as (app, pilot):
        await until(pilot, lambda: app.ready)
        name, units = app.field("setup-name"), app.field("option-units")
        assert name.placeholder == "story-2"
        assert str(app.setup.query_one("#setup-where", Label).render()).endswith("/charrnn-tui/checkpoints")
        assert units.placeholder == "256", "the value of the preset"
        name.focus()
        await type_in(pilot, "story")
        await until(pilot, lambda: "There is already a model 'story'" in app.said("start-state"))
        assert not app.ready
        await type_in(pilot, "teller")
        await until(pilot, lambda: app.ready)

        units.focus()
        await type_in(pilot, "0")
        await until(pilot, lambda: units.has_class("-wrong"))
        assert app.said("start-state").startswith("--units is 0")
        assert not app.ready
        await pilot.press("backspace")
        await type_in(pilot, "64")
        app.setup.query_one("#option-cell", ChoiceRow).focus()
        await pilot.press("right")
        await until(pilot, lambda: app.said("start-command").endswith("--cell gru --units 64") and app.ready)
        assert units.has_class("-changed")
        await pilot.press("ctrl+y")
        assert app.clipboard == "charrnn-tui train story.txt --name storyteller --cell gru --units 64"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.said("start-command").endswith("storyteller"))
        assert (units.value, app.draft.options) == ("", {})
        units.focus()
        await pilot.press("6", "4", "ctrl+s")
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.name == "storyteller"
    assert app.settings.network.units == 64, "what is typed until start is pressed counts"


# -- leaving, and what may be missing --------------------------------------------------------------------------------


async def test_what_was_typed_is_there_at_the_next_opening(folder: Path, measuring: Measuring) -> None:
    async with setting_up(measuring, size=(100, 50)) as (app, pilot):
        await choose_path(app, pilot, "news.csv")
        columns = app.setup.query_one("#preview-columns", SelectionList)
        columns.focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.draft.columns == ("title", "body"))
        await pilot.press("up", "enter", "enter")
        await until(pilot, lambda: app.draft.columns == ("body", "title"))
        app.field("option-units").value = "many"
        app.field("setup-name").value = "mine"
        app.setup.query_one("#setup-presets", OptionList).focus()
        await pilot.press("down")
        await until(pilot, lambda: "units" in app.draft.options and app.draft.preset == "notebook")
        await pilot.press("escape")
        assert app.answer is None
        app.open()
        await until(pilot, lambda: "not 'many'" in app.said("start-state"))
        assert app.setup.query_one(PathInput).value == "news.csv"
        assert app.field("setup-name").value == "mine"
        assert app.said("start-command").endswith("--name mine --preset notebook --column body --column title")


async def test_without_tensorflow_it_says_what_to_install_and_starts_nothing(
    folder: Path, measuring: Measuring
) -> None:
    missing = "training needs TensorFlow: pip install 'charrnn-tui[train]'"
    async with setting_up(measuring, "story.txt", missing=missing) as (app, pilot):
        await until(pilot, lambda: "running text" in app.said("preview-figures"))
        assert app.said("start-state") == missing
        await pilot.press("ctrl+s", "enter", "enter")
        assert not app.ready
        assert app.answer == "none yet"
        assert measuring.asked == []


async def test_tab_reaches_everything_at_every_size_and_a_corpus_that_vanishes_starts_nothing(
    folder: Path, measuring: Measuring
) -> None:
    async with setting_up(measuring, "story.txt") as (app, pilot):
        await until(pilot, lambda: app.ready)
        button = app.setup.query_one(Button)
        options = ["cell", "layers", "units", "dropout", "level", "epochs", "seed"]
        for width, height in ((160, 50), (80, 24), (40, 12)):
            await pilot.resize_terminal(width, height)
            sized = Region(0, 0, width, height)
            await until(pilot, lambda sized=sized: app.setup.region == sized and button.region in sized)  # type: ignore[misc]
            app.setup.query_one(PathInput).focus()
            seen = []
            for _ in range(10):
                await pilot.press("tab")
                assert app.focused is not None
                seen.append(app.focused.id)
            assert seen == ["preview-kind", "setup-presets", "setup-name", *(f"option-{name}" for name in options)]
            await pilot.press("tab")
            assert app.focused is button
        (folder / "story.txt").unlink()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "there is no such file" in app.said("start-state"))
        assert app.answer == "none yet"


async def test_all_keys_have_ids_and_say_what_they_do() -> None:
    for source in (TrainSetupScreen, FilePicker, PathInput, ChoiceRow):
        for binding in source.__dict__["BINDINGS"]:
            assert binding.id
            assert binding.tooltip
