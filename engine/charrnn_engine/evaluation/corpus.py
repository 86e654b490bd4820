"""Measures a model on a corpus file: chooses the texts and the measure. Numpy only, no TensorFlow."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn_engine.corpus.files import Sources, short_name
from charrnn_engine.errors import CharRNNError
from charrnn_engine.evaluation.adapting import score_adapting
from charrnn_engine.evaluation.encoding import Ids, encoder, overlapping, skipped
from charrnn_engine.evaluation.scoring import WINDOW, Score, line_row, running_row, score, score_carried
from charrnn_engine.network.model import CharRNN


@dataclass(frozen=True)
class Evaluation:
    """A score and how it was measured. `samples` is "lines" or "windows of N", `state` "fresh" or "carried"."""

    score: Score
    corpus: str
    samples: str
    state: str
    rate: float | None = None
    """The learning rate of dynamic evaluation, or None for a model that stayed as it was."""

    def figures(self) -> dict[str, Any]:
        """Plain data for `charrnn-tui evaluate --json` and for a card."""
        score = self.score
        nats = score.bits_per_character * math.log(2)
        return {
            "corpus": self.corpus,
            "samples": self.samples,
            "state": self.state,
            **({} if self.rate is None else {"adapt": self.rate}),
            "bits_per_character": score.bits_per_character,
            "nats_per_character": nats,
            "bits_per_token": score.bits_per_token,
            "nats_per_token": score.nats_per_token,
            "perplexity": score.perplexity if math.isfinite(score.perplexity) else None,
            "tokens": score.tokens,
            "characters": score.characters,
            "unknown": score.unknown,
            "texts": score.texts,
        }


def evaluate(
    model: CharRNN,
    path: str | Sequence[str],
    *,
    column: str | None = None,
    lines: bool | None = None,
    first: bool = False,
    window: int | None = None,
    carry_state: bool = False,
    held_out: float | None = None,
    unescape: bool = False,
) -> Evaluation:
    """Measures a model on a text, CSV, JSON lines, `-` or `tfds:NAME`. A folder, a pattern or several paths are read
    as one.

    Without `lines` or `window`, a table is measured by lines, and so is a model with `<eos>`; anything else by
    windows of 256. `first` scores the first token of each line, too. `held_out` measures only that share at the end
    of a running text, which training with the same validation share leaves out. `unescape` removes HTML from it.
    Raises CorpusError, and ScoringError if there is nothing to score.
    """
    source = _sources(path, (column,) if column is not None else (), unescape)
    if lines is None:
        lines = window is None and (source.is_table or model.vocabulary.eos is not None)
    name = _name(source, held_out)
    if lines:
        if carry_state or held_out is not None:
            raise CharRNNError("--carry-state and --held-out are for running texts; leave out --lines and --column")
        if first and model.vocabulary.eos is None:
            raise CharRNNError(f"{model.name!r} has no <eos> to predict a line's first token from; leave out --first")
        vocabulary = model.vocabulary
        encoded = map(encoder(vocabulary), source.texts(column))
        rows = (line_row(ids, vocabulary, first=first) for ids in encoded)
        return Evaluation(score(model, rows), name, "whole lines" if first else "lines", "fresh")
    if first:
        raise CharRNNError("--first is for lines; add --lines")
    pieces = _running(model, source, held_out)
    if carry_state:
        return Evaluation(score_carried(model, pieces), name, "running text", "carried")
    window = window or WINDOW
    windows = (running_row(ids, model.vocabulary) for ids in overlapping(pieces, window))
    return Evaluation(score(model, windows), name, f"windows of {window}", "fresh")


def evaluate_adapting(
    model: CharRNN, path: str | Sequence[str], rates: Sequence[float], *, held_out: float | None = None
) -> list[Evaluation]:
    """Dynamic evaluation of a running text with the state carried: the static measure first, then one for each
    learning rate. `held_out` is that of `evaluate`. Raises what `evaluate` and `score_adapting` raise.
    """
    source = _sources(path)
    name, pieces = _name(source, held_out), _running(model, source, held_out)
    ids = np.concatenate([np.zeros(0, np.int32), *pieces])
    static, *dynamic = (found for found, _ in score_adapting(model, ids, (0.0, *rates)))
    return [
        Evaluation(static, name, "running text", "carried"),
        *(Evaluation(each, name, "running text", "dynamic, carried", rate)
          for each, rate in zip(dynamic, rates, strict=True)),
    ]  # fmt: skip


def _sources(path: str | Sequence[str], columns: tuple[str, ...] = (), unescape: bool = False) -> Sources:
    return Sources((path,) if isinstance(path, str) else tuple(path), columns, unescape)


def _name(source: Sources, held_out: float | None) -> str:
    """What is measured, in a few words."""
    name = short_name(source.paths)
    name += "".join(f", column {column}" for column in source.columns)
    name += ", without HTML" if source.unescape else ""
    return name if held_out is None else f"{name}, the last {100 * held_out:g}%"


def _running(model: CharRNN, source: Sources, held_out: float | None) -> Iterator[Ids]:
    """The ids of a running text in pieces, or of the share at its end."""
    level, encode = model.vocabulary.level, encoder(model.vocabulary)
    if held_out is None:
        return map(encode, source.pieces(level))
    count = sum(len(encode(text)) for text in source.pieces(level))
    return skipped(map(encode, source.pieces(level)), int(count * (1 - held_out)))
