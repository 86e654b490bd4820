"""Estimates are measured by a process, kept, and scaled by epochs; the process ends when nothing is wanted of it."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from charrnn_engine.runs.settings import CorpusSettings, NetworkSettings, TrainingSettings
from charrnn_tui.train.setup.estimates import Estimates, key_of
from charrnn_tui.ui.formats import rough_duration, size_text

FILE = (9, 1)

# Says what each test wants, and then waits for the end of its standard input.
SPEAKER = 'test $# = 0 || printf "%s\\n" "$@"; exec cat'


class Speaker:
    """Stands in for the process that measures: `says` makes the lines of the settings that are asked for."""

    def __init__(self, says: Callable[[list[TrainingSettings]], list[dict[str, Any]]]) -> None:
        self.says = says
        self.asked: list[list[TrainingSettings]] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.news = threading.Semaphore(0)
        self.estimates = Estimates(self.news.release, self.measure)

    def measure(self, settings: list[TrainingSettings]) -> "subprocess.Popen[bytes]":
        self.asked.append(settings)
        lines = [json.dumps(line) for line in self.says(settings)]
        process = subprocess.Popen(["sh", "-c", SPEAKER, "-", *lines], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.processes.append(process)
        return process

    def hear(self, times: int = 1) -> None:
        for _ in range(times):
            assert self.news.acquire(timeout=20)


def estimate(index: int, **changes: Any) -> dict[str, Any]:
    figures = {"seconds": 100.0, "start_seconds": 5.0, "rate": 9.0, "parameters": 10, "bytes": 2_000_000}
    return {"event": "estimate", "index": index, **figures, **changes}


@pytest.fixture
def speakers() -> Iterator[list[Speaker]]:
    made: list[Speaker] = []
    yield made
    for speaker in made:
        speaker.estimates.close()
        for process in speaker.processes:
            process.wait(20)


@pytest.fixture
def settings() -> TrainingSettings:
    return TrainingSettings(CorpusSettings("a.txt"), epochs=10)


def test_what_was_measured_is_kept_and_scaled_by_epochs(settings: TrainingSettings, speakers: list[Speaker]) -> None:
    speakers.append(speaker := Speaker(lambda asked: [{"event": "loading"}, estimate(0)]))
    assert speaker.estimates.of(settings, FILE) is None
    speaker.estimates.want([settings], FILE)
    speaker.hear()
    found = speaker.estimates.of(settings, FILE)
    assert found is not None
    assert (found.seconds, found.bytes, found.problem) == (105.0, 2_000_000, "")
    assert found.text == "≈ 1 min 40 s · 2.0 MB"
    half = speaker.estimates.of(replace(settings, epochs=5, out="elsewhere", seed=9, learning_rate=0.1), FILE)
    assert half is not None
    assert half.seconds == 55.0
    speaker.estimates.want([replace(settings, epochs=5)], FILE)
    assert len(speaker.asked) == 1, "nothing new is to be measured"


def test_what_changes_time_or_size_is_measured_again(settings: TrainingSettings) -> None:
    for change in ({"network": NetworkSettings(units=7)}, {"batch": 3}, {"half_weights": True}):
        assert key_of(replace(settings, **change), FILE) != key_of(settings, FILE)  # type: ignore[arg-type]
    assert key_of(settings, (5, 1)) != key_of(settings, (5, 2)), "the corpus has changed"


def test_a_problem_is_the_runs_own_where_the_measurement_says_so(
    settings: TrainingSettings, speakers: list[Speaker]
) -> None:
    speakers.append(speaker := Speaker(lambda asked: [{"event": "estimate", "index": 0, "problem": "too short"}]))
    speaker.estimates.want([settings], FILE)
    speaker.hear()
    found = speaker.estimates.of(settings, FILE)
    assert found is not None
    assert (found.problem, found.refused) == ("too short", True)


def test_a_process_that_dies_leaves_a_word_and_refuses_nothing(
    settings: TrainingSettings, speakers: list[Speaker]
) -> None:
    other = replace(settings, batch=3)
    speakers.append(speaker := Speaker(lambda asked: [estimate(0), estimate(17), {"event": "estimate"}]))
    speaker.estimates.want([settings, other], FILE)
    speaker.hear()
    speaker.processes[0].terminate()
    speaker.hear()
    found = speaker.estimates.of(other, FILE)
    assert found is not None
    assert (found.problem, found.refused) == ("The time can't be measured: the process ended", False)


def test_no_process_at_all_is_said(settings: TrainingSettings) -> None:
    def refuse(asked: list[TrainingSettings]) -> "subprocess.Popen[bytes]":
        raise OSError(12, "Cannot allocate memory")

    estimates = Estimates(lambda: None, refuse)
    estimates.want([settings], FILE)
    found = estimates.of(settings, FILE)
    assert found is not None
    assert "Cannot allocate memory" in found.problem


def test_other_estimates_end_the_process_and_the_same_ones_keep_it(
    settings: TrainingSettings, speakers: list[Speaker]
) -> None:
    other, third = replace(settings, batch=3), replace(settings, batch=4)
    speakers.append(speaker := Speaker(lambda asked: []))
    speaker.estimates.want([settings, other], FILE)
    speaker.estimates.want([other], FILE)
    assert len(speaker.processes) == 1, "it will measure that one too"
    speaker.estimates.want([third], FILE)
    assert speaker.processes[0].wait(20) != 0
    assert len(speaker.processes) == 2
    assert speaker.processes[1].poll() is None
    speaker.estimates.close()
    assert speaker.processes[1].wait(20) != 0
    assert speaker.estimates.of(third, FILE) is None, "what was given up is not known"
    speaker.estimates.want([third], FILE)
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
