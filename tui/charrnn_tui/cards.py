"""What a checkpoint's card says, read with care: a card is written by anyone."""

import math
from collections.abc import Mapping, Sequence
from typing import Any


def network_text(cells: Sequence[Any]) -> str:
    """LSTM 128, or 2 × LSTM 512, or LSTM 256, GRU 128."""
    layers = [f"{type(cell).__name__} {cell.hidden}" for cell in cells]
    if len(set(layers)) == 1:
        return layers[0] if len(layers) == 1 else f"{len(layers)} × {layers[0]}"
    return ", ".join(layers)


def corpus_of(card: Mapping[str, Any]) -> str | None:
    """A card is written by anyone: what isn't of the form expected isn't there."""
    corpus = card.get("corpus")
    name = corpus.get("name") if isinstance(corpus, Mapping) else corpus
    return name if isinstance(name, str) and name else None


def held_out(card: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """Bits per character, and of which text: the last one recorded, which is the one most recently measured. State
    carried from text to text is another measure, and not this one.
    """
    figures = card.get("held_out")
    measured = [entry for entry in figures if isinstance(entry, Mapping)] if isinstance(figures, list) else []
    last = next((entry for entry in reversed(measured) if entry.get("state") != "carried"), None)
    if not isinstance(last, Mapping):
        return None, None
    bits, corpus = last.get("bits_per_character"), last.get("corpus")
    if not isinstance(bits, int | float) or isinstance(bits, bool) or not math.isfinite(bits):
        return None, None
    return float(bits), corpus if isinstance(corpus, str) else None
