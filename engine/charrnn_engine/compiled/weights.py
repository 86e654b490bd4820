"""A network's weights as the compiled code reads them: one array, and where in it everything stands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.compiled import kernel
from charrnn_engine.network.layers import GRU, LSTM, Cell, SimpleRNN
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """Everything that is the same for all rows. Numbers of columns are multiples of kernel.LANES."""

    numbers: Array
    layers: Places
    """(layers, kernel.DESCRIBED)"""
    head: Places
    """As `kernel.run` takes it."""
    state_size: int
    """Numbers of a row's state, those after the model's own are unused."""
    gates_size: int
    reset_size: int
    columns: int
    """Of the logits."""


class _Numbers:
    """Arrays that become one."""

    def __init__(self) -> None:
        self._parts: list[Array] = []
        self._size = 0

    def add(self, part: Array) -> int:
        """Where in the whole it begins."""
        at = self._size
        self._parts.append(np.ascontiguousarray(part, np.float32).reshape(-1))
        self._size += part.size
        return at

    def add_panels(self, matrix: Array, gates: int) -> int:
        """A matrix (I, G), its gates widened, in panels (I, LANES)."""
        wide = widened(matrix, gates)
        return self.add(np.moveaxis(wide.reshape(len(wide), -1, kernel.LANES), 1, 0))

    def together(self) -> Array:
        return np.concatenate(self._parts)


def widened(columns: Array, gates: int, filling: float = 0.0) -> Array:
    """(..., G) -> each gate's columns filled up to a multiple of LANES."""
    width = columns.shape[-1] // gates
    wide = np.full((*columns.shape[:-1], gates, multiple(width)), filling, np.float32)
    wide[..., :width] = columns.reshape(*columns.shape[:-1], gates, width)
    return wide.reshape(*columns.shape[:-1], gates * wide.shape[-1])


def multiple(size: int) -> int:
    """The size, or more, that LANES divide."""
    return -(-size // kernel.LANES) * kernel.LANES


def pack(model: CharRNN) -> Weights | None:
    """None where there is a layer that the compiled code doesn't know."""
    network, numbers, described = model.network, _Numbers(), []
    below, own, carried = -1, 0, sum(cell.hidden for cell in network.cells)
    for cell in network.cells:
        layer = np.zeros(kernel.DESCRIBED, np.int64)
        addends = network.inputs if below < 0 else cell.bias[None]
        if not _add(cell, addends, below < 0, layer, numbers):
            return None
        layer[[kernel.UNITS, kernel.WIDTH, kernel.BELOW]] = cell.hidden, multiple(cell.hidden), below
        layer[[kernel.OWN, kernel.CARRIED]] = own, carried
        described.append(layer)
        below, own, carried = own, own + cell.hidden, carried + cell.carried
    head = network.head
    places = [below, head.kernel.shape[0], numbers.add(widened(head.bias, 1, kernel.NOTHING))]
    places += [numbers.add_panels(head.kernel, 1), len(head.bias)]
    widest = max(multiple(cell.hidden) for cell in network.cells)
    return Weights(
        numbers.together(),
        np.array(described),
        np.array(places, np.int64),
        multiple(network.state_size),
        4 * widest + kernel.LANES,  # rows that are a power of two apart would share places in the cache
        widest,
        multiple(len(head.bias)),
    )


def _add(cell: Cell, addends: Array, first: bool, layer: Places, numbers: _Numbers) -> bool:
    """Adds a cell's weights and describes it; False where it isn't known."""
    if isinstance(cell, LSTM | SimpleRNN):
        kind, gates = (kernel.LSTM, 4) if isinstance(cell, LSTM) else (kernel.SIMPLE_RNN, 1)
        recurrent = cell.recurrent if first else cell.stacked
        layer[kernel.ADDENDS] = numbers.add(widened(addends, gates))
        layer[kernel.RECURRENT] = numbers.add_panels(recurrent.matrix, gates)
    elif isinstance(cell, GRU):
        if cell.candidate is None:
            kind, gates, read_at_once = kernel.GRU, 4, 3
            # Between r and the candidate stands what h adds to the latter.
            before = addends[:, : 2 * cell.hidden], np.tile(cell.candidate_bias, (len(addends), 1))
            addends = np.hstack([*before, addends[:, 2 * cell.hidden :]])
        else:
            kind, gates, read_at_once = kernel.GRU_RESET_BEFORE, 3, 2
            layer[kernel.CANDIDATE] = numbers.add_panels(cell.candidate.matrix, 1)
        layer[kernel.ADDENDS] = numbers.add(widened(addends, gates))
        layer[kernel.RECURRENT] = numbers.add_panels(cell.recurrent.matrix, read_at_once)
        if not first:
            layer[kernel.INPUTS] = numbers.add_panels(cell.kernel, 3)
    else:
        return False
    layer[kernel.KIND] = kind
    return True
