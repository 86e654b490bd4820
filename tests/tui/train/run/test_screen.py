"""The training screens with a scripted training process: what is shown of a run, and what the keys do to it."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.runs.folder import live_folder
from charrnn_tui.text.colouring import PROMPT_MARK
from charrnn_tui.text.text_view import TextView
from charrnn_tui.train.run.earlier_runs import EarlierRunsScreen
from charrnn_tui.train.run.epoch_curves import EpochCurves
from charrnn_tui.train.run.epochs import EpochsScreen
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.own_run import OwnRun
from charrnn_tui.train.run.screen import TrainingScreen
from charrnn_tui.train.setup.screen import TrainSetupScreen
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.path_field import PathInput
from tests.tui.pilot import until
from tests.tui.train.conftest import Script, TrainingApp, choose, says, settings, words_on


@asynccontextmanager
async def training(corpus: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[tuple[Pilot[None], OwnRun]]:
    """The training screen with a run that has just been started."""
    app = TrainingApp()
    async with app.run_test(size=size) as pilot:
        await pilot.press("t")
        own = await started(pilot, corpus)
        yield pilot, own
        own.kill()


async def started(pilot: Pilot[None], corpus: Path, name: str = "notes") -> OwnRun:
    """A run that the set-up has just started."""
    await until(pilot, lambda: on_top(pilot, TrainSetupScreen) and isinstance(pilot.app.focused, PathInput))
    pilot.app.screen.dismiss(settings(corpus, name))
    await until(pilot, lambda: on_top(pilot, TrainingScreen))
    screen = pilot.app.screen
    assert isinstance(screen, TrainingScreen)
    await until(pilot, lambda: screen.runs.own is not None and screen.runs.own.out.name == name)
    assert screen.runs.own is not None
    return screen.runs.own


def on_top(pilot: Pilot[None], kind: type[Any]) -> bool:
    return isinstance(pilot.app.screen, kind)


def app_of(pilot: Pilot[None]) -> TrainingApp:
    assert isinstance(pilot.app, TrainingApp)
    return pilot.app


async def test_a_run_is_shown_to_its_end_at_every_size_and_played(script: Script, corpus: Path) -> None:
    async with training(corpus, (80, 24)) as (pilot, own):
        losses = "3.000", "uniform 6.00", "unigram 4.50"
        for width, height in ((80, 24), (160, 50), (60, 20)):
            await pilot.resize_terminal(width, height)
            await says(pilot, "untrained", "epoch 2", "text 2", "training  notes", *losses)
            await says(pilot, "Training finished; saved as notes", "plays it")
        await pilot.press("enter")
        await until(pilot, lambda: app_of(pilot).played == [str(own.out)])


async def test_a_run_is_paused_resumed_followed_and_stopped(script: Script, corpus: Path) -> None:
    script("wait", interim=True)
    async with training(corpus) as (pilot, own):
        await until(pilot, lambda: len(own.saved.epochs) == 3)
        await says(pilot, "space pause")
        await pilot.press("space")
        await says(pilot, "paused", "space resume")
        await pilot.press("space")
        await until(pilot, lambda: own.history.state is RunState.TRAINING)
        await says(pilot, "step 21", "moment 2\nand on", "text 2")
        await pilot.press("enter")
        app, moment = app_of(pilot), str(live_folder(own.out))
        await until(pilot, lambda: app.played == [moment] and app.fresh == [moment])
        assert app.notified == ["The model learns while it writes; t returns to training"]
        assert own.live
        app.playing = False
        shutil.copy(Path(moment) / "model.keras", Path(moment) / "new")
        (Path(moment) / "new").replace(Path(moment) / "model.keras")
        await pilot.press("t")
        await until(pilot, lambda: on_top(pilot, TrainingScreen))
        await pilot.press("x")
        await choose(pilot, "Stop and save")
        await says(pilot, "Training stopped; saved as notes", "z resumes training")
        assert app.fresh == [moment], "a text that is held keeps its weights"
        app.playing = True
        await until(pilot, lambda: app.fresh == [moment, str(own.out)])
        assert app.model_name == str(own.out), "the best model stays"


async def test_a_deletion_asks_first_and_is_finished_though_the_screen_is_closed(
    script: Script, corpus: Path
) -> None:
    script("wait")
    async with training(corpus) as (pilot, own):
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("x")
        await choose(pilot, "Stop and delete the run")
        await choose(pilot, "Keep it")
        assert own.live
        await pilot.press("x")
        await choose(pilot, "Stop and delete the run")
        await choose(pilot, "Delete it for good")
        await pilot.press("escape")
        await until(pilot, lambda: not on_top(pilot, TrainingScreen))
        await until(pilot, lambda: not list(user_checkpoints().glob("*notes*")))
        assert not list(user_checkpoints().glob(".notes*"))


async def test_the_texts_of_the_epochs_have_the_same_prompt_and_seed(script: Script, corpus: Path) -> None:
    async with training(corpus) as (pilot, own):
        await until(pilot, lambda: not own.live)
        await until(pilot, lambda: len(own.saved.epochs) == 3)
        await pilot.press("e")
        await until(pilot, lambda: on_top(pilot, EpochsScreen))
        screen = pilot.app.screen
        assert isinstance(screen, EpochsScreen)
        page = screen.query_one(TextView).page
        await until(pilot, lambda: page.text() != "")
        text = page.text()
        assert text.startswith("the ")
        assert screen.epoch is not None
        assert screen.epoch.number == 2
        await pilot.press("left")
        await says(pilot, "epoch 1")
        await until(pilot, lambda: page.text() == text)  # the script saves the same model after every epoch
        await pilot.press("home")
        await says(pilot, "untrained")
        await pilot.press("left", "end", "right")
        assert screen.epoch.number == 2
        await pilot.press("r")
        await until(pilot, lambda: page.text() not in ("", text))
        await pilot.press("home", "enter")
        await until(pilot, lambda: bool(app_of(pilot).played))
        (played,) = app_of(pilot).played
        assert played.endswith("0000")
        assert app_of(pilot).opened == ("the ", screen.seed)


async def test_a_failure_is_one_line_and_v_shows_the_log(script: Script, corpus: Path) -> None:
    ends = {"crash": "the last line", "kill": "SIGKILL", "error": "the loss stopped being a number"}
    script("crash")
    async with training(corpus, (120, 30)) as (pilot, _):
        for end, words in ends.items():
            if end != "crash":
                script(end)
                await says(pilot, "n train another")
                await pilot.press("n")
                await started(pilot, corpus, end)
            await says(pilot, words, "v shows the log")
            await pilot.press("v")
            await says(pilot, "log.txt")
            if end == "crash":
                assert "Fatal: out of luck" in words_on(pilot.app.screen)
            await pilot.press("escape")
        await pilot.press("enter")
        await until(pilot, lambda: bool(app_of(pilot).played))
        assert app_of(pilot).played[0].endswith("0001")


async def test_quitting_asks_and_can_stop_the_run(script: Script, corpus: Path) -> None:
    script("wait")
    async with training(corpus) as (pilot, own):
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("q")
        await says(pilot, "Training is 100 % done. Quit anyway?", "Keep training in the background")
        await choose(pilot, "Cancel")
        assert pilot.app.is_running
        assert own.live
        await pilot.press("q")
        await choose(pilot, "Stop and save")
        await until(pilot, lambda: not pilot.app.is_running)
        assert (own.out / "model.keras").exists()


async def test_quitting_can_keep_the_run_and_its_end_is_reported_on_other_screens(
    script: Script, corpus: Path
) -> None:
    script("wait")
    async with training(corpus) as (pilot, own):
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: not on_top(pilot, TrainingScreen))
        own.stop()
        await until(pilot, lambda: bool(app_of(pilot).notified))
        assert app_of(pilot).notified == ["notes: training stopped, 3.00 bits per character; t shows it"]
        await pilot.press("t", "n")
        kept = await started(pilot, corpus, "kept")
        await until(pilot, lambda: len(kept.history.epochs) == 3)
        await pilot.press("q")
        await choose(pilot, "Keep training in the background")
        await until(pilot, lambda: not pilot.app.is_running)
        kept.close()
        assert not kept.wait(0)
        kept.kill()


async def test_earlier_runs_are_shown_compared_and_deleted(script: Script, corpus: Path) -> None:
    for name in ("first", "second"):
        assert OwnRun(settings(corpus, name)).wait(30)  # one after the other: the newest is shown first
    app = TrainingApp()
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("t")
        await says(pilot, "training  second")
        await pilot.press("l")
        await says(pilot, "earlier runs", "first")
        await pilot.press("down", "space", "escape")
        await says(pilot, "first 3.00")
        await pilot.press("l")
        await until(pilot, lambda: on_top(pilot, EarlierRunsScreen) and "first" in words_on(app.screen))
        await pilot.press("down", "d")
        await choose(pilot, "Delete it for good")
        await until(pilot, lambda: not (user_checkpoints() / "first").exists())
        await until(pilot, lambda: on_top(pilot, EarlierRunsScreen) and "first" not in words_on(app.screen))
        await pilot.press("escape")
        await until(pilot, lambda: on_top(pilot, TrainingScreen) and "first" not in words_on(app.screen))


async def test_a_path_typed_right_after_the_key_is_not_lost(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corpus.parent)
    app = TrainingApp()
    async with app.run_test() as pilot:
        await pilot.press("t", *"quick")
        await until(pilot, lambda: isinstance(app.screen, TrainSetupScreen) and app.screen.draft.path == "quick")


def test_playing_needs_no_training_screen() -> None:
    code = (
        "import sys, charrnn_tui.app\n"
        "heavy = ('textual_plot', 'charrnn_engine.training', 'charrnn_tui.train.setup')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_texts_of_the_epochs_are_coloured_by_a_unit_with_its_curve(script: Script, corpus: Path) -> None:
    async with training(corpus) as (pilot, own):
        await until(pilot, lambda: not own.live and len(own.saved.epochs) == 3)
        await pilot.press("e")
        await until(pilot, lambda: on_top(pilot, EpochsScreen))
        screen = pilot.app.screen
        assert isinstance(screen, EpochsScreen)
        view, curves = screen.query_one(TextView), screen.query_one(EpochCurves)
        await pilot.press("i", *"h1.3", "enter")
        await until(pilot, lambda: screen.unit == "h1.3" and view.colouring == "unit" and bool(view.page.text()))
        length = len(view.page.text())
        await until(pilot, lambda: view.unit_marks(0, 4) == bytes([PROMPT_MARK] * 4))
        assert len(view.unit_marks(0, length)) == length
        assert len(set(view.unit_marks(4, length))) > 4, "many levels of the unit"
        assert [curve.name for curve in curves.curves] == ["bits", "h1.3"]
        await pilot.press("i", *"h9.3", "enter")
        await until(pilot, lambda: "h9.3" in screen.query_one(NoticeLine).said)
        assert screen.unit == "h1.3"
        await pilot.press("i", *"vowel", "enter")
        await until(pilot, lambda: curves.curves[1].name == f"{screen.unit}  vowel, AUROC")
        await until(pilot, lambda: None not in curves.curves[1].values)
        assert len(set(curves.curves[1].values)) == 1  # the script saves the same model after every epoch
        assert (curves.curves[1].values[0] or 0) > 0.5
        await pilot.press("home", "h")
        assert (curves.at, view.colouring) == (0, "surprise")
