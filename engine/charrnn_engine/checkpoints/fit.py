"""How well a network fits a text: bits per character, with its state carried on or from windows alone, beside the
bits of single letters. Reads no files and chooses no vocabulary.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array
from charrnn_engine.network.stepper import Stepper
from charrnn_engine.network.windows import WindowStepper

Ids = NDArray[np.intp]

_LANES = 64  # pieces of a text that are read side by side
_WARM_UP = 40  # characters at the start of each that aren't counted
_AT_ONCE = 256  # windows
_MOST = 300_000  # characters read with the state carried on
_WORK = 1.2e11  # multiplications spent on windows


@dataclass(frozen=True)
class Fit:
    """Bits per character. `window` and `carried` are None where they weren't measured; `letters` is the entropy of
    single characters, which a model that knows nothing of their order can reach.
    """

    letters: float
    carried: float | None
    window: float | None
    characters: int


def figures(fit: Fit) -> list[float]:
    """Those that were measured."""
    return [figure for figure in (fit.carried, fit.window) if figure is not None]


def letters_entropy(ids: Ids) -> float:
    """Bits per character of the frequencies alone."""
    shares = np.bincount(ids) / len(ids)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def costs(logits: Array, targets: Ids) -> NDArray[np.float64]:
    """-log2 p of the targets (N,) under logits (N, V)."""
    z = logits.astype(np.float64)
    z -= z.max(axis=-1, keepdims=True)
    return np.asarray((np.log(np.exp(z).sum(axis=-1)) - z[np.arange(len(z)), targets]) / math.log(2))


def carried_steps(network: Network, ids: Ids, most: int) -> Iterator[tuple[Array, Ids, Ids]]:
    """Logits, targets and their positions in the text, step by step of many pieces of it, the state carried on.

    Reads at most `most` characters, spread over the text. The logits are overwritten by the next step.
    """
    lanes = max(1, min(_LANES, len(ids) // (4 * _WARM_UP)))
    length = len(ids) // lanes
    steps = max(2, min(length, most // lanes))
    starts = np.arange(lanes) * length
    stepper = Stepper(network, lanes)
    warm_up = min(_WARM_UP, steps // 4)
    for t in range(steps - 1):
        logits = stepper.step(ids[starts + t])
        if t >= warm_up:
            yield logits, ids[starts + t + 1], starts + t + 1


def quick_bits(network: Network, ids: Ids, most: int = 10_000) -> float:
    """Bits per character of some of the text: enough to tell a right vocabulary from a wrong one."""
    if network.attention is not None:
        places = np.linspace(1, len(ids) - 1, min(len(ids) - 1, 500)).astype(np.intp)
        return float(window_costs(network, ids, places).mean())
    return float(np.mean([costs(logits, targets).mean() for logits, targets, _ in carried_steps(network, ids, most)]))


def window_costs(network: Network, ids: Ids, positions: Ids, starts: Ids | None = None) -> NDArray[np.float64]:
    """-log2 p of the characters at some positions, each from the window before it, (N,). `starts` are the beginnings
    of their lines, which no window crosses.
    """
    window = network.window or 0
    found = np.empty(len(positions))
    for at in range(0, len(positions), _AT_ONCE):
        some = positions[at : at + _AT_ONCE]
        first = np.zeros_like(some) if starts is None else starts[at : at + _AT_ONCE]
        places = some[:, None] + np.arange(-window, 0)
        state = np.where(places >= first[:, None], ids[np.maximum(places, 0)] + 1, 0).astype(np.float32)
        stepper = WindowStepper(network, window, len(some))
        stepper.restore(state)
        found[at : at + len(some)] = costs(stepper.logits, ids[some])
    return found


def windows_affordable(network: Network, parameters: int) -> int:
    """How many windows can be run in a few seconds."""
    return int(np.clip(_WORK / (parameters * (network.window or 1)), 300, 20_000))


def fit(network: Network, ids: Ids, parameters: int, window: int | None, end: int | None = None) -> Fit:
    """Both ways of use on a text of ids; only carried without a window, only windows with attention. `end` is the
    token between lines, which no window of a network with attention crosses.

    The figure for windows is that of the state carried on, over all of the text, plus the mean difference at places
    spread over it: far less noisy than the mean of so few places.
    """
    letters = letters_entropy(ids)
    if network.attention is not None:
        return Fit(letters, None, _line_bits(replace(network, window=window), ids, parameters, end), len(ids))
    carried, positions = [], []
    for logits, targets, places in carried_steps(network, ids, _MOST):
        carried.append(costs(logits, targets))
        positions.append(places)
    all_carried, places = np.concatenate(carried), np.concatenate(positions)
    mean = float(all_carried.mean())
    if window is None:
        return Fit(letters, mean, None, len(places))
    windowed = replace(network, window=window)
    some = np.linspace(0, len(places) - 1, min(len(places), windows_affordable(windowed, parameters))).astype(np.intp)
    some = some[places[some] >= min(window, len(ids) // 2)]
    difference = window_costs(windowed, ids, places[some]) - all_carried[some]
    return Fit(letters, mean, mean + float(difference.mean()), len(places))


def _line_bits(network: Network, ids: Ids, parameters: int, end: int | None) -> float:
    """Bits per character from windows alone, at places spread over a text whose lines the token `end` separates."""
    starts = np.zeros(len(ids), np.intp)
    if end is not None:
        ends = np.flatnonzero(ids == end)
        before = np.searchsorted(ends, np.arange(len(ids)))
        starts = np.where(before > 0, ends[np.maximum(before - 1, 0)], 0)
    places = np.arange(1, len(ids))
    some = np.linspace(0, len(places) - 1, min(len(places), windows_affordable(network, parameters))).astype(np.intp)
    return float(window_costs(network, ids, places[some], starts[places[some]]).mean())
