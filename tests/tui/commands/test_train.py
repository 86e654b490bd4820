"""`charrnn-tui train`: options become settings, a run is followed to its end, and what is wrong is refused."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.errors import CorpusError, TrainingError
from charrnn_engine.runs import folder as runs
from charrnn_engine.runs.presets import settings_for
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.commands import train as train_module
from charrnn_tui.commands.train_progress import TrainProgress
from tests.engine.conftest import made_up_text
from tests.tui.command import Process, environment


@pytest.fixture
def notes(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text(made_up_text(400), encoding="utf-8")
    return file


@pytest.fixture
def settings_sent(monkeypatch):
    """What would have been given to a training process; none is started."""
    sent = []
    monkeypatch.setattr(train_module, "follow", lambda settings, as_json: sent.append(settings) or 0)
    return sent


SCRIPTED = """
import sys
from charrnn_engine.runs import launch
from charrnn_tui.cli import main
launch.command_line = lambda settings, control: [
    sys.executable, "-m", "tests.scripted_run", __import__("json").dumps(settings.to_json())
]
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_has_the_run_saved_and_exits_with_130(notes, model_folder, monkeypatch):
    monkeypatch.setenv("SCRIPTED_MODEL", str(model_folder))
    monkeypatch.setenv("SCRIPTED_END", "wait")
    command = [sys.executable, "-c", SCRIPTED, "train", notes, "--name", "mine", "--json"]
    # The end of its standard input would end the scripted run.
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Process(command, env=environment(), **pipes) as process:
        for line in process.stdout:
            if json.loads(line).get("epoch", 0) == 2:
                break
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert json.loads(rest.splitlines()[-1])["reason"] == "interrupted"
    assert (user_checkpoints() / "mine" / "model.keras").exists()


def test_a_model_that_exists_is_trained_further_only_with_resume(
    notes, command, settings_sent, settings_of_mine, monkeypatch
):
    out = user_checkpoints() / "mine"
    out.mkdir(parents=True)
    again = command("train", notes, "--name", "mine")
    assert (again.code, again.out) == (2, "")
    assert "--resume continues" in again.err
    saved = SimpleNamespace(settings=settings_of_mine(notes))
    monkeypatch.setattr(train_module, "read_state", lambda folder: {out: saved}[folder])
    assert command("train", notes, "--name", "mine", "--resume", "--epochs", "7").code == 0
    (settings,) = settings_sent
    assert (settings.resume, settings.epochs, settings.corpus.path) == (True, 7, str(notes))
    refused = command("train", notes, "--name", "mine", "--resume", "--units", "7")
    assert (refused.code, len(settings_sent)) == (2, 1)
    assert "the run to resume has units" in refused.err


def test_options_become_settings(table, command, settings_sent):
    done = command(
        "train", table, "--name", "mine", "--preset", "notebook", "--column", "title", "--column", "body",
        "--cell", "gru", "--layers", "2", "--units", "32", "--dropout", "0.1", "--epochs", "3", "--batch", "16",
        "--lr", "0.002", "--validation", "0.2", "--sample-every", "50", "--prompt", "a", "--prompt", "b",
        "--seed", "7", "--keep-epochs", "5",
    )  # fmt: skip
    assert done.code == 0, done.err
    (settings,) = settings_sent
    assert settings.corpus.columns == ("title", "body")
    assert (settings.corpus.lines, settings.corpus.validation) == (True, "0.2")
    assert (settings.network.cell, settings.network.layers, settings.network.units) == ("gru", 2, 32)
    assert (settings.epochs, settings.batch, settings.learning_rate, settings.seed) == (3, 16, 0.002, 7)
    assert (settings.sample_every, settings.prompts) == (50, ("a", "b"))
    assert settings.keep_epochs == 5
    assert settings.network.embedding == 0, "what isn't given is the preset's"
    assert settings.command.startswith("charrnn-tui train table.csv --name mine --preset notebook --column title")
    assert TrainingSettings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


def test_a_run_that_starts_from_a_model_takes_over_its_network(notes, command, settings_sent, model, model_folder):
    done = command("train", notes, "--name", "mine", "--from", model_folder)
    assert done.code == 0, done.err
    assert settings_sent[0].network.units == model.network.cells[0].hidden
    assert settings_sent[0].start_from == str(model_folder)


def test_without_any_option_a_text_gets_a_name_and_settings(notes, command, settings_sent, home):
    assert command("train", notes).code == 0
    assert settings_sent[0].name == "notes"
    assert settings_sent[0].out == str(home / "data" / "charrnn-tui" / "checkpoints" / "notes")


def test_several_files_are_one_corpus_and_workers_are_named_in_tf_config(
    notes, command, settings_sent, monkeypatch, tmp_path
):
    monkeypatch.setenv("TF_CONFIG", "")  # restored afterwards
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "letters.txt").write_text("Dear Sir &amp; Madam\n" * 20, encoding="utf-8")
    workers = ["--workers", "10.0.0.1:2222,[::1]:2222", "--worker", 1]
    options = ["--unescape", "--state", "carried", "--tensorboard", "board"]
    done = command("train", "more/*.txt", notes, "--seed", 1, *options, *workers)
    assert done.code == 0, done.err
    (settings,) = settings_sent
    assert (settings.name, settings.corpus.paths) == ("more", ("more/*.txt", str(notes)))
    assert (settings.corpus.unescape, settings.state, settings.tensorboard) == (True, "carried", "board")
    command_said = "charrnn-tui train 'more/*.txt' notes.txt --unescape --state carried --seed 1"
    assert settings.command == command_said
    cluster = {"worker": ["10.0.0.1:2222", "[::1]:2222"]}
    assert json.loads(os.environ["TF_CONFIG"]) == {"cluster": cluster, "task": {"type": "worker", "index": 1}}


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("title,body\none,1\ntwo,2\n", encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["gone.txt"], "gone.txt: there is no such file"),
        (["notes.txt", "gone/*.txt"], "gone/*.txt: no file matches it"),
        (["notes.txt", "--workers", "a:1,b:2"], "--workers and --worker need each other"),
        (["notes.txt", "--workers", "a:1,b", "--worker", "0"], "--workers names 'b'; it must be HOST:PORT"),
        (["notes.txt", "--workers", "a:1,b:1", "--worker", "2"], "--worker is 2; it must be from 0 to 1"),
        (["notes.txt", "--lines", "--state", "carried"], "--state carried is for running texts"),
        (["notes.txt", "--epochs", "0"], "--epochs is 0; it must be a whole number from 1 up"),
        (["notes.txt", "--cell", "elman"], "'elman'"),
        (["notes.txt", "--lines", "--window", "8"], "can't be combined"),
        (["notes.txt", "--name", "a/b"], "can't be the name of a model"),
        (["notes.txt", "--dropout", "1"], "--dropout is 1.0"),
        (["table.csv"], "name the column to learn from with --column; it has title, body"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(
    notes, table, command, settings_sent, monkeypatch, tmp_path, args, said
):
    monkeypatch.chdir(tmp_path)
    done = command("train", *args)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not settings_sent


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("", [], "the file is empty"),
        ("too short", ["--window", "64"], "are too few for windows of 64"),
        ("one line\n", ["--lines"], "a single line"),
    ],
)
def test_a_corpus_that_cant_be_learnt_from_is_said_by_the_process_before_it_loads_tensorflow(
    content, options, said, command, tmp_path, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", str(_without_tensorflow(tmp_path)))
    file = tmp_path / "a.txt"
    file.write_text(content, encoding="utf-8")
    done = command("train", file, "--name", "mine", *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert done.err.count("\n") == 1
    assert not list(user_checkpoints().glob("*")), "no run has begun, so nothing is left of one"


def _without_tensorflow(tmp_path):
    """A folder in front of all others in which importing TensorFlow fails loudly."""
    for name in ("tensorflow", "keras"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    return tmp_path


def test_a_process_that_dies_is_reported(notes, command, monkeypatch):
    script = 'import sys; print(\'{"event": "warning", "message": "soon"}\'); sys.exit(\'it broke\')'
    monkeypatch.setattr(train_module.launch, "command_line", lambda settings, control: [sys.executable, "-c", script])
    done = command("train", notes, "--name", "mine")
    assert done.code == 1
    assert "warning: soon" in done.err
    assert "the training process ended with exit code 1: it broke" in done.err
    assert runs.tail(runs.log_file(user_checkpoints() / "mine")) == "it broke"


@pytest.mark.parametrize(("code", "kind"), [(2, CorpusError), (1, TrainingError)])
def test_an_error_that_the_process_reports_is_the_line_that_is_shown(notes, command, monkeypatch, code, kind):
    event = json.dumps({"event": "error", "message": "it is so", "exit_code": code, "checkpoint": None})
    monkeypatch.setattr(
        train_module.launch,
        "command_line",
        lambda settings, control: [sys.executable, "-c", f"import sys; print({event!r}); sys.exit({code})"],
    )
    done = command("train", notes, "--name", "mine")
    assert (done.code, done.err) == (code, "charrnn-tui: it is so\n")


def test_an_error_names_the_last_good_model(notes, command, monkeypatch):
    event = json.dumps({"event": "error", "message": "the disk is full", "exit_code": 1, "checkpoint": "/m/mine"})
    script = f"print({event!r}); raise SystemExit(1)"
    monkeypatch.setattr(train_module.launch, "command_line", lambda settings, control: [sys.executable, "-c", script])
    done = command("train", notes, "--name", "mine")
    assert done.err == "charrnn-tui: the disk is full; the last good model is in /m/mine\n"


def test_the_log_of_a_run_that_goes_on_is_left_to_it(notes, command, settings_of_mine):
    settings = settings_of_mine(notes)
    with runs.hold(Path(settings.out)):
        runs.log_file(Path(settings.out)).write_text("what the other run said\n", encoding="utf-8")
        done = command("train", notes, "--name", "mine")
        assert done.code == 2
        assert "mine: a training run is writing to it already (process" in done.err
        assert "what the other run said" in runs.tail(runs.log_file(Path(settings.out)))


@pytest.fixture
def settings_of_mine():
    return lambda corpus: settings_for(str(corpus), str(user_checkpoints() / "mine"))


def test_the_progress_names_the_untrained_loss_and_says_when_nothing_was_saved():
    console = Console(width=120, force_terminal=True, record=True, color_system=None)
    with TrainProgress(console) as progress:
        progress.show({"event": "loading", "message": "starting TensorFlow"})
        progress.show({"event": "epoch", "epoch": 0, "training": None, "validation": {"nats_per_token": 4.1}})
        progress.show({"event": "finished", "reason": "interrupted", "saved": False})
    shown = console.export_text()
    assert "untrained: validation 5.915 bits/char" in shown
    assert "Training interrupted before the first step; nothing is saved" in shown


def test_the_progress_says_rate_loss_and_time_left():
    console = Console(width=120, force_terminal=True, record=True, color_system=None)
    with TrainProgress(console) as progress:
        progress.show(
            {
                "event": "start",
                "name": "mine",
                "level": "char",
                "training_tokens": 1000,
                "validation_tokens": 100,
                "vocabulary": 9,
                "parameters": 77,
                "epochs": 2,
                "steps": 10,
                "done": 0,
            }
        )
        progress.show(
            {
                "event": "step",
                "step": 5,
                "steps": 10,
                "epoch": 1,
                "loss": 1.0,
                "bits": 1.4427,
                "rate": 4321.0,
                "learning_rate": 0.1,
                "seconds_left": 83.0,
            }
        )
        progress.show(
            {
                "event": "epoch",
                "epoch": 1,
                "epochs": 2,
                "training": 1.0,
                "best": True,
                "seconds": 9.0,
                "validation": {"nats_per_token": 1.0},
            }
        )
        progress.show({"event": "sample", "prompt": "a", "text": "b\x1b[31mc", "temperature": 0.5})
        progress.show({"event": "a kind of later versions"})
    shown = console.export_text()
    assert "1.443 bits/char · 4,321 chars/s · 1:23 left" in shown
    assert "epoch 1/2: training 1.443, validation 1.443 bits/char, best so far (0:09)" in shown
    assert "at 0.5: ab\\x1b[31mc" in shown
