"""What a run reports is kept, on any disk, and can be read while it is written."""

import json
import os
from pathlib import Path

import pytest

from charrnn_engine.runs.journal import Journal, read_events


def test_whole_lines_of_a_journal_are_read_from_an_offset_on(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"event": "a"}\nno json\n[1]\n{"event": 3}\n\xff\n{"event": "b"}\n{"event": "c"')
    events, offset = read_events(file)
    assert [event["event"] for event in events] == ["a", "b"]
    with file.open("ab") as more:
        more.write(b"}\n")
    events, offset = read_events(file, offset)
    assert [event["event"] for event in events] == ["c"]
    assert read_events(file, offset) == ([], offset)
    file.write_bytes(b'{"event": "anew"}\n')
    assert read_events(file, offset)[0] == [{"event": "anew"}]
    assert read_events(tmp_path / "gone") == ([], 0)


def lines(file):
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_every_event_is_kept_with_its_time_and_ever_fewer_steps(tmp_path, monkeypatch):
    now = [1000.0]
    set_back = 0.0
    monkeypatch.setattr("charrnn_engine.runs.journal.time.time", lambda: now[0] - set_back)
    monkeypatch.setattr("charrnn_engine.runs.journal.time.monotonic", lambda: now[0])
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
    set_back = 1e9  # by a clock that was wrong
    resumed = Journal(file, fresh=False)
    for tick in range(8):
        now[0] += 1.0
        resumed.write({"event": "step", "step": tick})
    assert len(lines(file)) == len(written) + 1, "steps stay as rare as they were"


def test_a_line_that_was_cut_short_is_ended_before_the_next_one(tmp_path):
    file = tmp_path / "events.jsonl"
    file.write_bytes(b'{"event": "a"}\n{"eve')
    Journal(file, fresh=False).write({"event": "b"})
    assert [event["event"] for event in read_events(file)[0]] == ["a", "b"]
    Journal(file, fresh=True).write({"event": "c"})
    assert [event["event"] for event in read_events(file)[0]] == ["c"]


def test_names_that_utf_8_cant_hold_are_written_down_all_the_same(tmp_path):
    file = tmp_path / "events.jsonl"
    Journal(file, fresh=True).write({"event": "start", "folder": os.fsdecode(b"caf\xe9"), "corpus": "é"})
    (event,) = read_events(file)[0]
    assert os.fsencode(event["folder"]) == b"caf\xe9"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
def test_a_full_disk_is_reported_and_not_raised():
    journal = Journal(Path("/dev/full"), fresh=True)
    assert "/dev/full: it can't be written (No space left on device)" in journal.write({"event": "epoch"})
