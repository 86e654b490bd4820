"""What is known of a training run, from the events that it reports. Knows no process and no widget.

Losses are in bits per token: per character, or per word of a word-level model.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

_NAT = math.log(2)
_RECENT = 10  # reports of a step; they come a few times a second
_INTERIM_KEPT = 20  # texts within epochs, in a whole run


class RunState(Enum):
    """What a run is doing, or how it has ended; the value is the word that a user reads."""

    STARTING = "starting"
    TRAINING = "training"
    VALIDATING = "validating"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"

    @property
    def over(self) -> bool:
        return self in (RunState.DONE, RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED)


@dataclass(frozen=True)
class Epoch:
    """An epoch that has ended; number 0 is the untrained network. `step` counts from the start of the run."""

    number: int
    step: int
    validation: float | None
    best: bool
    checkpoint: str | None


@dataclass(frozen=True)
class RunSample:
    """A text that the model wrote after an epoch or within one, or the `problem` that kept it from writing. `bits` is
    the training loss, for a text within an epoch."""

    epoch: int
    step: int
    prompt: str
    temperature: float
    text: str
    problem: str | None
    bits: float | None = None


@dataclass
class RunHistory:
    """`add` takes one event after the other, those of a resumed run too."""

    name: str = ""
    unit: str = "character"
    state: RunState = RunState.STARTING
    message: str = ""
    """What the process is doing before the first step, or why it ended."""
    checkpoint: str | None = None
    """The last good checkpoint of a run that has failed."""
    uniform_bits: float | None = None
    unigram_bits: float | None = None
    total_steps: int = 0
    total_epochs: int = 0
    step: int = 0
    epoch: int = 0
    rate: float | None = None
    learning_rate: float | None = None
    seconds_left: float | None = None
    seconds: float | None = None
    validated: float = 0.0
    """How much of the present validation is done, 0 to 1."""
    steps: list[int] = field(default_factory=list)
    bits: list[float] = field(default_factory=list)
    """The training loss at each of `steps`."""
    epochs: list[Epoch] = field(default_factory=list)
    samples: list[RunSample] = field(default_factory=list)
    """After every epoch, and within long epochs."""
    interim: RunSample | None = None
    """The latest text within an epoch."""
    partial: list[tuple[int, float]] = field(default_factory=list)
    """Validation losses on a part, at steps within an epoch."""
    warnings: list[str] = field(default_factory=list)

    @property
    def validations(self) -> list[tuple[int, float]]:
        """The validation loss at each step where it was measured, in full or on a part."""
        whole = [(epoch.step, epoch.validation) for epoch in self.epochs if epoch.validation is not None]
        return sorted([*whole, *self.partial])

    @property
    def loss(self) -> float | None:
        """The training loss, as the mean of the last few reports."""
        last = self.bits[-_RECENT:]
        return sum(last) / len(last) if last else None

    @property
    def fraction(self) -> float:
        """How much of the run is done, 0 to 1."""
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0

    @property
    def best(self) -> Epoch | None:
        """The epoch with the lowest validation loss."""
        measured = [epoch for epoch in self.epochs if epoch.validation is not None and epoch.number > 0]
        return min(measured, key=lambda epoch: epoch.validation or math.inf, default=None)

    def add(self, event: Mapping[str, Any]) -> None:
        """Adds one event; unknown events and fields are ignored."""
        # Spelled out: a journal is a file, and must not choose what is called.
        match event.get("event"):
            case "loading":
                self.state, self.message = RunState.STARTING, str(event.get("message", ""))
            case "start":
                self._start(event)
            case "step":
                self._step(event)
            case "validating":
                self.state = RunState.VALIDATING
                done, total = _number(event, "done") or 0.0, _number(event, "total")
                self.validated = min(1.0, max(0.0, done / total)) if total else 0.0
            case "epoch":
                self._epoch(event)
            case "sample":
                self.samples.append(_sample(event, None))
            case "interim":
                self._interim(event)
            case "warning":
                self.warnings.append(str(event.get("message", "")))
            case "paused":
                self.state = RunState.PAUSED
            case "resumed":
                self.state = RunState.TRAINING
            case "finished":
                self._finished(event)
            case "error":
                self.state, self.message = RunState.FAILED, str(event.get("message", "training failed"))
                self.checkpoint = _text(event, "checkpoint")
            case "gone" if not self.state.over:  # the process has ended without an event of its own
                self.state, self.message = RunState.INTERRUPTED, str(event.get("message", ""))

    def _start(self, event: Mapping[str, Any]) -> None:
        self.state, self.message, self.checkpoint = RunState.TRAINING, "", None
        self.name = str(event.get("name", ""))
        self.unit = "word" if event.get("level") == "word" else "character"
        self.uniform_bits, self.unigram_bits = _number(event, "uniform_bits"), _number(event, "unigram_bits")
        self.total_steps, self.total_epochs = _whole(event, "steps"), _whole(event, "epochs")
        # A run that was killed repeats the steps after this one when it is resumed.
        self.step = done = _whole(event, "done")
        kept = sum(step <= done for step in self.steps)
        del self.steps[kept:], self.bits[kept:]
        self.epochs = [epoch for epoch in self.epochs if epoch.step <= done]
        self.samples = [sample for sample in self.samples if sample.step <= done]
        self.partial = [(step, bits) for step, bits in self.partial if step <= done]
        self.interim = None
        self.epoch = max((epoch.number for epoch in self.epochs), default=0)

    def _step(self, event: Mapping[str, Any]) -> None:
        self.state = RunState.TRAINING
        self.step, self.epoch = _whole(event, "step"), _whole(event, "epoch")
        self.rate, self.learning_rate = _number(event, "rate"), _number(event, "learning_rate")
        self.seconds_left = _number(event, "seconds_left")
        bits = _number(event, "bits")
        if bits is not None and (not self.steps or self.step > self.steps[-1]):
            self.steps.append(self.step)
            self.bits.append(bits)

    def _epoch(self, event: Mapping[str, Any]) -> None:
        validation = event.get("validation")
        nats = _number(validation, "nats_per_token") if isinstance(validation, Mapping) else None
        epoch = Epoch(
            number=_whole(event, "epoch"),
            step=_whole(event, "step"),
            validation=None if nats is None else nats / _NAT,
            best=bool(event.get("best")),
            checkpoint=_text(event, "checkpoint"),
        )
        self.epochs = [*(known for known in self.epochs if known.number != epoch.number), epoch]
        self.step, self.epoch = max(self.step, epoch.step), epoch.number
        if self.state is RunState.VALIDATING:
            self.state = RunState.TRAINING
        self.seconds = _number(event, "seconds")

    def _interim(self, event: Mapping[str, Any]) -> None:
        self.interim = sample = _sample(event, self.loss)
        last = self.samples[-1].step if self.samples else 0
        if self.total_steps and sample.step - last >= self.total_steps / _INTERIM_KEPT:
            self.samples.append(sample)
        nats = _number(event, "validation")
        if nats is not None:
            self.partial.append((sample.step, nats / _NAT))

    def _finished(self, event: Mapping[str, Any]) -> None:
        reason = event.get("reason")
        self.state = RunState.STOPPED if reason == "interrupted" else RunState.DONE
        self.message = "" if reason in ("interrupted", "done") else str(reason)
        self.seconds, self.seconds_left = _number(event, "seconds"), None
        if reason == "done":
            self.step = self.total_steps


def _sample(event: Mapping[str, Any], bits: float | None) -> RunSample:
    return RunSample(
        _whole(event, "epoch"), _whole(event, "step"), str(event.get("prompt", "")),
        _number(event, "temperature") or 0.0, str(event.get("text", "")), _text(event, "problem"), bits,
    )  # fmt: skip


def _text(event: Mapping[str, Any], name: str) -> str | None:
    value = event.get(name)
    return value if isinstance(value, str) and value else None


def _number(event: Mapping[str, Any], name: str) -> float | None:
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _whole(event: Mapping[str, Any], name: str) -> int:
    return int(_number(event, name) or 0)
