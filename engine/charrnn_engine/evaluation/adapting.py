"""Dynamic evaluation: scores a running text by a model whose head learns from each token once it has been scored.
Numpy only. Writes no files, and the model stays as it was.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CharRNNError, shown
from charrnn_engine.evaluation.encoding import Ids
from charrnn_engine.evaluation.scoring import Score, ScoringError, running_row, score_rows
from charrnn_engine.network.learning_head import LearningHead
from charrnn_engine.network.model import CharRNN

RATE_AT_MOST = 1.0
_STEPS = 2048  # hidden states kept at a time


def score_adapting(model: CharRNN, ids: Ids, rates: Sequence[float]) -> list[tuple[Score, CharRNN]]:
    """For each learning rate the score of a running text, the state carried from its first token to its last, and
    the model with the head as the text leaves it. The rate 0 gives the static score.

    Unknown tokens are scored as in `scoring`, and nothing is learnt from them. Raises ScoringError where there is
    nothing to score, and CharRNNError for a rate that isn't from 0 to 1 or at which the head overflows.
    """
    for rate in rates:
        if not 0 <= rate <= RATE_AT_MOST:
            raise CharRNNError(f"the learning rate is {shown(rate)}; it must be from 0 to {RATE_AT_MOST:g}")
    row = running_row(ids, model.vocabulary)
    heads = [LearningHead(model.network.head) for _ in rates]
    costs = _costs(model, row.inputs, row.targets, list(zip(heads, rates, strict=True)))
    scores = [score_rows([row], model.vocabulary, lambda *_, own=own: own[None]) for own in costs]
    for rate, score in zip(rates, scores, strict=True):
        if not score.tokens:
            raise ScoringError("there is nothing to score: the text holds fewer than two tokens")
        if not math.isfinite(score.nats):
            raise CharRNNError(f"the head overflows at a learning rate of {rate:g}; take a smaller one")
    return [(score, with_head(model, head)) for score, head in zip(scores, heads, strict=True)]


def with_head(model: CharRNN, head: LearningHead) -> CharRNN:
    """The model with what a head has learnt so far, as a new model."""
    return replace(model, network=replace(model.network, head=head.fixed()))


def _costs(model: CharRNN, inputs: Ids, targets: Ids, heads: list[tuple[LearningHead, float]]) -> NDArray[np.float64]:
    """-log p in nats of targets (T,) after inputs (T,) for each head: (R, T). Targets below 1 aren't asked for unless
    the vocabulary has no `<pad>`.
    """
    stepper, known = model.stepper(), 0 if model.vocabulary.pad is None else 1
    out = np.zeros((len(heads), len(inputs)))
    # The state doesn't depend on the head, so one reading serves all rates.
    hidden = np.ones((_STEPS, len(stepper.top) + 1), np.float32)
    for start in range(0, len(inputs), _STEPS):
        stretch = inputs[start : start + _STEPS].tolist()
        for place, index in enumerate(stretch):
            stepper.feed(index)
            hidden[place, :-1] = stepper.top
        asked = targets[start : start + _STEPS].tolist()
        with np.errstate(all="ignore"):  # an overflow is reported by the caller
            for number, (head, rate) in enumerate(heads):
                out[number, start : start + len(stretch)] = _read(head, rate, hidden, asked, known)
    return out


def _read(
    head: LearningHead, rate: float, hidden: NDArray[np.float32], targets: list[int], known: int
) -> list[float]:
    costs = []
    for h_and_one, target in zip(hidden, targets, strict=False):
        logits = h_and_one.dot(head.weights)
        costs.append(head.learn(h_and_one, logits, target, rate) if target >= known else 0.0)
    return costs
