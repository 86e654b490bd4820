"""What the training process reports, and leaves alone, when it can't begin. None of it loads TensorFlow."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from charrnn_engine.runs import folder as runs
from charrnn_engine.runs.journal import read_events
from charrnn_engine.runs.state import Progress, State, write_state
from charrnn_engine.training.__main__ import main
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import open_corpus
from charrnn_engine.vocabulary import PAD, Vocabulary
from tests.archives import write_model
from tests.engine.conftest import events_of, send, wait_for

pytest.importorskip("fcntl")


@pytest.fixture
def without_tensorflow(tmp_path):
    """A folder for PYTHONPATH in which importing TensorFlow runs `reason`."""

    def make(reason):
        folder = tmp_path / "broken"
        folder.mkdir()
        (folder / "tensorflow.py").write_text(reason, encoding="utf-8")
        return str(folder)

    return make


@pytest.fixture
def interrupted(settings_of, tmp_path):
    """The files of a run that was interrupted in its second epoch, and its corpus."""
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("salt river stone lamp\n" * 40, encoding="utf-8")
    settings = settings_of(corpus={"path": str(corpus)}, epochs=3)
    out = Path(settings.out)
    opened = open_corpus(settings.corpus, None, settings.seed)
    progress = Progress(epoch=1, best=2.0, best_epoch=1)
    write_state(out, State(settings, opened.vocabulary, progress, opened.fingerprint, [np.zeros(1)], []))
    out.mkdir()
    (out / "model.keras").touch()
    runs.events_file(out).write_text('{"event": "saved"}\n', encoding="utf-8")
    return replace(settings, resume=True)


@pytest.fixture
def here(monkeypatch, capfd):
    """Runs what the training process does in this one, where TensorFlow can't be imported; returns its events."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setattr(Control, "watch", lambda self, commands: None)

    def run(settings, code, *arguments):
        capfd.readouterr()
        with monkeypatch.context() as patched:
            patched.setattr("charrnn_engine.training.__main__.os.nice", lambda more: 0)
            patched.setattr("charrnn_engine.training.__main__.os.dup2", lambda *_: None)
            assert main([json.dumps(settings.to_json()), *arguments]) == code
        return [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    return run


def error_of(events):
    assert events[-1]["event"] == "error"
    assert "\n" not in events[-1]["message"]
    return events[-1]


def test_a_resumed_run_without_its_corpus_names_its_last_checkpoint(interrupted, here):
    Path(interrupted.corpus.path).unlink()
    error = error_of(here(interrupted, 2))
    assert error["kind"] == "corpus"
    assert "there is no such file" in error["message"]
    assert error["checkpoint"] == interrupted.out
    assert runs.is_resumable(Path(interrupted.out))


def test_a_run_is_not_resumed_on_a_corpus_that_has_changed(interrupted, here):
    corpus = Path(interrupted.corpus.path)
    corpus.write_text(corpus.read_text(encoding="utf-8")[:-6] + "stone\n", encoding="utf-8")
    error = error_of(here(interrupted, 2))
    assert (error["kind"], error["checkpoint"]) == ("corpus", interrupted.out)
    assert "the corpus has changed since the run was started" in error["message"]


def test_a_second_run_into_the_same_folder_is_refused_and_changes_nothing(interrupted, here):
    out = Path(interrupted.out)
    with runs.hold(out):
        for settings in (interrupted, replace(interrupted, resume=False)):
            error = error_of(here(settings, 2))
            assert error["kind"] == "settings"
            assert f"model: a training run is writing to it already (process {os.getpid()})" in error["message"]
        assert runs.live_pid(out) == os.getpid()
    assert runs.events_file(out).read_text(encoding="utf-8") == '{"event": "saved"}\n'
    assert runs.is_resumable(out)


def test_a_refused_start_leaves_an_earlier_run_as_it_was(interrupted, here):
    gone = replace(interrupted, resume=False, corpus=replace(interrupted.corpus, path="gone.txt"))
    error = error_of(here(gone, 2))
    assert error["checkpoint"] is None, "the checkpoint there is not its work"
    assert runs.is_resumable(Path(interrupted.out))
    assert runs.events_file(Path(interrupted.out)).read_text(encoding="utf-8") == '{"event": "saved"}\n'


@pytest.mark.parametrize(
    ("changes", "config", "said"),
    [
        ({"corpus": {"path": "gone.txt"}}, "", "there is no such file"),
        ({"corpus": {"validation": "PIPE"}}, "", "not a regular file"),
        ({"network": {"units": 8000}}, "", "million weights"),
        (
            {"start_from": "headlines-notebook", "network": {"cell": "lstm"}},
            "",
            "this model has units 128, not 12; leave --units out",
        ),
        (
            {},
            '{"cluster": {"worker": ["a", "b"]}, "task": {"index": 1e400}}',
            "TF_CONFIG names worker",
        ),
    ],
    ids=["corpus", "pipe", "network", "start", "cluster"],
)
def test_a_refused_start_leaves_nothing_and_never_loads_tensorflow(
    settings_of, here, monkeypatch, tmp_path, changes, config, said
):
    os.mkfifo(tmp_path / "pipe")
    if "validation" in changes.get("corpus", {}):
        changes = {"corpus": {"validation": str(tmp_path / "pipe")}}
    monkeypatch.setenv("TF_CONFIG", config)
    models = tmp_path / "models"
    settings = settings_of(**changes, out=str(models / "mine"))
    assert said in error_of(here(settings, 2))["message"]
    assert not (models.exists() and list(models.iterdir()))


def test_a_tensorflow_that_doesnt_start_is_reported(settings_of, spawn, without_tensorflow):
    process = spawn(settings_of(), PYTHONPATH=without_tensorflow("raise AttributeError('libmissing.so')"))
    error = error_of(events_of(process))
    assert process.returncode == 1
    assert error["kind"] == "tensorflow"
    assert "TensorFlow is installed but doesn't start" in error["message"]
    assert "libmissing.so" in error["message"]


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ((3, 13, 0), "training needs TensorFlow, which isn't installed: "),
        ((3, 14, 1), "has no wheel for Python 3.14 yet; use Python 3.11 to 3.13"),
    ],
    ids=["3.13", "3.14"],
)
def test_a_missing_tensorflow_is_reported_with_a_command_that_installs_it(
    settings_of, here, tmp_path, monkeypatch, version, said
):
    monkeypatch.setattr("charrnn_engine.runs.failures.sys", SimpleNamespace(version_info=version))
    for arguments in ((), ("--measure",)):
        error = error_of(here(settings_of(), 1, *arguments))
        assert error["kind"] == "tensorflow"
        assert said in error["message"]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cant_be_written_is_reported(settings_of, here, tiny_disk):
    folder = tiny_disk(64)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    error = error_of(here(settings_of(out=str(folder / "models" / "mine")), 1))
    assert error["kind"] == "disk"
    assert "it can't be written (Read-only file system); choose another with --out" in error["message"]


def test_commands_and_the_corpus_cant_both_come_from_standard_input(settings_of, here):
    error = error_of(here(settings_of(corpus={"path": "-"}), 2, "--control"))
    assert error["kind"] == "settings"
    assert "--control takes standard input" in error["message"]


@pytest.mark.parametrize("how", ["stop", "gone", "signal"])
def test_a_run_that_is_stopped_while_tensorflow_starts_ends_at_once(settings_of, spawn, without_tensorflow, how):
    endless = without_tensorflow("import time\nwhile True: time.sleep(0.01)")
    settings = settings_of()
    process = spawn(settings, control=True, PYTHONPATH=endless)
    assert wait_for(process, "loading")["message"] == f"reading {Path(settings.corpus.path).name}"
    assert wait_for(process, "loading")["message"] == "starting TensorFlow"
    if how == "stop":
        send(process, "stop")
    elif how == "gone":
        process.stdin.close()
        process.stdin = None
    else:
        runs.stop_run(runs.list_runs(Path(settings.out).parent)[0])
    (finished,) = events_of(process)
    assert process.returncode == 130
    assert (finished["event"], finished["reason"], finished["saved"]) == ("finished", "interrupted", False)
    journal, _ = read_events(runs.events_file(Path(settings.out)))
    assert [event["event"] for event in journal] == ["loading", "finished"]


def test_the_new_characters_of_a_run_that_starts_from_a_model_are_reported(settings_of, here, monkeypatch, tmp_path):
    monkeypatch.setattr("charrnn_engine.training.__main__.check_tensorflow", lambda: None)
    known = Vocabulary([PAD, *" ,.\nabdeiklmnoprstuvw"])
    model = write_model(tmp_path / "theirs", "SimpleRNN", units=12, vocabulary=known)
    corpus = tmp_path / "new.txt"
    corpus.write_text("salt ržver 🦊 " * 40, encoding="utf-8")
    settings = settings_of(corpus={"path": str(corpus)}, network={"embedding": 0}, start_from=str(model))
    events = here(settings, 1)
    assert "2 new characters: ž 🦊" in [event.get("message") for event in events]
