"""The models that there are to choose from, with what is known of each, as a picker shows them. Knows no widgets.

A card is written by anyone: what isn't of the form expected isn't there, and nothing in it reaches the terminal as
more than text.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn_engine.network.model import CharRNN
from charrnn_tui.models.cards import corpus_of, held_out, latest_measure, network_text
from charrnn_tui.text.line_breaks import visible

_LONGEST = 300


@dataclass(frozen=True)
class ShelfEntry:
    """A model to choose. `key` is the name or path that opens it, `problem` why it can't be opened."""

    key: str
    name: str
    folder: Path
    bytes: int = 0
    card: Mapping[str, Any] = field(default_factory=dict)
    is_default: bool = False
    is_current: bool = False
    problem: str | None = None

    @property
    def standing(self) -> str:
        """Whether it is open, and whether it is the one that opens by itself."""
        said = (("open now", self.is_current), ("the default", self.is_default))
        return " · ".join(what for what, holds in said if holds)

    @property
    def bits(self) -> float | None:
        """Of text held out, per character."""
        return held_out(self.card)[0]

    def matches(self, typed: str) -> bool:
        """Whether every word typed occurs in what is said of it."""
        said = " ".join([self.name, self.standing, *(value for _, value in facts(self))]).casefold()
        return all(word in said for word in typed.casefold().split())


def shelf(current: str | None) -> list[ShelfEntry]:
    """Every model that can be found by name, and `current`, a name or a path, where it isn't one of them.

    Reads cards and vocabularies, not weights: what is wrong with those shows when a model is opened.
    """
    # Here, and not above: it takes a while to import, which the first paint of the app needn't wait for.
    from charrnn_engine.checkpoints.store import MODEL_FILE, default_checkpoint, find_checkpoint, list_checkpoints
    from charrnn_engine.errors import CheckpointError

    def found(name: str | None) -> Path | None:
        try:
            return None if name is None else find_checkpoint(name)
        except CheckpointError:
            return None

    try:
        default = default_checkpoint()
    except CheckpointError:
        default = None
    opened = found(current)
    entries = []
    for info in list_checkpoints():
        file = info.folder / MODEL_FILE
        is_current = opened is not None and _same(opened, file)
        entries.append(
            ShelfEntry(
                key=info.name, name=info.name, folder=info.folder, bytes=_size(file), card=info.card,
                is_default=info.name == default, is_current=is_current, problem=info.problem,
            )
        )  # fmt: skip
    if current is not None and opened is not None and not any(entry.is_current for entry in entries):
        name = opened.parent.name if opened.name == MODEL_FILE else opened.stem
        entries.insert(0, ShelfEntry(current, name, opened.parent, _size(opened), is_current=True))
    return entries


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def facts(entry: ShelfEntry, model: CharRNN | None = None) -> list[tuple[str, str]]:
    """What there is to say of a model, each with its name. An open `model` knows better than its card."""
    card = entry.card if model is None else model.card
    network = _network(_part(card, "network")) if model is None else _network_of(model)
    size = _size_said(entry.bytes)
    found = [
        ("corpus", _corpus(card)),
        ("network" if network else "size", " · ".join(part for part in (network, size) if part)),
        ("held out", _held_out(card)),
        ("trained", _trained(card)),
        ("licence", _text(_part(card, "corpus").get("licence"))),
        ("folder", _text(_short(str(entry.folder)))),
    ]
    return [(name, value) for name, value in found if value]


def _part(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = card.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(value: object) -> str:
    """A value as one line of harmless text; nothing where it is no text."""
    if not isinstance(value, str):
        return ""
    line = " ".join(visible(value).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _number(value: object, form: str = ",") -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        return ""
    return format(value, form)


def _whole(value: object) -> str:
    return _number(value, "d") if isinstance(value, int) else ""


def _corpus(card: Mapping[str, Any]) -> str:
    tokens = _number(_part(card, "corpus").get("training_tokens"))
    level = "words" if _part(card, "corpus").get("level") == "word" else "characters"
    return " · ".join(part for part in (_text(corpus_of(card)), f"{tokens} {level}" if tokens else "") if part)


def _network(network: Mapping[str, Any]) -> str:
    cell, units, layers = (
        _text(network.get("cell")).upper(),
        _whole(network.get("units")),
        _whole(network.get("layers")),
    )
    if not cell or not units:
        return ""
    several = f"{layers} × " if layers.isdecimal() and layers not in ("0", "1") else ""
    parameters = _number(network.get("parameters"))
    return f"{several}{cell} {units}" + (f" · {parameters} parameters" if parameters else "")


def _network_of(model: CharRNN) -> str:
    tokens = f"{len(model.vocabulary)} {'words' if model.vocabulary.level == 'word' else 'characters'}"
    return f"{network_text(model.network.cells)} · {model.parameters:,} parameters · {tokens}"


def _held_out(card: Mapping[str, Any]) -> str:
    bits, corpus = held_out(card)
    if bits is None:
        return ""
    figure = f"{_number(bits, '.3f')} bits/char"
    last = latest_measure(card)
    size = _number(last.get("characters", last.get("tokens")))
    how = " ".join(part for part in (_text(corpus), f"({size} characters)" if size else "") if part)
    return f"{figure} on {how}" if how else figure


def _trained(card: Mapping[str, Any]) -> str:
    training = _part(card, "training")
    epochs, seconds = _number(training.get("epochs"), ".0f"), training.get("seconds")
    parts = [_text(card.get("date")), f"{epochs} epochs" if epochs else "", _text(_duration(seconds))]
    return " · ".join(part for part in parts if part)


def _duration(seconds: object) -> str:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e9:
        return ""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _size_said(size: int) -> str:
    if not size:
        return ""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{math.ceil(size / 1e3)} kB"


def _short(path: str) -> str:
    home = os.path.expanduser("~")  # noqa: PTH111  # unlike Path.home, this never fails
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path
