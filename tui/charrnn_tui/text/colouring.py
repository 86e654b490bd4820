"""Which mark each character of a text carries: how surprised the model was, and the temperature it was drawn at."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from charrnn_engine.generation.generation import Token
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.text.token_log import Entry

SURPRISE_BITS = (0.25, 1.0, 2.0, 3.5, 5.0, 7.0)
"""Where one level of surprise ends and the next begins, in bits: -log2 of the model's probability."""
SURPRISE_LEVELS = len(SURPRISE_BITS) + 1

TEMPERATURES = (0.35, 0.55, 0.75, 0.95, 1.15, 1.45, 2.0)
"""Likewise for the temperature a character was drawn at."""
TEMPERATURE_LEVELS = len(TEMPERATURES) + 2
GREEDY_LEVEL = 0
"""Level 0 of the temperatures is greedy; the others follow, coldest first."""

PROMPT_MARK = 254
EOS_MARK = 255

_PROBABILITIES = [-(2.0**-bits) for bits in SURPRISE_BITS]


def surprise_level(model_probability: float) -> int:
    """0, for what the model was sure of, to SURPRISE_LEVELS - 1."""
    return bisect_left(_PROBABILITIES, -model_probability)


def temperature_level(controls: Controls) -> int:
    """GREEDY_LEVEL, or 1 to TEMPERATURE_LEVELS - 1: the mark of what is drawn under some controls."""
    return GREEDY_LEVEL if controls.greedy else 1 + bisect_left(TEMPERATURES, controls.temperature)


def marked(tokens: Sequence[Token | Entry], eos: int | None) -> tuple[str, bytes, bytes]:
    """The characters of some tokens with both marks. An `<eos>` is a newline with a mark of its own."""
    ended = [token.id == eos for token in tokens]
    texts = ["\n" if end else token.text for token, end in zip(tokens, ended, strict=True)]
    surprises = np.searchsorted(_PROBABILITIES, [-token.model_probability for token in tokens]).astype(np.uint8)
    surprises[ended] = EOS_MARK
    known = {id(token.controls): token.controls for token in tokens}  # a few objects, however many tokens
    levels = {name: temperature_level(controls) for name, controls in known.items()}
    temperatures = np.array([levels[id(token.controls)] for token in tokens], np.uint8)
    lengths = [len(text) for text in texts]
    if lengths.count(1) != len(lengths):
        surprises, temperatures = np.repeat(surprises, lengths), np.repeat(temperatures, lengths)
    return "".join(texts), surprises.tobytes(), temperatures.tobytes()
