"""Prompts for the lanes of a race: whether a model can start from one, and examples that it writes."""

from collections.abc import Collection
from itertools import count

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import default_prompt, encode_prompt
from charrnn_engine.generation.stream import generate
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

_LONGEST = 10  # characters of an example, so that it fits above a narrow lane
_DRAWN = 40  # tokens that an example is taken from
_TRIES = 5  # texts begun for each example
_START = 3  # characters of an example where there are no words
_MILD = Controls(temperature=0.7)


def problem_with(model: CharRNN, prompt: str) -> str | None:
    """Why a model can't start from a prompt, or None if it can."""
    try:
        encode_prompt(model, prompt)
    except CharRNNError as error:
        return str(error)
    return None


def examples(model: CharRNN, wanted: int, known: Collection[str]) -> list[str]:
    """At most `wanted` beginnings of texts that the model writes, of a word or two, and none of those `known`."""
    found: list[str] = []
    for seed in count():
        if len(found) == wanted or seed == _TRIES * (wanted + len(known)):
            return found
        tokens = generate(model, default_prompt(model), _MILD, seed=seed, max_tokens=_DRAWN)
        prompt = _beginning("".join(token.text for token in tokens))
        if prompt.strip() and prompt not in (*found, *known) and problem_with(model, prompt) is None:
            found.append(prompt)
    return found


def _beginning(text: str) -> str:
    """The words of a text's first line that fit into an example, with the space after them."""
    line = text.strip().split("\n")[0][:_LONGEST]
    words = line[: line.rfind(" ") + 1]
    return words or line[:_START]
