"""Which lanes a race starts with, and which one is put in next, by what they vary in. Knows no screen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from charrnn_engine.generation.generation import random_seed
from charrnn_engine.generation.race import Lane
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

Vary = Literal["temperature", "seed", "prompt", "model"]
VARIED: tuple[Vary, ...] = ("temperature", "seed", "prompt", "model")
TEMPERATURES = (0.3, 0.8, 1.0, 1.3, 1.8)
FEWEST, MOST = 2, 5
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0


def warmer(controls: Controls, step: float) -> Controls:
    """Controls with the temperature moved by a step, within its range."""
    moved = round(controls.temperature + step, 2)
    return replace(controls, temperature=min(MAX_TEMPERATURE, max(MIN_TEMPERATURE, moved)))


def lineup(vary: Vary, like: Lane, count: int, seed: int, models: Sequence[CharRNN] = ()) -> list[Lane]:
    """`count` lanes that begin anew and are like one, but for what they vary in.

    `models` are those to choose from where lanes vary in the model; one that doesn't know the prompt is left out.
    """
    controls, prompt = like.controls, like.prompt
    if vary == "temperature":
        spread = [*TEMPERATURES[:count]] if count < len(TEMPERATURES) else TEMPERATURES
        plain = replace(controls, greedy=False)
        return [Lane(like.model, prompt, seed, replace(plain, temperature=temperature)) for temperature in spread]
    if vary == "seed":
        return [Lane(like.model, prompt, random_seed() if place else seed, controls) for place in range(count)]
    if vary == "model":
        choice = list(models) or [like.model]
        return [Lane(choice[place % len(choice)], prompt, seed, controls) for place in range(count)]
    return [Lane(like.model, prompt, seed, controls) for _ in range(count)]


def newcomer(vary: Vary, lanes: Sequence[Lane], place: int) -> Lane:
    """A lane to stand right of the one at a place: at a temperature between it and its neighbour, say."""
    beside = lanes[place]
    controls, seed = beside.controls, beside.seed
    if vary == "temperature":
        right = lanes[place + 1].controls.temperature if place + 1 < len(lanes) else controls.temperature + 0.5
        between = round((controls.temperature + right) / 2, 2)
        controls = replace(controls, temperature=min(MAX_TEMPERATURE, between), greedy=False)
    elif vary == "seed":
        seed = random_seed()
    return Lane(beside.model, beside.prompt, seed, controls)
