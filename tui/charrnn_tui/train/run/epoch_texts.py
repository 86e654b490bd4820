"""What the model of each epoch writes from the same prompt and seed. Knows no widget."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.prompts import default_prompt, encode_prompt
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.units import place_of
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.text.colouring import surprise_scale


@dataclass(frozen=True)
class EpochText:
    """The `tokens` after a prompt. `problem` says why there are none, `note` why the prompt is another one."""

    prompt: str
    tokens: Sequence[Token] = ()
    eos: int | None = None
    scale: float = 1.0
    """The vocabulary's: see `surprise_scale`."""
    problem: str = ""
    note: str = ""
    values: Sequence[float] = ()
    """What a unit is after each token, where one was named."""


def written_by(checkpoint: str, prompt: str, controls: Controls, seed: int, length: int, unit: str = "") -> EpochText:
    """Blocks for as long as it takes to open a model and write `length` tokens."""
    # Not at the top: importing it takes a while.
    from charrnn_engine.checkpoints.store import load

    try:
        model = load(Path(checkpoint))
        place = place_of(model.network, unit) if unit else None
    except CharRNNError as error:
        return EpochText(prompt, problem=str(error))
    note = ""
    try:
        encode_prompt(model, prompt)
    except CharRNNError as error:
        # The run may have been trained on a text without some characters of the prompt.
        note = str(error).split(";")[0] if prompt else ""
        prompt = default_prompt(model)
    generation = Generation(model, prompt, seed=seed)
    tokens, values = [], []
    for _ in range(length):
        tokens.append(generation.next(controls))
        if place is not None:
            values.append(generation.unit(place))  # in the state before this token
    if place is not None and tokens:
        values = [*values[1:], float(generation.units[place])]
    return EpochText(prompt, tokens, model.vocabulary.eos, surprise_scale(model.vocabulary), note=note, values=values)
