"""Turns a saved model into a checkpoint: its file, the vocabulary it was saved with or one found from its
text, and the way its state is used. Opens everything as data; no TensorFlow, no screen.

`inspect` says what a file holds, `prepare` finds the vocabulary and measures, and `Imported.save` writes the folder.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from charrnn_engine.checkpoints.files import named, read_regular
from charrnn_engine.checkpoints.fit import Fit, figures, fit
from charrnn_engine.checkpoints.from_text import TextOptions, text_ids, vocabulary_from_text
from charrnn_engine.checkpoints.model_files import ModelFile, read_model
from charrnn_engine.checkpoints.store import read_json, used_as_said, write_checkpoint
from charrnn_engine.checkpoints.vocabularies import from_index, read_vocabulary
from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.model import CharRNN
from charrnn_engine.vocabulary import PAD, State, Vocabulary

CARRIED_COSTS_AT_MOST = 0.05
"""Bits per character by which a carried state may be worse than windows and still be chosen: it is far faster."""
_MAX_TEXT_BYTES = 50_000_000


@dataclass(frozen=True)
class Imported:
    """A model that plays, not yet saved. `how` says where the vocabulary came from; `fit` is of the text, if any."""

    model: CharRNN
    file: Path
    how: str
    fit: Fit | None
    remarks: tuple[str, ...]

    def save(self, folder: Path) -> CharRNN:
        """Writes the checkpoint folder and gives the model its name. Raises OSError if it can't be written."""
        model = replace(self.model, name=folder.name, card={"name": folder.name, **self.model.card})
        write_checkpoint(folder, self.file, model.vocabulary, model.card)
        return model


def inspect(file: Path) -> ModelFile:
    """What a file holds: its kind, network, window, and the vocabulary of a lookup layer if it has one.

    Raises CheckpointError for anything that can't be opened as data.
    """
    return read_model(file)


def prepare(
    file: Path,
    *,
    vocabulary: Path | None = None,
    text: TextOptions | None = None,
    window: int | None = None,
    state: State | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Imported:
    """Opens a model with a vocabulary file, with its text, or with the vocabulary that it holds itself.

    With a text the vocabulary may be missing: the orders that people use are tried, then it is solved for. The way
    its state is used is then measured, unless `state` says it; without a text a model trained on windows keeps them.
    Raises CheckpointError for what can't be used or doesn't belong together.
    """
    found = inspect(file)
    window = window or _textgenrnn_window(file, found) or found.window
    network = replace(found.network, window=window) if found.network.attention is not None else found.network
    raw = None if text is None else _read_text(text.file)
    if vocabulary is None and found.lookup_tokens is None and text is None:
        raise CheckpointError(
            f"{file}: it scores {network.vocabulary_size} tokens and doesn't say which; name its --vocabulary FILE,"
            " or its --text FILE to find them from"
        )
    reading = None
    if vocabulary is not None:
        chosen, how = read_vocabulary(vocabulary, network.vocabulary_size), f"from {vocabulary.name}"
    elif found.lookup_tokens is not None:
        with named(file):
            chosen = from_index(dict(enumerate(found.lookup_tokens)), network.vocabulary_size)
        how = f"its own {found.lookup.kind if found.lookup else 'lookup'} layer"
    else:
        assert text is not None
        assert raw is not None
        with named(text.file):
            chosen, reading, how = vocabulary_from_text(network, raw, text, progress)
    if network.masks_padding and chosen.pad is None:
        raise CheckpointError(
            f"{file}: its Embedding masks id 0, which this vocabulary gives to {chosen.tokens[0]!r}"
        )
    measured = None
    if text is not None and raw is not None:
        progress("measuring bits per character")
        ids = text_ids(chosen, reading.text if reading else raw[slice(*(text.span or (None, None)))])
        measured = fit(network, ids, found.parameters, window, chosen.eos)
    with named(file):
        chosen = _with_state(chosen, found, window, state, measured)
        used = used_as_said(network, chosen)
    model = CharRNN(chosen, used, file.stem, _card(file, found, chosen, how, measured), found.parameters)
    return Imported(model, file, how, measured, _remarks(chosen, found, measured))


def import_model(file: Path, out: Path, **options: object) -> Imported:
    """`prepare`, then `Imported.save` to the folder `out`. Raises CheckpointError and OSError."""
    imported = prepare(file, **options)  # type: ignore[arg-type]
    return replace(imported, model=imported.save(out))


def _read_text(file: Path) -> str:
    with named(file):
        try:
            text = read_regular(file, _MAX_TEXT_BYTES).decode("utf-8")
        except UnicodeDecodeError:
            raise CheckpointError("it is not a UTF-8 text file") from None
        if len(set(text)) < 2:
            raise CheckpointError("the text holds too few characters")
    return text


def _textgenrnn_window(file: Path, found: ModelFile) -> int | None:
    """max_length of the configuration that textgenrnn saves beside its weights, if it is there."""
    config = file.with_name(file.name.replace("_weights.hdf5", "_config.json"))
    if found.network.attention is None or config == file or not config.is_file():
        return None
    content = read_json(config)
    length = content.get("max_length") if isinstance(content, dict) else None
    return length if isinstance(length, int) and not isinstance(length, bool) and length > 0 else None


def _with_state(
    vocabulary: Vocabulary, found: ModelFile, window: int | None, state: State | None, measured: Fit | None
) -> Vocabulary:
    """The vocabulary, with the window and the way in which the state is used."""
    if state == "window" and window is None:
        raise CheckpointError("it doesn't say how long its windows were; add --window N")
    if state is None:
        state = "carried"
        if window is not None and (found.windowed or found.network.attention is not None):
            state = "window"
            if measured is not None and measured.carried is not None and measured.window is not None:
                state = "carried" if measured.carried <= measured.window + CARRIED_COSTS_AT_MOST else "window"
    return replace(vocabulary, window=window if found.windowed or state == "window" else None, state=state)


def _card(file: Path, found: ModelFile, vocabulary: Vocabulary, how: str, measured: Fit | None) -> dict[str, object]:
    imported: dict[str, object] = {"model": file.name, "kind": found.kind, "vocabulary": how}
    if measured is not None:
        for name in ("letters", "carried", "window"):
            figure = getattr(measured, name)
            if figure is not None:
                imported[f"bits_{name}"] = round(figure, 4)
    return {
        "imported": imported,
        "network": {"vocabulary": len(vocabulary), "parameters": found.parameters},
        "held_out": [],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def _remarks(vocabulary: Vocabulary, found: ModelFile, measured: Fit | None) -> tuple[str, ...]:
    remarks = []
    if measured is not None and min(figures(measured)) >= measured.letters:
        remarks.append("it predicts the text no better than letters alone; is this its text, and its vocabulary?")
    if vocabulary.lower:
        remarks.append("the model knows small letters alone; prompts are lower-cased")
    if found.windowed and vocabulary.window is None:
        remarks.append("it was trained on windows whose length it doesn't say, and carries its state on (--window N)")
    if vocabulary.eos is None:
        remarks.append("it has no <eos>: texts have no end, and every one needs a prompt")
    if any(0xE000 <= ord(token[0]) <= 0xF8FF or token == "\ufffd" for token in vocabulary.tokens if token != PAD):
        remarks.append("some of its tokens stand for no character; they show as \ufffd or not at all")
    return tuple(remarks)
