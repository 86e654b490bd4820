"""The models that there are to choose from, with what is known of each, as the picker shows them. Knows no widgets.

Finding models reads none of them. Cards are read one at a time, when they are needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn_engine.network.model import CharRNN
from charrnn_tui.ui.cards import (
    corpus_of,
    held_out,
    is_number,
    is_word_level,
    latest_measure,
    network_of,
    network_text,
    number_text,
    part_of,
    text_of,
)
from charrnn_tui.ui.formats import rough_duration, shown_path, size_text


@dataclass(eq=False)
class ModelEntry:
    """A model to choose. `key` is the name or path that opens it, `problem` why it can't be opened."""

    key: str
    name: str
    folder: Path
    file: Path
    card: Mapping[str, Any] = field(default_factory=dict)
    bytes: int = 0
    is_default: bool = False
    is_current: bool = False
    problem: str | None = None
    is_read: bool = False
    """Whether `card`, `bytes` and `problem` have been filled in."""
    _searched: str = ""
    """The text that is searched for the words typed, once it has been needed."""

    def read(self) -> None:
        """Reads the card and the vocabulary, but not the weights: a problem with those shows when it is opened."""
        from charrnn_engine.checkpoints.store import describe_checkpoint

        info = describe_checkpoint(self.folder)
        self.card, self.problem = info.card, self.problem or info.problem
        try:
            self.bytes = self.file.stat().st_size
        except OSError:
            self.problem = self.problem or f"{self.file}: the file is missing"
        self.is_read, self._searched = True, ""

    def open(self) -> CharRNN:
        """Opens the model. Raises CheckpointError."""
        from charrnn_engine.checkpoints.store import load

        return load(self.key if self.key != self.name else self.folder)

    @property
    def remarks(self) -> str:
        """Whether it is open now, and whether it opens by default."""
        remarks = (("open now", self.is_current), ("default", self.is_default))
        return " · ".join(remark for remark, holds in remarks if holds)

    @property
    def bits(self) -> float | None:
        """Bits per character on held-out text."""
        return held_out(self.card)[0]

    def match(self, typed: str) -> int | None:
        """How well the model matches what was typed: 0 where its name begins with it, 1 where its name has all words,
        2 where they are in its name and the facts that have been read, the folder aside. None where one is missing.
        """
        name, words = self.name.casefold(), typed.casefold().split()
        if all(word in name for word in words):
            return 0 if name.startswith(" ".join(words)) else 1
        if not self._searched:
            known = [name, self.remarks, *(text for fact, text in facts(self) if fact != "folder")]
            self._searched = " ".join(known).casefold()
        return 2 if all(word in self._searched for word in words) else None


def find_models(current: str | None) -> list[ModelEntry]:
    """Every model that can be found by name, and first `current`, a name or a path, if it isn't one of them."""
    # Imported late: reading checkpoints takes a while to import, and the app's first paint needn't wait for it.
    from charrnn_engine.checkpoints.store import (
        MODEL_FILES,
        default_checkpoint,
        find_checkpoint,
        find_model_files,
    )
    from charrnn_engine.errors import CheckpointError

    try:
        opened = find_checkpoint(current) if current is not None else None
    except CheckpointError:
        opened = None
    try:
        default = default_checkpoint()
    except CheckpointError:
        default = None
    entries = [
        ModelEntry(name, name, file.parent, file, is_default=name == default)
        for name, file in find_model_files().items()
    ]
    if current is None or opened is None:
        return entries
    for is_it in (Path.__eq__, _same):  # comparing files on the disk takes longer
        for entry in entries:
            if is_it(opened, entry.file):
                entry.is_current = True
                return entries
    name = opened.parent.name if opened.name in MODEL_FILES else opened.stem
    return [ModelEntry(current, name, opened.parent, opened, is_current=True), *entries]


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def facts(entry: ModelEntry, model: CharRNN | None = None) -> list[tuple[str, str]]:
    """What is known of a model, as names and values. An open `model` knows more than its card."""
    card = entry.card if model is None else model.card
    network = _network(card) if model is None else _network_of_model(model)
    found = [
        ("corpus", _corpus(card)),
        ("network" if network else "size", _joined(network, size_text(entry.bytes) if entry.bytes else "")),
        ("held out", _held_out(card)),
        ("trained", _trained(card)),
        ("licence", text_of(part_of(card, "corpus").get("licence"))),
        ("folder", text_of(shown_path(entry.folder))),
    ]
    return [(name, value) for name, value in found if value]


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _corpus(card: Mapping[str, Any]) -> str:
    corpus = part_of(card, "corpus")
    tokens = number_text(corpus.get("training_tokens"))
    level = "words" if is_word_level(card) else "characters"
    return _joined(text_of(corpus_of(card)), f"{tokens} {level}" if tokens else "")


def _network(card: Mapping[str, Any]) -> str:
    network, parameters = network_of(card), number_text(part_of(card, "network").get("parameters"))
    return _joined(network, f"{parameters} parameters" if parameters else "") if network else ""


def _network_of_model(model: CharRNN) -> str:
    level = "words" if model.vocabulary.level == "word" else "characters"
    tokens = f"{len(model.vocabulary)} {level}"
    return _joined(network_text(model.network.cells), f"{model.parameters:,} parameters", tokens)


def _held_out(card: Mapping[str, Any]) -> str:
    unit = "word" if is_word_level(card) else "char"
    bits, corpus = held_out(card, unit)
    if bits is None:
        return ""
    last = latest_measure(card)
    size = number_text(last.get("characters", last.get("tokens")))
    how = " ".join(part for part in (text_of(corpus), f"({size} characters)" if size else "") if part)
    return f"{bits:.3f} bits/{unit}" + (f" on {how}" if how else "")


def _trained(card: Mapping[str, Any]) -> str:
    training = part_of(card, "training")
    epochs, seconds = number_text(training.get("epochs"), ".0f"), training.get("seconds")
    duration = rough_duration(seconds) if is_number(seconds) and 0 < seconds < 1e9 else ""
    return _joined(text_of(card.get("date")), f"{epochs} epochs" if epochs else "", duration)
