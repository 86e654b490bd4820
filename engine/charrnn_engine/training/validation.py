"""The validation part of a corpus as rows to be measured, as `charrnn-tui evaluate` measures. No TensorFlow."""

from collections.abc import Iterator

import numpy as np

from charrnn_engine.evaluation.scoring import WINDOW, Row, line_row, window_rows
from charrnn_engine.training.encoded_corpus import Corpus

_LOGITS_AT_ONCE = 40_000_000  # of a batch: bounds its memory


def validation_rows(corpus: Corpus) -> tuple[Iterator[Row], int]:
    """The rows, and how many of them to measure at a time."""
    samples, vocabulary = corpus.validation, corpus.vocabulary
    if corpus.lines:
        rows: Iterator[Row] = (line_row(samples[i], vocabulary) for i in range(len(samples)))
        longest = int(np.diff(samples.bounds).max())
    else:
        # Always the same length, whatever is trained on: figures of different runs compare.
        rows = window_rows(samples.ids, vocabulary, WINDOW)
        longest = WINDOW
    return rows, max(1, min(128, _LOGITS_AT_ONCE // (longest * len(vocabulary))))
