"""The minibatches of an epoch, and the rows that validate. All of it is a function of (seed, epoch): a resumed run
gets the same batches, and every worker knows its share. Knows no TensorFlow."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.evaluation.scoring import WINDOW, Row, line_row, window_rows
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.vocabulary import PAD_ID

Ids = NDArray[np.int32]

_BUCKET = 4  # lengths that differ by less than this count as equal when lines are sorted into batches
_LOGITS_AT_ONCE = 40_000_000  # of a batch that validates: bounds its memory


@dataclass(frozen=True)
class Batch:
    """Targets (B, T) follow inputs (B, T); shorter rows are padded with `<pad>`. `tokens` counts the targets of the
    whole minibatch, of which a worker has a part of the rows."""

    inputs: Ids
    targets: Ids
    tokens: int


@dataclass(frozen=True)
class Schedule:
    """The order in which a corpus is learnt from. `extra` is the share of the epochs that use further columns: all
    their samples in the first epoch, then linearly fewer."""

    corpus: Corpus
    epochs: int
    batch: int
    extra: float
    seed: int

    def steps(self, epoch: int) -> int:
        """Minibatches in an epoch, counted from 0."""
        if self.corpus.lines:
            return -(-(len(self.corpus.train) + self._extra_samples(epoch)) // self.batch)
        return -(-len(self._starts(epoch)) // self.batch)

    @property
    def total_steps(self) -> int:
        return sum(self.steps(epoch) for epoch in range(self.epochs))

    def batches(self, epoch: int, first: int = 0, worker: int = 0, workers: int = 1) -> Iterator[Batch]:
        """The minibatches of an epoch from number `first` on; of each, one worker's rows."""
        ids, window = self.corpus.train.ids, self.corpus.window
        leads: NDArray[np.bool_] | None = None
        if self.corpus.lines:
            order, leads = self._line_order(epoch)
        else:
            order = self._starts(epoch)
        for at in range(first * self.batch, len(order), self.batch):
            numbers = order[at : at + self.batch]
            if leads is None:
                rows = [ids[start : start + window + 1] for start in numbers]
            else:
                rows = [self._line(number, bool(leads[number])) for number in numbers]
            yield self._batch(rows, worker, workers)

    def _random(self, epoch: int, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch, purpose])

    def _extra_samples(self, epoch: int) -> int:
        if self.corpus.extra is None or not self.extra:
            return 0
        return round(max(0.0, 1.0 - epoch / (self.extra * self.epochs)) * len(self.corpus.extra))

    def _line_order(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Numbers of the epoch's samples in batches of like length, and which of them start with `<eos>`.

        Numbers from len(train) on are those of the further columns.
        """
        train, extra = self.corpus.train, self.corpus.extra
        random = self._random(epoch, 1)
        count = len(train) + (len(extra) if extra else 0)
        # Half of the rows start from the zero state, as in validation and after a prompt; the others start with an
        # <eos>, as a text without a prompt does.
        leads = random.random(count) < 0.5
        chosen = np.arange(len(train))
        lengths = np.diff(train.bounds)
        if extra is not None:
            more = random.permutation(len(extra))[: self._extra_samples(epoch)]
            chosen = np.concatenate([chosen, len(train) + more])
            lengths = np.concatenate([lengths, np.diff(extra.bounds)])
        shuffled = random.permutation(chosen)
        ranked = shuffled[np.argsort(lengths[shuffled] // _BUCKET, kind="stable")]
        pad = -len(ranked) % self.batch
        blocks = np.concatenate([ranked, np.full(pad, -1)]).reshape(-1, self.batch)
        # The block that isn't full stays last, so that a batch can be found by its number.
        blocks = np.concatenate([random.permutation(blocks[:-1]), blocks[-1:]])
        order = blocks.reshape(-1)
        return order[order >= 0], leads

    def _line(self, number: int, lead: bool) -> Ids:
        samples = self.corpus.train
        if number >= len(samples) and self.corpus.extra is not None:
            samples, number = self.corpus.extra, number - len(samples)
        eos = np.array([] if self.corpus.vocabulary.eos is None else [self.corpus.vocabulary.eos], np.int32)
        starts = lead and (number == 0 or samples.closed[number - 1])
        return np.concatenate([eos[: int(starts)], samples[number], eos[: int(samples.closed[number])]])

    def _starts(self, epoch: int) -> NDArray[np.int64]:
        """Where the epoch's windows start: a grid shifted at random, in random order."""
        window, tokens = self.corpus.window, self.corpus.train.tokens
        random = self._random(epoch, 2)
        shift = int(random.integers(0, min(window, tokens - window)))
        return random.permutation(np.arange(shift, tokens - window, window))

    def _batch(self, rows: list[Ids], worker: int, workers: int) -> Batch:
        """A worker's rows of a minibatch, padded to the length of the whole minibatch. There is at least an empty
        row: all workers take the same number of steps, of equal length."""
        width = max(len(row) for row in rows) - 1
        mine = rows[worker::workers] or [np.zeros(1, np.int32)]
        inputs, targets = (np.full((len(mine), width), PAD_ID, np.int32) for _ in range(2))
        for place, row in enumerate(mine):
            inputs[place, : len(row) - 1], targets[place, : len(row) - 1] = row[:-1], row[1:]
        # `<unk>` is read but never learnt as a target, because it is never generated.
        unknown = -1 if self.corpus.vocabulary.unknown is None else self.corpus.vocabulary.unknown
        targets[targets == unknown] = PAD_ID
        return Batch(inputs, targets, sum(int((row[1:] != unknown).sum()) for row in rows))


def validation_rows(corpus: Corpus) -> tuple[Iterator[Row], int, int]:
    """The rows of the validation part as `charrnn-tui evaluate` measures them, their number, and how many of them to
    measure at a time."""
    samples, vocabulary = corpus.validation, corpus.vocabulary
    if corpus.lines:
        rows: Iterator[Row] = (line_row(samples[i], vocabulary) for i in range(len(samples)))
        number, longest = len(samples), int(np.diff(samples.bounds).max())
    else:
        # Of the same length whatever is trained on, so that figures of different runs compare.
        rows = window_rows(samples.ids, vocabulary, WINDOW)
        number, longest = -(-(samples.tokens - 1) // WINDOW), WINDOW
    return rows, number, max(1, min(128, _LOGITS_AT_ONCE // (longest * len(vocabulary))))
