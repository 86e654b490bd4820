"""Which units follow a property of the text. Units are chosen on one half of a sample and reported on the other.

Radford, Jozefowicz and Sutskever (2017, arXiv:1704.01444) found their sentiment unit so; what a linear probe knows
from all units together stands beside it, as in LSTMVis (Strobelt et al. 2018, arXiv:1606.07461) and after.
"""

from dataclasses import dataclass

import numpy as np

from charrnn_engine.errors import PromptError
from charrnn_engine.inside.activations import SAMPLE, Progress, Sample, own_texts, read_sample, texts_of
from charrnn_engine.inside.properties import Property
from charrnn_engine.inside.scores import Flags, Floats, Moments, auroc, aurocs, correlation, project
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.units import unit_names

_FEWEST = 20  # tokens with and without a property, in each half


@dataclass(frozen=True)
class RankedUnit:
    """A unit and how well it alone follows a property.

    `measure` is "auroc" for a flag and "r" for a count; `score` is in the unit's own direction: 1 is best, 0.5 or 0
    is nothing. `direction` is 1 where the unit is high with the property, and -1 where it is low. `probe` is the
    score of a linear probe on all units.
    """

    unit: str
    measure: str
    score: float
    direction: int
    probe: float


def rank_units(
    model: CharRNN, text: str | None, what: Property, *, top: int = 10, progress: Progress | None = None
) -> list[RankedUnit]:
    """The units that follow a property best in `text`, or in text that the model writes itself; best first.

    Raises PromptError where the text is too short, or hasn't both what has the property and what lacks it.
    """
    texts = own_texts(model) if text is None else texts_of(model, text)
    return Ranking(read_sample(model, texts, SAMPLE, progress)).units(what, top)


class Ranking:
    """Ranks the units of one sample, for any number of properties."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._names = unit_names(sample.model.network)
        self._first, self._second = sample.states[: sample.half], sample.states[sample.half :]
        self._moments = Moments(self._first)

    def units(self, what: Property, top: int = 10) -> list[RankedUnit]:
        """See `rank_units`."""
        numbers = self.sample.gather(what.of)
        chosen_on, reported_on = numbers[: self.sample.half], numbers[self.sample.half :]
        _check(what, chosen_on, reported_on)
        if what.is_count:
            strengths = self._moments.correlations(chosen_on).astype(np.float64)
        else:
            strengths = aurocs(self._first, chosen_on) - 0.5
        best = np.argsort(-np.abs(strengths))[:top]
        score = correlation if what.is_count else auroc
        probe = score(project(self._second, self._moments.probe(chosen_on.astype(np.float32))), reported_on)
        ranked = []
        for place in best:
            direction = 1 if strengths[place] >= 0 else -1
            found = score(direction * self._second[:, place].astype(np.float32), reported_on)
            ranked.append(RankedUnit(self._names[place], "r" if what.is_count else "auroc", found, direction, probe))
        return sorted(ranked, key=lambda each: -each.score)


def _check(what: Property, *halves: "Floats | Flags") -> None:
    for half in halves:
        if what.is_count and np.ptp(half) == 0:
            raise PromptError(f"{what.name} is the same everywhere in this text; name a text in which it varies")
        with_it = int(half.sum()) if not what.is_count else _FEWEST
        if min(with_it, len(half) - with_it) < min(_FEWEST, len(half)):
            raise PromptError(
                f"this text has too little with and without {what.name} (each half needs {_FEWEST} characters of"
                " both); name another text"
            )
