"""What a lane of a race has written: its characters with their marks, and its figures. Knows no widgets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from charrnn_engine.generation.race import Lane, Stretch
from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.text.colouring import EOS_MARK, SURPRISE_BITS, temperature_level

RECENT = 1000
"""How many of the last characters the shares are taken of."""
_REPEATED = 8  # characters in a row that count as repeated when they have stood there before


def shown_texts(vocabulary: Vocabulary) -> list[str]:
    """What each id adds to the page: an `<eos>` is a newline there."""
    return ["\n" if index == vocabulary.eos else text for index, text in enumerate(vocabulary.texts)]


@dataclass(frozen=True)
class Figures:
    """What is measured of a lane; None where nothing has been drawn."""

    characters: int = 0
    bits_per_character: float | None = None
    """Surprise under the model, before the controls."""
    entropy: float | None = None
    """Mean, in bits, of the model's distribution before the controls."""
    repeated: float | None = None
    """Share of the recent text that has stood there before, in stretches of eight characters."""
    distinct: int = 0
    """Different characters so far."""


class LaneText:
    """Turns stretches into characters and marks, and keeps count."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._eos = lane.model.vocabulary.eos
        self._shown = shown_texts(lane.model.vocabulary)
        self._lengths = np.array([len(text) for text in self._shown])
        self._long = bool((self._lengths != 1)[1:].any())
        self._bits = self._entropy = 0.0
        self._tokens = self._characters = 0
        self._recent = ""
        self._distinct: set[str] = set()

    def take(self, stretches: Sequence[Stretch]) -> tuple[str, bytes, bytes]:
        """The characters of some stretches, with the marks of surprise and of temperature."""
        ids = np.concatenate([stretch.ids for stretch in stretches])
        surprisals = np.concatenate([stretch.surprisals for stretch in stretches])
        shown = self._shown
        text = "".join([shown[index] for index in ids.tolist()])
        levels = np.searchsorted(SURPRISE_BITS, surprisals).astype(np.uint8)
        if self._eos is not None:
            levels[ids == self._eos] = EOS_MARK
        colds = np.repeat(
            np.array([temperature_level(stretch.controls) for stretch in stretches], np.uint8),
            [len(stretch.ids) for stretch in stretches],
        )
        if self._long:
            lengths = self._lengths[ids]
            levels, colds = np.repeat(levels, lengths), np.repeat(colds, lengths)
        self._tokens += len(ids)
        self._characters += len(text)
        self._bits += float(surprisals.sum(dtype=np.float64))
        self._entropy += float(sum(stretch.entropies.sum(dtype=np.float64) for stretch in stretches))
        self._recent = (self._recent + text)[-RECENT:]
        self._distinct.update(text)
        return text, levels.tobytes(), colds.tobytes()

    def figures(self) -> Figures:
        if not self._tokens:
            return Figures()
        return Figures(
            self._characters,
            self._bits / max(1, self._characters),
            self._entropy / self._tokens,
            repeated_share(self._recent),
            len(self._distinct - {"\n"}),
        )

    def span(self, position: int) -> tuple[int, int]:
        """Where on the page the token at a position of the lane's opening begins and ends."""
        before = int(self._lengths[np.array(self.lane.opening[:position], np.intp)].sum())
        start = len(self.lane.prompt) + before
        return start, start + int(self._lengths[self.lane.opening[position]])


def repeated_share(text: str) -> float | None:
    """The share of a text's stretches of eight characters that have occurred in it before; None where it is short."""
    stretches = len(text) - _REPEATED + 1
    if stretches < 2 * _REPEATED:
        return None
    different = len({text[at : at + _REPEATED] for at in range(stretches)})
    return 1 - different / stretches
