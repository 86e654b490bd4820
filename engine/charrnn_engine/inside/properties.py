"""Properties of a text that a unit may follow: for each character a flag or a number. Knows no models.

A property at a character depends on the text up to and including that character, never on what comes after: the
network doesn't know the future either. Each one is a generator that reads the text from left to right.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import ControlsError, shown
from charrnn_engine.inside import lexical

Scan = Callable[[str], Iterator[Any]]

_PAIRS = {")": "(", "]": "[", "}": "{"}
_ENDS = ".!?"
_AFTER_END = " \"')]”’\n"
_MATCH_AT_MOST = 2000  # characters


@dataclass(frozen=True)
class Property:
    """`scan` yields a value for each character of a text: a flag, or a number where `is_count`."""

    name: str
    description: str
    scan: Scan
    is_count: bool = False
    length_of: str = ""
    """For a position in something: what it is a position in, whose mean length tells more than the mean position."""

    def of(self, text: str) -> NDArray[Any]:
        """The property at each character: bool (T,), or float32 (T,) for a count."""
        return np.fromiter(self.scan(text), np.float32 if self.is_count else np.bool_, len(text))

    @property
    def figure(self) -> str:
        """What `figure_of` says of a text, in words."""
        if self.length_of:
            return f"mean length of a {self.length_of}"
        return f"mean {self.name}" if self.is_count else f"share of characters with {self.name}"

    def figure_of(self, texts: Sequence[str]) -> float:
        """One number for texts, of which the last may be unfinished: the share of their characters with the flag, the
        mean of the count, or the mean length in characters of what a position is counted in. NaN without any.
        """
        values = [self.of(text) for text in texts] or [np.empty(0)]
        if self.length_of:
            # A length is the last position before the count falls back, as it also does at the end of a text.
            counts = np.concatenate([end for each in values for end in (each, np.zeros(1, np.float32))][:-1])
            ends = np.flatnonzero(counts[1:] < counts[:-1])
            values = [counts[ends]] if len(ends) else [counts[-1:]]
        together = np.concatenate(values)
        return float(together.mean(dtype=np.float64)) if len(together) else math.nan


def _is_empty_line(before: str, c: str) -> bool:
    return c == "\n" and before == "\n"


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Each character with the one before it; the text begins as if after a newline."""
    return zip("\n" + text, text, strict=False)


def _line_position(text: str) -> Iterator[int]:
    position = 0
    for c in text:
        position = 0 if c == "\n" else position + 1
        yield position


def _word_position(text: str) -> Iterator[int]:
    position = 0
    for before, c in _pairs(text):
        in_word = c.isalnum() or (c in "'’" and before.isalnum())
        position = position + 1 if in_word else 0
        yield position


def _sentence_position(text: str) -> Iterator[int]:
    position, ended = 0, False
    for before, c in _pairs(text):
        if (ended and c.isspace()) or _is_empty_line(before, c):
            position = 0
        else:
            position += 1
        ended = c in _ENDS or (ended and c in _AFTER_END)
        yield position


def _after_end(text: str) -> Iterator[bool]:
    ended = False
    for c in text:
        ended = c in _ENDS or (ended and c in _AFTER_END)
        yield ended


def _double_quotes(text: str) -> Iterator[bool]:
    inside = False
    for before, c in _pairs(text):
        if c in '"“”':
            inside = not inside if c == '"' else c == "“"
        elif _is_empty_line(before, c):
            inside = False
        yield inside


def _single_quotes(text: str) -> Iterator[bool]:
    """A quote after a letter closes, until a letter follows it: then it was an apostrophe."""
    inside = doubtful = False
    for before, c in _pairs(text):
        if doubtful and c.isalnum():
            inside = True
        doubtful = False
        if c in "'‘’":
            if not inside:
                inside = c != "’" and not before.isalnum()
            else:
                inside, doubtful = False, before.isalnum()
        elif _is_empty_line(before, c):
            inside = False
        yield inside


def _depths(text: str, kinds: str) -> Iterator[int]:
    """Brackets that are open. An empty line closes the round and square ones: one was forgotten, or is a sign."""
    open_: list[str] = []
    for before, c in _pairs(text):
        if c in kinds:
            open_.append(c)
        elif c in _PAIRS and _PAIRS[c] in open_:
            while open_.pop() != _PAIRS[c]:
                pass
        elif _is_empty_line(before, c):
            open_ = [bracket for bracket in open_ if bracket == "{"]
        yield len(open_)


def _in_brackets(kinds: str) -> Scan:
    return lambda text: (depth > 0 for depth in _depths(text, kinds))


def _indentation(text: str) -> Iterator[int]:
    width, at_start = 0, True
    for c in text:
        if c == "\n":
            width, at_start = 0, True
        elif at_start and c in " \t":
            width += 1
        else:
            at_start = False
        yield width


def _capitalised(text: str) -> Iterator[bool]:
    inside = False
    for before, c in _pairs(text):
        if not c.isalnum():
            inside = inside and c in "'’"
        elif not before.isalnum() and before not in "'’":
            inside = c.isupper()
        yield inside


def _speaker_name(text: str) -> Iterator[bool]:
    """The first line after an empty one, until its colon."""
    inside, empty = True, True
    for c in text:
        if c == "\n":
            inside, empty = empty, True
        else:
            inside, empty = inside and c != ":", False
        yield inside


def _text_position(text: str) -> Iterator[int]:
    return iter(range(1, len(text) + 1))


def _listed() -> Iterator[Property]:
    yield Property("line-position", "position in the line", _line_position, True, "line")
    yield Property("word-position", "position in the word", _word_position, True, "word")
    yield Property("sentence-position", "position in the sentence", _sentence_position, True, "sentence")
    yield Property("text-position", "position in the text", _text_position, True, "text")
    yield Property("double-quotes", "inside double quotes", _double_quotes)
    yield Property("single-quotes", "inside single quotes", _single_quotes)
    yield Property("brackets", "inside (), [] or {}", _in_brackets("([{"))
    yield Property("round-brackets", "inside ()", _in_brackets("("))
    yield Property("square-brackets", "inside []", _in_brackets("["))
    yield Property("curly-brackets", "inside {}", _in_brackets("{"))
    yield Property("bracket-depth", "number of open brackets", lambda text: _depths(text, "([{"), True)
    yield Property("comment", "inside a comment", lexical.in_comment)
    yield Property("c-comment", "inside a comment of C", lexical.in_c_comment)
    yield Property("string", "inside a string", lexical.in_string)
    yield Property("docstring", "inside a docstring", lexical.in_docstring)
    yield Property("upper-case", "a capital letter", lambda text: (c.isupper() for c in text))
    yield Property("capitalised", "inside a word that begins with a capital", _capitalised)
    yield Property("vowel", "a vowel", lambda text: (c in "aeiouAEIOU" for c in text))
    yield Property("digit", "a digit", lambda text: (c.isdigit() for c in text))
    yield Property("space", "a space or newline", lambda text: (c.isspace() for c in text))
    yield Property("indentation", "indentation of the line", _indentation, True)
    yield Property("speaker-name", "the name of a speaker, up to its colon", _speaker_name)
    yield Property("after-end", "between two sentences", _after_end)


PROPERTIES = {each.name: each for each in _listed()}


def property_named(name: str) -> Property:
    """Raises ControlsError for a name that isn't listed."""
    try:
        return PROPERTIES[name]
    except KeyError:
        raise ControlsError(
            f"there is no property {shown(name)}; the properties are {', '.join(PROPERTIES)}"
        ) from None


def regex_property(regex: str) -> Property:
    """At each character, whether a match of `regex` reaches it, in the text read so far.

    Matches are taken from left to right, as `re.finditer` does, and one that could still grow counts: `"[^"]*"?` is
    true all along a quotation. `^` and `$` match at lines. A match has at most 2,000 characters. Raises ControlsError
    where `regex` is not a regular expression.
    """
    try:
        pattern = re.compile(regex, re.MULTILINE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ControlsError(f"{shown(regex)} is not a regular expression: {error}") from None

    def scan(text: str) -> Iterator[bool]:
        start = 0
        for end in range(1, len(text) + 1):
            start = max(start, end - _MATCH_AT_MOST)
            found = pattern.search(text, start, end)
            while found is not None and found.end() < end:  # it can't grow any more
                start = max(found.end(), start + 1)
                found = pattern.search(text, start, end)
            yield found is not None and found.start() < end

    return Property(f"/{regex}/", f"inside a match of {shown(regex)}", scan)
