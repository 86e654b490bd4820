"""Commands make a run wait, continue, end, or outlive the process that started it."""

import io
import os
import threading

import pytest

from charrnn_engine.runs.journal import Journal, read_events
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


def test_a_pause_lasts_until_resume():
    control = Control()
    control.ask("pause")
    assert control.pausing
    control.ask("resume")
    assert not control.pausing
    control.wait()


def test_a_stop_ends_a_pause_and_none_begins_after_it():
    control = Control()
    control.ask("pause")
    control.ask("stop")
    assert (control.stopping, control.pausing) == (True, False)
    control.ask("pause")
    assert not control.pausing


def test_a_stop_ends_a_run_at_once_only_before_it_has_begun():
    left = []
    control = Control(lambda: left.append(True))
    control.ask("stop")
    assert left == [True]
    control = Control(lambda: left.append(True))
    control.begin()
    control.ask("stop")
    assert left == [True]
    assert control.stopping


def test_commands_are_lines_in_any_pieces_and_anything_else_is_ignored(commands):
    control, pipe = commands
    for piece in (b'\xff\n[]\n{}\n{"command": 3}\n', b'{"comm', b'and": "detach"}\n{"command": "pause"}\n'):
        pipe.write(piece)
    pipe.write(b'{"command": "resume"}\n{"command": "stop"}\n')
    assert control.left.wait(20)
    assert control.detached
    assert control.stopping


def test_the_end_of_the_commands_is_a_stop(commands):
    control, pipe = commands
    pipe.close()
    assert control.left.wait(20)
    assert control.stopping


def test_a_detached_run_outlives_the_end_of_the_commands():
    control = Control()
    control.ask("detach")
    control.ask("gone")
    assert not control.stopping
    control.ask("stop")
    assert control.stopping


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def test_events_that_nobody_reads_are_kept_in_the_journal(tmp_path):
    reporter = Reporter(Gone())
    reporter.journal = Journal(tmp_path / "events.jsonl", fresh=True)
    reporter.emit("paused")
    reporter.emit("finished", reason="done", best=float("nan"))
    assert reporter.gone
    events, _ = read_events(tmp_path / "events.jsonl")
    assert [event["event"] for event in events] == ["paused", "finished"]
    assert events[1]["best"] is None
