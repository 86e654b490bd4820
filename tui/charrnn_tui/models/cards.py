"""What a checkpoint's card says, read with care: a card is written by anyone."""

from collections.abc import Mapping, Sequence
from typing import Any

from charrnn_engine.network.model import CharRNN
from charrnn_tui.text.line_breaks import visible


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


def latest_measure(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was measured last on text held out; nothing where nothing was. State carried from text to text is another
    measure, and not this one.
    """
    figures = card.get("held_out")
    measured = [entry for entry in figures if isinstance(entry, Mapping)] if isinstance(figures, list) else []
    return next((entry for entry in reversed(measured) if entry.get("state") != "carried"), {})


def held_out(card: Mapping[str, Any]) -> tuple[float | None, str | None]:
    """Bits per character as they were measured last, and of which text."""
    last = latest_measure(card)
    bits, corpus = last.get("bits_per_character"), last.get("corpus")
    # Compared, and not asked whether it is finite: a whole number can be too large to be a float.
    if not isinstance(bits, int | float) or isinstance(bits, bool) or not -1e15 < bits < 1e15:
        return None, None
    return float(bits), corpus if isinstance(corpus, str) else None


def display_name(model: CharRNN) -> str:
    """What a model was found by; a saved epoch, which stands in a folder of its number, by what its card says."""
    named = model.card.get("name")
    return visible(named)[:80] if model.name.isdigit() and isinstance(named, str) and named else model.name
