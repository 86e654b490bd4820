"""What a lane of a race has written: its text with the marks that colour it, and its figures. Knows no widgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from charrnn_engine.generation.prompts import encode_prompt
from charrnn_engine.generation.race import Lane, Stretch
from charrnn_engine.inside import Property
from charrnn_engine.inside.activations import texts_in
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.race.variation import MAX_LANES
from charrnn_tui.text.colouring import EOS_MARK, SURPRISE_BITS, surprise_scale, temperature_level
from charrnn_tui.text.wrapped_text import KEPT_CHARACTERS, WrappedText

RECENT = 1000
"""Repetition is measured in so many of the last characters."""
_REPEATED = 8  # characters in a row that count as repeated if they have occurred before
_MEASURED = 3000  # of the last tokens, for what the race's unit does
_KEPT = KEPT_CHARACTERS // MAX_LANES  # all lanes together keep as much as the play screen's text


@dataclass(frozen=True)
class Figures:
    """What is measured of a lane; None before anything has been drawn."""

    characters: int = 0
    bits_per_character: float | None = None
    """Surprisal under the model, before the controls."""
    entropy: float | None = None
    """Mean, in bits, of the model's distribution before the controls."""
    repetition: float | None = None
    """Share of the recent text that has occurred before, counted in sequences of eight characters."""
    distinct: int = 0
    """Different characters so far."""
    what: Property | None = None
    """The property that the unit held in this race was found for."""
    followed: float | None = None
    """That property's figure in the recent text, as far as its controls are the same."""


class LaneText(NamedTuple):
    """The text of a lane, to continue it elsewhere. `tokens` are its first ids, each with its controls."""

    model: CharRNN
    prompt: str
    seed: int
    controls: Controls
    """For the next token."""
    tokens: list[tuple[int, Controls]]
    playing: bool


class LaneOutput:
    """Turns a lane's stretches into characters and marks, and measures them.

    `page` holds the text for whichever widget shows it; the widget adds to it what `take` returns.
    """

    def __init__(self, lane: Lane, what: Property | None = None) -> None:
        """`what` is another property of the text to measure."""
        self.lane = lane
        self._what = what
        self._under: Controls | None = None
        self._measured: list[int] = []
        self.page = WrappedText(kept=_KEPT)
        self._vocabulary = lane.model.vocabulary
        self._eos, self._scale = self._vocabulary.eos, surprise_scale(self._vocabulary)
        self._last = self._start = encode_prompt(lane.model, lane.prompt)[-1]
        self._bits = self._entropy = 0.0
        self._tokens = self._characters = 0
        self._recent = ""
        self._distinct: set[str] = set()
        self.changes: list[tuple[int, Controls]] = []
        """Controls, each with the position of the first token drawn under them."""

    def take(self, stretches: Sequence[Stretch]) -> tuple[str, bytes, bytes]:
        """The characters of some stretches, with their levels of surprise and of temperature."""
        ids = np.concatenate([stretch.ids for stretch in stretches])
        surprisals = np.concatenate([stretch.surprisals for stretch in stretches])
        pieces = self._vocabulary.pieces(ids.tolist(), self._last, "\n")
        self._last = int(ids[-1]) if len(ids) else self._last
        text = "".join(pieces)
        surprises = np.searchsorted(SURPRISE_BITS, surprisals / self._scale).astype(np.uint8)
        if self._eos is not None:
            surprises[ids == self._eos] = EOS_MARK
        temperatures = np.repeat(
            np.array([temperature_level(stretch.controls) for stretch in stretches], np.uint8),
            [len(stretch.ids) for stretch in stretches],
        )
        if len(text) != len(pieces):
            lengths = list(map(len, pieces))
            surprises, temperatures = np.repeat(surprises, lengths), np.repeat(temperatures, lengths)
        for stretch in stretches:
            if not self.changes or self.changes[-1][1] != stretch.controls:
                self.changes.append((stretch.start, stretch.controls))
        self._tokens += len(ids)
        self._characters += len(text)
        self._bits += float(surprisals.sum(dtype=np.float64))
        self._entropy += float(sum(stretch.entropies.sum(dtype=np.float64) for stretch in stretches))
        self._recent = (self._recent + text)[-RECENT:]
        self._distinct.update(text)
        if self._what is not None:
            self._remember(stretches)
        return text, surprises.tobytes(), temperatures.tobytes()

    def _remember(self, stretches: Sequence[Stretch]) -> None:
        """Keeps the recent ids, to measure the property. After a change of the controls, it begins again."""
        for stretch in stretches:
            if stretch.controls != self._under:
                self._measured, self._under = [], stretch.controls
            self._measured += stretch.ids.tolist()
        del self._measured[:-_MEASURED]

    def figures(self) -> Figures:
        if not self._tokens:
            return Figures()
        return Figures(
            self._characters,
            self._bits / max(1, self._characters),
            self._entropy / self._tokens,
            _repetition(self._recent),
            len(self._distinct - {"\n"}),
            self._what,
            self._what.figure_of(texts_in(self.lane.model, self._measured)) if self._what else None,
        )

    def lane_text(self, playing: bool) -> LaneText:
        """The lane's text, to continue it elsewhere: its first OPENING tokens."""
        lane, ids = self.lane, self.lane.opening
        ends = [*(at for at, _ in self.changes[1:]), len(ids)]
        tokens = [
            (index, controls)
            for (start, controls), end in zip(self.changes, ends, strict=False)  # no changes before the first token
            for index in ids[start:end]
        ]
        return LaneText(lane.model, lane.prompt, lane.seed, lane.controls, tokens, playing)

    def span(self, position: int) -> tuple[int, int]:
        """Where on the page the token at a position among the lane's first tokens begins and ends."""
        *before, piece = self._vocabulary.pieces(self.lane.opening[: position + 1], self._start, "\n")
        start = len(self.lane.prompt) + len("".join(before))
        return start, start + len(piece)


def _repetition(text: str) -> float | None:
    """The share of a text's sequences of eight characters that have occurred in it before; None if it is short."""
    count = len(text) - _REPEATED + 1
    if count < 2 * _REPEATED:
        return None
    return 1 - len({text[at : at + _REPEATED] for at in range(count)}) / count
