"""How a text begins: the prompt and the seed, where they are given and where they aren't. Draws nothing."""

import secrets

from charrnn_engine.errors import PromptError, shown
from charrnn_engine.network.model import CharRNN


def random_seed() -> int:
    """A new seed, short enough to be read aloud and typed again."""
    return secrets.randbelow(1_000_000_000)


def encode_prompt(model: CharRNN, prompt: str) -> list[int]:
    """The ids to start from; an empty prompt starts from `<eos>`.

    Raises UnknownTokenError for characters that the model doesn't know, PromptError for an empty prompt where the
    vocabulary has no `<eos>`, and TypeError for anything but a text.
    """
    if not isinstance(prompt, str):
        raise TypeError(f"the prompt is {shown(prompt)}; it must be a text")
    ids = model.vocabulary.encode(prompt)
    if ids:
        return ids
    if model.vocabulary.eos is None:
        raise PromptError(
            f"the prompt is empty and the model {model.name!r} has no <eos> to start from; type some text"
        )
    return [model.vocabulary.eos]


def default_prompt(model: CharRNN) -> str:
    """The prompt where none is given: that of the model's card, else empty if there is an `<eos>`, else a newline, a
    space or the first token."""
    vocabulary = model.vocabulary
    if prompt := card_prompt(model):
        return prompt
    if vocabulary.eos is not None:
        return ""
    known = (token for token in ("\n", " ", *vocabulary.ids) if token in vocabulary.ids)
    return next(known)


def card_prompt(model: CharRNN) -> str:
    """The prompt that the model's card names, "" where there is none or the model doesn't know its characters."""
    prompt = model.card.get("prompt")
    if not isinstance(prompt, str) or None in model.vocabulary.encode_known(prompt):
        return ""
    return prompt
