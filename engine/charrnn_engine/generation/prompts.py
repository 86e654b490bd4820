"""How a text begins: the prompt and the seed, where they are given and where they aren't. Draws nothing."""

import secrets

from charrnn_engine.errors import PromptError
from charrnn_engine.network.model import CharRNN


def random_seed() -> int:
    """A new seed, short enough to be read aloud and typed again."""
    return secrets.randbelow(1_000_000_000)


def encode_prompt(model: CharRNN, prompt: str) -> list[int]:
    """The ids to start from; an empty prompt starts from `<eos>`.

    Raises UnknownTokenError for characters that the model doesn't know, and PromptError for an empty prompt where
    the vocabulary has no `<eos>`.
    """
    ids = model.vocabulary.encode(prompt)
    if ids:
        return ids
    if model.vocabulary.eos is None:
        raise PromptError(
            f"the prompt is empty and the model {model.name!r} has no <eos> to start from; type some text"
        )
    return [model.vocabulary.eos]


def default_prompt(model: CharRNN) -> str:
    """The prompt where none is given: empty if there is an `<eos>`, else a newline, a space or the first token."""
    vocabulary = model.vocabulary
    if vocabulary.eos is not None:
        return ""
    known = (token for token in ("\n", " ", *vocabulary.ids) if token in vocabulary.ids)
    return next(known)
