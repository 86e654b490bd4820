"""What readers of model files hand on: where weights come from, and the network that was made of them."""

from dataclasses import dataclass, field
from typing import Protocol

from charrnn_engine.checkpoints.keras_config import Layer
from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array


class WeightSource(Protocol):
    """Where the weights of layers are: array number `index` of a layer, or of its `part` ("cell" or "layer")."""

    def read(self, layer: Layer, index: int, shape: tuple[int, ...], part: str = "") -> Array:
        """The array, as float32. Raises CheckpointError unless it exists, is finite and has this shape."""
        ...


@dataclass(frozen=True)
class Assembled:
    """A network and what its layers say of its use.

    `window` is the length of the windows that it was trained on, each from the initial state, or None if it wasn't or
    the length is unknown; `windowed` says whether it was. `lookup` is the configuration of a layer in front that
    turns characters into ids, `layers` are all layers of a Keras model, and `table` is its Embedding or PyTorch's.
    """

    network: Network
    parameters: int
    window: int | None = None
    windowed: bool = False
    lookup: Layer | None = None
    layers: tuple[Layer, ...] = ()
    table: Array | None = field(default=None, repr=False)
