"""A training run folded from its events."""

import math
from typing import Any

import pytest

from charrnn_tui.train.run.curves import thinned, ticks
from charrnn_tui.train.run.history import RunHistory, RunState

START: dict[str, Any] = {
    "event": "start", "name": "notes", "folder": "/models/notes", "level": "char",
    "epochs": 3, "steps": 30, "done": 0, "uniform_bits": 6.0, "unigram_bits": 4.5,
}  # fmt: skip


def step(number: int, bits: float = 3.0) -> dict[str, Any]:
    return {
        "event": "step", "step": number, "steps": 30, "epoch": 1 + number // 10, "bits": bits, "rate": 1000.0,
        "learning_rate": 0.004, "seconds_left": 12.0,
    }  # fmt: skip


def epoch(number: int, bits: float, checkpoint: str | None = None) -> dict[str, Any]:
    return {
        "event": "epoch", "epoch": number, "step": 10 * number, "training": 2.0 * math.log(2), "best": True,
        "validation": {"nats_per_token": bits * math.log(2)}, "seconds": 4.0, "checkpoint": checkpoint,
    }  # fmt: skip


def history_of(*events: dict[str, Any]) -> RunHistory:
    history = RunHistory()
    for event in events:
        history.add(event)
    return history


def test_a_run_is_what_its_events_say() -> None:
    history = history_of({"event": "loading", "message": "starting TensorFlow"})
    assert (history.state, history.message) == (RunState.STARTING, "starting TensorFlow")
    for event in (START, step(5), step(10), epoch(1, 2.5, "/epochs/0001")):
        history.add(event)
    assert history.state is RunState.TRAINING
    assert (history.name, history.uniform_bits, history.unigram_bits) == ("notes", 6.0, 4.5)
    assert (history.steps, history.bits) == ([5, 10], [3.0, 3.0])
    assert history.fraction == pytest.approx(1 / 3)
    (ended,) = history.epochs
    assert ended.validation == pytest.approx(2.5)
    assert ended.checkpoint == "/epochs/0001"


def test_the_best_epoch_is_the_lowest_validation_and_never_the_untrained_network() -> None:
    history = history_of(START, epoch(0, 1.0), epoch(1, 2.5), epoch(2, 2.1), epoch(3, 2.2))
    assert history.best is not None
    assert history.best.number == 2


def test_a_resumed_run_forgets_what_is_learnt_again() -> None:
    history = history_of(START, step(5), epoch(1, 2.5), step(15), epoch(2, 2.4), step(22))
    sample = {"event": "sample", "epoch": 2, "step": 20, "prompt": "", "temperature": 1.0, "text": "a"}
    history.add(sample)
    history.add({**START, "done": 12})
    assert history.steps == [5]
    assert [known.number for known in history.epochs] == [1]
    assert history.samples == []
    assert history.step == 12


def test_pausing_and_the_end() -> None:
    history = history_of(START, {"event": "paused"})
    assert history.state is RunState.PAUSED
    history.add({"event": "resumed"})
    assert history.state is RunState.TRAINING
    history.add({"event": "finished", "reason": "done", "seconds": 9.0})
    assert history.state is RunState.DONE
    assert history.fraction == 1.0
    assert history_of(START, {"event": "finished", "reason": "interrupted"}).state is RunState.STOPPED
    assert history_of(START, {"event": "finished", "reason": "early stopping"}).message == "early stopping"


def test_a_failure_is_kept_with_the_last_good_checkpoint() -> None:
    history = history_of(START, {"event": "error", "message": "the disk is full", "checkpoint": "/models/notes"})
    assert (history.state, history.message, history.checkpoint) == (
        RunState.FAILED, "the disk is full", "/models/notes",
    )  # fmt: skip


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": "unheard of"},
        {"event": "step", "step": None, "bits": "many"},
        {"event": "epoch", "epoch": 1, "validation": None, "training": None},
        {"event": "epoch", "epoch": 1, "validation": {"nats_per_token": None}, "checkpoint": 3},
        {"event": "sample"},
        {"event": "start", "done": None},
        {"event": "start", "steps": 10**400},
        {"event": ["step"]},
        {"event": "go_back_to", "done": 0},
    ],
)
def test_a_malformed_or_unknown_event_changes_no_losses(event: dict[str, Any]) -> None:
    history = history_of(START, event)
    assert history.bits == []


def test_validation_is_a_stage_of_its_own() -> None:
    history = history_of(START, step(10), {"event": "validating", "epoch": 1, "done": 3, "total": 4})
    assert (history.state, history.validated) == (RunState.VALIDATING, 0.75)
    history.add(epoch(1, 2.5))
    assert history.state is RunState.TRAINING
    history.add({"event": "validating"})
    history.add(step(11))
    assert history.state is RunState.TRAINING


def test_a_long_epoch_has_texts_and_validation_losses_within_it() -> None:
    history = history_of(START, epoch(0, 5.0))
    for number in range(1, 11):
        history.add(step(number, 3.0))
        report = {"event": "interim", "step": number, "prompt": "", "temperature": 0.6, "text": f"text {number}"}
        history.add({**report, "validation": 2.0 * math.log(2) if number == 5 else None})
    assert history.interim is not None
    assert (history.interim.text, history.interim.bits) == ("text 10", pytest.approx(3.0))
    assert [sample.step for sample in history.samples] == [2, 4, 6, 8, 10], "a twentieth of the run apart"
    assert history.validations == [(0, pytest.approx(5.0)), (5, pytest.approx(2.0))]
    history.add({**START, "done": 5})
    assert history.interim is None
    assert history.validations[-1][0] == 5


def test_a_process_that_ends_without_a_report_leaves_an_interrupted_run() -> None:
    gone = {"event": "gone", "message": "it has gone"}
    history = history_of(START, step(5), gone)
    assert (history.state, history.message) == (RunState.INTERRUPTED, "it has gone")
    assert history_of(START, {"event": "finished", "reason": "done"}, gone).state is RunState.DONE


def test_a_thinned_curve_keeps_its_mean_and_its_ends() -> None:
    steps = list(range(1, 1001))
    x, y = thinned(steps, [float(value) for value in steps], 10)
    assert len(x) == 10
    assert y.tolist() == x.tolist()
    assert y.mean() == pytest.approx(500.5)
    short_x, short_y = thinned([3, 9], [2.0, 1.0], 10)
    assert (short_x.tolist(), short_y.tolist()) == ([3, 9], [2.0, 1.0])


def test_ticks_are_round_numbers_and_no_more_than_there_is_room_for() -> None:
    assert ticks(0.2, 6.4, 4) == [2.0, 4.0, 6.0]
    assert ticks(0.2, 6.4, 8) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert ticks(2.05, 2.31, 3) == [2.1, 2.2, 2.3]
    assert len(ticks(0.0, 5.3, 1)) <= 2
