"""The most probable next tokens of a text, with labels that show spaces and line ends. Knows no screen."""

from dataclasses import dataclass

import numpy as np

from charrnn_engine.generation.generation import Generation
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import drawn_distribution, model_distribution
from charrnn_tui.text.token_names import label

_HOPELESS = 0.0005  # shows as 0.0%


@dataclass(frozen=True)
class Alternative:
    """One token that could come next."""

    id: int
    label: str
    model_probability: float
    probability: float
    """After temperature and filters; 0 where they rule it out."""
    came: bool = False
    """Whether the text continued with it."""


def next_alternatives(
    generation: Generation, controls: Controls, most: int, came: int | None = None
) -> list[Alternative]:
    """The `most` probable tokens at the end of a text, in the model's order. Those that would show as 0.0% are left
    out, but never `came`, the token that the text continued with, where it is known.
    """
    vocabulary = generation.model.vocabulary
    logits = generation.logits(controls)
    thought = model_distribution(logits)
    drawn = drawn_distribution(logits, controls, vocabulary.never_drawn)
    order = [
        index for index in np.argsort(-thought, kind="stable")[: most + 2] if index not in vocabulary.never_drawn
    ]
    shown = [int(index) for index in order[:most] if index == came or max(thought[index], drawn[index]) >= _HOPELESS]
    if came is not None and came not in shown:
        shown[most - 1 :] = [came]
    return [
        Alternative(index, label(vocabulary, index), float(thought[index]), float(drawn[index]), index == came)
        for index in shown
    ]
