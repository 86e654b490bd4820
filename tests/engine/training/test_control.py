"""What is asked of a run: to wait, to go on, to end, and to outlive who started it; and what it says of its end."""

import io
import itertools
import os
import threading

import pytest

from charrnn_engine.runs import launch
from charrnn_engine.runs.errors import CorpusError, SettingsError, TrainingError
from charrnn_engine.runs.failures import explain, import_failure
from charrnn_engine.runs.runs import read_events
from charrnn_engine.runs.saved_epochs import Budget, superfluous
from charrnn_engine.training.commands import Control
from charrnn_engine.training.events import Reporter


@pytest.fixture
def commands(monkeypatch):
    """A control that listens, and the end of the pipe that commands are written to."""
    monkeypatch.setattr("charrnn_engine.training.commands.signal.signal", lambda *_: None)
    left = threading.Event()
    reading, writing = os.pipe()
    control = Control(left.set)
    control.left = left
    control.watch(reading)
    pipe = os.fdopen(writing, "wb", buffering=0)
    yield control, pipe
    pipe.close()


def test_a_pause_lasts_until_it_is_told_to_go_on():
    control = Control()
    control.ask("pause")
    assert control.pausing
    control.ask("resume")
    assert not control.pausing
    control.wait()


def test_a_wish_to_stop_ends_a_pause_and_none_begins_after_it():
    control = Control()
    control.ask("pause")
    control.ask("stop")
    assert (control.stopping, control.pausing) == (True, False)
    control.ask("pause")
    assert not control.pausing


def test_a_run_that_has_not_begun_leaves_at_once_and_one_that_has_is_left_to_end_itself():
    left = []
    control = Control(lambda: left.append(True))
    control.ask("stop")
    assert left == [True]
    control = Control(lambda: left.append(True))
    control.begin()
    control.ask("stop")
    assert left == [True]
    assert control.stopping


def test_commands_come_as_lines_in_any_pieces_and_rubbish_is_passed_over(commands):
    control, pipe = commands
    for piece in (b'\xff\n[]\n{}\n{"command": 3}\n', b'{"comm', b'and": "detach"}\n{"command": "pause"}\n'):
        pipe.write(piece)
    pipe.write(b'{"command": "resume"}\n{"command": "stop"}\n')
    assert control.left.wait(20)
    assert control.detached
    assert control.stopping


def test_the_end_of_the_commands_is_a_wish_to_stop(commands):
    control, pipe = commands
    pipe.close()
    assert control.left.wait(20)
    assert control.stopping


def test_who_is_detached_outlives_the_end_of_the_commands():
    control = Control()
    control.ask("detach")
    control.ask("gone")
    assert not control.stopping
    control.ask("stop")
    assert control.stopping


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def test_what_is_said_to_nobody_stands_in_the_journal(tmp_path):
    from charrnn_engine.runs.journal import Journal

    reporter = Reporter(Gone())
    reporter.journal = Journal(tmp_path / "events.jsonl", fresh=True)
    reporter.emit("paused")
    reporter.emit("finished", reason="done", best=float("nan"))
    assert reporter.gone
    events, _ = read_events(tmp_path / "events.jsonl")
    assert [event["event"] for event in events] == ["paused", "finished"]
    assert events[1]["best"] is None


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


@pytest.mark.parametrize(
    ("error", "kind", "code", "said"),
    [
        (CorpusError("a.txt: gone"), "corpus", 2, "a.txt: gone"),
        (SettingsError("--lr is 0"), "settings", 2, "--lr is 0"),
        (TrainingError("it diverged", "nan"), "nan", 1, "it diverged"),
        (MemoryError(), "memory", 1, "ran out of memory; a smaller --batch"),
        (ResourceExhaustedError("OOM"), "memory", 1, "ran out of memory"),
        (RuntimeError("std::bad_alloc"), "memory", 1, "ran out of memory"),
        (OSError(28, "No space left on device"), "disk", 1, "the disk refuses (No space left on device)"),
        (OSError(30, "Read-only file system", "/x/y"), "disk", 1, "/x/y: the disk refuses"),
        (ValueError("one\ntwo"), "other", 1, "training failed, ValueError: one"),
        (
            import_failure(ImportError("libfoo.so: no such file")),
            "tensorflow",
            1,
            "doesn't start (ImportError: libfoo",
        ),
    ],
)
def test_every_failure_is_a_line_of_its_kind(error, kind, code, said):
    failure = explain(error)
    assert (failure.kind, failure.code) == (kind, code)
    assert said in failure.message
    assert "\n" not in failure.message


@pytest.mark.parametrize(
    ("code", "log", "said"),
    [
        (-9, "anything", "was killed (SIGKILL): most often because memory ran out"),
        (-4, "", "instructions that this processor lacks"),
        (-6, "terminate called after throwing an instance of 'std::bad_alloc'\n", "ran out of memory"),
        (-11, "Fatal: so\n\nE0000 00:00:1 cuda_platform.cc:52] failed call to cuInit\n", "signal SIGSEGV: Fatal: so"),
        (3, "", "exit code 3"),
        (-250, "", "signal 250"),
    ],
)
def test_a_process_that_died_without_a_word_is_told_of_in_a_line(code, log, said):
    words = launch.last_words(code, log)
    assert said in words
    assert "\n" not in words
    assert "cuInit" not in words, "what TensorFlow always says is no reason"


@pytest.mark.parametrize("most", [2, 3, 4, 24])
@pytest.mark.parametrize("best", [1, 13, 100])
def test_of_many_epochs_the_first_the_best_the_last_and_an_even_choice_stay(most, best):
    kept = []
    for epoch in range(101):
        kept.append(epoch)
        for gone in superfluous(kept, most, min(best, epoch)):
            kept.remove(gone)
        assert len(kept) <= most
        assert kept[-1] == epoch
    assert kept[0] == 0
    assert most < 3 or best in kept
    assert most < 24 or max(b - a for a, b in itertools.pairwise(kept)) <= 9


def test_one_kept_epoch_is_the_last_and_none_is_none():
    assert superfluous([0, 1, 2], 1, 1) == [1, 0]
    assert superfluous([0, 1], 0, 1) == [0, 1]


def test_a_budget_is_kept_to():
    budget = Budget(0.1)
    assert budget.allows(0.0)
    budget.spend(2.0)
    assert not budget.allows(39.0)
    assert budget.allows(40.0)
