"""Notices that a text has begun to repeat itself, as greedy text does. Sees ids alone: no model and no vocabulary,
so an `<eos>` is a token like any other, and the same headline over and over is a loop.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REPETITIONS = 3
"""A loop has come round at least so often …"""
LEAST_TOKENS = 36
"""… and is at least so long in all: verse that says "never" five times is no loop yet."""
SHORT_PERIOD, LEAST_TOKENS_OF_SHORT = 3, 100
"""Up to this period it must be longer than a line: ruled lines, dotted leaders and indents are none."""
LONGEST_PERIOD = 2000

_PROBE = 16  # tokens looked for further up; the shortest stretch that must agree, in LEAST_TOKENS, is longer
_EVERY = 16  # tokens between two looks: at places of the text, whichever way it arrives, so that all find the same
_CANDIDATES = 64  # periods looked at each time; a text of one character has one for every token
_KEPT = REPETITIONS * LONGEST_PERIOD + _EVERY


@dataclass(frozen=True)
class Loop:
    """A text that repeats `ids` from token `start` on, as far back as could be seen. `start` counts from 0."""

    start: int
    ids: tuple[int, ...]

    @property
    def period(self) -> int:
        """In tokens."""
        return len(self.ids)


class LoopDetector:
    """Given the tokens of a text as they come, names each loop once: when it is sure of it, a few tokens late.

    Memory is bounded, and a token costs a fraction of a microsecond. `current` is the loop that the text is in.
    """

    def __init__(self) -> None:
        self.current: Loop | None = None
        self._length = 0
        # The last tokens as characters, id 7 as chr(7): strings are compared and searched much faster than lists.
        self._tail = ""

    def extend(self, ids: Iterable[int]) -> Loop | None:
        """Takes in tokens at the end; returns the loop where one has begun, the last one where several have.

        Ids go from 0 to 1,114,111.
        """
        coming = "".join(map(chr, ids))
        found = None
        at = 0
        while at < len(coming):
            piece = coming[at : at + _EVERY - self._length % _EVERY]
            at += len(piece)
            self._tail += piece
            self._length += len(piece)
            if self._length % _EVERY == 0:
                found = self._look() or found
        return found

    def truncate(self, length: int) -> None:
        """The text has gone back to its first `length` tokens. A loop found is named again if it comes back."""
        gone = self._length - length
        if gone > 0:
            self._tail = self._tail[: max(0, len(self._tail) - gone)]
            self._length = max(0, length)
            self.current = None

    def clear(self) -> None:
        """A new text begins."""
        self.__init__()  # type: ignore[misc]

    def _look(self) -> Loop | None:
        if len(self._tail) > 2 * _KEPT:
            self._tail = self._tail[-_KEPT:]
        if self.current is not None:
            period = self.current.period
            if self._agrees(period, min(_PROBE + _EVERY, len(self._tail) - period)):
                return None
            self.current = None
        for period in self._candidates():
            least = LEAST_TOKENS_OF_SHORT if period <= SHORT_PERIOD else LEAST_TOKENS
            if self._agrees(period, max(REPETITIONS * period, least) - period) and self._is_simple(period):
                self.current = self._loop(period)
                return self.current
        return None

    def _candidates(self) -> Iterator[int]:
        """How far back the last tokens stand once more, nearest first."""
        text = self._tail
        probe, end = text[-_PROBE:], len(text)
        for _ in range(_CANDIDATES):
            at = text.rfind(probe, max(0, len(text) - _PROBE - LONGEST_PERIOD), end - 1)
            if at < 0:
                return
            yield len(text) - _PROBE - at
            end = at + _PROBE

    def _agrees(self, period: int, count: int) -> bool:
        """Whether the last `count` tokens are those that stand a period before them."""
        text = self._tail
        end = len(text)
        return end >= count + period and text[end - count :] == text[end - count - period : end - period]

    def _is_simple(self, period: int) -> bool:
        """Not itself a repetition of something shorter, which was too short to be named."""
        unit = self._tail[-period:]
        return (unit + unit).find(unit, 1) == period

    def _loop(self, period: int) -> Loop:
        text = self._tail
        at = len(text) - period
        while at and text[at - 1] == text[at - 1 + period]:
            at -= 1
        return Loop(self._length - len(text) + at, tuple(map(ord, text[at : at + period])))
