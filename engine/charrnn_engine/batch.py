"""Many texts at once, one matrix product for all: a row for each, with a prompt, a seed and controls of its own."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import compress

import numpy as np

from charrnn_engine.controls import Controls
from charrnn_engine.draws import Draws
from charrnn_engine.generation import Token, encode_prompt
from charrnn_engine.model import CharRNN
from charrnn_engine.sampler import RowSampler

_AHEAD = 32  # random numbers that each row gets at a time


def generate_batch(
    model: CharRNN,
    prompts: Sequence[str],
    controls: Sequence[Controls],
    seeds: Sequence[int],
    *,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[tuple[int, Token]]:
    """(row, Token) for every row, a token at a time and row by row, until all rows have ended.

    A row gives the text that `generate` gives for its prompt, controls and seed. What remains: a product of
    matrices rounds its last bit otherwise than one of a vector, so where a random number falls that close to the
    border between two tokens, a row goes another way: once in about a million characters, as measured with the
    models that ship, and sooner where a network makes such differences grow from step to step (as large random
    weights do).

    Raises ValueError unless there are as many prompts as controls and seeds, and what `generate` raises.
    """
    rows = len(prompts)
    if not len(controls) == len(seeds) == rows:
        raise ValueError(f"{rows} prompts, {len(controls)} controls and {len(seeds)} seeds; one each a row is needed")
    starts = [encode_prompt(model, prompt) for prompt in prompts]
    draws = [Draws(seed) for seed in seeds]
    return _rows(model, starts, list(controls), draws, max_tokens, endless) if rows else iter(())


def _rows(
    model: CharRNN,
    starts: list[list[int]],
    controls: list[Controls],
    draws: list[Draws],
    max_tokens: int | None,
    endless: bool,
) -> Iterator[tuple[int, Token]]:
    rows, vocabulary = len(starts), model.vocabulary
    texts, eos = vocabulary.texts, vocabulary.eos
    sampler = RowSampler(rows, len(vocabulary), vocabulary.never_drawn, model.network.head.reach)
    stepper = model.stepper(rows)
    ids = np.array([start[0] for start in starts], np.intp)
    to_feed = [list(reversed(start[1:])) for start in starts]  # what each row still reads of its prompt
    count, alive = [0] * rows, [max_tokens is None or max_tokens > 0] * rows
    new_token: Callable[[tuple[object, ...]], Token] = partial(tuple.__new__, Token)
    all_write = not any(to_feed)
    ahead: list[tuple[float, ...]] = []
    while any(alive):
        logits = stepper.step(ids)
        if all_write:
            ahead = ahead or _ahead(draws, count)
            u: Sequence[float] = ahead.pop()
        else:
            u = [row_draws[at] for row_draws, at in zip(draws, count, strict=True)]
        drawn, *figures = sampler.draw_columns(logits, controls, u)
        columns = zip(drawn, map(texts.__getitem__, drawn), *figures, controls, count, strict=True)
        tokens = map(new_token, columns)
        if not all_write:
            # A row that still reads, or has ended, steps along and isn't read.
            writing = [alive[row] and not to_feed[row] for row in range(rows)]
            shown = list(compress(enumerate(tokens), writing))
            drawn = [to_feed[row].pop() if to_feed[row] else drawn[row] for row in range(rows)]
            count = [at + more for at, more in zip(count, writing, strict=True)]
        else:
            shown = list(enumerate(tokens))
            count = [at + 1 for at in count]
        ids[:] = drawn
        if eos in drawn:
            for row, token in shown:
                if token.id == eos:
                    stepper.reset(row)
                    alive[row] = endless
        if max_tokens is not None and max(count) >= max_tokens:
            alive = [on and at < max_tokens for on, at in zip(alive, count, strict=True)]
        if all_write != (all(alive) and not any(to_feed)):
            all_write, ahead = not all_write, []
        yield from shown


def _ahead(draws: list[Draws], count: list[int]) -> list[tuple[float, ...]]:
    """The random numbers of all rows for some steps to come, those of the next one last."""
    numbers = [row_draws.numbers(at, _AHEAD) for row_draws, at in zip(draws, count, strict=True)]
    return list(zip(*numbers, strict=True))[::-1]
