"""Finds places in a paused text: the ends of words, matches of a string, and the characters that surprised the model
most. Knows no screen.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, islice

import numpy as np

from charrnn_tui.play.branching_text import FUTURE_AT_MOST, BranchingText
from charrnn_tui.text.token_log import Entry

_WORD_AT_MOST = 200  # tokens
_SURPRISES_AT_MOST = 30
_ONE_IN = 30  # tokens of a short text is a surprise


class Places:
    """The text around the cursor. It begins where going back would still keep the whole future."""

    def __init__(self, text: BranchingText) -> None:
        end = text.position + len(text.future)
        self.start = max(text.earliest, end - FUTURE_AT_MOST)
        entries = [*text.log.entries(self.start), *text.future]
        texts = [entry.text for entry in entries]
        self._text = "".join(texts).casefold()
        # A few characters are longer when their case is folded. Then the search heeds case.
        if len(self._text) != sum(map(len, texts)):
            self._text = "".join(texts)
        self._ends = list(accumulate(map(len, texts)))
        self._surprises = np.array([-entry.model_probability for entry in entries])

    def matches(self, wanted: str) -> list[int]:
        """The positions at which a string begins, in capitals or not."""
        found, at = [], self._text.find(wanted.casefold()) if wanted else -1
        while at >= 0:
            found.append(self.start + bisect_right(self._ends, at))
            at = self._text.find(wanted.casefold(), at + len(wanted))
        return found

    def surprises(self) -> list[int]:
        """The positions of the tokens that surprised the model most: one in 30, and no more than 30."""
        count = min(_SURPRISES_AT_MOST, -(-len(self._surprises) // _ONE_IN))
        order = np.argsort(-self._surprises, kind="stable")[:count]
        return sorted(int(place) + self.start for place in order)


def word_back(text: BranchingText) -> int:
    """The position where the word before the cursor begins."""
    before = list(text.log.entries(max(text.log.dropped, text.position - _WORD_AT_MOST)))
    return text.position - _length_of_word(before[::-1])


def word_on(text: BranchingText) -> int:
    """The position where the word after the cursor ends."""
    return text.position + _length_of_word(list(islice(text.future, _WORD_AT_MOST)))


def _length_of_word(entries: Sequence[Entry]) -> int:
    """How many tokens a word has, with the spaces before it."""
    count = 0
    while count < len(entries) and entries[count].text.isspace():
        count += 1
    while count < len(entries) and not entries[count].text.isspace():
        count += 1
    return count


def next_place(places: list[int], position: int, step: int) -> int:
    """The index of the first place after a position, or of the last one before it; the search wraps around."""
    at = bisect_right(places, position) if step > 0 else bisect_left(places, position) - 1
    return at % len(places)
