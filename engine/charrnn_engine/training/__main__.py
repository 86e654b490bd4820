"""The training process: `python -m charrnn_engine.training SETTINGS [--control]`, SETTINGS being JSON, or
`--measure LIST [--control]` with a list of such. JSON lines on stdout; with `--control` commands on stdin.

Exit code 0; 2 for what the caller got wrong, 1 for what went wrong otherwise, 130 after SIGINT or SIGTERM. What can
be checked without TensorFlow is checked before it is imported.
"""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from charrnn_engine.runs import leftovers, runs
from charrnn_engine.runs.errors import SettingsError, TrainingError
from charrnn_engine.runs.failures import check_tensorflow, explain, import_failure
from charrnn_engine.runs.journal import Journal
from charrnn_engine.runs.memory import check_memory
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress, State, check_same, read_state
from charrnn_engine.training.commands import Control
from charrnn_engine.training.encoded_corpus import Corpus, open_corpus
from charrnn_engine.training.events import Reporter

LOW_PRIORITY = 10
INTERRUPTED = 130
_STANDARD_INPUT = 0


def main(arguments: list[str]) -> int:
    reporter = Reporter(_events_stream())
    told = [argument for argument in arguments if not argument.startswith("--")]
    controlled = "--control" in arguments
    try:
        if "--measure" in arguments:
            from charrnn_engine.training.measuring import measure

            os.nice(LOW_PRIORITY)
            return measure(_read(told), reporter, _STANDARD_INPUT if controlled else None)
        settings = TrainingSettings.from_json(_read(told))
        if controlled and settings.corpus.path == "-":
            raise SettingsError("--control takes standard input, so the corpus can't come from there too")
        if settings.low_priority:
            os.nice(LOW_PRIORITY)
        return Process(settings, reporter).run(_STANDARD_INPUT if controlled else None)
    except Exception as error:
        return _failed(reporter, error, None)


@dataclass
class Process:
    """One run from its settings to its exit code. `begun` once something on the disk is its own."""

    settings: TrainingSettings
    reporter: Reporter
    begun: bool = False

    @property
    def out(self) -> Path:
        return Path(self.settings.out)

    def run(self, commands: int | None) -> int:
        """`commands` is a descriptor to be told what to do on. Raises SettingsError, TrainingError."""
        # Of several workers all must reach the same step before one of them may go.
        control = Control(None if "TF_CONFIG" in os.environ else self._leave)
        control.watch(commands)
        _check_room(self.out)
        with runs.hold(self.out) if _writes() else contextlib.nullcontext():
            try:
                return self._train(control)
            except Exception as error:
                resumes = self.begun or self.settings.resume
                return _failed(self.reporter, error, runs.last_checkpoint(self.out) if resumes else None)
            finally:
                self._clean()

    def _train(self, control: Control) -> int:
        settings = self.settings
        state = read_state(self.out) if settings.resume else None
        if state is not None:
            _check_unfinished(settings, state.progress)
        known = state.vocabulary if state else _starting_vocabulary(settings)
        corpus = open_corpus(settings.corpus, known, settings.seed)
        if state is not None:
            check_same(settings, corpus, state)
        check_memory(settings, len(corpus.vocabulary))
        check_tensorflow()
        self._begin()
        self.reporter.emit("loading", message="starting TensorFlow", pid=os.getpid())
        if corpus.train.unknown:
            lacking = f"{corpus.train.unknown} tokens that the vocabulary lacks are left out"
            self.reporter.emit("warning", message=lacking)
        return self._loop(corpus, state, control)

    def _begin(self) -> None:
        """From here on the folder holds this run, and no longer an earlier one."""
        if _writes():
            if not self.settings.resume:
                leftovers.forget_earlier_run(self.out)
            leftovers.remove_half_written(self.out)
            self.reporter.journal = Journal(runs.events_file(self.out), fresh=not self.settings.resume)
        self.begun = True

    def _loop(self, corpus: Corpus, state: State | None, control: Control) -> int:
        with _importing_tensorflow():
            from charrnn_engine.training.machines import make_strategy
            from charrnn_engine.training.optimisation import configure_threads
            from charrnn_engine.training.trainer import Interrupted, Trainer

        configure_threads()
        trainer = Trainer(self.settings, corpus, self.reporter, control, make_strategy())
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
        """Ends the process in the middle of anything: there is nothing to save that isn't saved."""
        self.reporter.emit(
            "finished", reason="interrupted", saved=self.settings.resume, folder=self.settings.out,
            best=None, best_epoch=0, epochs=0, seconds=0.0,
        )  # fmt: skip
        self._clean()
        os._exit(INTERRUPTED)

    def _clean(self) -> None:
        if not self.begun and _writes():
            runs.forget_unbegun(self.out)


def _read(arguments: list[str]) -> Any:
    try:
        return json.loads(arguments[0])
    except (IndexError, ValueError) as error:
        raise SettingsError(f"the settings of the training run can't be read ({error})") from None


def _events_stream() -> TextIO:
    """The real stdout, for events alone: what libraries print goes to stderr."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


def _writes() -> bool:
    """Whether this process writes to the disk: of several workers, the first one does."""
    try:
        task = json.loads(os.environ.get("TF_CONFIG") or "{}").get("task", {})
        return int(task.get("index", 0)) == 0
    except (ValueError, TypeError, AttributeError):
        return True


@contextlib.contextmanager
def _importing_tensorflow() -> Iterator[None]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:  # its libraries have many ways not to fit together
        traceback.print_exc()
        raise import_failure(error) from None


def _check_unfinished(settings: TrainingSettings, progress: Progress) -> None:
    if progress.epoch >= settings.epochs:
        raise SettingsError(f"{settings.out}: all {progress.epoch} epochs are done; more --epochs go on")
    if progress.since_best >= settings.patience:
        raise SettingsError(
            f"{settings.out}: it ended after {progress.since_best} epochs without progress; more --patience goes on"
        )


def _starting_vocabulary(settings: TrainingSettings) -> Any:
    if not settings.start_from:
        return None
    from charrnn_engine.checkpoints.store import load

    return load(settings.start_from).vocabulary


def _check_room(out: Path) -> None:
    """Finds out now, not after the first epoch, that the folder can't be written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        probe = out.parent / f".{out.name}.probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or error
        raise TrainingError(
            f"{out.parent}: it can't be written ({reason}); choose another with --out", "disk"
        ) from None


def _failed(reporter: Reporter, error: Exception, checkpoint: Path | None) -> int:
    failure = explain(error)
    if not failure.known:
        traceback.print_exc()
    stands = None if checkpoint is None else str(checkpoint.absolute())
    reporter.emit("error", message=failure.message, kind=failure.kind, checkpoint=stands, exit_code=failure.code)
    return failure.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
