"""What a text is made of: its tokens, and what it takes to go on with it elsewhere. Draws nothing."""

from collections.abc import Callable, Sequence
from functools import partial
from math import inf, log2
from typing import NamedTuple

from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls


class Token(NamedTuple):
    """One generated token. `text` is what it adds to the text: nothing for `<eos>`."""

    id: int
    text: str
    probability: float
    """After the controls: of the distribution it was drawn from."""
    model_probability: float
    """Before the controls: softmax of the logits."""
    entropy: float
    """Of the model's distribution, before the controls, in bits."""
    controls: Controls
    index: int  # type: ignore[assignment]  # hides tuple's method of that name, which a Token doesn't need
    """Position in the generated text, from 0, not counting the prompt."""

    @property
    def surprisal(self) -> float:
        """Of the token under the model, before the controls, in bits; infinite for a probability of 0."""
        return -log2(self.model_probability) if self.model_probability else inf


class Begun(NamedTuple):
    """A text to go on with."""

    state: Array
    """(S,), before the last token has been read."""
    length: int
    """Tokens of the text, without the prompt."""
    past: Sequence[int]
    """The last ids, those of the prompt included: at least one."""
    nodes: frozenset[int] | None = None
    """The text's place in the pattern of its controls, which stays in force; None if there is no pattern."""


# What a NamedTuple's own constructor calls, without the Python function around it.
new_token: Callable[[tuple[object, ...]], Token] = partial(tuple.__new__, Token)
