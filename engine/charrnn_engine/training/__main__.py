"""The training process: `python -m charrnn_engine.training SETTINGS [--control]` with settings as JSON. With
`--measure` it only measures how long the run would take. Events are JSON lines on stdout; with `--control`, commands
are JSON lines on stdin.

Exit code 0; 2 for what the caller got wrong, 1 for what went wrong otherwise, 130 after SIGINT or SIGTERM. All that
can be checked without TensorFlow is checked before it is imported.
"""

import contextlib
import json
import os
import sys
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from charrnn_engine.corpus.files import short_name
from charrnn_engine.errors import SettingsError, TrainingError
from charrnn_engine.runs import folder
from charrnn_engine.runs.cluster import Task, read_task
from charrnn_engine.runs.failures import check_tensorflow, explain, importing_tensorflow
from charrnn_engine.runs.journal import Journal
from charrnn_engine.runs.limits import check_limits
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.starting import starting_vocabulary
from charrnn_engine.runs.state import Progress, State, read_state
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import Corpus, open_corpus
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.growing import new_characters

LOW_PRIORITY = 10
INTERRUPTED = 130
_STANDARD_INPUT = 0


def main(arguments: list[str]) -> int:
    reporter = Reporter(_events_stream())
    given = [argument for argument in arguments if not argument.startswith("--")]
    commands = _STANDARD_INPUT if "--control" in arguments else None
    try:
        settings = TrainingSettings.from_json(_read(given))
        if "--measure" in arguments:
            from charrnn_engine.training.measuring import measure

            _lower_priority()
            measure(settings, reporter, commands)
            return 0
        if commands is not None and "-" in settings.corpus.paths:
            raise SettingsError("--control takes standard input, so the corpus can't come from there too")
        if settings.low_priority:
            _lower_priority()
        return Process(settings, reporter, read_task(os.environ.get("TF_CONFIG", ""))).run(commands)
    except Exception as error:
        return _failed(reporter, error, None)


def _lower_priority() -> None:
    if hasattr(os, "nice"):  # Windows has none
        os.nice(LOW_PRIORITY)


@dataclass
class Process:
    """One run from its settings to its exit code. `begun`: the run's folder holds this run."""

    settings: TrainingSettings
    reporter: Reporter
    task: Task
    begun: bool = False

    @property
    def out(self) -> Path:
        return Path(self.settings.out)

    def run(self, commands: int | None) -> int:
        """`commands` is a descriptor to read commands from. Raises SettingsError, TrainingError."""
        # Several workers must all reach the same step before one of them may leave.
        control = Control(self._leave if self.task.count == 1 else None)
        control.watch(commands)
        _check_writable(self.out)
        with folder.hold(self.out) if self.task.chief else contextlib.nullcontext():
            try:
                return self._train(control)
            except Exception as error:
                resumes = self.begun or self.settings.resume
                return _failed(self.reporter, error, folder.last_checkpoint(self.out) if resumes else None)
            finally:
                self._clean()

    def _train(self, control: Control) -> int:
        settings = self.settings
        state = read_state(self.out) if settings.resume else None
        if state is not None:
            _check_unfinished(settings, state.progress)
        vocabulary = state.vocabulary if state else starting_vocabulary(settings)
        self.reporter.emit("loading", message=f"reading {short_name(settings.corpus.paths)}")
        corpus = open_corpus(
            settings.corpus, vocabulary, settings.seed, grows=state is None, folder=_existing(self.out)
        )
        if state is not None:
            corpus.check_same(settings.corpus.path, state.fingerprint)
        check_limits(settings, len(corpus.vocabulary))
        check_tensorflow()
        if self.task.chief:
            folder.prepare(self.out, resume=settings.resume)
            self.reporter.journal = Journal(folder.events_file(self.out), fresh=not settings.resume)
        self.begun = True
        self.reporter.emit("loading", message="starting TensorFlow", pid=os.getpid())
        if vocabulary is not None and (added := corpus.vocabulary.tokens[len(vocabulary) :]):
            self.reporter.emit("warning", message=new_characters(added))
        if corpus.train.unknown:
            message = f"{corpus.train.unknown:,} tokens are left out, because the model doesn't know them"
            self.reporter.emit("warning", message=message)
        return self._loop(corpus, state, control)

    def _loop(self, corpus: Corpus, state: State | None, control: Control) -> int:
        with importing_tensorflow():
            from charrnn_engine.training.optimisation import configure_threads
            from charrnn_engine.training.trainer import Interrupted, Trainer
        configure_threads()
        trainer = Trainer(self.settings, corpus, self.reporter, control, self.task)
        if state is not None:
            trainer.restore(state)
        elif self.settings.start_from:
            trainer.start_from(self.settings.start_from)
        try:
            trainer.run()
        except Interrupted:
            return INTERRUPTED
        return 0

    def _leave(self) -> None:
        """Ends the process at any point: nothing needs to be saved."""
        self.reporter.emit(
            "finished", reason="interrupted", saved=self.settings.resume, folder=self.settings.out,
            best=None, best_epoch=0, epochs=0, seconds=0.0,
        )  # fmt: skip
        self._clean()
        os._exit(INTERRUPTED)

    def _clean(self) -> None:
        if not self.begun and self.task.chief:
            folder.forget_refused(self.out)


def _read(arguments: list[str]) -> Any:
    try:
        return json.loads(arguments[0])
    except (IndexError, ValueError) as error:
        raise SettingsError(f"the settings of the training run can't be read ({error})") from None


def _events_stream() -> TextIO:
    """The real stdout, for events only: what libraries print goes to stderr."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


def _check_unfinished(settings: TrainingSettings, progress: Progress) -> None:
    if progress.epoch >= settings.epochs:
        raise SettingsError(f"{settings.out}: all {progress.epoch} epochs are done; to train on, give more --epochs")
    if (count := progress.since_best) >= settings.patience:
        raise SettingsError(
            f"{settings.out}: it ended after {count} epochs without progress; to train on, give more --patience"
        )


def _check_writable(out: Path) -> None:
    """Finds out before the first epoch that the folder can't be written."""
    try:
        tempfile.TemporaryFile(dir=_existing(out)).close()
    except OSError as error:
        why = error.strerror or error
        raise TrainingError(f"{out.parent}: it can't be written ({why}); choose another with --out", "disk") from None


def _existing(out: Path) -> Path:
    """The folder in which the run's folder is, or will be."""
    return next(parent for parent in out.absolute().parents if parent.exists())


def _failed(reporter: Reporter, error: Exception, checkpoint: Path | None) -> int:
    failure = explain(error)
    if not failure.known:
        traceback.print_exception(error)
    kept = None if checkpoint is None else str(checkpoint.absolute())
    reporter.emit("error", message=failure.message, kind=failure.kind, checkpoint=kept, exit_code=failure.code)
    return failure.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
