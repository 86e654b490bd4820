"""What the app opens with, and opening a model from disk."""

import asyncio
import gc
from dataclasses import dataclass, field

from charrnn_engine.generation.recording import Recording
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.game import Game
from charrnn_tui.play.reading import Reading, TextToRead
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.ui.pace import DEFAULT_SPEED, DEFAULT_WORD_SPEED


@dataclass(frozen=True)
class Opening:
    """What the app opens with. `model` None is the default one, `seed` None a random one."""

    model: str | None = None
    prompt: str | None = None
    controls: Controls = field(default_factory=Controls)
    seed: int | None = None
    speed: float | None = DEFAULT_SPEED
    word_speed: float | None = DEFAULT_WORD_SPEED
    endless: bool = True
    colouring: Colouring = "surprise"
    folder: str | None = None
    """Where a text was saved last."""
    replay: Recording | None = None
    read: TextToRead | None = None
    projector: bool = False
    """Whether it is shown to a room: see Projector."""
    notice: str | None = None
    """What the user should know at once."""
    repeat_prompt: bool = False
    introduce: bool = False
    """Whether a line says which keys to try first."""


async def begin(
    opening: Opening, game: Game, name: str | None, prompt: str | None, seed: int | None, replay: Recording | None
) -> tuple[str, bool]:
    """Opens a model in a game, and begins a text, a recording, or a text to read. For the first model, the recording
    and the text are those of `opening`. Returns a notice, and whether it is a problem. Raises CharRNNError.
    """
    first, problem = game.model is None, None
    replay = opening.replay if first and replay is None else replay
    to_read = opening.read if first else None
    model = await asyncio.to_thread(load_model, name)
    reading = await asyncio.to_thread(Reading, model, *to_read) if to_read is not None else None
    if replay is not None:
        game.replay(model, replay)
    elif reading is not None:
        game.read(reading, model, seed)
    else:
        problem = game.open(model, prompt, seed)
    if first:
        gc.freeze()  # all of this stays; the garbage collector needn't look at it while a text runs
    if problem is not None:
        return f"{problem}; starting without it", first  # later on, the prompt is that of another model
    return (opening.notice if first else None) or (reading.notice() if reading is not None else ""), False


def load_model(name: str | None) -> CharRNN:
    """Opens a model by name or path, or the default one. Raises CheckpointError."""
    # Imported here, because it takes a while, and the first paint needn't wait for it.
    from charrnn_engine.checkpoints.store import default_checkpoint, load

    return load(name or default_checkpoint())
