"""What a checkpoint's card says, read with care: anyone can have written it.

What isn't of the expected form is treated as absent, and long text is cut. Knows no widgets.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from charrnn_engine.network.model import CharRNN
from charrnn_tui.text.escapes import visible

_LONGEST = 300


def network_text(cells: Sequence[Any]) -> str:
    """LSTM 128, or 2 × LSTM 512, or LSTM 256, GRU 128."""
    layers = [f"{getattr(cell, 'kind', type(cell).__name__)} {cell.hidden}" for cell in cells]
    if len(set(layers)) == 1:
        return layers[0] if len(layers) == 1 else f"{len(layers)} × {layers[0]}"
    return ", ".join(layers)


def network_of(card: Mapping[str, Any]) -> str:
    """The network as its card describes it, in the form of `network_text`; empty where it doesn't."""
    network = part_of(card, "network")
    cell, units, layers = text_of(network.get("cell")).upper(), network.get("units"), network.get("layers")
    if not cell or not is_number(units) or not isinstance(units, int):
        return ""
    several = f"{layers} × " if is_number(layers) and isinstance(layers, int) and layers > 1 else ""
    return f"{several}{cell} {units}"


def corpus_of(card: Mapping[str, Any]) -> str | None:
    """The name of the text that the model learned from."""
    corpus = card.get("corpus")
    name = corpus.get("name") if isinstance(corpus, Mapping) else corpus
    return _cut(name) if isinstance(name, str) and name else None


def latest_measure(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """The latest measurement on held-out text, or an empty one.

    Measurements that carry the state from text to text are of another kind, and left out.
    """
    figures = card.get("held_out")
    measured = [entry for entry in figures if isinstance(entry, Mapping)] if isinstance(figures, list) else []
    return next((entry for entry in reversed(measured) if entry.get("state") != "carried"), {})


def held_out(card: Mapping[str, Any], unit: str = "char") -> tuple[float | None, str | None]:
    """The latest measurement in bits per character, or per word where `unit` is `word`, and the text measured.

    There is no figure per character where words were unknown. An unknown word costs one guess, however long it is, so
    the figure can't be compared with that of a model that spells.
    """
    last = latest_measure(card)
    bits, corpus = last.get("bits_per_token" if unit == "word" else "bits_per_character"), last.get("corpus")
    if unit == "char" and is_word_level(card) and last.get("unknown"):
        bits = None
    if not is_number(bits):
        return None, None
    return float(bits), _cut(corpus) if isinstance(corpus, str) else None


def is_word_level(card: Mapping[str, Any]) -> bool:
    return part_of(card, "corpus").get("level") == "word"


def display_name(model: CharRNN) -> str:
    """The name that a model was found by; for a saved epoch, whose folder is only a number, the name in its card."""
    named = model.card.get("name")
    return visible(named[:80]) if model.name.isdigit() and isinstance(named, str) and named else model.name


# -- values of any form ----------------------------------------------------------------------------------------------


def part_of(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = card.get(name)
    return part if isinstance(part, Mapping) else {}


def text_of(value: object) -> str:
    """A value as one line of harmless text; empty if it is no text."""
    return " ".join(visible(_cut(value)).split()) if isinstance(value, str) else ""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number of a sane size. True and False aren't numbers."""
    # Compared rather than tested for being finite: a whole number can be too large to become a float.
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e15 < value < 1e15


def number_text(value: object, form: str = ",") -> str:
    """A number in a format; empty if the value is no number."""
    return format(value, form) if is_number(value) else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
