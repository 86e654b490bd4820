"""Checks single settings of Keras layers. Knows no weights and no order of layers."""

from typing import Any

from charrnn_engine.checkpoints.keras_config import Layer, parse_layer
from charrnn_engine.checkpoints.limits import MAX_SIZE
from charrnn_engine.errors import CheckpointError, shown
from charrnn_engine.network.activations import Activation


def count(layer: Layer, key: str, value: Any) -> int:
    """A number of units, tokens or the like. Raises CheckpointError out of its range."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_SIZE:
        raise CheckpointError(f"its layer {shown(layer.name)} has {key}={shown(value)}; 1 to {MAX_SIZE:,} is read")
    return value


def length(value: Any) -> int | None:
    """A length of sequences, or None where it isn't fixed."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_SIZE else None


def activation(layer: Layer, key: str, name: Any, known: dict[str, Activation]) -> Activation:
    """The function of that name. Raises CheckpointError if there is none."""
    found = known.get(name) if isinstance(name, str) else None
    if found is None:
        raise CheckpointError(f"its layer {shown(layer.name)} has {key}={shown(name)}; {', '.join(known)} are run")
    return found


def is_dense(layer: Layer) -> bool:
    return layer.kind in ("Dense", "TimeDistributed")


def dense_config(layer: Layer) -> dict[str, Any]:
    """The configuration of a Dense layer, or of the one that TimeDistributed wraps."""
    if layer.kind == "Dense":
        return layer.config
    inner = layer.config.get("layer")
    if not isinstance(inner, dict) or inner.get("class_name") != "Dense":
        raise CheckpointError(f"its layer {shown(layer.name)} wraps something other than a Dense")
    return parse_layer(inner, {}).config


def over_last_axis(layer: Layer, *also: Any) -> None:
    """Raises CheckpointError if a layer normalises over another axis than the last one of (batch, time, features)."""
    if layer.config.get("axis", -1) not in (-1, 2, [-1], [2], *also):
        raise CheckpointError(f"its layer {shown(layer.name)} normalises over an axis other than the last")


def target_shape(layer: Layer) -> list[Any]:
    """The shape that a Reshape asks for, without the batch; empty if it isn't a list."""
    target = layer.config.get("target_shape")
    return target if isinstance(target, list) else []


def check_shape_kept(layer: Layer, width: int | None, last_only: bool) -> None:
    """Raises CheckpointError if a Reshape or Flatten changes (time, width), or (width,) after the last time step."""
    flattens, target = layer.kind == "Flatten" and last_only, target_shape(layer)
    if not flattens and (width is None or target[-1:] != [width] or len(target) != (1 if last_only else 2)):
        raise CheckpointError(
            f"its layer {shown(layer.name)} changes the shape; only one that changes nothing is run"
        )


def misplaced(layer: Layer) -> CheckpointError:
    return CheckpointError(
        f"its layer {shown(layer.name)} ({layer.kind}) is in a place where it can't run;"
        " expected are an input, recurrent layers and a Dense head, with layers that fit between them"
    )
