"""How well a model knows a text: bits per character, perplexity, surprisal. Numpy only, no sampling.

Two measures, one for each kind of corpus. Lines: each line starts from the initial state; every token after the
first, and the `<eos>` that closes the line, is scored given all tokens before it in that line. Windows: a running
text is cut every `window` tokens; each window starts from the initial state and scores the token that follows each
one it reads, so that every token of the text but the first is scored once.

An unknown token is scored with p = 1/100. It is fed as `<unk>` if there is one (words); otherwise it is not fed, and
the next token is scored as if it weren't there. A token with nothing known before it is scored after `<eos>`, or
with p = 1/V if there is no `<eos>`.

In arrays of ids, an unknown token is minus its length in characters.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CharRNNError
from charrnn_engine.evaluation.encoding import Ids, ManyIds
from charrnn_engine.evaluation.threads import side_by_side, threads_at_most
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.stepper import Stepper
from charrnn_engine.vocabulary import PAD_ID, Vocabulary

UNKNOWN_NATS = math.log(100)
"""What an unknown token costs: p = 1/100."""
WINDOW = 256

_ROWS = 256  # lines or windows per batch
_FEW_ROWS = 64  # with fewer, the overhead of numpy's calls dominates
_SCORES_AT_ONCE = 1 << 18  # logits, 1 MB
_NOTHING = "there is nothing to score: the text holds fewer than two tokens"


class ScoringError(CharRNNError, ValueError):
    """There is nothing to score in a text."""


@dataclass(frozen=True)
class Score:
    """Sums over a text. `tokens` counts everything scored, unknown ones and closing `<eos>` included."""

    nats: float
    tokens: int
    unknown: int = 0
    texts: int = 0
    characters: int = 0
    """The characters of the scored tokens; `<eos>` counts as one."""

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.nats + other.nats,
            self.tokens + other.tokens,
            self.unknown + other.unknown,
            self.texts + other.texts,
            self.characters + other.characters,
        )

    @property
    def nats_per_token(self) -> float:
        return self.nats / self.tokens if self.tokens else math.nan

    @property
    def bits_per_token(self) -> float:
        return self.nats_per_token / math.log(2)

    @property
    def bits_per_character(self) -> float:
        """Equal to `bits_per_token` if tokens are characters."""
        return self.nats / math.log(2) / self.characters if self.characters else math.nan

    @property
    def perplexity(self) -> float:
        """exp of the nats per token; infinity if that is too large for a float."""
        return math.exp(self.nats_per_token) if self.nats_per_token < 700 else math.inf


@dataclass(frozen=True)
class Row:
    """A piece of text that starts from the initial state: target i is predicted after inputs[: i + 1].

    Targets that are `<pad>` stand for unknown tokens and are not scored by the model.
    """

    inputs: Ids
    targets: Ids
    unknown: int = 0
    guessed: int = 0
    """Targets with nothing known before them. Each costs log V nats and isn't among `targets`."""
    unasked: int = 0
    """Characters of the unknown and the guessed targets."""


def line_row(ids: Ids, vocabulary: Vocabulary, *, first: bool = False) -> Row:
    """A line and its closing `<eos>`. Ids of unknown tokens are negative.

    The first token is only read or, with `first`, predicted after an `<eos>`, as a text from an empty prompt is.
    """
    closed = ids if vocabulary.eos is None else np.append(ids, np.int32(vocabulary.eos))
    if first and vocabulary.eos is not None:
        closed = np.insert(closed, 0, np.int32(vocabulary.eos))
    return _row(closed[:1], closed[1:], vocabulary)


def running_row(ids: Ids, vocabulary: Vocabulary) -> Row:
    """A running text as a single row, to be read without a fresh state. Unknown tokens are negative."""
    return _row(ids[:1], ids[1:], vocabulary)


def window_rows(ids: ManyIds, vocabulary: Vocabulary, window: int = WINDOW) -> Iterator[Row]:
    """The windows of a running text; the last one may be shorter. Ids of unknown tokens are negative."""
    for start in range(0, len(ids) - 1, window):
        yield running_row(ids[start : start + window + 1], vocabulary)


def _row(first: Ids, rest: Ids, vocabulary: Vocabulary) -> Row:
    missing = rest < 0
    unknown, unasked = int(missing.sum()), int(-rest[missing].sum())
    if vocabulary.unknown is not None:
        ids = np.concatenate([first, rest])
        inputs = np.where(ids < 0, vocabulary.unknown, ids)[:-1].astype(np.int32)
        return Row(inputs, np.where(missing, _not_asked(vocabulary), rest).astype(np.int32), unknown, 0, unasked)
    known, head = rest[~missing], first[first >= 0]
    guessed = 0
    if not len(head) and len(known):
        if vocabulary.eos is not None:
            head = np.array([vocabulary.eos], np.int32)
        else:
            guessed, unasked = 1, unasked + 1
            head, known = known[:1], known[1:]
    inputs = np.concatenate([head, known[:-1]]) if len(known) else known
    return Row(inputs, known, unknown, guessed, unasked)


def score_rows(
    rows: Iterable[Row],
    vocabulary: Vocabulary,
    nats: Callable[[Ids, Ids], NDArray[np.floating]],
    batch: int = _ROWS,
    threads: int = 1,
) -> Score:
    """The sum over rows. `nats` gives -log p of targets (B, T) after inputs (B, T), padded at the right with
    `<pad>`; its values for padding are ignored."""
    lengths = np.array([max(1, len(text)) if i not in (vocabulary.pad, vocabulary.eos) else 1
                        for i, text in enumerate(vocabulary.tokens)])  # fmt: skip

    nothing = _not_asked(vocabulary)

    def scored(group: list[Row]) -> Score:
        inputs, targets = padded([r.inputs for r in group]), padded([r.targets for r in group], nothing)
        asked = targets != nothing
        costs = float(np.where(asked, nats(inputs, targets), 0.0).sum(dtype=np.float64)) if asked.any() else 0.0
        unknown, guessed = sum(r.unknown for r in group), sum(r.guessed for r in group)
        return Score(
            costs + unknown * UNKNOWN_NATS + guessed * math.log(len(vocabulary)),
            int(asked.sum()) + unknown + guessed,
            unknown,
            len(group),
            int(lengths[targets[asked]].sum()) + sum(r.unasked for r in group),
        )

    return sum(side_by_side(scored, _grouped(rows, batch, threads), threads), Score(0.0, 0))


def _grouped(rows: Iterable[Row], batch: int, threads: int) -> Iterator[list[Row]]:
    """Groups rows of similar length, within a stretch of rows, so that less padding is computed."""
    held: list[Row] = []
    for row in rows:
        held.append(row)
        if len(held) == 32 * batch:
            yield from _cut(held, batch)
            held = []
    # Few rows are spread over the threads.
    yield from _cut(held, max(1, min(batch, max(_FEW_ROWS, -(-len(held) // threads)))))


def _cut(rows: list[Row], batch: int) -> Iterator[list[Row]]:
    rows = sorted(rows, key=lambda row: len(row.inputs))
    return (rows[at : at + batch] for at in range(0, len(rows), batch))


def _not_asked(vocabulary: Vocabulary) -> int:
    """Marks a target that the model doesn't score. It can't always be `<pad>`, which imported models may lack."""
    return -1 if vocabulary.pad is None else PAD_ID


def padded(rows: Sequence[Ids], fill: int = PAD_ID) -> Ids:
    """(B, T) ids, filled up at the right."""
    out = np.full((len(rows), max(map(len, rows), default=0)), fill, np.int32)
    for place, row in enumerate(rows):
        out[place, : len(row)] = row
    return out


def score(model: CharRNN, rows: Iterable[Row]) -> Score:
    """The sum over rows under a model, in batches on all cores. Raises ScoringError if there is nothing to score."""
    total = score_rows(rows, model.vocabulary, partial(_costs, model), threads=threads_at_most())
    if not total.tokens:
        raise ScoringError(_NOTHING)
    return total


def score_carried(model: CharRNN, pieces: Iterable[Ids]) -> Score:
    """A running text that comes in pieces, read from beginning to end without resetting the state.

    Raises ScoringError if there is nothing to score.
    """
    vocabulary, total = model.vocabulary, Score(0.0, 0)
    costs = partial(_costs, model, stepper=model.stepper(1))
    last = np.zeros(0, np.int32)
    for ids in pieces:
        # A row starts with the last token of the piece before it.
        row = _row(last, ids, vocabulary) if len(last) else _row(ids[:1], ids[1:], vocabulary)
        total += replace(score_rows([row], vocabulary, costs), texts=1 - total.texts)
        known = ids if vocabulary.unknown is not None else ids[ids >= 0]
        last = known[-1:] if len(known) else last if len(last) else ids[-1:]
    if not total.tokens:
        raise ScoringError(_NOTHING)
    return total


def surprisals(model: CharRNN, text: str) -> NDArray[np.float64]:
    """-log2 p of every token of a text but the first, in bits, each given those before it.

    Raises UnknownTokenError for tokens that the vocabulary lacks.
    """
    ids = np.array(model.vocabulary.encode(text), np.int32)
    costs = _costs(model, ids[None, :-1], ids[None, 1:])
    return np.asarray(costs[0] / math.log(2))


def _costs(model: CharRNN, inputs: Ids, targets: Ids, stepper: Stepper | None = None) -> NDArray[np.float64]:
    """-log p in nats of targets (B, T) after inputs (B, T), each row from the state of `stepper` or a fresh one."""
    stepper, head = stepper or model.stepper(len(inputs)), model.network.head
    out = np.empty(inputs.shape, np.float64)
    steps = max(1, _SCORES_AT_ONCE // (len(inputs) * head.kernel.shape[1]))
    hidden = np.empty((steps, *stepper.top.shape), np.float32)
    columns = np.ascontiguousarray(inputs.T, np.intp)
    for start in range(0, len(columns), steps):
        stretch = columns[start : start + steps]
        for t, ids in enumerate(stretch):
            stepper.feed(ids)
            hidden[t] = stepper.top
        # One product with the head for many steps, (T * B, V), small enough to stay in the cache.
        logits = head(hidden[: len(stretch)].reshape(-1, hidden.shape[-1]))
        asked = targets[:, start : start + steps].T.reshape(-1)
        out[:, start : start + steps] = _cross_entropies(logits, asked).reshape(stretch.shape).T
    return out


def _cross_entropies(logits: NDArray[np.float32], targets: Ids) -> NDArray[np.float64]:
    """-log softmax(logits) in nats at the targets: logits (N, V), overwritten, and targets (N,)."""
    np.subtract(logits, logits.max(axis=1, keepdims=True), out=logits)
    asked = logits[np.arange(len(logits)), targets].astype(np.float64)
    np.exp(logits, out=logits)
    return np.asarray(np.log(logits.sum(axis=1).astype(np.float64)) - asked)
