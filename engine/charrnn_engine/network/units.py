"""Names of a network's units, and their places among all of them. Knows no values and no text.

`h1.17` is the hidden state of unit 17 of layer 1, and `c2.145` the cell state of unit 145 of layer 2. Layers are
counted from 1 and units from 0, as the rows and columns of arrays are.
"""

import re
from collections.abc import Iterator

from charrnn_engine.errors import ControlsError, shown
from charrnn_engine.network.model import Network

_NAME = re.compile(r"([hc])([1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,6})", re.ASCII)


def unit_names(network: Network) -> list[str]:
    """All hidden states, in the order of the layers, and then all cell states, as `Stepper.units` has them."""
    return [f"{kind}{layer}.{unit}" for kind, layer, size, _ in _parts(network) for unit in range(size)]


def place_of(network: Network, name: str) -> int:
    """The place of a unit in `unit_names`, from 0. Raises ControlsError for a unit that the network lacks."""
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    for kind, layer, size, start in _parts(network):
        if found and found[1] == kind and int(found[2]) == layer and int(found[3]) < size:
            return start + int(found[3])
    ranges = ", ".join(f"{kind}{layer}.0 to {kind}{layer}.{size - 1}" for kind, layer, size, _ in _parts(network))
    raise ControlsError(f"the model has no unit {shown(name)}; its units are {ranges}")


def _parts(network: Network) -> Iterator[tuple[str, int, int, int]]:
    """(kind, layer, units, place of the first) of each layer's hidden or cell states."""
    start = 0
    for kind in "hc":
        for layer, cell in enumerate(network.cells, 1):
            size = cell.hidden if kind == "h" else cell.carried
            if size:
                yield kind, layer, size, start
            start += size
