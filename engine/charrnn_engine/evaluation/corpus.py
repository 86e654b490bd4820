"""Measures a model on a corpus file: chooses the texts and the measure. Numpy only, no TensorFlow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from charrnn_engine.corpus.reading import Source
from charrnn_engine.errors import CharRNNError
from charrnn_engine.evaluation.adapting import score_adapting
from charrnn_engine.evaluation.scoring import (
    WINDOW,
    Ids,
    Score,
    encode_array,
    line_row,
    score,
    score_carried,
    window_rows,
)
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
    path: str,
    *,
    column: str | None = None,
    lines: bool | None = None,
    first: bool = False,
    window: int | None = None,
    carry_state: bool = False,
    held_out: float | None = None,
) -> Evaluation:
    """Measures a model on a text, CSV, JSON lines, `-` or `tfds:NAME`.

    Without `lines` or `window`, a table or a model with `<eos>` is measured by lines, anything else by windows of
    256. `first` scores the first token of each line, too. `held_out` measures only that share at the end of a running
    text: what training with the same validation share leaves out. Raises CorpusError, and ScoringError without
    anything to score.
    """
    source = Source(path, (column,) if column is not None else ())
    if lines is None:
        lines = window is None and (source.is_table or model.vocabulary.eos is not None)
    name = _shown(path)
    if column is not None:
        name += f", column {column}"
    if lines:
        if carry_state or held_out is not None:
            raise CharRNNError("--carry-state and --held-out are for running texts; leave out --lines and --column")
        if first and model.vocabulary.eos is None:
            raise CharRNNError(f"{model.name!r} has no <eos> to predict a line's first token from; leave out --first")
        vocabulary = model.vocabulary
        rows = (line_row(encode_array(vocabulary, text), vocabulary, first=first) for text in source.texts(column))
        return Evaluation(score(model, rows), name, "whole lines" if first else "lines", "fresh")
    if first:
        raise CharRNNError("--first is for lines; add --lines")
    ids, name = _read_running(model, source, name, held_out)
    return _running(model, ids, name, window or WINDOW, carry_state)


def evaluate_adapting(
    model: CharRNN, path: str, rates: Sequence[float], *, held_out: float | None = None
) -> list[Evaluation]:
    """Dynamic evaluation of a running text, for each learning rate, with the state carried; the static measure comes
    first. `held_out` is that of `evaluate`. Raises what `evaluate` and `score_adapting` raise.
    """
    ids, name = _read_running(model, Source(path, ()), _shown(path), held_out)
    static, *dynamic = (found for found, _ in score_adapting(model, ids, (0.0, *rates)))
    return [
        Evaluation(static, name, "running text", "carried"),
        *(Evaluation(each, name, "running text", "dynamic, carried", rate)
          for each, rate in zip(dynamic, rates, strict=True)),
    ]  # fmt: skip


def _shown(path: str) -> str:
    return "standard input" if path == "-" else path.replace("\\", "/").rsplit("/", 1)[-1]


def _read_running(model: CharRNN, source: Source, name: str, held_out: float | None) -> tuple[Ids, str]:
    """The ids of a running text, or of the share at its end, and what to call it."""
    ids = encode_array(model.vocabulary, "".join(source.chunks()))
    if held_out is None:
        return ids, name
    return ids[int(len(ids) * (1 - held_out)) :], f"{name}, the last {held_out:.0%}"


def _running(model: CharRNN, ids: Ids, name: str, window: int, carry_state: bool) -> Evaluation:
    if carry_state:
        return Evaluation(score_carried(model, ids), name, "running text", "carried")
    found = score(model, window_rows(ids, model.vocabulary, window))
    return Evaluation(found, name, f"windows of {window}", "fresh")
