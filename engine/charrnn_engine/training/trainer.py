"""The loop of a training run: epochs of steps, validation, samples, checkpoints. Reports, and draws nothing."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from charrnn_engine.checkpoints.store import find_checkpoint
from charrnn_engine.evaluation.scoring import Row, Score, score_rows
from charrnn_engine.runs.errors import TrainingError
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress, State, check_same
from charrnn_engine.training.batches import Batch, Schedule
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.keeper import Keeper
from charrnn_engine.training.narration import Narration
from charrnn_engine.training.network import build
from charrnn_engine.training.optimisation import Optimisation
from charrnn_engine.training.samples import draw_samples
from charrnn_engine.training.validation import validation_rows

_OFTEN = 5.0  # seconds between the ends of two epochs that save the state and show samples


class Interrupted(Exception):
    """The run was asked to stop, and has saved itself."""


class Trainer:
    """A run on an opened corpus. `control` is looked at after every step."""

    def __init__(
        self,
        settings: TrainingSettings,
        corpus: Corpus,
        reporter: Reporter,
        control: Control | None = None,
        strategy: Any = None,
    ) -> None:
        self.settings, self.corpus, self.reporter = settings, corpus, reporter
        self.control = control or Control()
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
        self._started = self._saved = time.monotonic()
        self._sampled = -_OFTEN
        self._narration = Narration(reporter, settings, self.total_steps)
        self._keeper = Keeper(settings, corpus, self.optimisation, reporter)

    @property
    def chief(self) -> bool:
        """Whether this worker writes and draws samples; all of them compute."""
        return self.worker == 0

    def restore(self, state: State) -> None:
        """Goes on from a state. Raises CorpusError or TrainingError where it belongs to another corpus or network."""
        check_same(self.settings, self.corpus, state)
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
        try:
            if not done:
                self._look_at_the_untrained()
            while (reason := self._over()) is None:
                self._epoch()
        finally:
            self._keeper.close()
        self._narration.finished(self.progress, reason)

    def _look_at_the_untrained(self) -> None:
        """Epoch 0: what there is before anything is learnt."""
        score = self.validate()
        self._tell_epoch(None, score, best=False, always=True)
        self._sample()
        self._started = self._saved = time.monotonic()

    def _over(self) -> str | None:
        """Why the run has ended, None while it hasn't."""
        if self.progress.epoch >= self.settings.epochs:
            return "done"
        return "early stopping" if self.progress.since_best >= self.settings.patience else None

    def _epoch(self) -> None:
        for batch in self._batches():
            result = self.optimisation.step(batch, self.progress.total, self._stopping)
            if not result.finite:
                raise self._diverged()
            self._count(batch, result.nats)
            self.control.begin()
            if result.stops:
                self._interrupt()
            if self.control.pausing:
                self._pause()
            every = self.settings.sample_every
            if every and self.progress.total % every == 0:
                self._sample()
            if time.monotonic() - self._saved > self.settings.save_every:
                self._save_state()
        self._end_epoch()

    @property
    def _stopping(self) -> bool:
        """Whether the run shall end: it has been asked to, or nobody is left who hears it."""
        return self.control.stopping or (self.reporter.gone and not self.control.detached)

    def _pause(self) -> None:
        self._save_state()
        self._narration.paused()
        self.control.wait()
        if not self.control.stopping:
            self._narration.resumed()
        elif self.workers == 1:
            self._interrupt()
        self._started = time.monotonic()

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
        if better:
            self._save_checkpoint(score)
        last = self._over() is not None
        self._tell_epoch(was.nats / max(1, was.tokens), score, better, always=last)
        # Where epochs fly by, neither the disk nor the reader is kept busy with each of them.
        now = time.monotonic()
        if last or now - self._saved > _OFTEN:
            self._save_state()
        if not self.settings.sample_every and (last or now - self._sampled > _OFTEN):
            self._sample()

    def _tell_epoch(self, training: float | None, score: Score, best: bool, *, always: bool) -> None:
        checkpoint = self._keeper.epoch(self.progress, score, always=always) if self.chief else None
        self._narration.epoch(self.progress, training, score, best, checkpoint)

    def validate(self) -> Score:
        """The validation part, measured as `charrnn-tui evaluate` measures."""
        rows, batch = validation_rows(self.corpus)
        return score_rows(self._attentive(rows), self.corpus.vocabulary, self.optimisation.costs, batch)

    def _attentive(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows as long as nobody wants the run to end: measuring a large part takes its time."""
        for row in rows:
            if self.progress.total and self.workers == 1:  # several must take the same way
                if self.control.pausing:
                    self._pause()
                if self._stopping:
                    self._interrupt()
            yield row

    def _interrupt(self) -> None:
        if not self.progress.best_epoch:
            self._save_checkpoint(None)
        self._save_state()
        self._narration.finished(self.progress, "interrupted")
        raise Interrupted

    def _diverged(self) -> TrainingError:
        stands = f"; the best checkpoint so far stands in {self.out}" if self.progress.best_epoch else ""
        return TrainingError(
            f"the loss stopped being a number at step {self.progress.total + 1}{stands}; a smaller --lr may help",
            "nan",
        )

    def _save_checkpoint(self, score: Score | None) -> None:
        if self.chief:
            self._keeper.best(self.progress, score)
            self._narration.saved(score)

    def _save_state(self) -> None:
        if self.chief:
            self._keeper.state(self.progress)
        self._saved = time.monotonic()

    def _sample(self) -> None:
        if self.chief:
            file = self._keeper.model_file(self.progress)
            for sample in draw_samples(file, self.corpus.vocabulary, self.settings):
                self._narration.sample(self.progress, sample)
        self._sampled = time.monotonic()
