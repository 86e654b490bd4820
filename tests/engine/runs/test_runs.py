"""Runs by their files: who writes to which folder, what was said, and what goes when one is thrown away."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from charrnn_engine.runs import leftovers, runs
from charrnn_engine.runs.errors import SettingsError, TrainingError
from charrnn_engine.runs.journal import Journal
from charrnn_engine.runs.lock import hold
from charrnn_engine.runs.state import state_file
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


def test_a_second_run_into_the_same_folder_is_refused_by_name_with_the_first_ones_process(tmp_path):
    out = tmp_path / "mine"
    with runs.hold(out):
        assert runs.live_pid(out) == os.getpid()
        with (
            pytest.raises(SettingsError, match=rf"^mine: .* already \(process {os.getpid()}\); .*--name$"),
            runs.hold(out),
        ):
            pass
        assert runs.live_pid(out) == os.getpid(), "who was refused has changed nothing"
    assert runs.live_pid(out) is None
    with runs.hold(out):
        pass


def test_looking_whether_a_run_goes_on_keeps_none_from_starting(tmp_path):
    out = tmp_path / "mine"
    with runs.hold(out):
        pass
    over = threading.Event()

    def look():
        while not over.is_set():
            runs.live_pid(out)

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(200):
            with runs.hold(out):
                pass
    finally:
        over.set()
        for looker in lookers:
            looker.join()


def test_a_lock_that_was_thrown_away_while_it_was_held_keeps_nobody_out(tmp_path):
    with hold(tmp_path / "run"):
        (tmp_path / "run" / "lock").unlink()
        with hold(tmp_path / "run"):
            pass


def test_runs_are_listed_newest_first_and_what_is_damaged_is_passed_over(tmp_path):
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


def test_a_journal_is_read_by_whole_lines_and_on_from_where_it_was(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"event": "a"}\nno json\n[1]\n{"event": 3}\n\xff\n{"event": "b"}\n{"event": "c"')
    events, offset = runs.read_events(file)
    assert [event["event"] for event in events] == ["a", "b"]
    with file.open("ab") as more:
        more.write(b"}\n")
    events, offset = runs.read_events(file, offset)
    assert [event["event"] for event in events] == ["c"]
    assert runs.read_events(file, offset) == ([], offset)
    file.write_bytes(b'{"event": "anew"}\n')
    assert runs.read_events(file, offset)[0] == [{"event": "anew"}]
    assert runs.read_events(tmp_path / "gone") == ([], 0)


def test_throwing_a_run_away_removes_all_that_it_has_written(tmp_path):
    out = tmp_path / "mine"
    a_model(out)
    a_model(runs.epochs_folder(out) / "0001")
    journal_of(out, {"event": "saved"})
    state_file(out).touch()
    (run,) = runs.list_runs(tmp_path)
    runs.discard_run(run)
    assert not list(tmp_path.iterdir())


def test_throwing_a_run_away_leaves_a_model_that_it_has_not_written_and_files_that_nobody_here_knows(tmp_path):
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


def test_a_run_that_goes_on_isnt_thrown_away(tmp_path):
    out = tmp_path / "mine"
    journal_of(out, {"event": "saved"})
    with runs.hold(out), pytest.raises(TrainingError, match="mine: it is being trained; stop it first"):
        runs.discard_run(runs.list_runs(tmp_path)[0])
    assert runs.events_file(out).exists()


def test_stopping_a_run_is_an_interrupt_to_the_process_that_holds_its_lock(tmp_path):
    out = tmp_path / "mine"
    journal_of(out, {"event": "loading"})
    # Were it Python's to hear, an interrupt just before the pause would only be heard after it.
    script = "import sys, signal\nfrom pathlib import Path\nfrom charrnn_engine.runs import runs\n" \
             "signal.signal(signal.SIGINT, signal.SIG_DFL)\n" \
             "with runs.hold(Path(sys.argv[1])):\n    print(flush=True)\n    signal.pause()"  # fmt: skip
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
    runs.stop_run(run)  # nobody is there any more: nobody is signalled
    assert runs.live_pid(out) is None


def test_the_last_good_checkpoint_is_the_best_else_the_last_epoch_that_is_still_there(tmp_path):
    out = tmp_path / "mine"
    first, second = (runs.epochs_folder(out) / name for name in ("0001", "0002"))
    a_model(first)
    epochs = [{"event": "epoch", "checkpoint": str(path)} for path in (first, second)]
    journal_of(out, *epochs, {"event": "epoch", "checkpoint": None})
    assert runs.last_checkpoint(out) == first
    a_model(out)
    assert runs.last_checkpoint(out) == first, "a model that stood there before isn't the run's"
    journal_of(out, *epochs, {"event": "saved"})
    assert runs.last_checkpoint(out) == out


def test_the_end_of_a_log_is_shown_whatever_is_in_it(tmp_path):
    log = tmp_path / "log.txt"
    log.write_bytes(b"\xff\n" + b"".join(b"line %d\n" % n for n in range(90_000)))
    assert runs.tail(log, 2) == "line 89998\nline 89999"
    assert runs.tail(tmp_path / "gone") == ""


def test_what_a_killed_run_was_writing_goes_and_nothing_else_does(tmp_path):
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
    scratch = runs.run_folder(out) / "scratch-abcd1234"
    scratch.mkdir()
    (scratch / "half.keras").touch()
    (tmp_path / ".mine.training-abcd1234.tmp").touch()
    leftovers.remove_half_written(out)
    assert not any(path.exists() for path in (*half, scratch, tmp_path / ".mine.training-abcd1234.tmp"))
    assert all(path.exists() for path in (*whole, foreign / "precious.txt"))


def test_a_run_that_never_began_leaves_nothing_unless_somebody_should_read_it(tmp_path):
    out = tmp_path / "mine"
    with runs.hold(out):
        runs.log_file(out).touch()
        runs.forget_unbegun(out)
    assert not list(tmp_path.iterdir())
    with runs.hold(out):
        runs.log_file(out).write_text("it crashed", encoding="utf-8")
        runs.forget_unbegun(out)
    assert runs.log_file(out).exists()


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_journal_keeps_every_event_with_its_time_and_ever_fewer_steps(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("charrnn_engine.runs.journal.time.time", lambda: now[0])
    file = tmp_path / "events.jsonl"
    journal = Journal(file, fresh=True)
    for tick in range(400_000):  # more than a day of five steps a second
        now[0] += 0.25
        journal.write({"event": "step", "step": tick})
    journal.write({"event": "epoch"})
    journal.write({"event": "epoch"})
    written = lines(file)
    steps = [event for event in written if event["event"] == "step"]
    assert [event["event"] for event in written[-2:]] == ["epoch", "epoch"]
    assert 1000 < len(steps) < 2700
    assert steps[1]["time"] - steps[0]["time"] == 1.0
    resumed = Journal(file, fresh=False)
    for tick in range(8):
        now[0] += 1.0
        resumed.write({"event": "step", "step": tick})
    assert len(lines(file)) == len(written) + 1, "it stays as rare as it was"


def test_a_journal_that_was_cut_short_goes_on_with_a_line_of_its_own(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"event": "a"}\n{"eve')
    Journal(file, fresh=False).write({"event": "b"})
    assert [event["event"] for event in runs.read_events(file)[0]] == ["a", "b"]
    Journal(file, fresh=True).write({"event": "c"})
    assert [event["event"] for event in runs.read_events(file)[0]] == ["c"]


def test_names_that_utf_8_cant_hold_are_written_down_all_the_same(tmp_path):
    file = tmp_path / "events.jsonl"
    Journal(file, fresh=True).write({"event": "start", "folder": os.fsdecode(b"caf\xe9"), "corpus": "é"})
    (event,) = runs.read_events(file)[0]
    assert os.fsencode(event["folder"]) == b"caf\xe9"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
def test_a_journal_on_a_full_disk_is_noticed_and_not_raised():
    from pathlib import Path

    journal = Journal(Path("/dev/full"), fresh=True)
    journal.write({"event": "epoch"})
    assert "/dev/full: it can't be written (No space left on device)" in journal.problem
