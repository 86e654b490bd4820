"""What the lanes of a race vary in, and the values they start with. Knows no screen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from charrnn_engine.generation.prompts import random_seed
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

Vary = Literal["temperature", "seed", "prompt", "model", "hold"]
VARIATIONS: tuple[Vary, ...] = ("temperature", "seed", "prompt", "model", "hold")
TEMPERATURES = (0.3, 0.8, 1.0, 1.3, 1.8)
HELD = (-3.0, -1.5, None, 1.5, 3.0)
"""Standard deviations from the mean of the unit that lanes hold; None where it is free."""
MOST_HELD = 6.0
MIN_LANES, MAX_LANES = 2, len(TEMPERATURES)
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0
_TEMPERATURE_STEP = 0.25  # from the last lane to one added after it


@dataclass(frozen=True)
class LaneValues:
    """A value for everything that lanes can vary in.

    A lane uses its own value for what the race varies in now. The other values are kept for when their turn comes.
    """

    spread: Controls
    """Used while the lanes vary in temperature."""
    controls: Controls
    """Used otherwise."""
    seed: int
    prompt: str
    model: CharRNN
    held: float | None
    """Where the lane holds the race's unit, in standard deviations from its mean; None where the unit is free."""


def starting_values(model: CharRNN, prompt: str, seed: int, controls: Controls) -> list[LaneValues]:
    """Values for MAX_LANES lanes; the seed given is the first lane's."""
    spreads = [replace(controls, temperature=temperature, greedy=False) for temperature in TEMPERATURES]
    seeds = [seed, *(random_seed() for _ in spreads[1:])]
    own_values = zip(spreads, seeds, HELD, strict=True)
    return [LaneValues(spread, controls, own, prompt, model, held) for spread, own, held in own_values]


def value_between(lanes: Sequence[LaneValues], place: int) -> LaneValues:
    """Values for a lane to the right of the one at `place`: a temperature and a held value between its neighbours',
    and a new seed.
    """
    left = lanes[place].spread
    last = place + 1 == len(lanes)
    step = _TEMPERATURE_STEP if last else (lanes[place + 1].spread.temperature - left.temperature) / 2
    held = lanes[place].held or 0.0
    held = turned(held, 1.0 if last else ((lanes[place + 1].held or 0.0) - held) / 2)
    return replace(lanes[place], spread=replace(hotter(left, step), greedy=False), seed=random_seed(), held=held)


def turned(held: float | None, step: float) -> float:
    """Where a unit is held after a step, in standard deviations; a unit that is free starts from its mean."""
    return min(MOST_HELD, max(-MOST_HELD, round((held or 0.0) + step, 2)))


def hotter(controls: Controls, step: float) -> Controls:
    """Controls with the temperature moved by a step, to two decimals and within the range of the keys."""
    moved = round(controls.temperature + step, 2)
    return replace(controls, temperature=min(MAX_TEMPERATURE, max(MIN_TEMPERATURE, moved)))
