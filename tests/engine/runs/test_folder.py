"""A run by its files: which process writes to it, what it left, and what is deleted with it."""

import os
import signal
import subprocess
import sys

import pytest

from charrnn_engine.errors import SettingsError, TrainingError
from charrnn_engine.runs import folder as runs
from charrnn_engine.runs.folder import state_file
from charrnn_engine.runs.journal import Journal
from tests.engine.conftest import ENGINE

fcntl = pytest.importorskip("fcntl")


def journal_of(out, *events):
    runs.run_folder(out).mkdir(parents=True, exist_ok=True)
    journal = Journal(runs.events_file(out), fresh=True)
    for event in events:
        journal.write(event)


def a_model(folder):
    folder.mkdir(parents=True)
    for name in ("model.keras", "vocabulary.json", "card.json"):
        (folder / name).write_text("{}", encoding="utf-8")


def test_a_second_run_into_the_same_folder_is_refused_with_the_process_of_the_first(tmp_path):
    out = tmp_path / "mine"
    with runs.hold(out):
        assert runs.live_pid(out) == os.getpid()
        with (
            pytest.raises(SettingsError, match=rf"^mine: .* already \(process {os.getpid()}\); .*--name$"),
            runs.hold(out),
        ):
            pass
        assert runs.live_pid(out) == os.getpid(), "the refused one changed nothing"
    assert runs.live_pid(out) is None
    with runs.hold(out):
        pass


def test_runs_are_listed_newest_first_without_damaged_ones(tmp_path):
    for age, name in enumerate(["new", "old", "a.run"]):
        journal_of(tmp_path / name, {"event": "loading"})
        os.utime(runs.events_file(tmp_path / name), (1e9 - age, 1e9 - age))
    (tmp_path / ".empty.run").mkdir()
    (tmp_path / ".file.run").write_text("", encoding="utf-8")
    (tmp_path / "..run").mkdir()
    state_file(tmp_path / "old").touch()
    listed = runs.list_runs(tmp_path)
    assert [run.name for run in listed] == ["new", "old", "a.run"]
    assert [run.resumable for run in listed] == [False, True, False]
    assert listed[0].out == tmp_path / "new"
    assert runs.list_runs(tmp_path / "gone") == []


def test_discarding_a_run_deletes_all_that_it_wrote(tmp_path):
    out = tmp_path / "mine"
    a_model(out)
    a_model(runs.epochs_folder(out) / "0001")
    journal_of(out, {"event": "saved"})
    state_file(out).touch()
    (run,) = runs.list_runs(tmp_path)
    runs.discard_run(run)
    assert not list(tmp_path.iterdir())


def test_discarding_a_run_leaves_a_model_that_it_did_not_write_and_other_files(tmp_path):
    a_model(tmp_path / "older")
    journal_of(tmp_path / "older", {"event": "epoch"})
    a_model(tmp_path / "mine")
    (tmp_path / "mine" / "notes.txt").touch()
    journal_of(tmp_path / "mine", {"event": "saved"})
    for run in runs.list_runs(tmp_path):
        runs.discard_run(run)
    assert sorted(path.name for path in (tmp_path / "older").iterdir()) == [
        "card.json",
        "model.keras",
        "vocabulary.json",
    ]
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_live_run_is_not_discarded(tmp_path):
    out = tmp_path / "mine"
    journal_of(out, {"event": "saved"})
    with runs.hold(out), pytest.raises(TrainingError, match="mine: it is being trained; stop it first"):
        runs.discard_run(runs.list_runs(tmp_path)[0])
    assert runs.events_file(out).exists()


def test_stopping_a_run_interrupts_the_process_that_holds_its_lock(tmp_path):
    out = tmp_path / "mine"
    journal_of(out, {"event": "loading"})
    # With Python's own handler, an interrupt just before the pause would be handled only after it.
    script = "import sys, signal\nfrom pathlib import Path\nfrom charrnn_engine.runs import folder\n" \
             "signal.signal(signal.SIGINT, signal.SIG_DFL)\n" \
             "with folder.hold(Path(sys.argv[1])):\n    print(flush=True)\n    signal.pause()"  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(out)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
    )  # fmt: skip
    process.stdout.readline()
    (run,) = runs.list_runs(tmp_path)
    assert run.live_pid == process.pid
    runs.stop_run(run)
    assert process.wait(20) == -signal.SIGINT
    process.stdout.close()
    runs.stop_run(run)  # the process has ended: nothing is signalled
    assert runs.live_pid(out) is None


def test_the_last_checkpoint_is_the_best_else_the_last_epoch_that_is_still_there(tmp_path):
    out = tmp_path / "mine"
    first, second = (runs.epochs_folder(out) / name for name in ("0001", "0002"))
    a_model(first)
    epochs = [{"event": "epoch", "checkpoint": str(path)} for path in (first, second)]
    journal_of(out, *epochs, {"event": "epoch", "checkpoint": None})
    assert runs.last_checkpoint(out) == first
    a_model(out)
    assert runs.last_checkpoint(out) == first, "a model that was there before isn't the run's"
    journal_of(out, *epochs, {"event": "saved"})
    assert runs.last_checkpoint(out) == out


def test_the_last_lines_of_a_log_are_read_whatever_is_in_it(tmp_path):
    log = tmp_path / "log.txt"
    log.write_bytes(b"\xff\n" + b"".join(b"line %d\n" % n for n in range(90_000)))
    assert runs.tail(log, 2) == "line 89998\nline 89999"
    assert runs.tail(tmp_path / "gone") == ""


def test_only_what_a_killed_run_was_writing_is_deleted(tmp_path):
    out = tmp_path / "mine"
    half = [
        tmp_path / ".mine-abcd1234",
        runs.epochs_folder(out) / ".0003-x_cd1234",
        runs.epochs_folder(out) / ".0002.gone",
    ]
    whole = [tmp_path / ".mine-of-others", tmp_path / ".mine.run" / "epochs" / "0001", tmp_path / "mine-abcd1234"]
    foreign = tmp_path / ".mine-zyxw9876"
    for folder in (*half, *whole, foreign):
        a_model(folder)
    (foreign / "precious.txt").touch()
    moment = runs.live_folder(out)
    a_model(moment)
    (moment / "new.keras").touch()
    state = runs.run_folder(out) / "state.tmp"
    state.touch()
    runs.prepare(out, resume=True)
    assert not any(path.exists() for path in (*half, moment, state))
    assert all(path.exists() for path in (*whole, foreign / "precious.txt"))


def test_a_run_that_never_began_leaves_nothing_but_what_somebody_should_read(tmp_path):
    out = tmp_path / "mine"
    with runs.hold(out):
        runs.log_file(out).touch()
        runs.forget_refused(out)
    assert not list(tmp_path.iterdir())
    with runs.hold(out):
        runs.log_file(out).write_text("it crashed", encoding="utf-8")
        runs.forget_refused(out)
    assert runs.log_file(out).exists()
