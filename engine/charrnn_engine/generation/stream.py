"""A text while a model writes it, one Token at a time: `generate`, and the async generator `stream`. Knows nothing of
screens; what the reader changes arrives as a new Controls, read once a token.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import islice
from time import perf_counter

from charrnn_engine.generation.generation import (
    Generation,
    Token,
    default_prompt,
    encode_prompt,
    random_seed,
)
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

__all__ = [
    "TURN_SECONDS",
    "ControlsSource",
    "Generation",
    "Token",
    "continue_stream",
    "default_prompt",
    "encode_prompt",
    "generate",
    "random_seed",
    "stream",
]

ControlsSource = Controls | Callable[[], Controls | None]
"""Controls that stay, or a function asked right before every token for those that hold now; None ends the text."""

TURN_SECONDS = 0.004
"""How long `stream` keeps the event loop at most before it gives the others their turn."""


def _source(controls: ControlsSource) -> Callable[[], Controls | None]:
    return controls if callable(controls) else lambda: controls


def generate(
    model: CharRNN,
    prompt: str,
    controls: ControlsSource = Controls(),
    *,
    seed: int | None = None,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[Token]:
    """Tokens one at a time, up to and with the first `<eos>`, or for ever where `endless`.

    `controls` may be a function, asked before every token (None ends the text); seed None takes a random one. The
    prompt and the seed are checked before the first token is asked for: see Generation for what is raised.
    """
    generation = Generation(model, prompt, seed=random_seed() if seed is None else seed)
    tokens = _generate(generation, _source(controls), None, endless)
    # Nobody else can take this text on or back, so its tokens needn't be counted by asking for its length.
    return tokens if max_tokens is None else islice(tokens, max(0, max_tokens))


def _generate(
    generation: Generation, controls: Callable[[], Controls | None], max_tokens: int | None, endless: bool
) -> Iterator[Token]:
    ends_at = None if endless else generation.model.vocabulary.eos
    draw = generation.next
    while max_tokens is None or len(generation) < max_tokens:
        now = controls()
        if now is None:
            return
        token = draw(now)
        yield token
        if token.id == ends_at:
            return


def stream(
    model: CharRNN,
    prompt: str,
    controls: ControlsSource = Controls(),
    *,
    seed: int | None = None,
    max_tokens: int | None = None,
    endless: bool = False,
) -> AsyncGenerator[Token, None]:
    """As `generate`, as an async generator that gives the event loop its turn every few milliseconds.

    Closing it (`aclose`) or cancelling the task that reads it ends it at once.
    """
    generation = Generation(model, prompt, seed=random_seed() if seed is None else seed)
    return continue_stream(generation, controls, max_tokens=max_tokens, endless=endless)


async def continue_stream(
    generation: Generation,
    controls: ControlsSource,
    *,
    max_tokens: int | None = None,
    endless: bool = False,
) -> AsyncGenerator[Token, None]:
    """The tokens that a text goes on with: `stream` for a Generation that has begun already."""
    turn_ends = perf_counter() + TURN_SECONDS
    for token in _generate(generation, _source(controls), max_tokens, endless):
        yield token
        if perf_counter() >= turn_ends:
            await asyncio.sleep(0)
            turn_ends = perf_counter() + TURN_SECONDS
