"""The colours of a text: how surprised the model was by each character, the temperature that it was drawn at, or
what a unit of the network was there.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.generation.tokens import Token
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.vocabulary import Vocabulary
from charrnn_tui.text.token_log import Entry

Colouring = Literal["surprise", "temperature", "none", "unit"]
COLOURINGS: tuple[Colouring, ...] = ("surprise", "temperature", "none")
"""Those that need nothing but the text."""

SURPRISE_BITS = (0.25, 1.0, 2.0, 3.5, 5.0, 7.0)
"""The borders between levels of surprise of a character, in bits: -log2 of the model's probability."""
SURPRISE_LEVELS = len(SURPRISE_BITS) + 1

TEMPERATURES = (0.35, 0.55, 0.75, 0.95, 1.15, 1.45, 2.0)
"""The borders between levels of temperature."""
TEMPERATURE_LEVELS = len(TEMPERATURES) + 2
GREEDY_LEVEL = 0
"""Level 0 of the temperatures is greedy; the others follow, coldest first."""

_UNIT_BORDERS = (-2.0, -1.2, -0.6, -0.2, 0.2, 0.6, 1.2, 2.0)  # standard deviations from the mean
UNIT_LEVELS = len(_UNIT_BORDERS) + 1
"""Levels of a unit, from far below its mean to far above."""

UNKNOWN_MARK = 253
PROMPT_MARK = 254
EOS_MARK = 255

_NOTICES: dict[Colouring, str] = {
    "surprise": "Coloured by how surprised the model was",
    "temperature": "Coloured by temperature",
    "none": "No colouring",
    "unit": "Coloured by the unit: blue below its mean, orange above",
}
_BITS_OF_CHARACTERS = 6.0  # to choose one of 64: about as many as a vocabulary of characters has
_PROBABILITIES = [-(2.0**-bits) for bits in SURPRISE_BITS]


def next_colouring(now: Colouring, unit: bool = False) -> tuple[Colouring, str]:
    """The one after a colouring, and a notice that says what it shows; `unit` says whether a unit is chosen."""
    choices: tuple[Colouring, ...] = ("unit", *COLOURINGS) if unit else COLOURINGS
    chosen = choices[(choices.index(now) + 1) % len(choices)] if now in choices else choices[0]
    return chosen, _NOTICES[chosen]


def surprise_scale(vocabulary: Vocabulary) -> float:
    """The factor of the borders between levels of surprise: 1 for characters, more for thousands of words."""
    return 1.0 if vocabulary.level == "char" else max(1.0, math.log2(len(vocabulary)) / _BITS_OF_CHARACTERS)


def surprise_level(model_probability: float, scale: float = 1.0) -> int:
    """0, for what the model was sure of, to SURPRISE_LEVELS - 1."""
    return bisect_left(_PROBABILITIES, -(model_probability ** (1 / scale)))


def temperature_level(controls: Controls) -> int:
    """GREEDY_LEVEL, or 1 to TEMPERATURE_LEVELS - 1."""
    return GREEDY_LEVEL if controls.greedy else 1 + bisect_left(TEMPERATURES, controls.temperature)


def marked(tokens: Sequence[Token | Entry], eos: int | None, scale: float = 1.0) -> tuple[str, bytes, bytes]:
    """The characters of some tokens, their marks of surprise, and those of temperature.

    An `<eos>` is a newline with its own mark. `scale` is the vocabulary's: see `surprise_scale`.
    """
    ended = [token.id == eos for token in tokens]
    texts = ["\n" if end else token.text for token, end in zip(tokens, ended, strict=True)]
    probabilities = np.array([token.model_probability for token in tokens]) ** (1 / scale)
    surprises = np.searchsorted(_PROBABILITIES, -probabilities).astype(np.uint8)
    surprises[ended] = EOS_MARK
    known = {id(token.controls): token.controls for token in tokens}  # a few objects, however many tokens
    levels = {name: temperature_level(controls) for name, controls in known.items()}
    temperatures = np.array([levels[id(token.controls)] for token in tokens], np.uint8)
    lengths = [len(text) for text in texts]
    if lengths.count(1) != len(lengths):
        surprises, temperatures = np.repeat(surprises, lengths), np.repeat(temperatures, lengths)
    return "".join(texts), surprises.tobytes(), temperatures.tobytes()


def unit_levels(values: NDArray[Any], mean: float, deviation: float) -> NDArray[np.uint8]:
    """The level of each value of a unit, 0 to UNIT_LEVELS - 1, by its distance from the unit's mean: (N,) -> (N,)."""
    return np.searchsorted(_UNIT_BORDERS, (values - mean) / deviation).astype(np.uint8)
