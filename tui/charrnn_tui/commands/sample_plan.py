"""What `charrnn-tui sample` writes: which texts, in which order, how long. Knows no options and draws nothing."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from charrnn_engine import Controls, Request


class Start(NamedTuple):
    """The prompt, and what the output shows of it: nothing for a default prompt, which nobody typed."""

    prompt: str
    shown: str


@dataclass(frozen=True)
class Plan:
    """Every start under all the controls, `samples` times with seeds counted up from `seed`. Never empty."""

    starts: tuple[Start, ...]
    controls: tuple[Controls, ...]
    seed: int
    samples: int
    limit: int | None
    """Characters after which a text is cut."""
    endless: bool
    best: int = 1
    """Of so many texts, one after the other, only the best is kept. `samples` is a multiple of it."""
    by: str = "bits"
    """What is best: see `charrnn_tui.commands.sample_best`."""

    @property
    def count(self) -> int:
        """Number of texts."""
        return len(self.controls) * len(self.starts) * self.samples

    @property
    def max_tokens(self) -> int | None:
        """Tokens after which a text has reached its limit, as each is a character at least."""
        return None if self.limit is None else min(self.limit, sys.maxsize)

    def start(self, number: int) -> Start:
        """Of text `number`, from 0."""
        return self.starts[number // self.samples % len(self.starts)]

    def request(self, number: int) -> Request:
        """What the engine is asked for as text `number`, from 0."""
        controls = self.controls[number // self.samples // len(self.starts)]
        return Request(self.start(number).prompt, controls, self.seed + number % self.samples)


@dataclass
class Sample:
    """A text that was asked for. The last three fields are known once all `pieces` have been read."""

    start: Start
    controls: Controls
    seed: int
    pieces: Iterable[str]
    """What follows the prompt."""
    ended: bool = False
    """Whether the model ended it, with `<eos>`."""
    characters: int = 0
    """Written after the prompt; `<eos>` counts as one."""
    bits: float = 0.0
    """How surprising they were to the model, before the controls; infinite where one was impossible."""
