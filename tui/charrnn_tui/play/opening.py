"""What the app opens with, and opening a model from disk. Imports what reads models only then."""

from dataclasses import dataclass, field

from charrnn_engine.generation.recording import Recording
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.ui.pace import DEFAULT_SPEED


@dataclass(frozen=True)
class Opening:
    """What the app opens with. `model` None is the default one, `seed` None a random one."""

    model: str | None = None
    prompt: str | None = None
    controls: Controls = field(default_factory=Controls)
    seed: int | None = None
    speed: float | None = DEFAULT_SPEED
    endless: bool = True
    colouring: Colouring = "surprise"
    folder: str | None = None
    """Where a text was saved last."""
    replay: Recording | None = None
    notice: str | None = None
    """What the user should know at once."""


def load_model(name: str | None) -> CharRNN:
    """Opens a model by name or path, or the default one. Raises CheckpointError."""
    # Here, and not above: what reads a model takes a while to import, and the first paint needn't wait for it.
    from charrnn_engine.checkpoints.store import default_checkpoint, load

    return load(name or default_checkpoint())
