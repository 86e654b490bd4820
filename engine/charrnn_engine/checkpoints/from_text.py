"""Finds the vocabulary of a model from the text it was trained on. Opens no model files.

The usual orders of the text's characters are measured; where none fits, the lost one is solved for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.checkpoints.fit import Ids, letters_entropy, quick_bits
from charrnn_engine.checkpoints.orders import Candidate, Reading, candidates, readings
from charrnn_engine.checkpoints.substitution import solve
from charrnn_engine.checkpoints.vocabularies import from_index
from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.model import Network
from charrnn_engine.vocabulary import Vocabulary

_UNMATCHED_AT_MOST = 3  # tokens of a network that a solved text may lack
_SOLVED_AT_MOST = 1_000  # tokens of a network: more take too long

Span = tuple[int | None, int | None]


@dataclass(frozen=True)
class TextOptions:
    """How the text was prepared, as far as that is known: lower-cased, cut, its characters ordered."""

    file: Path
    lower: bool | None = None
    span: Span | None = None
    order: str | None = None


def vocabulary_from_text(
    network: Network, raw: str, text: TextOptions, progress: Callable[[str], None]
) -> tuple[Vocabulary, Reading, str]:
    """The vocabulary with the fewest bits per character, the text as it is to be read, and how both were found.

    Raises CheckpointError if nothing predicts better than the frequencies of letters alone.
    """
    tried = readings(raw, text.span, text.lower)
    fitting = list(candidates(tried, network.vocabulary_size, text.order))
    progress(f"trying {len(fitting)} orders of its characters")
    scored = [(quick_bits(network, text_ids(c.vocabulary, c.reading.text)), n, c) for n, c in enumerate(fitting)]
    if scored:
        bits, _, best = min(scored)
        if bits < letters_entropy(text_ids(best.vocabulary, best.reading.text)):
            return best.vocabulary, best.reading, f"the characters of the text {best.how}"
    solved = _solved(network, tried, progress) if network.attention is None else None
    if solved is not None:
        return solved.vocabulary, solved.reading, solved.how
    sizes = ", ".join(sorted({f"{len(set(reading.alphabet))} {reading.how}" for reading in tried}))
    raise CheckpointError(
        f"no vocabulary of this text predicts it better than its letters' frequencies do; the network scores"
        f" {network.vocabulary_size} tokens, and the text has these many characters: {sizes}. Is it the text that the"
        " model was trained on?"
    )


def _solved(network: Network, tried: list[Reading], progress: Callable[[str], None]) -> Candidate | None:
    """A vocabulary found as one solves a substitution cipher, or None if the text can't be the model's."""
    size = network.vocabulary_size
    if size > _SOLVED_AT_MOST:
        return None
    alphabets = {reading.text: reading for reading in reversed(tried)}.values()
    possible = [r for r in alphabets if size - _UNMATCHED_AT_MOST <= len(set(r.text)) <= size]
    best: tuple[float, Candidate] | None = None
    for reading in sorted(possible, key=lambda reading: -len(set(reading.text)))[:2]:
        progress(f"no usual order fits; solving for the lost one (text {reading.how})")
        codes, numbers = np.unique(_codes(reading.text), return_inverse=True)
        characters = [chr(code) for code in codes]
        mapping = solve(network, numbers, len(characters))
        bits = quick_bits(network, mapping[numbers])
        if bits < letters_entropy(numbers) and (best is None or bits < best[0]):
            index = {int(i): character for character, i in zip(characters, mapping, strict=True)}
            chosen = replace(from_index(index, size, level="char"), lower=reading.lower)
            how = f"lost, and solved for with the text {reading.how}"
            best = bits, Candidate(chosen, reading, how)
    return None if best is None else best[1]


def _codes(text: str) -> NDArray[np.uint32]:
    """The code point of every character."""
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def text_ids(vocabulary: Vocabulary, text: str) -> Ids:
    """Ids of what is known of a text; where a vocabulary ends its texts, each line is one."""
    if vocabulary.level == "word":
        return np.array([index for index in vocabulary.encode_known(text) if index is not None], np.intp)
    known = dict(vocabulary.ids)
    if vocabulary.eos is not None and "\n" not in known:
        known["\n"] = vocabulary.eos
    table = np.full(0x110000, -1, np.int32)
    for character, index in known.items():
        table[ord(character)] = index
    found = table[_codes(text.lower() if vocabulary.lower else text)]
    ids: Ids = found[found >= 0].astype(np.intp)
    if len(ids) < 2:
        raise CheckpointError("the text holds none of the characters of the vocabulary")
    return ids
