"""What the model of each epoch of a run writes from the same prompt with the same random draws. Knows no widget."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.generation import Token, default_prompt, encode_prompt
from charrnn_engine.generation.stream import generate
from charrnn_engine.sampling.controls import Controls

_KEPT = 60


@dataclass(frozen=True)
class EpochText:
    """`tokens` after a prompt. `problem` says why there are none, `note` why another prompt was taken."""

    prompt: str
    tokens: Sequence[Token] = ()
    eos: int | None = None
    problem: str = ""
    note: str = ""


class EpochTexts:
    """Opens checkpoints and writes; a text that was asked for before is there at once."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], EpochText] = OrderedDict()

    def write(self, checkpoint: str, prompt: str, controls: Controls, seed: int, length: int) -> EpochText:
        """Blocks for as long as opening a model and `length` characters take."""
        key = (checkpoint, prompt, controls, seed, length)
        text = self._known.get(key)
        if text is None:
            text = self._known[key] = _written(checkpoint, prompt, controls, seed, length)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return text


def _written(checkpoint: str, prompt: str, controls: Controls, seed: int, length: int) -> EpochText:
    # Here, and not above: what reads a model takes a while to import, and the app's first paint needn't wait for it.
    from charrnn_engine.checkpoints.store import load

    try:
        model = load(Path(checkpoint))
    except CharRNNError as error:
        return EpochText(prompt, problem=str(error))
    note = ""
    try:
        encode_prompt(model, prompt)
    except CharRNNError as error:
        # The vocabulary is the run's own: a prompt of another text needn't be made of its characters.
        note = str(error).split(";")[0] if prompt else ""
        prompt = default_prompt(model)
    tokens = list(generate(model, prompt, controls, seed=seed, max_tokens=length, endless=True))
    return EpochText(prompt, tokens, model.vocabulary.eos, note=note)
