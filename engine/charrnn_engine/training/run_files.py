"""Writes the files of a run: the best checkpoint, the state to resume from, saved epochs, the live model.

Each of them is complete at every instant. Knows no loop, and reports only what it could not write.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from charrnn_engine.checkpoints.store import MODEL_FILE, VOCABULARY_FILE, write_checkpoint
from charrnn_engine.errors import TrainingError
from charrnn_engine.evaluation.scoring import Score
from charrnn_engine.runs.folder import epochs_folder, forget_live, live_folder
from charrnn_engine.runs.saved_epochs import Budget, epoch_folder, thin_out
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress, State, write_state
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.optimisation import Optimisation
from charrnn_engine.training.saving import make_card, save_half

_OTHER_FILES = 200_000  # bytes of a checkpoint besides its weights
_COPIES = 5  # of every weight in the next state (with the optimizer's two moments), checkpoint and epoch


class RunFiles:
    """The files of a run, in and beside `settings.out`."""

    def __init__(
        self, settings: TrainingSettings, corpus: Corpus, optimisation: Optimisation, reporter: Reporter
    ) -> None:
        self.out = Path(settings.out)
        self._settings, self._corpus, self._optimisation, self._reporter = settings, corpus, optimisation, reporter
        self._parameters = optimisation.model.count_params()
        self._began = time.monotonic()
        self._budget = Budget()
        self._saved_step = -1
        self.seconds_to_save = 0.0
        """How long it took to save the live model."""
        self._warned = False

    def model_file(self, progress: Progress) -> Path:
        """The file of the live model: a checkpoint of the model as it is now, which the app may play. Raises
        TrainingError."""
        file = live_folder(self.out) / MODEL_FILE
        with self._refusal():
            if self._saved_step != progress.total:
                if not file.parent.exists():
                    file.parent.mkdir(parents=True)
                    vocabulary = json.dumps(self._corpus.vocabulary.to_json())
                    (file.parent / VOCABULARY_FILE).write_text(vocabulary, encoding="utf-8")
                new, began = file.with_name("new.keras"), time.monotonic()
                self._optimisation.model.save(new)
                new.replace(file)
                self._saved_step, self.seconds_to_save = progress.total, time.monotonic() - began
        return file

    def save_best(self, progress: Progress, score: Score | None) -> None:
        """Writes the checkpoint. Raises TrainingError."""
        with self._refusal():
            self._write(self.out, self._settings.half_weights, self._settings.name, progress, score)

    def save_state(self, progress: Progress) -> None:
        """Writes what the run can be resumed from. Raises TrainingError."""
        weights, optimizer = self._optimisation.weights(), self._optimisation.optimizer_state()
        corpus = self._corpus
        with self._refusal():
            state = State(self._settings, corpus.vocabulary, progress, corpus.fingerprint, weights, optimizer)
            write_state(self.out, state)

    def save_epoch(self, progress: Progress, score: Score, *, always: bool) -> Path | None:
        """Saves an epoch as float16 and returns where, unless that would take too much time or room. If it can't be
        written, the run warns once and continues."""
        started = time.monotonic()
        if not self._settings.keep_epochs or not (always or self._budget.allows(started - self._began)):
            return None
        path = epoch_folder(epochs_folder(self.out), progress.epoch)
        try:
            self._check_room(path.parent)
            self._write(path, True, f"{self._settings.name} epoch {progress.epoch}", progress, score)
            thin_out(path.parent, self._settings.keep_epochs, progress.best_epoch)
        except OSError as error:
            if not self._warned:
                self._warned = True
                self._reporter.emit("warning", message=f"{path}: it can't be saved ({error.strerror or error})")
            return None
        finally:
            self._budget.spend(time.monotonic() - started)
        return path

    def close(self) -> None:
        """Deletes the live model."""
        forget_live(self.out)

    def _write(self, folder: Path, half: bool, name: str, progress: Progress, score: Score | None) -> None:
        """Writes a checkpoint, with weights as float16 where `half`."""
        file, precision = self.model_file(progress), self._optimisation.precision
        card = make_card(self._settings, self._corpus, progress, self._parameters, precision, score)
        write_checkpoint(folder, save_half(file) if half else file, self._corpus.vocabulary, {**card, "name": name})

    def _check_room(self, folder: Path) -> None:
        """Raises OSError if another epoch might take the room that the checkpoint and the state need."""
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < _COPIES * 4 * self._parameters + _OTHER_FILES:
            raise OSError("the disk is nearly full")

    @contextlib.contextmanager
    def _refusal(self) -> Iterator[None]:
        """Turns an error of the disk into the one that ends the run."""
        try:
            yield
        except OSError as error:
            reason = error.strerror or error
            raise TrainingError(
                f"{self.out}: it can't be written ({reason}); the last checkpoint is still there", "disk"
            ) from None
