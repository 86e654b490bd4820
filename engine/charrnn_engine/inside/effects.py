"""What a unit does: a property of texts written with the unit held low, free and high. A unit that follows a property
may have no effect on it, so both figures belong together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from charrnn_engine.generation.holding import held_value
from charrnn_engine.generation.many import Request, write_many
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.inside.activations import texts_in
from charrnn_engine.inside.properties import Property
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

DEVIATIONS = 3.0
TEXTS, LENGTH = 16, 600


@dataclass(frozen=True)
class Written:
    """The figure of texts written under one setting: its mean over the texts, and the standard deviation between
    them. `held` is the unit's value, None where it was free.
    """

    held: float | None
    mean: float
    spread: float


@dataclass(frozen=True)
class Effect:
    """A unit's effect on a property, whose `figure` says what was measured. All settings have the same seeds."""

    figure: str
    low: Written
    free: Written
    high: Written
    texts: int
    tokens: int

    def to_json(self) -> dict[str, Any]:
        """Numbers rounded to four digits; a mean that isn't a number is null."""
        settings = {name: getattr(self, name) for name in ("low", "free", "high")}
        parts = {
            name: {"held": _rounded(each.held), "mean": _rounded(each.mean), "spread": _rounded(each.spread)}
            for name, each in settings.items()
        }
        return {"figure": self.figure, **parts, "texts": self.texts, "tokens": self.tokens}


def measure_effects(
    model: CharRNN, units: Sequence[str], what: Property, *, texts: int = TEXTS, tokens: int = LENGTH, seed: int = 1
) -> list[Effect]:
    """The effect of each unit: writes `texts` texts of `tokens` tokens with the unit held at 3 standard deviations
    below its mean, free, and at 3 above it, all at temperature 1. Raises ControlsError for a unit that the model
    lacks.
    """
    settings: list[tuple[str, float] | None] = [None]
    settings += [
        (unit, held_value(model, unit, f"{times:g}sd")) for unit in units for times in (-DEVIATIONS, DEVIATIONS)
    ]
    prompt = default_prompt(model)
    controls = [Controls(hold=dict([] if held is None else [held])) for held in settings]
    requests = (Request(prompt, each, seed + n) for each in controls for n in range(texts))
    figures = np.empty(len(settings) * texts)
    for written in write_many(model, requests, max_tokens=tokens, endless=True):
        figures[written.number] = what.figure_of(texts_in(model, written.ids.tolist()))
    free, *held = [
        Written(None if setting is None else setting[1], float(part.mean()), float(part.std()))
        for setting, part in zip(settings, figures.reshape(-1, texts), strict=True)
    ]
    pairs = zip(held[::2], held[1::2], strict=True)
    return [Effect(what.figure, low, free, high, texts, tokens) for low, high in pairs]


def _rounded(number: float | None) -> float | None:
    return None if number is None or not np.isfinite(number) else float(f"{number:.4g}")
