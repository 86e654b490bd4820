"""What is known of a training run, folded from the events it has told. Knows no process and no widget.

Losses are in bits per token: characters, or words of a model of words.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

_NAT = math.log(2)


class RunState(Enum):
    """Where a run stands; the value is the word for it."""

    STARTING = "starting"
    TRAINING = "training"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    BROKEN_OFF = "broken off"

    @property
    def over(self) -> bool:
        return self in (RunState.DONE, RunState.STOPPED, RunState.FAILED, RunState.BROKEN_OFF)


@dataclass(frozen=True)
class Epoch:
    """An epoch that has ended; number 0 is the network before it has learnt. `step` counts from the run's start."""

    number: int
    step: int
    training: float | None
    validation: float | None
    best: bool
    checkpoint: str | None


@dataclass(frozen=True)
class RunSample:
    """A text that the model wrote after an epoch; `problem` says why it couldn't."""

    epoch: int
    step: int
    prompt: str
    temperature: float
    text: str
    problem: str | None


@dataclass
class RunHistory:
    """`add` takes one event after the other, also of a run that was resumed."""

    name: str = ""
    folder: str = ""
    unit: str = "character"
    state: RunState = RunState.STARTING
    said: str = ""
    """What the process does before the first step, or why it ended."""
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
    steps: list[int] = field(default_factory=list)
    bits: list[float] = field(default_factory=list)
    """The training loss at each of `steps`."""
    epochs: list[Epoch] = field(default_factory=list)
    samples: list[RunSample] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def fraction(self) -> float:
        """How much of the run is done, 0 to 1."""
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0

    @property
    def best(self) -> Epoch | None:
        """The epoch with the lowest validation loss."""
        measured = [epoch for epoch in self.epochs if epoch.validation is not None and epoch.number > 0]
        return min(measured, key=lambda epoch: epoch.validation or math.inf, default=None)

    @property
    def playable(self) -> list[Epoch]:
        """The epochs that were kept as checkpoints."""
        return [epoch for epoch in self.epochs if epoch.checkpoint]

    def add(self, event: Mapping[str, Any]) -> None:
        """Takes one event in; kinds and fields that it doesn't know are passed over."""
        taken = getattr(self, f"_{event.get('event')}", None)
        if taken is not None:
            taken(event)

    def broken_off(self, why: str) -> None:
        """The process has gone without a last word."""
        if not self.state.over:
            self.state, self.said = RunState.BROKEN_OFF, why

    # -- events --------------------------------------------------------------------------------------------------

    def _loading(self, event: Mapping[str, Any]) -> None:
        self.state, self.said = RunState.STARTING, str(event.get("message", ""))

    def _start(self, event: Mapping[str, Any]) -> None:
        self.state, self.said, self.checkpoint = RunState.TRAINING, "", None
        self.name, self.folder = str(event.get("name", "")), str(event.get("folder", ""))
        self.unit = "word" if event.get("level") == "word" else "character"
        self.uniform_bits, self.unigram_bits = _number(event, "uniform_bits"), _number(event, "unigram_bits")
        self.total_steps, self.total_epochs = _whole(event, "steps"), _whole(event, "epochs")
        self._go_back_to(_whole(event, "done"))

    def _go_back_to(self, done: int) -> None:
        """What a run that was killed had learnt after it last saved itself is learnt again."""
        self.step = done
        kept = sum(step <= done for step in self.steps)
        del self.steps[kept:], self.bits[kept:]
        self.epochs = [epoch for epoch in self.epochs if epoch.step <= done]
        self.samples = [sample for sample in self.samples if sample.step <= done]
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
        validation, training = event.get("validation"), _number(event, "training")
        nats = _number(validation, "nats_per_token") if isinstance(validation, Mapping) else None
        checkpoint = event.get("checkpoint")
        epoch = Epoch(
            number=_whole(event, "epoch"),
            step=_whole(event, "step"),
            training=None if training is None else training / _NAT,
            validation=None if nats is None else nats / _NAT,
            best=bool(event.get("best")),
            checkpoint=checkpoint if isinstance(checkpoint, str) else None,
        )
        self.epochs = [*(known for known in self.epochs if known.number != epoch.number), epoch]
        self.step, self.epoch = max(self.step, epoch.step), epoch.number
        self.seconds = _number(event, "seconds")

    def _sample(self, event: Mapping[str, Any]) -> None:
        problem = event.get("problem")
        self.samples.append(
            RunSample(
                _whole(event, "epoch"), _whole(event, "step"), str(event.get("prompt", "")),
                _number(event, "temperature") or 0.0, str(event.get("text", "")), str(problem) if problem else None,
            )
        )  # fmt: skip

    def _warning(self, event: Mapping[str, Any]) -> None:
        self.warnings.append(str(event.get("message", "")))

    def _paused(self, event: Mapping[str, Any]) -> None:
        self.state = RunState.PAUSED

    def _resumed(self, event: Mapping[str, Any]) -> None:
        self.state = RunState.TRAINING

    def _finished(self, event: Mapping[str, Any]) -> None:
        reason = event.get("reason")
        self.state = RunState.STOPPED if reason == "interrupted" else RunState.DONE
        self.said = "" if reason in ("interrupted", "done") else str(reason)
        self.seconds, self.seconds_left = _number(event, "seconds"), None
        if self.state is RunState.DONE and reason == "done":
            self.step = self.total_steps

    def _error(self, event: Mapping[str, Any]) -> None:
        self.state, self.said = RunState.FAILED, str(event.get("message", "it failed"))
        checkpoint = event.get("checkpoint")
        self.checkpoint = checkpoint if isinstance(checkpoint, str) else None


def _number(event: Mapping[str, Any], name: str) -> float | None:
    value = event.get(name)
    ordinary = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if ordinary else None  # type: ignore[arg-type]


def _whole(event: Mapping[str, Any], name: str) -> int:
    return int(_number(event, name) or 0)
