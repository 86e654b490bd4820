"""What a unit is along the texts of a run's epochs, and how well it follows a property in each. Knows no widget."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from charrnn_engine.inside import Property, RankedUnit, own_texts, place_of, read_sample
from charrnn_engine.inside.ranking import Ranking
from charrnn_engine.inside.scores import auroc, correlation
from charrnn_engine.network.model import CharRNN
from charrnn_tui.text.colouring import EOS_MARK, PROMPT_MARK, unit_levels
from charrnn_tui.train.run.epoch_texts import EpochText

_TOKENS = 6_000  # of the text that units are measured on


def unit_marks(text: EpochText, scale: Sequence[float]) -> bytes:
    """The mark of each character of a text by what its unit was there. `scale` holds values of the unit, whose mean
    and standard deviation are the middle and the step of the colours.
    """
    mean, deviation = float(np.mean(scale)), max(float(np.std(scale)), 1e-6)
    levels = unit_levels(np.array(text.values), mean, deviation)
    ends = np.array([token.id == text.eos for token in text.tokens])
    levels[ends] = EOS_MARK
    lengths = [1 if end else len(token.text) for token, end in zip(text.tokens, ends, strict=True)]
    return bytes([PROMPT_MARK]) * len(text.prompt) + np.repeat(levels, lengths).tobytes()


class UnitScores:
    """How well units follow properties in the models of a run's epochs.

    All models read the same text, which the model of the first checkpoint asked about wrote itself. Its methods block
    for as long as it takes to open a model and read the text, and raise CharRNNError.
    """

    def __init__(self) -> None:
        self._texts: Sequence[str] = ()
        self._known: dict[tuple[str, str, str], float] = {}

    def best(self, checkpoint: str, what: Property) -> RankedUnit:
        """The unit that follows a property best in one model."""
        model = self._open(checkpoint)
        return Ranking(read_sample(model, self._texts, _TOKENS)).units(what, 1)[0]

    def measure(self, checkpoint: str, unit: str, what: Property) -> None:
        """Measures one unit of one model; `course` gives the result."""
        key = (checkpoint, unit, what.name)
        if key not in self._known:
            model = self._open(checkpoint)
            place = place_of(model.network, unit)
            sample = read_sample(model, self._texts, _TOKENS)
            values = sample.states[:, place].astype(np.float32)
            self._known[key] = (correlation if what.is_count else auroc)(values, sample.gather(what.of))

    def course(self, checkpoints: Sequence[str], unit: str, what: Property) -> list[float | None]:
        """The AUROC, or r for a count, in each model, in the direction that the unit has in the last one. None where
        it hasn't been measured.
        """
        scores = [self._known.get((checkpoint, unit, what.name)) for checkpoint in checkpoints]
        last = next((score for score in reversed(scores) if score is not None), 1.0)
        middle = 0.0 if what.is_count else 0.5
        return scores if last >= middle else [None if score is None else 2 * middle - score for score in scores]

    def check(self, checkpoint: str, unit: str) -> None:
        """Raises ControlsError for a unit that the model lacks."""
        place_of(_load(checkpoint).network, unit)

    def _open(self, checkpoint: str) -> CharRNN:
        model = _load(checkpoint)
        self._texts = self._texts or own_texts(model, _TOKENS)
        return model


def _load(checkpoint: str) -> CharRNN:
    # Not at the top: importing it takes a while.
    from charrnn_engine.checkpoints.store import load

    return load(Path(checkpoint))
