"""Detects that a text has begun to repeat itself, as greedy text does. Sees only ids, no model and no vocabulary: an
`<eos>` is a token like any other, so the same headline over and over is a loop.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

REPETITIONS = 3
"""A loop has been repeated at least this often …"""
LEAST_TOKENS = 36
"""… and is at least this long in total: verse that says "never" five times is no loop yet."""
SHORT_PERIOD, LEAST_TOKENS_OF_SHORT = 3, 100
"""Up to this period it must be longer than a line: ruled lines, dotted leaders and indents are no loops."""
LONGEST_PERIOD = 2000

_PROBE = 16  # last tokens searched for further back; shorter than any stretch that must agree
_EVERY = 16  # tokens between two checks, at fixed positions: the result doesn't depend on how the text arrives
_CANDIDATES = 64  # periods checked each time; a text of one character has one per token
_KEPT = REPETITIONS * LONGEST_PERIOD + _EVERY


@dataclass(frozen=True)
class Loop:
    """A text that repeats `ids` from token `start` on, counted from 0, as far back as is known."""

    start: int
    ids: tuple[int, ...]

    @property
    def period(self) -> int:
        """In tokens."""
        return len(self.ids)


class LoopDetector:
    """Takes the tokens of a text as they come and reports each loop once, a few tokens after it is certain.

    Memory is bounded, and a token costs a fraction of a microsecond. `current` is the loop that the text is in.
    """

    def __init__(self) -> None:
        self.current: Loop | None = None
        self._length = 0
        # The last tokens as characters, id 7 as chr(7): strings are compared and searched much faster than lists.
        self._tail = ""

    def extend(self, ids: Iterable[int]) -> Loop | None:
        """Adds tokens at the end; returns the loop that has begun, if any, or the last of several.

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
        """Goes back to the first `length` tokens. A loop found before is reported again if it comes back."""
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
        """How far back the last tokens occur before, nearest first."""
        text = self._tail
        probe, end = text[-_PROBE:], len(text)
        for _ in range(_CANDIDATES):
            at = text.rfind(probe, max(0, len(text) - _PROBE - LONGEST_PERIOD), end - 1)
            if at < 0:
                return
            yield len(text) - _PROBE - at
            end = at + _PROBE

    def _agrees(self, period: int, count: int) -> bool:
        """Whether the last `count` tokens equal those a period before them."""
        text = self._tail
        end = len(text)
        return end >= count + period and text[end - count :] == text[end - count - period : end - period]

    def _is_simple(self, period: int) -> bool:
        """Whether it isn't a repetition of something shorter, which was too short to be reported."""
        unit = self._tail[-period:]
        return (unit + unit).find(unit, 1) == period

    def _loop(self, period: int) -> Loop:
        text = self._tail
        at = len(text) - period
        while at and text[at - 1] == text[at - 1 + period]:
            at -= 1
        return Loop(self._length - len(text) + at, tuple(map(ord, text[at : at + period])))
