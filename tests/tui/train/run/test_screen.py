"""The training screen on a scripted training process: what is shown of a run, and what the keys do to it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.runs import launch, runs
from charrnn_engine.runs.presets import settings_for
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.app import PlaygroundApp
from charrnn_tui.play.screen import PlayScreen
from charrnn_tui.train.run.desk import TrainingDesk
from charrnn_tui.train.run.earlier_runs import RunsScreen
from charrnn_tui.train.run.epochs import EpochsScreen
from charrnn_tui.train.run.history import RunState
from charrnn_tui.train.run.screen import TrainingScreen
from charrnn_tui.train.run.watched import OwnRun
from charrnn_tui.train.setup.screen import TrainSetupScreen
from charrnn_tui.ui.choice import ChoiceScreen
from tests.tui.pilot import app_for, play_screen, playing, until

Script = Callable[..., None]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    file = tmp_path / "notes.txt"
    file.write_text("the quick brown fox jumps over the lazy dog\n" * 40)
    return file


@pytest.fixture
def script(model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Puts a scripted process in the place of the one with TensorFlow; called with how it is to end."""

    def scripted(end: str = "done", epochs: int = 2) -> None:
        monkeypatch.setenv("SCRIPTED_END", end)
        monkeypatch.setenv("SCRIPTED_EPOCHS", str(epochs))

    def command_line(settings: TrainingSettings, *arguments: object) -> list[str]:
        import json

        return [sys.executable, "-m", "tests.scripted_run", json.dumps(settings.to_json())]

    monkeypatch.setenv("SCRIPTED_MODEL", str(model_folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parents[4]), *filter(None, sys.path)]))
    monkeypatch.setattr(launch, "command_line", command_line)
    scripted()
    return scripted


def settings(corpus: Path, name: str = "notes", **given: object) -> TrainingSettings:
    return settings_for(str(corpus), str(user_checkpoints() / name), given={"name": name, **given})


def finished_run(corpus: Path, name: str = "notes") -> runs.Run:
    """A run from beginning to end, without an app."""
    own = OwnRun(settings(corpus, name))
    own.wait(20)
    return next(run for run in runs.list_runs(user_checkpoints()) if run.name == name)


async def training(pilot: Pilot[None], corpus: Path) -> tuple[TrainingScreen, OwnRun]:
    """The training screen with a run that has just been started."""
    await playing(pilot)
    await pilot.press("t")
    await until(pilot, lambda: isinstance(pilot.app.screen, TrainSetupScreen))
    pilot.app.screen.dismiss(settings(corpus))
    await until(pilot, lambda: isinstance(pilot.app.screen, TrainingScreen))
    screen = pilot.app.screen
    assert isinstance(screen, TrainingScreen)
    await until(pilot, lambda: screen.desk.own is not None)
    assert screen.desk.own is not None
    return screen, screen.desk.own


async def answer(pilot: Pilot[None], name: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
    pilot.app.screen.dismiss(name)


def shown(pilot: Pilot[None]) -> str:
    """The screen as text."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()
    )


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (60, 20)])
async def test_a_run_is_seen_from_noise_to_its_end(
    script: Script, corpus: Path, model_folder: Path, size: tuple[int, int]
) -> None:
    async with app_for(model_folder).run_test(size=size) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: own.history.state is RunState.DONE)
        await until(pilot, lambda: "epoch 2" in shown(pilot) and "text 2" in shown(pilot))
        for words in (
            "training  notes",
            "done",
            "uniform 6.00",
            "unigram 4.50",
            "3.000 bits per",
            "play it",
        ):
            assert words in shown(pilot), words
        await until(pilot, lambda: not own.live)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlayScreen))
        await until(pilot, lambda: play_screen(pilot).model_name == str(own.out))


async def test_pausing_and_going_on(script: Script, corpus: Path, model_folder: Path) -> None:
    script("wait")
    async with app_for(model_folder).run_test(size=(100, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("space")
        await until(pilot, lambda: own.history.state is RunState.PAUSED)
        await until(pilot, lambda: "go on" in shown(pilot))
        await pilot.press("space")
        await until(pilot, lambda: own.history.state is RunState.TRAINING)
        own.stop()
        await until(pilot, lambda: not own.live)


async def test_a_stopped_run_is_kept_and_can_go_on(script: Script, corpus: Path, model_folder: Path) -> None:
    script("wait", epochs=1)
    async with app_for(model_folder).run_test(size=(100, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: len(own.history.epochs) == 2)
        await pilot.press("x")
        await answer(pilot, "keep")
        await until(pilot, lambda: own.history.state is RunState.STOPPED and not own.live)
        assert (own.out / "model.keras").exists()
        await until(pilot, lambda: "resume" in shown(pilot))


async def test_a_run_thrown_away_leaves_nothing(script: Script, corpus: Path, model_folder: Path) -> None:
    script("wait")
    async with app_for(model_folder).run_test(size=(100, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("x")
        await answer(pilot, "discard")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlayScreen))
        assert not own.live
        assert not any(path.name.lstrip(".").startswith("notes") for path in user_checkpoints().iterdir())


async def test_the_text_goes_on_while_a_model_is_trained(script: Script, corpus: Path, model_folder: Path) -> None:
    script("wait")
    async with app_for(model_folder).run_test(size=(100, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("escape")
        play = await playing(pilot)
        await until(pilot, lambda: "training 100%" in shown(pilot))
        length = len(play.playback.generation) if play.playback else 0
        await until(pilot, lambda: play.playback is not None and len(play.playback.generation) > length + 50)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TrainingScreen))
        await pilot.press("enter")  # the latest epoch, while the run goes on
        await until(pilot, lambda: (play.model_name or "").endswith("0002"))
        assert own.live
        own.stop()
        await until(pilot, lambda: not own.live)


async def test_epochs_are_walked_through_with_the_same_draws(
    script: Script, corpus: Path, model_folder: Path
) -> None:
    async with app_for(model_folder).run_test(size=(100, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: not own.live)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EpochsScreen))
        screen = pilot.app.screen
        assert isinstance(screen, EpochsScreen)
        await until(pilot, lambda: screen._text.page.text() != "")
        text = screen._text.page.text()
        assert text.startswith("the ")
        assert screen.epoch is not None
        assert screen.epoch.number == 2
        await pilot.press("left")
        assert screen.epoch.number == 1
        # The same model in every epoch of the script: with the same draws it writes the same.
        await until(pilot, lambda: "epoch 1" in shown(pilot))
        await pilot.pause()
        assert screen._text.page.text() == text
        await pilot.press("home")
        await until(pilot, lambda: "before it had learnt anything" in shown(pilot))
        await pilot.press("left", "end", "right")
        assert screen.epoch.number == 2
        await pilot.press("r")
        await until(pilot, lambda: screen._text.page.text() not in ("", text))
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlayScreen))
        await until(pilot, lambda: (play_screen(pilot).model_name or "").endswith("0000"))
        play = play_screen(pilot)
        await until(pilot, lambda: play.session is not None and play.session.generation.seed == screen.seed)


@pytest.mark.parametrize(
    ("end", "words"),
    [("error", "the loss stopped being a number"), ("crash", "the last line"), ("kill", "SIGKILL")],
)
async def test_a_failure_is_a_line_with_the_log_a_key_away(
    script: Script, corpus: Path, model_folder: Path, end: str, words: str
) -> None:
    script(end)
    async with app_for(model_folder).run_test(size=(120, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: own.history.state is RunState.FAILED)
        await until(pilot, lambda: words in shown(pilot).replace("\n", " "))
        await pilot.press("v")
        await until(pilot, lambda: "log.txt" in shown(pilot))
        if end == "crash":
            assert "Fatal: out of luck" in shown(pilot)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, TrainingScreen)
        if end == "error":
            await pilot.press("enter")
            await until(pilot, lambda: (play_screen(pilot).model_name or "").endswith("0001"))


async def test_quitting_asks_and_can_stop_it(script: Script, corpus: Path, model_folder: Path) -> None:
    script("wait")
    app = app_for(model_folder)
    async with app.run_test(size=(100, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("q")
        await answer(pilot, "stay")
        await pilot.pause()
        assert app.is_running
        assert own.live
        await pilot.press("q")
        await answer(pilot, "stop")
        await until(pilot, lambda: not app.is_running or own.wait(0))
    assert own.wait(20)
    assert (own.out / "model.keras").exists()


async def test_quitting_can_leave_it_running(script: Script, corpus: Path, model_folder: Path) -> None:
    script("wait")
    async with app_for(model_folder).run_test(size=(100, 30)) as pilot:
        _, own = await training(pilot, corpus)
        await until(pilot, lambda: len(own.history.epochs) == 3)
        await pilot.press("q")
        await answer(pilot, "leave")
        await until(pilot, lambda: not pilot.app.is_running)
    own.close()
    assert not own.wait(0.2)
    own.kill()
    assert own.wait(20)


async def test_runs_of_earlier_are_looked_at_compared_and_thrown_away(
    script: Script, corpus: Path, model_folder: Path
) -> None:
    finished_run(corpus, "first")
    finished_run(corpus, "second")
    async with app_for(model_folder).run_test(size=(120, 30)) as pilot:
        await playing(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "training  second" in shown(pilot))
        await pilot.press("l")
        await until(pilot, lambda: "first" in shown(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        await pilot.press("down", "space", "escape")
        await until(pilot, lambda: "first 3.00" in shown(pilot))
        await pilot.press("l")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and "first" in shown(pilot))
        await pilot.press("down", "d")
        await answer(pilot, "discard")
        await until(pilot, lambda: not (user_checkpoints() / "first").exists())
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TrainingScreen) and "first" not in shown(pilot))


async def test_the_desk_trains_one_model_at_a_time(script: Script, corpus: Path) -> None:
    script("wait")
    desk = TrainingDesk()
    own = desk.start(settings(corpus))
    with pytest.raises(OSError, match="notes is being trained"):
        desk.start(settings(corpus, "other"))
    own.kill()
    assert own.wait(20)


async def test_an_app_that_dies_takes_its_run_with_it(script: Script, corpus: Path, model_folder: Path) -> None:
    script("wait")
    own = OwnRun(settings(corpus))
    own.close()  # what the end of the process does to the pipe
    assert own.wait(20)
    assert (own.out / "model.keras").exists()


def test_the_training_screen_is_not_needed_to_play() -> None:
    import subprocess

    code = (
        "import sys, charrnn_tui.app\n"
        "print([name for name in sys.modules if name.startswith(('textual_plot', 'charrnn_engine.training'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert PlaygroundApp is not None


async def test_brackets_in_a_name_are_brackets(model_folder: Path) -> None:
    async with app_for(model_folder).run_test(size=(80, 24)) as pilot:
        await pilot.app.push_screen(ChoiceScreen("stop [b]notes[/b]?", "[i]Why[/i]?", [("keep", "[u]keep it[/u]")]))
        await pilot.pause()
        for words in ("stop [b]notes[/b]?", "[i]Why[/i]?", "[u]keep it[/u]"):
            assert words in shown(pilot), words
