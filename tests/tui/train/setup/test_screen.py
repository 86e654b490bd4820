"""The set-up of a run: a path and two keys start one, what is wrong is shown, and nothing typed is lost."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Button, Input, Label, OptionList, Static

import charrnn_tui
from charrnn_engine.runs.presets import PRESETS
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.corpus_reading import Look, look
from charrnn_tui.train.setup.draft import Draft
from charrnn_tui.train.setup.preset_list import PresetList
from charrnn_tui.train.setup.screen import TrainSetupScreen
from charrnn_tui.ui.file_picker import FilePicker, TextTree
from charrnn_tui.ui.path_field import PathField, PathInput
from charrnn_tui.ui.theme import scale_variables
from tests.archives import write_model
from tests.tui.pilot import until

SPEAKER = "import sys\nfor line in sys.argv[1:]: print(line, flush=True)\nsys.stdin.read()"


class Measuring:
    """Stands in for the process that measures: gives so many estimates, and then waits to be ended."""

    def __init__(self) -> None:
        self.asked: list[list[TrainingSettings]] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.answers = 0
        self.problem = ""

    def __call__(self, settings: list[TrainingSettings]) -> "subprocess.Popen[bytes]":
        self.asked.append(settings)
        figures: dict[str, Any] = {"seconds": 60.0, "start_seconds": 10.0, "parameters": 9, "bytes": 1_400_000}
        told = {"problem": self.problem} if self.problem else figures
        lines = [json.dumps({"event": "estimate", "index": index, **told}) for index in range(self.answers)]
        process = subprocess.Popen(
            [sys.executable, "-c", SPEAKER, *lines], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.processes.append(process)
        return process

    @property
    def running(self) -> bool:
        return any(process.poll() is None for process in self.processes)


@pytest.fixture
def measuring() -> Iterator[Measuring]:
    made = Measuring()
    yield made
    for process in made.processes:
        process.kill()
        process.wait(20)


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

    def __init__(self, measuring: Measuring, draft: Draft | None = None, missing: str = "") -> None:
        super().__init__()
        self.draft = draft or Draft()
        self._options: dict[str, Any] = {"missing": lambda: missing, "measure": measuring, "settle": 0.0}
        self.answer: TrainingSettings | str | None = "none yet"
        self.setup: TrainSetupScreen

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return scale_variables(dark=True)

    def on_mount(self) -> None:
        self.open()

    def open(self) -> None:
        self.setup = TrainSetupScreen(self.draft, **self._options)
        self.push_screen(self.setup, self.take)

    def take(self, answer: TrainingSettings | None) -> None:
        self.answer = answer

    def said(self, what: str) -> str:
        return "".join(str(shown.render()) for shown in self.setup.query(f"#{what}").results(Static))

    def costs(self) -> list[str]:
        presets = self.setup.query_one(PresetList)
        table = [presets.get_option_at_index(place).prompt for place in range(presets.option_count)]
        return [str(next(iter(row.columns[-1].cells))) for row in table]  # type: ignore[union-attr]

    @property
    def ready(self) -> bool:
        return not self.setup.query_one(Button).disabled

    @property
    def settings(self) -> TrainingSettings:
        assert isinstance(self.answer, TrainingSettings)
        return self.answer


def listed(matches: OptionList) -> list[str]:
    return [str(option.prompt) for option in matches.options]


async def type_in(pilot: Pilot[None], text: str) -> None:
    for char in text:
        await pilot.press({" ": "space", ".": "full_stop", "/": "slash", "~": "tilde"}.get(char, char))


# -- the newcomer ----------------------------------------------------------------------------------------------------


async def test_a_path_and_two_enters_start_a_run(folder: Path, measuring: Measuring, home: Path) -> None:
    app = SettingUp(measuring)
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.focused, PathInput)
        await type_in(pilot, "story.txt")
        await until(pilot, lambda: app.ready)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, Button))
        await pilot.press("enter")
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.corpus.path == str(folder / "story.txt")
    assert app.settings.name == "story"
    assert app.settings.out == str(home / "data" / "charrnn-tui" / "checkpoints" / "story")
    assert app.settings.command == "charrnn-tui train story.txt"
    assert app.settings.low_priority


async def test_keys_that_come_before_the_text_was_looked_at_are_obeyed_after(
    folder: Path, measuring: Measuring, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()

    def look_slowly(*asked: Any) -> Look:
        assert looked.wait(20)
        return look(*asked)

    monkeypatch.setattr("charrnn_tui.train.setup.screen.look", look_slowly)
    app = SettingUp(measuring)
    async with app.run_test() as pilot:
        app.setup.query_one(PathField).put("story.txt")
        await pilot.pause()
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert app.answer == "none yet"
        looked.set()
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.name == "story"


async def test_what_is_in_the_text_is_shown(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ready)
        assert app.said("preview-figures") == "running text · 3 kB · 2,880 characters, 22 different"
        assert "Once upon a time there was a fox." in app.said("preview-lines")
        assert app.said("preview-alphabet").startswith("⏎␣.IO")
        assert "$ charrnn-tui train story.txt" in app.said("start-command")


async def test_control_characters_of_a_text_reach_no_terminal(folder: Path, measuring: Measuring) -> None:
    (folder / "evil\x1b[31m.txt").write_text("red \x1b[31m alarm \x07\n\nmore\n" * 60)
    app = SettingUp(measuring, Draft("evil\x1b[31m.txt"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ready)
        shown = app.said("preview-lines") + app.said("preview-alphabet") + app.said("start-command")
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "␛[31m" in app.said("preview-lines")


# -- the path --------------------------------------------------------------------------------------------------------


async def test_a_path_is_completed_by_tab_and_by_the_list(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring)
    async with app.run_test() as pilot:
        field = app.setup.query_one(PathInput)
        matches = app.setup.query_one("#path-matches", OptionList)
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
        assert app.focused is not field, "with nothing to complete, tab goes on"


@pytest.mark.parametrize("form", ["{}", "'{}'\n", "file://{}\r\n"])
async def test_a_path_is_pasted_in_the_forms_it_comes_in(folder: Path, measuring: Measuring, form: str) -> None:
    app = SettingUp(measuring, Draft("what was there before"))
    async with app.run_test() as pilot:
        app.setup.query_one(PathInput).post_message(Paste(form.format(folder / "story.txt")))
        await until(pilot, lambda: app.ready)
        assert app.draft.path == str(folder / "story.txt")


async def test_what_is_no_text_is_refused_in_a_line(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("story.png"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "zero bytes" in app.said("preview-said"))
        await pilot.press("enter", "ctrl+s")
        assert app.answer == "none yet"
        assert not app.ready
        await type_in(pilot, "x")
        await until(pilot, lambda: "there is no such file" in app.said("preview-said"))


async def test_a_file_is_picked_from_the_folders(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+o")
        assert isinstance(app.screen, FilePicker)
        tree = app.screen.query_one(TextTree)
        await until(pilot, lambda: len(tree.root.children) == 3)
        assert [str(node.label) for node in tree.root.children] == ["deep", "news.csv", "story.txt"]
        await pilot.press("right")
        await until(pilot, lambda: len(tree.root.children[0].children) == 1)
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.ready)
    assert app.draft.path.endswith("deep/inner.txt")


async def test_the_picker_goes_up_and_leaves(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("deep/inner.txt"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.ready)
        await pilot.click("#path-browse")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        tree = app.screen.query_one(TextTree)
        await until(pilot, lambda: len(tree.root.children) == 1)
        await pilot.press("left")
        await until(pilot, lambda: len(tree.root.children) == 3)
        await pilot.press("escape")
        assert app.screen is app.setup
        assert app.draft.path == "deep/inner.txt"


# -- how it is read --------------------------------------------------------------------------------------------------


async def test_columns_of_a_table_are_proposed_and_chosen(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("news.csv"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ready)
        assert "--column title" in app.said("start-command")
        columns = app.setup.query_one("#preview-columns", OptionList)

        def chosen() -> str:
            """The marks in front of id, title and body."""
            return "".join(row[0] for row in listed(columns))

        columns.focus()
        assert columns.highlighted == 1
        await until(pilot, lambda: chosen() == "○●○")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "--column title --column body" in app.said("start-command"))
        await until(pilot, lambda: columns.highlighted == 2 and chosen() == "○●+")
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.said("start-command").endswith("--column body"))
        await until(pilot, lambda: columns.highlighted == 1 and chosen() == "○○●")
        await pilot.press("down", "enter")
        await until(pilot, lambda: "Choose a column" in app.said("start-state"))
        assert not app.ready


async def test_lines_can_be_texts_of_their_own(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ready)
        app.setup.query_one("#preview-kind", ChoiceRow).focus()
        await pilot.press("right")
        await until(pilot, lambda: app.said("start-command").endswith("story.txt --lines"))
        await until(pilot, lambda: app.ready)
        await pilot.press("ctrl+s")
    assert app.settings.corpus.lines


async def test_a_data_set_asks_for_its_column_and_is_not_measured(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("tfds:ag_news_subset"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: "Choose a column" in app.said("start-state"))
        app.setup.query_one("#preview-column", Input).focus()
        await type_in(pilot, "title")
        await until(pilot, lambda: app.ready)
        await pilot.press("ctrl+s")
    assert (app.settings.corpus.path, app.settings.corpus.columns) == ("tfds:ag_news_subset", ("title",))
    assert measuring.asked == []


# -- presets and estimates -------------------------------------------------------------------------------------------


async def test_presets_are_measured_the_chosen_one_first(folder: Path, measuring: Measuring) -> None:
    measuring.answers = 1
    app = SettingUp(measuring, Draft("story.txt", preset="quick"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "measured on this machine" in app.said("start-state"))
        assert app.said("start-state") == "≈ 1 min 10 s · 1.4 MB, measured on this machine  ·  LSTM 256 · 8 epochs"
        assert app.costs()[[*PRESETS].index("quick") + 1] == "≈ 1 min 10 s · 1.4 MB"
        assert app.costs()[0] == "…"
        assert {settings.preset for settings in measuring.asked[0]} == {"automatic", *PRESETS}
        app.setup.query_one(PresetList).focus()
        await pilot.press("up")
        await until(pilot, lambda: app.said("start-command").endswith("--preset notebook"))
        assert "Measuring" in app.said("start-state")
        assert app.ready, "nobody has to wait for an estimate"
        assert measuring.running
        await pilot.press("ctrl+s")
    assert app.settings.preset == "notebook"
    assert [process.wait(20) != 0 for process in measuring.processes] == [True]


async def test_an_estimate_follows_the_epochs_without_measuring_again(folder: Path, measuring: Measuring) -> None:
    measuring.answers = 8
    app = SettingUp(measuring, Draft("story.txt", preset="quick"))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: all("≈" in cost for cost in app.costs()))
        app.setup.query_one("#option-epochs", Input).value = "16"
        await until(pilot, lambda: app.said("start-state").startswith("≈ 2 min 10 s"))
        assert len(measuring.asked) == 1
        app.setup.query_one("#option-units", Input).value = "24"
        await until(pilot, lambda: len(measuring.asked) == 2)


async def test_a_run_that_could_not_be_is_not_started(folder: Path, measuring: Measuring) -> None:
    measuring.answers, measuring.problem = 1, "story.txt: too short for windows of 128"
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.said("start-state") == "story.txt: too short for windows of 128")
        assert not app.ready
        await pilot.press("ctrl+s")
        assert app.answer == "none yet"


@pytest.mark.parametrize("key", ["escape", "ctrl+q"])
async def test_the_measuring_process_ends_with_the_screen_and_with_the_app(
    folder: Path, measuring: Measuring, key: str
) -> None:
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: measuring.running)
        await pilot.press(key)
    assert [process.wait(20) != 0 for process in measuring.processes] == [True]


# -- name and options ------------------------------------------------------------------------------------------------


async def test_a_name_is_proposed_that_is_free_and_one_that_is_taken_is_refused(
    folder: Path, measuring: Measuring, home: Path
) -> None:
    write_model(home / "data" / "charrnn-tui" / "checkpoints" / "story")
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test(size=(110, 40)) as pilot:
        await until(pilot, lambda: app.ready)
        name = app.setup.query_one("#setup-name", Input)
        assert name.placeholder == "story-2"
        assert str(app.setup.query_one("#setup-where", Label).render()).endswith("/charrnn-tui/checkpoints")
        name.focus()
        await type_in(pilot, "story")
        await until(pilot, lambda: "There is already a model 'story'" in app.said("start-state"))
        assert not app.ready
        await type_in(pilot, "teller")
        await until(pilot, lambda: app.ready)
        await pilot.press("enter", "enter")
    assert app.settings.name == "storyteller"


async def test_options_are_checked_marked_and_reset(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.ready)
        units = app.setup.query_one("#option-units", Input)
        assert units.placeholder == "256", "the value of the preset"
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
        assert app.clipboard == "charrnn-tui train story.txt --cell gru --units 64"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.said("start-command").endswith("story.txt"))
        assert (units.value, app.draft.options) == ("", {})


async def test_what_is_typed_until_start_is_pressed_counts(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.ready)
        app.setup.query_one("#option-units", Input).focus()
        await pilot.press("6", "4", "ctrl+s")
        await until(pilot, lambda: app.answer != "none yet")
    assert app.settings.network.units == 64


# -- leaving, and what may be missing --------------------------------------------------------------------------------


async def test_what_was_typed_is_there_at_the_next_opening(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft())
    async with app.run_test(size=(100, 50)) as pilot:
        await type_in(pilot, "news.csv")
        await until(pilot, lambda: app.ready)
        app.setup.query_one("#preview-columns", OptionList).focus()
        await pilot.press("down", "enter")
        app.setup.query_one("#option-units", Input).value = "many"
        await until(pilot, lambda: "units" in app.draft.options)
        app.setup.query_one("#setup-name", Input).value = "mine"
        app.setup.query_one(PresetList).focus()
        await pilot.press("down", "escape")
        assert app.answer is None
        app.open()
        await until(pilot, lambda: "not 'many'" in app.said("start-state"))
        assert app.setup.query_one(PathInput).value == "news.csv"
        assert app.setup.query_one("#setup-name", Input).value == "mine"
        assert app.said("start-command").endswith("--name mine --preset notebook --column title --column body")


async def test_without_tensorflow_it_says_what_to_install_and_starts_nothing(
    folder: Path, measuring: Measuring
) -> None:
    missing = "training needs TensorFlow: pip install 'charrnn-tui[train]'"
    app = SettingUp(measuring, Draft("story.txt"), missing)
    async with app.run_test() as pilot:
        await until(pilot, lambda: "running text" in app.said("preview-figures"))
        assert app.said("start-missing") == missing
        await pilot.press("ctrl+s", "enter", "enter")
        assert not app.ready
        assert app.answer == "none yet"
        assert measuring.asked == []


async def test_a_corpus_that_goes_away_meanwhile_starts_nothing(folder: Path, measuring: Measuring) -> None:
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.ready)
        (folder / "story.txt").unlink()
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "there is no such file" in app.said("start-state"))
        assert app.answer == "none yet"


@pytest.mark.parametrize("size", [(160, 50), (80, 24), (40, 12)])
async def test_at_every_size_tab_reaches_everything_and_the_button_is_in_sight(
    folder: Path, measuring: Measuring, size: tuple[int, int]
) -> None:
    app = SettingUp(measuring, Draft("story.txt"))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.ready)
        button = app.setup.query_one(Button)
        assert button.region.bottom <= size[1]
        assert button.region.right <= size[0]
        seen = []
        for _ in range(10):
            await pilot.press("tab")
            assert app.focused is not None
            seen.append(app.focused.id or type(app.focused).__name__)
        options = ["cell", "layers", "units", "dropout", "level", "epochs", "seed"]
        fields = [f"option-{name}" for name in options]
        assert seen == ["preview-kind", "setup-presets", "setup-name", *fields]
        await pilot.press("tab")
        assert app.focused is button


async def test_all_keys_have_ids_and_say_what_they_do() -> None:
    for source in (TrainSetupScreen, FilePicker, PathInput, ChoiceRow):
        for binding in source.__dict__["BINDINGS"]:
            assert binding.id
            assert binding.tooltip
