"""The loop of a training run: epochs of steps, validation, samples, checkpoints. Reports, and draws nothing."""

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from charrnn_engine.checkpoint import find_checkpoint
from charrnn_engine.scoring import WINDOW, Row, Score, line_row, score_rows, window_rows
from charrnn_engine.training.batches import Batch, Schedule
from charrnn_engine.training.corpus import Corpus
from charrnn_engine.training.errors import TrainingError
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.narration import Narration, held_out
from charrnn_engine.training.network import build
from charrnn_engine.training.optimisation import Optimisation
from charrnn_engine.training.samples import draw_samples
from charrnn_engine.training.saving import make_card, save_checkpoint
from charrnn_engine.training.settings import TrainingSettings
from charrnn_engine.training.state import Progress, State, write_state

_OFTEN = 5.0  # seconds between the ends of two epochs that save the state and show samples
_LOGITS_AT_ONCE = 40_000_000  # of a validation batch: bounds its memory


class Interrupted(Exception):
    """The run was asked to stop, and has saved itself."""


class Trainer:
    """A run on an opened corpus. `stop` is asked after every step whether somebody wants it to end."""

    def __init__(
        self,
        settings: TrainingSettings,
        corpus: Corpus,
        reporter: Reporter,
        stop: Callable[[], bool] = lambda: False,
        strategy: Any = None,
    ) -> None:
        self.settings, self.corpus, self.reporter, self._stop = settings, corpus, reporter, stop
        self.out = Path(settings.out)
        self.strategy = strategy or tf.distribute.get_strategy()
        resolver = self.strategy.cluster_resolver
        self.worker = (resolver.task_id or 0) if resolver else 0
        self.workers = self.strategy.num_replicas_in_sync
        self.schedule = Schedule(corpus, settings.epochs, settings.batch, settings.extra, settings.seed)
        with self.strategy.scope():
            self.model = build(settings.network, len(corpus.vocabulary), settings.seed)
        self.total_steps = self.schedule.total_steps
        self.optimisation = Optimisation(self.model, settings, self.total_steps, self.strategy, self.worker)
        self.progress = Progress()
        self.fingerprint = zlib.crc32(corpus.train.ids.tobytes())
        self._started = self._saved = time.monotonic()
        self._sampled = -_OFTEN
        self._narration = Narration(reporter, settings, self.total_steps)

    @property
    def chief(self) -> bool:
        """Whether this worker writes and draws samples; all of them compute."""
        return self.worker == 0

    def restore(self, state: State) -> None:
        """Goes on from a state. Raises TrainingError where it belongs to another corpus or network."""
        if state.fingerprint != self.fingerprint:
            raise TrainingError(f"{self.settings.corpus.path}: the corpus is no longer what the run was started on")
        try:
            self.optimisation.restore(state.weights, state.optimizer)
        except ValueError as error:
            raise TrainingError(f"{self.out}: the run can't be resumed ({error})") from None
        self.progress = state.progress

    def start_from(self, name_or_path: str) -> None:
        """Takes over the weights of a checkpoint. Raises TrainingError where its network is another."""
        import keras

        other = keras.models.load_model(find_checkpoint(name_or_path), compile=False)
        try:
            self.optimisation.restore(
                [tf.convert_to_tensor(variable).numpy() for variable in other.trainable_variables]
            )
        except ValueError as error:
            raise TrainingError(f"{name_or_path}: training can't start from it ({error})") from None

    def run(self) -> None:
        """Trains to the end. Raises Interrupted, or TrainingError where it can't go on."""
        parameters, done = self.model.count_params(), self.progress.total
        self._narration.start(self.corpus, parameters, done, self.workers)
        while (reason := self._over()) is None:
            self._epoch()
        self._narration.finished(self.progress, reason)

    def _over(self) -> str | None:
        """Why the run has ended, None while it hasn't."""
        if self.progress.epoch >= self.settings.epochs:
            return "done"
        return "early stopping" if self.progress.since_best >= self.settings.patience else None

    def _epoch(self) -> None:
        for batch in self._batches():
            result = self.optimisation.step(batch, self.progress.total, self._stop() or self.reporter.gone)
            if not result.finite:
                raise self._diverged()
            self._count(batch, result.nats)
            if result.stops:
                self._interrupt()
            every = self.settings.sample_every
            if every and self.progress.total % every == 0:
                self._sample()
            if time.monotonic() - self._saved > self.settings.save_every:
                self._save_state()
        self._end_epoch()

    def _batches(self) -> Any:
        """The rest of the epoch's minibatches through tf.data, which makes the next while one is learnt from."""
        epoch, first = self.progress.epoch, self.progress.step
        rows = tf.TensorSpec((None, None), tf.int32)

        def make() -> Any:
            for batch in self.schedule.batches(epoch, first, self.worker, self.workers):
                yield batch.inputs, batch.targets, batch.tokens

        dataset = tf.data.Dataset.from_generator(make, output_signature=(rows, rows, tf.TensorSpec((), tf.int32)))
        for inputs, targets, tokens in dataset.prefetch(2):
            yield Batch(inputs, targets, int(tokens))

    def _count(self, batch: Batch, nats: float) -> None:
        now = time.monotonic()
        was = self.progress
        self.progress = replace(
            was,
            step=was.step + 1,
            total=was.total + 1,
            nats=was.nats + nats,
            tokens=was.tokens + batch.tokens,
            seconds=was.seconds + now - self._started,
        )
        self._started = now
        self._narration.step(self.progress, batch.tokens, nats / batch.tokens, self.optimisation.learning_rate, now)

    def _end_epoch(self) -> None:
        was = self.progress
        score = self.validate()
        nats = score.nats_per_token
        better = nats < was.best
        self.progress = replace(
            was,
            epoch=was.epoch + 1,
            step=0,
            nats=0.0,
            tokens=0,
            best=min(nats, was.best),
            best_epoch=was.epoch + 1 if better else was.best_epoch,
            since_best=0 if better else was.since_best + 1,
        )
        self._narration.epoch(self.progress, was.nats / max(1, was.tokens), score, better)
        if better:
            self._save_checkpoint(score)
        # Where epochs fly by, neither the disk nor the reader is kept busy with each of them.
        last, now = self._over() is not None, time.monotonic()
        if last or now - self._saved > _OFTEN:
            self._save_state()
        if not self.settings.sample_every and (last or now - self._sampled > _OFTEN):
            self._sample()

    def validate(self) -> Score:
        """The validation part, measured as `charrnn-tui evaluate` measures."""
        samples, vocabulary = self.corpus.validation, self.corpus.vocabulary
        if self.corpus.lines:
            rows: Iterator[Row] = (line_row(samples[i], vocabulary) for i in range(len(samples)))
            longest = int(np.diff(samples.bounds).max())
        else:
            # Always the same length, whatever is trained on: figures of different runs compare.
            rows = window_rows(samples.ids, vocabulary, WINDOW)
            longest = WINDOW
        batch = max(1, min(128, _LOGITS_AT_ONCE // (longest * len(vocabulary))))
        return score_rows(rows, vocabulary, self.optimisation.costs, batch)

    def _interrupt(self) -> None:
        if not self.progress.best_epoch:
            self._save_checkpoint(None)
        self._save_state()
        self._narration.finished(self.progress, "interrupted")
        raise Interrupted

    def _diverged(self) -> TrainingError:
        stands = f"; the best checkpoint so far stands in {self.out}" if self.progress.best_epoch else ""
        return TrainingError(
            f"the loss stopped being a number at step {self.progress.total + 1}{stands}; a smaller --lr may help"
        )

    def _save_checkpoint(self, score: Score | None) -> None:
        if not self.chief:
            return
        validation = None if score is None else held_out(score, self.corpus.lines)
        card = make_card(self.settings, self.corpus, self.progress, self.model.count_params(), validation)
        try:
            save_checkpoint(self.model, self.corpus.vocabulary, card, self.out, self.settings.half_weights)
        except OSError as error:
            raise _refused(self.out, error) from None
        self._narration.saved(score)

    def _save_state(self) -> None:
        self._saved = time.monotonic()
        if not self.chief:
            return
        weights, optimizer = self.optimisation.weights(), self.optimisation.optimizer_state()
        settings, vocabulary = self.settings, self.corpus.vocabulary
        state = State(settings, vocabulary, self.progress, self.fingerprint, weights, optimizer)
        try:
            write_state(self.out, state)
        except OSError as error:
            raise _refused(self.out, error) from None

    def _sample(self) -> None:
        self._sampled = time.monotonic()
        if not self.chief:
            return
        for sample in draw_samples(self.model, self.corpus.vocabulary, self.settings):
            self._narration.sample(self.progress, sample)


def _refused(out: Path, error: OSError) -> TrainingError:
    return TrainingError(f"{out}: it can't be written ({error.strerror or error}); what stood there still stands")
