"""Keeps the best of the texts that are written for each one asked for; says what rules cost. Knows no options."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from charrnn_engine import CharRNN
from charrnn_engine.sampling.controls import without_rules
from charrnn_tui.commands.console import narrate
from charrnn_tui.commands.sample_plan import Plan, Sample
from charrnn_tui.commands.sample_writing import written

_SEQUENCE = 4  # characters
_COMPARED_AT_MOST = 64  # texts without rules


def kept(model: CharRNN, plan: Plan, *, bits: bool) -> Iterator[Sample]:
    """The texts of a plan in order, of each group of `plan.best` only the best one: the first among equals."""
    texts = written(model, plan, bits=bits or plan.best > 1)
    if plan.best == 1:
        yield from texts
        return
    while group := [_read(text) for text in islice(texts, plan.best)]:
        yield max(group, key=lambda text: goodness(text, plan.by))


def goodness(text: Sample, by: str) -> float:
    """The more, the better. `distinct` is the share of different sequences of 4 characters among all of them, as
    distinct-n is of words (Li et al. 2016, arXiv:1510.03055).
    """
    if by == "bits":
        return -text.bits / text.characters if text.characters else -math.inf
    if by == "length":
        return text.characters
    whole = "".join(text.pieces)
    sequences = [whole[at : at + _SEQUENCE] for at in range(max(1, len(whole) - _SEQUENCE + 1))]
    return len(set(sequences)) / len(sequences)


def _read(text: Sample) -> Sample:
    """A text, read to its end."""
    text.pieces = ["".join(text.pieces)]
    return text


class Cost:
    """Bits per character of texts under rules, and beside them those of free text."""

    def __init__(self, model: CharRNN, plan: Plan) -> None:
        self._model = model
        free = tuple(dict.fromkeys(without_rules(controls) for controls in plan.controls))
        count = min(plan.samples, _COMPARED_AT_MOST)
        self._free = replace(plan, controls=free, samples=count, best=1)
        self.asked = plan.controls != free and plan.limit is not None
        self._bits, self._characters = 0.0, 0

    def add(self, text: Sample) -> None:
        """Counts a text that has been read to its end."""
        self._bits += text.bits
        self._characters += text.characters

    def say(self) -> None:
        """On standard error, if there are rules."""
        if not self.asked or not self._characters:
            return
        bits, characters = 0.0, 0
        for text in map(_read, written(self._model, self._free, bits=True)):
            bits, characters = bits + text.bits, characters + text.characters
        ruled, free = self._bits / self._characters, bits / max(1, characters)
        narrate(f"{ruled:.2f} bits per character under the model; free text has {free:.2f}")
