"""Everything of a run that is written to the disk: the best checkpoint, the state to resume from, saved epochs.

At every instant a whole one of each stands. Knows no loop, and reports nothing but what it could not do.
"""

import shutil
import tempfile
import time
from pathlib import Path

from charrnn_engine.checkpoints.store import write_checkpoint
from charrnn_engine.evaluation.scoring import Score
from charrnn_engine.runs.errors import TrainingError
from charrnn_engine.runs.runs import epochs_folder, run_folder
from charrnn_engine.runs.saved_epochs import Budget, epoch_folder, thin_out
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress, State, write_state
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.training.events import Reporter
from charrnn_engine.training.narration import held_out
from charrnn_engine.training.optimisation import Optimisation
from charrnn_engine.training.saving import make_card, save_half, save_model
from charrnn_engine.vocabulary import Vocabulary

_AROUND = 200_000  # bytes of the files that aren't weights
_STATE_COPIES = 3  # of every weight are in the state: itself and the two moments of the optimiser


class Keeper:
    """Keeps a run in and beside `settings.out`."""

    def __init__(
        self, settings: TrainingSettings, corpus: Corpus, optimisation: Optimisation, reporter: Reporter
    ) -> None:
        self.out = Path(settings.out)
        self._settings, self._corpus, self._optimisation, self._reporter = settings, corpus, optimisation, reporter
        self._parameters = optimisation.model.count_params()
        self._began = time.monotonic()
        self._budget = Budget()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._of_step = -1
        self._warned = False

    @property
    def vocabulary(self) -> Vocabulary:
        return self._corpus.vocabulary

    def model_file(self, progress: Progress) -> Path:
        """The model as it is after so much progress, for the moment. Raises TrainingError."""
        folder = self._folder()
        if self._of_step != progress.total:
            self._of_step = -1
            try:
                save_model(self._optimisation.model, folder)
            except OSError as error:
                raise self._refused(error) from None
            self._of_step = progress.total
        return folder / "model.keras"

    def best(self, progress: Progress, score: Score | None) -> None:
        """Writes the checkpoint. Raises TrainingError."""
        file = self.model_file(progress)
        try:
            if self._settings.half_weights:
                file = save_half(file)
            self._write(self.out, file, self._settings.name, progress, score)
        except OSError as error:
            raise self._refused(error) from None

    def state(self, progress: Progress) -> None:
        """Writes what the run can go on from. Raises TrainingError."""
        weights, optimizer = self._optimisation.weights(), self._optimisation.optimizer_state()
        state = State(self._settings, self.vocabulary, progress, self._corpus.fingerprint, weights, optimizer)
        try:
            write_state(self.out, state)
        except OSError as error:
            raise self._refused(error) from None

    def epoch(self, progress: Progress, score: Score, *, always: bool) -> Path | None:
        """Keeps an epoch, as float16, unless it isn't worth its time or its room; returns where. What can't be
        written is a warning: the run does without."""
        if not self._settings.keep_epochs:
            return None
        started = time.monotonic()
        if not always and not self._budget.allows(started - self._began):
            return None
        folder = epochs_folder(self.out)
        path = epoch_folder(folder, progress.epoch)
        try:
            self._check_room(folder)
            name = f"{self._settings.name} epoch {progress.epoch}"
            self._write(path, save_half(self.model_file(progress)), name, progress, score)
            thin_out(folder, self._settings.keep_epochs, progress.best_epoch)
        except OSError as error:
            if not self._warned:
                self._warned = True
                self._reporter.emit("warning", message=f"{path}: it can't be kept ({error.strerror or error})")
            return None
        finally:
            self._budget.spend(time.monotonic() - started)
        return path

    def close(self) -> None:
        """Leaves nothing for the moment behind."""
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def _folder(self) -> Path:
        if self._scratch is None:
            folder = run_folder(self.out)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._scratch = tempfile.TemporaryDirectory(prefix="scratch-", dir=folder, ignore_cleanup_errors=True)
            except OSError as error:
                raise self._refused(error) from None
        return Path(self._scratch.name)

    def _write(self, folder: Path, file: Path, name: str, progress: Progress, score: Score | None) -> None:
        figures = None if score is None else held_out(score, self._corpus.lines)
        card = {**make_card(self._settings, self._corpus, progress, self._parameters, figures), "name": name}
        write_checkpoint(folder, file, self.vocabulary, card)

    def _check_room(self, folder: Path) -> None:
        """Raises OSError where an epoch more might take the room that the checkpoint and the state need."""
        folder.mkdir(parents=True, exist_ok=True)
        needed = (_STATE_COPIES + 2) * 4 * self._parameters + _AROUND
        if shutil.disk_usage(folder).free < needed:
            raise OSError("the disk is nearly full")

    def _refused(self, error: OSError) -> TrainingError:
        reason = error.strerror or error
        return TrainingError(f"{self.out}: it can't be written ({reason}); what stood there still stands", "disk")
