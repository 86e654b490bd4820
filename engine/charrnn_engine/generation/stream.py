"""A text while a model writes it, one Token at a time: `generate`, and the async generator `stream`. Knows nothing of
screens; what the reader changes arrives as a new Controls, read once per token.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import islice
from time import perf_counter

from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.prompts import random_seed
from charrnn_engine.generation.rules_in_force import rules_for
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

ControlsSource = Controls | Callable[[], Controls | None]
"""Fixed controls, or a function that is called before every token for the current ones; None ends the text."""

TURN_SECONDS = 0.004
"""How long `stream` keeps the event loop before other tasks get a turn."""


def _source(controls: ControlsSource) -> Callable[[], Controls | None]:
    return controls if callable(controls) else lambda: controls


def _begin(model: CharRNN, prompt: str, controls: ControlsSource, seed: int | None) -> Generation:
    """A new text, whose controls are checked if they are fixed."""
    if isinstance(controls, Controls):
        rules_for(model, controls)
    return Generation(model, prompt, seed=random_seed() if seed is None else seed)


def generate(
    model: CharRNN,
    prompt: str,
    controls: ControlsSource = Controls(),
    *,
    seed: int | None = None,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[Token]:
    """Tokens one at a time, up to and including the first `<eos>`, or without end if `endless`.

    The same model, prompt, seed and controls at the same positions give exactly the same text. `controls` may be a
    function that is called before every token (None ends the text); seed None takes a random one. Prompt and seed
    are checked at once: see Generation for what is raised.
    """
    generation = _begin(model, prompt, controls, seed)
    tokens = _generate(generation, _source(controls), None, endless)
    # islice is enough to count: no one else advances this generation.
    return tokens if max_tokens is None else islice(tokens, max(0, min(max_tokens, sys.maxsize)))


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
    """`generate` as an async generator that lets other tasks run every few milliseconds.

    Closing it (`aclose`) or cancelling the task that reads it ends it at once.
    """
    generation = _begin(model, prompt, controls, seed)
    return continue_stream(generation, controls, max_tokens=max_tokens, endless=endless)


async def continue_stream(
    generation: Generation,
    controls: ControlsSource,
    *,
    max_tokens: int | None = None,
    endless: bool = False,
) -> AsyncGenerator[Token, None]:
    """`stream` for a Generation that has already begun."""
    turn_ends = perf_counter() + TURN_SECONDS
    for token in _generate(generation, _source(controls), max_tokens, endless):
        yield token
        if perf_counter() >= turn_ends:
            await asyncio.sleep(0)
            turn_ends = perf_counter() + TURN_SECONDS
