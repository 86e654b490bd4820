"""Which mark each character of a text carries: how surprised the model was, and the temperature it was drawn at."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from charrnn_engine.stream import Token
from charrnn_tui.token_log import Entry

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


def temperature_level(token: Token | Entry) -> int:
    """GREEDY_LEVEL, or 1 to TEMPERATURE_LEVELS - 1."""
    controls = token.controls
    return GREEDY_LEVEL if controls.greedy else 1 + bisect_left(TEMPERATURES, controls.temperature)


def marked(tokens: Sequence[Token | Entry], eos: int | None) -> tuple[str, bytes, bytes]:
    """The characters of some tokens with both marks. An `<eos>` is a newline with a mark of its own."""
    texts: list[str] = []
    surprises, temperatures = bytearray(), bytearray()
    for token in tokens:
        text = token.text
        level = surprise_level(token.model_probability)
        if token.id == eos:
            text, level = "\n", EOS_MARK
        texts.append(text)
        if len(text) == 1:
            surprises.append(level)
            temperatures.append(temperature_level(token))
        else:
            surprises.extend([level] * len(text))
            temperatures.extend([temperature_level(token)] * len(text))
    return "".join(texts), bytes(surprises), bytes(temperatures)


def bits(model_probability: float) -> float:
    """Surprise in bits."""
    return -math.log2(model_probability) if model_probability > 0 else math.inf
