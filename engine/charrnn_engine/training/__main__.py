"""The training process: `python -m charrnn_engine.training SETTINGS`, SETTINGS being JSON. JSON lines on stdout.

Exit code 0; 2 for what the caller got wrong, 1 for what went wrong otherwise, 130 after SIGINT or SIGTERM. What can
be checked without TensorFlow is checked before it is imported.
"""

import importlib.util
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from charrnn_engine.errors import CharRNNError
from charrnn_engine.training.corpus import Corpus, open_corpus
from charrnn_engine.training.errors import CorpusError, SettingsError, TrainingError
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.settings import TrainingSettings
from charrnn_engine.training.state import Progress, State, read_state, state_file

LOW_PRIORITY = 10
INTERRUPTED = 130


class Stop:
    """Remembers that a signal asked the run to end; the loop looks at it after every step."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __call__(self) -> bool:
        return self.asked


def main(arguments: list[str]) -> int:
    stop = Stop()
    reporter = Reporter(_events_stream())
    try:
        settings = TrainingSettings.from_json(_read(arguments))
        if settings.low_priority:
            os.nice(LOW_PRIORITY)
        return _train(settings, reporter, stop)
    except (CorpusError, SettingsError) as error:
        return _failed(reporter, str(error), 2)
    except CharRNNError as error:
        return _failed(reporter, str(error), 1)
    except Exception as error:  # TensorFlow's own, memory that ran out: the reader gets a line, stderr the rest
        traceback.print_exc()
        first = (str(error).strip().splitlines() or [""])[0]
        return _failed(reporter, f"training failed, {type(error).__name__}: {first[:200]}", 1)


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


def _train(settings: TrainingSettings, reporter: Reporter, stop: Stop) -> int:
    state = read_state(Path(settings.out)) if settings.resume else None
    if state is not None:
        _check_unfinished(settings, state.progress)
    known = state.vocabulary if state else _starting_vocabulary(settings)
    corpus = open_corpus(settings.corpus, known, settings.seed)
    _check_room(Path(settings.out))
    if state is None:
        state_file(Path(settings.out)).unlink(missing_ok=True)  # of an earlier run: this one can't go on from it
    if corpus.train.unknown:
        reporter.emit("warning", message=f"{corpus.train.unknown} tokens that the vocabulary lacks are left out")
    if importlib.util.find_spec("tensorflow") is None:
        raise TrainingError("training needs TensorFlow, which isn't installed: pip install 'charrnn-tui[train]'")
    if stop():
        return INTERRUPTED
    return _run(settings, corpus, state, reporter, stop)


def _check_unfinished(settings: TrainingSettings, progress: Progress) -> None:
    if progress.epoch >= settings.epochs:
        raise SettingsError(f"{settings.out}: all {progress.epoch} epochs are done; more --epochs go on")
    if progress.since_best >= settings.patience:
        raise SettingsError(
            f"{settings.out}: it ended after {progress.since_best} epochs without progress; more --patience goes on"
        )


def _run(settings: TrainingSettings, corpus: Corpus, state: State | None, reporter: Reporter, stop: Stop) -> int:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from charrnn_engine.training.distribution import make_strategy
    from charrnn_engine.training.optimisation import configure_threads
    from charrnn_engine.training.trainer import Interrupted, Trainer

    configure_threads()
    trainer = Trainer(settings, corpus, reporter, stop, make_strategy())
    if state is not None:
        trainer.restore(state)
    elif settings.start_from:
        trainer.start_from(settings.start_from)
    try:
        trainer.run()
    except Interrupted:
        return INTERRUPTED
    return 0


def _starting_vocabulary(settings: TrainingSettings) -> Any:
    if not settings.start_from:
        return None
    from charrnn_engine.checkpoint import load

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
        raise TrainingError(f"{out.parent}: it can't be written ({reason}); choose another with --out") from None


def _failed(reporter: Reporter, message: str, code: int) -> int:
    reporter.emit("error", message=message, exit_code=code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
