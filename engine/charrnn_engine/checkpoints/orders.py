"""The orders in which people number the characters of a text: a vocabulary that was never saved is one of them.

Knows no networks; which order is right is for the caller to measure.
"""

import string
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from charrnn_engine.errors import CheckpointError
from charrnn_engine.vocabulary import PAD, Vocabulary

ORDERS = ("sorted", "frequency")
_STRIPPED = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class Reading:
    """A text as a notebook may have read it, and how that was in words."""

    text: str
    alphabet: str
    """The text that the characters were collected from: the same, or the whole that this is a slice of."""
    lower: bool
    how: str


@dataclass(frozen=True)
class Candidate:
    """A vocabulary that fits a network by its size, for a text read in a certain way."""

    vocabulary: Vocabulary
    reading: Reading
    how: str


def readings(text: str, span: tuple[int | None, int | None] | None, lower: bool | None) -> list[Reading]:
    """The text, or its slice, as it is and lower-cased (or only as `lower` says), with and without punctuation.

    A byte order mark is kept or not, and CRLF is a newline, as in Python's text files, or two characters.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    files = dict.fromkeys((plain, plain.removeprefix("\ufeff"), text))
    found = []
    for small, stripped in product((False, True) if lower is None else (lower,), (False, True)):
        for file in files:
            whole = file.lower() if small else file
            whole = whole.translate(_STRIPPED) if stripped else whole
            part = whole if span is None else whole[slice(*span)]
            how = (" lower-cased" if small else "") + (" without punctuation" if stripped else "")
            found.append(Reading(part, part, small, how.strip() or "as it is"))
            if span is not None:
                found.append(Reading(part, whole, small, f"{how.strip() or 'as it is'}, characters of the whole"))
    return found


def candidates(found: list[Reading], size: int, order: str | None) -> Iterator[Candidate]:
    """Every vocabulary of `size` tokens, once: sorted or by frequency, with ids from 0, or from 1 after padding."""
    seen = set()
    for reading in found:
        counts = Counter(reading.alphabet)
        if len(counts) not in (size, size - 1):
            continue
        by_frequency = [c for c, _ in counts.most_common()]  # ties in the order of their first occurrence
        orders = {
            "sorted": [sorted(counts)],
            "frequency": [by_frequency, sorted(counts, key=lambda c: (-counts[c], c)), list(counts)],
        }
        for name in ORDERS if order is None else (order,):
            for characters in orders[name]:
                starts: list[list[str]] = [[]] if len(counts) == size else [[PAD], []]
                for start in starts:
                    tokens = [*start, *characters]
                    tokens += ["\ufffd"] * (size - len(tokens))
                    key = (*tokens, reading.text == found[0].text, reading.lower)
                    if key not in seen and len(set(tokens)) == size:
                        seen.add(key)
                        order_text = "sorted" if name == "sorted" else "by frequency"
                        how = f"{reading.how}, {order_text}, ids from {len(start)}"
                        yield Candidate(Vocabulary(tokens, lower=reading.lower), reading, how)


def parse_slice(text: str) -> tuple[int | None, int | None]:
    """A:B as in Python, either end of which may be left out. Raises CheckpointError."""
    start, colon, end = text.partition(":")
    try:
        if colon:
            return int(start) if start else None, int(end) if end else None
    except ValueError:
        pass
    raise CheckpointError(f"a slice is two numbers with a colon between, such as 300000:800000, not {text[:40]!r}")
