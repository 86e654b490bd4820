"""What the tests of training share: a scripted training process, and an app with the training screens alone."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import OptionList, Static

import charrnn_tui
from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.network.model import CharRNN
from charrnn_engine.runs import launch
from charrnn_engine.runs.presets import settings_for
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.run.background import BackgroundTraining
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.theme import scale_variables
from charrnn_tui.ui.title_bar import TitleBar
from tests.tui.command import import_path
from tests.tui.pilot import until

Script = Callable[..., None]


class TrainingApp(App[None]):
    """The training screens as the app opens them, over a screen that plays nothing. `played` is what was chosen,
    `fresh` the models whose new weights arrived while it was `playing`, and `notified` what was said."""

    CSS_PATH = Path(charrnn_tui.__path__[0]) / "app.tcss"
    BINDINGS = [Binding("t", "train", id="play.train"), Binding("q", "quit", id="app.quit")]

    def __init__(self) -> None:
        super().__init__()
        self.played: list[str] = []
        self.notified: list[str] = []
        self.training = BackgroundTraining(self, self)
        self.model_name: str | None = None
        self.playing = True
        self.fresh: list[str] = []

    def open_model(self, name: str | None, prompt: str | None = None, seed: int | None = None) -> None:
        self.model_name = name
        self.opened = (prompt, seed)
        self.played.append(str(name))

    def replace_model(self, model: CharRNN, name: str) -> None:
        self.model_name = name
        self.fresh.append(name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return scale_variables(dark=True)

    def notify(self, message: str, **options: Any) -> None:
        self.notified.append(message)

    async def action_train(self) -> None:
        await self.training.open("the ")

    async def action_quit(self) -> None:
        if not self.training.ask_before_quitting():
            self.exit()


@pytest.fixture
def script(model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Puts a scripted process in the place of the one with TensorFlow; called with how it is to end."""

    def scripted(end: str = "done", interim: bool = False) -> None:
        monkeypatch.setenv("SCRIPTED_END", end)
        monkeypatch.setenv("SCRIPTED_INTERIM", str(int(interim)))

    def command_line(settings: TrainingSettings, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "tests.scripted_run", json.dumps(settings.to_json())]

    monkeypatch.setenv("SCRIPTED_MODEL", str(model_folder))
    monkeypatch.setenv("PYTHONPATH", import_path())
    monkeypatch.setattr(launch, "command_line", command_line)
    scripted()
    return scripted


class Measuring:
    """Stands in for the process that measures: says its `lines` and ends, or waits to be ended where it has none."""

    def __init__(self) -> None:
        self.asked: list[TrainingSettings] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.lines: list[dict[str, Any]] = []

    def __call__(self, settings: TrainingSettings) -> "subprocess.Popen[bytes]":
        self.asked.append(settings)
        # Programs that start in no time.
        command = ["printf", "%s\\n", *map(json.dumps, self.lines)] if self.lines else ["cat"]
        self.processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        return self.processes[-1]

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
def corpus(tmp_path: Path) -> Path:
    file = tmp_path / "notes.txt"
    file.write_text("the quick brown fox jumps over the lazy dog\n" * 40)
    return file


def settings(corpus: Path, name: str = "notes") -> TrainingSettings:
    return settings_for(str(corpus), str(user_checkpoints() / name), given={"name": name})


def words_on(screen: Screen[object]) -> str:
    """What a screen says, widget by widget."""
    shown = [str(widget.render()) for widget in screen.query("*") if isinstance(widget, Static | TitleBar | KeyBar)]
    for listed in screen.query(OptionList):
        for option in listed.options:
            columns = getattr(option.prompt, "columns", None)
            cells = [cell for column in columns for cell in column.cells] if columns else [option.prompt]
            shown.append(" ".join(map(str, cells)))
    return "\n".join([*shown, *(str(box.border_title) for box in screen.query("#dialog"))])


async def says(pilot: Pilot[None], *words: str) -> None:
    """Waits until the screen says all of these."""
    await until(pilot, lambda: all(word in words_on(pilot.app.screen) for word in words))


async def choose(pilot: Pilot[None], answer: str) -> None:
    """Chooses an answer of a dialog by its words."""
    await says(pilot, answer)
    answers = pilot.app.screen.query_one(OptionList)
    await pilot.press(*["down"] * [str(option.prompt) for option in answers.options].index(answer), "enter")
