"""The minibatches of an epoch, and the rows of the validation. They depend only on seed and epoch, so a resumed run
gets the same ones, and so does every worker. Knows no TensorFlow."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import SettingsError
from charrnn_engine.evaluation.scoring import WINDOW, Row, line_row, window_rows
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.vocabulary import PAD_ID

Ids = NDArray[np.int32]

_BUCKET = 4  # lengths that differ by less than this count as equal when lines are sorted into batches
_LOGITS_AT_ONCE = 40_000_000  # in a batch of the validation, to bound its memory


@dataclass(frozen=True)
class Batch:
    """Targets (B, T) follow inputs (B, T); shorter rows are padded with `<pad>`. `tokens` counts the targets."""

    inputs: Ids
    targets: Ids
    tokens: int


@dataclass(frozen=True)
class Schedule:
    """The order in which a corpus is learnt from. `extra` is the share of the epochs that use further columns: all
    their samples in the first epoch, then linearly fewer. If the state is `carried`, each row of a batch continues
    the same row of the batch before it. Raises SettingsError where the text is too short for that."""

    corpus: Corpus
    epochs: int
    batch: int
    extra: float
    seed: int
    carried: bool = False

    def __post_init__(self) -> None:
        if self.carried and self.corpus.train.tokens < 2 * self.batch + self.corpus.window:
            raise SettingsError(
                f"the text is too short to be read in {self.batch} rows side by side, as --state carried does; "
                "a smaller --batch helps"
            )

    def steps(self, epoch: int) -> int:
        """Minibatches in an epoch, counted from 0."""
        if self.carried:
            return -(-self._row_length(epoch)[1] // self.corpus.window)
        if self.corpus.lines:
            return -(-(len(self.corpus.train) + self._extra_samples(epoch)) // self.batch)
        return -(-self._windows(epoch)[1] // self.batch)

    @property
    def total_steps(self) -> int:
        return sum(self.steps(epoch) for epoch in range(self.epochs))

    def batches(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The minibatches of an epoch from number `first` on."""
        if self.carried:
            yield from self._carried(epoch, first)
            return
        ids, window = self.corpus.train.ids, self.corpus.window
        leads: NDArray[np.bool_] | None = None
        shift = 0
        if self.corpus.lines:
            order, leads = self._line_order(epoch)
        else:
            shift, count, random = self._windows(epoch)
            order = random.permutation(np.arange(count, dtype=_number_type(count)))
        for at in range(first * self.batch, len(order), self.batch):
            numbers = order[at : at + self.batch]
            if leads is None:
                starts = [shift + int(number) * window for number in numbers]
                rows = [ids[start : start + window + 1] for start in starts]
            else:
                rows = [self._line(int(number), bool(leads[number])) for number in numbers]
            yield self._batch(rows)

    def _carried(self, epoch: int, first: int) -> Iterator[Batch]:
        ids, window = self.corpus.train.ids, self.corpus.window
        shift, length = self._row_length(epoch)
        for at in range(first * window, length, window):
            end = min(at + window, length) + 1
            starts = (shift + row * length for row in range(self.batch))
            yield self._batch([ids[start + at : start + end] for start in starts])

    def _row_length(self, epoch: int) -> tuple[int, int]:
        """Where the first row starts, at random, and how many targets each row has."""
        shift = int(self._random(epoch, 2).integers(0, self.corpus.window))
        return shift, (self.corpus.train.tokens - 1 - shift) // self.batch

    def _random(self, epoch: int, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch, purpose])

    def _extra_samples(self, epoch: int) -> int:
        if self.corpus.extra is None or not self.extra:
            return 0
        return round(max(0.0, 1.0 - epoch / (self.extra * self.epochs)) * len(self.corpus.extra))

    def _line_order(self, epoch: int) -> tuple[NDArray[np.integer], NDArray[np.bool_]]:
        """The numbers of the epoch's samples in batches of similar length, and which of them start with `<eos>`.
        Numbers from len(train) on are samples of the further columns."""
        train, extra = self.corpus.train, self.corpus.extra
        random = self._random(epoch, 1)
        count = len(train) + (len(extra) if extra else 0)
        # Half of the rows start from the zero state, as in validation and after a prompt; the others start with an
        # <eos>, as a text without a prompt does.
        leads = random.random(count) < 0.5
        number_type = _number_type(count)
        chosen = np.arange(len(train), dtype=number_type)
        lengths = train.lengths
        if extra is not None:
            more = random.permutation(len(extra))[: self._extra_samples(epoch)]
            chosen = np.concatenate([chosen, (len(train) + more).astype(number_type)])
            lengths = np.concatenate([lengths, extra.lengths])
        shuffled = random.permutation(chosen)
        lengths //= _BUCKET
        ranked = shuffled[np.argsort(lengths[shuffled], kind="stable")]
        pad = -len(ranked) % self.batch
        blocks = np.concatenate([ranked, np.full(pad, -1, number_type)]).reshape(-1, self.batch)
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

    def _windows(self, epoch: int) -> tuple[int, int, np.random.Generator]:
        """The epoch's windows lie on a grid that is shifted at random: its start, the number of windows, and the
        generator of their order."""
        window, tokens = self.corpus.window, self.corpus.train.tokens
        random = self._random(epoch, 2)
        shift = int(random.integers(0, min(window, tokens - window)))
        return shift, -(-(tokens - window - shift) // window), random

    def _batch(self, rows: list[Ids]) -> Batch:
        """A minibatch of rows, padded to the longest."""
        width = max(len(row) for row in rows) - 1
        inputs, targets = (np.full((len(rows), width), PAD_ID, np.int32) for _ in range(2))
        for place, row in enumerate(rows):
            inputs[place, : len(row) - 1], targets[place, : len(row) - 1] = row[:-1], row[1:]
        # `<unk>` is read but never learnt as a target, because it is never generated.
        unknown = -1 if self.corpus.vocabulary.unknown is None else self.corpus.vocabulary.unknown
        targets[targets == unknown] = PAD_ID
        return Batch(inputs, targets, sum(int((row[1:] != unknown).sum()) for row in rows))


def validation_rows(corpus: Corpus) -> tuple[Iterator[Row], int, int]:
    """The rows of the validation part as `charrnn-tui evaluate` measures them, their number, and the size of a batch
    of them."""
    samples, vocabulary = corpus.validation, corpus.vocabulary
    if corpus.lines:
        rows: Iterator[Row] = (line_row(samples[i], vocabulary) for i in range(len(samples)))
        number, longest = len(samples), int(samples.lengths.max())
    else:
        # The same length for every run, so that their figures compare.
        rows = window_rows(samples.ids, vocabulary, WINDOW)
        number, longest = -(-(samples.tokens - 1) // WINDOW), WINDOW
    return rows, number, max(1, min(128, _LOGITS_AT_ONCE // (longest * len(vocabulary))))


def _number_type(count: int) -> type[np.signedinteger]:
    """The smallest type for the numbers of so many samples: an epoch's order is held in memory."""
    return np.int32 if count < 2**31 else np.int64
