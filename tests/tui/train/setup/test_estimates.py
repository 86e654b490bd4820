"""An estimate is measured by a process, kept, and scaled by epochs; the process ends when nothing is wanted of it."""

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from charrnn_engine.runs.settings import CorpusSettings, NetworkSettings, TrainingSettings
from charrnn_tui.train.setup.estimates import Estimates, key_of
from charrnn_tui.ui.formats import rough_duration, size_text
from tests.tui.train.conftest import Measuring

FILE = (9, 1)


class Speaker(Measuring):
    """Estimates by what it says; `hear` waits for the next one."""

    def __init__(self) -> None:
        super().__init__()
        self.news = threading.Semaphore(0)
        self.estimates = Estimates(self.news.release, self)

    def hear(self) -> None:
        assert self.news.acquire(timeout=20)


@pytest.fixture
def speaker() -> Iterator[Speaker]:
    made = Speaker()
    yield made
    made.estimates.close()
    for process in made.processes:
        process.wait(20)


@pytest.fixture
def settings() -> TrainingSettings:
    return TrainingSettings(CorpusSettings("a.txt"), epochs=10)


def test_what_was_measured_is_kept_and_scaled_by_epochs(settings: TrainingSettings, speaker: Speaker) -> None:
    figures = {"event": "estimate", "seconds": 100.0, "start_seconds": 5.0, "rate": 9.0, "bytes": 2_000_000}
    speaker.lines = [{"event": "loading"}, {"event": "estimate"}, figures]
    assert speaker.estimates.of(settings, FILE) is None
    speaker.estimates.want(settings, FILE)
    speaker.hear()
    found = speaker.estimates.of(settings, FILE)
    assert found is not None
    assert (found.seconds, found.bytes, found.problem) == (105.0, 2_000_000, "")
    assert found.text == "1 min 40 s · 2.0 MB"
    half = speaker.estimates.of(replace(settings, epochs=5, out="elsewhere", seed=9, learning_rate=0.1), FILE)
    assert half is not None
    assert half.seconds == 55.0
    speaker.estimates.want(replace(settings, epochs=5), FILE)
    assert len(speaker.asked) == 1, "nothing new is to be measured"


def test_what_changes_time_or_size_is_measured_again(settings: TrainingSettings) -> None:
    for change in ({"network": NetworkSettings(units=7)}, {"batch": 3}, {"half_weights": True}):
        assert key_of(replace(settings, **change), FILE) != key_of(settings, FILE)  # type: ignore[arg-type]
    assert key_of(settings, (5, 1)) != key_of(settings, (5, 2)), "the corpus has changed"


@pytest.mark.parametrize(
    ("line", "said", "refused"),
    [
        ({"event": "error", "message": "too short", "kind": "corpus"}, "too short", True),
        ({"event": "error", "message": "no TensorFlow", "kind": "tensorflow"}, "no TensorFlow", False),
        ({"event": "loading"}, "The time can't be measured: the process ended", False),
    ],
)
def test_a_run_that_cant_be_is_refused_and_one_that_cant_be_measured_is_not(
    settings: TrainingSettings, speaker: Speaker, line: dict[str, Any], said: str, refused: bool
) -> None:
    speaker.lines = [line]
    speaker.estimates.want(settings, FILE)
    speaker.hear()
    found = speaker.estimates.of(settings, FILE)
    assert found is not None
    assert (found.problem, found.refused) == (said, refused)


def test_no_process_at_all_is_said(settings: TrainingSettings) -> None:
    def refuse(asked: TrainingSettings) -> "subprocess.Popen[bytes]":
        raise OSError(12, "Cannot allocate memory")

    estimates = Estimates(lambda: None, refuse)
    estimates.want(settings, FILE)
    found = estimates.of(settings, FILE)
    assert found is not None
    assert "Cannot allocate memory" in found.problem


def test_another_estimate_ends_the_process_and_the_same_one_keeps_it(
    settings: TrainingSettings, speaker: Speaker
) -> None:
    for batch in (3, 3, 4):
        speaker.estimates.want(replace(settings, batch=batch), FILE)
    first, second = speaker.processes
    assert first.wait(20) != 0
    assert second.poll() is None
    speaker.estimates.close()
    assert second.wait(20) != 0
    assert speaker.estimates.of(replace(settings, batch=4), FILE) is None, "what was given up is not known"
    speaker.estimates.want(settings, FILE)
    assert len(speaker.processes) == 2, "closed is closed"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "1 s"), (59.4, "59 s"), (70, "1 min 10 s"), (104, "1 min 40 s"), (120, "2 min"), (596, "10 min"),
        (1800, "30 min"), (6600, "1 h 50 min"), (7200, "2 h"), (40_000, "11 h"), (200_000, "2 days"),
    ],
)  # fmt: skip
def test_estimated_durations_have_two_figures(seconds: float, said: str) -> None:
    assert rough_duration(seconds) == said


def test_sizes_are_said_in_units_that_fit() -> None:
    assert [size_text(size) for size in (900, 1_400_000, 2_500_000_000)] == ["1 kB", "1.4 MB", "2.5 GB"]
