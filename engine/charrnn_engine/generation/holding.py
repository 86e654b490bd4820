"""Which numbers of a model's state are held, and at what, by the names and values that Controls have. Draws text only
to measure what units are usually at.
"""

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import numpy as np

from charrnn_engine.errors import ControlsError
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.network.stepper import Held
from charrnn_engine.network.units import place_of
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.hold import deviations
from charrnn_engine.sampling.random_numbers import RandomNumbers
from charrnn_engine.sampling.sampler import Sampler

_MEASURED, _WARM_UP = 2000, 100  # tokens

_statistics: WeakKeyDictionary[CharRNN, tuple[Array, Array]] = WeakKeyDictionary()


def held_units(model: CharRNN, hold: Mapping[str, float | str]) -> Held:
    """The place among all units, and the value, of each unit held. Raises ControlsError for a unit that the model
    lacks, and for a hidden state held where it can't be.
    """
    return tuple((place_of(model.network, name), held_value(model, name, value)) for name, value in hold.items())


def held_value(model: CharRNN, unit: str, value: float | str) -> float:
    """The number that a unit is held at; for "2.5sd" so many standard deviations above its mean, within its range.

    Raises what `held_units` raises.
    """
    place, times = place_of(model.network, unit), deviations(value)
    bounded = unit.startswith("h") and model.network.head.bounded  # the states of cells with tanh lie within 1
    if times is None:
        if bounded and abs(float(value)) > 1.0:
            raise ControlsError(f"{unit} is held at {value:g}; a hidden state lies between -1 and 1")
        return float(value)
    means, standard = unit_statistics(model)
    number = float(means[place] + times * standard[place])
    return min(1.0, max(-1.0, number)) if bounded else number


def unit_statistics(model: CharRNN) -> tuple[Array, Array]:
    """Mean and standard deviation of each unit, float32 (S,) each, over 2,000 tokens that the model writes at
    temperature 1. Measured once per model; the same model gives the same numbers.
    """
    known = _statistics.get(model)
    if known is None:
        known = _statistics[model] = _measure(model)
    return known


def _measure(model: CharRNN) -> tuple[Array, Array]:
    vocabulary, stepper, numbers = model.vocabulary, model.stepper(), RandomNumbers(0)
    sampler, controls = Sampler(len(vocabulary), vocabulary.never_drawn, model.network.head.largest_logit), Controls()
    eos = vocabulary.eos
    last = eos if eos is not None else vocabulary.ids.get("\n", next(iter(vocabulary.ids.values())))
    states = np.empty((_MEASURED, model.network.units), np.float32)
    for t in range(-_WARM_UP, _MEASURED):
        if last == eos:
            stepper.reset()
        logits = stepper.step(last)
        last = sampler.figures(logits, controls, numbers[t + _WARM_UP])[0]
        if t >= 0:
            states[t] = stepper.units[0]
    return states.mean(axis=0), states.std(axis=0)
