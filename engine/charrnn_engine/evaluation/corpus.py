"""Measures a model on a corpus file: chooses the texts and the measure. Numpy only, no TensorFlow."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn_engine.corpus.reading import Source
from charrnn_engine.errors import CharRNNError
from charrnn_engine.evaluation.scoring import (
    WINDOW,
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

    def figures(self) -> dict[str, Any]:
        """Plain data for `charrnn-tui evaluate --json` and for a card."""
        score = self.score
        nats = score.bits_per_character * math.log(2)
        return {
            "corpus": self.corpus,
            "samples": self.samples,
            "state": self.state,
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
    window: int | None = None,
    carry_state: bool = False,
    held_out: float | None = None,
) -> Evaluation:
    """Measures a model on a text, CSV, JSON lines, `-` or `tfds:NAME`.

    Without `lines` or `window`, a table or a model with `<eos>` is measured by lines, anything else by windows of
    256. `held_out` measures only that share at the end of a running text: what training with the same validation
    share leaves out. Raises CorpusError, and ScoringError without anything to score.
    """
    source = Source(path, (column,) if column is not None else ())
    if lines is None:
        lines = window is None and (source.is_table or model.vocabulary.eos is not None)
    name = "standard input" if path == "-" else path.replace("\\", "/").rsplit("/", 1)[-1]
    if column is not None:
        name += f", column {column}"
    if lines:
        if carry_state or held_out is not None:
            raise CharRNNError("--carry-state and --held-out are for running texts; leave out --lines and --column")
        rows = (line_row(encode_array(model.vocabulary, text), model.vocabulary) for text in source.texts(column))
        return Evaluation(score(model, rows), name, "lines", "fresh")
    ids = encode_array(model.vocabulary, "".join(source.chunks()))
    if held_out is not None:
        ids = ids[int(len(ids) * (1 - held_out)) :]
        name += f", the last {held_out:.0%}"
    return _running(model, np.asarray(ids), name, window or WINDOW, carry_state)


def _running(model: CharRNN, ids: Any, name: str, window: int, carry_state: bool) -> Evaluation:
    if carry_state:
        return Evaluation(score_carried(model, ids), name, "running text", "carried")
    found = score(model, window_rows(ids, model.vocabulary, window))
    return Evaluation(found, name, f"windows of {window}", "fresh")
