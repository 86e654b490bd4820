"""Many texts at once, one matrix product for all: a row for each, with a prompt, a seed and controls of its own."""

from collections.abc import Iterator, Sequence

import numpy as np

from charrnn_engine.model import CharRNN
from charrnn_engine.sampler import Controls, Draws, RowSampler
from charrnn_engine.stream import Token, encode_prompt


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
    border between two tokens, or a network makes such differences grow from step to step (as large random weights
    do), a row may go another way.

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
    sampler = RowSampler(rows, len(vocabulary), vocabulary.never_drawn)
    stepper = model.stepper(rows)
    ids = np.array([start[0] for start in starts], np.intp)
    to_feed = [list(reversed(start[1:])) for start in starts]  # what each row still reads of its prompt
    count, alive = [0] * rows, [max_tokens is None or max_tokens > 0] * rows
    while any(alive):
        logits = stepper.step(ids)
        u = [draws[row][count[row]] for row in range(rows)]
        for row, draw in enumerate(sampler.draw(logits, controls, u)):
            if to_feed[row]:
                ids[row] = to_feed[row].pop()
                continue
            if not alive[row]:
                continue  # a row that has ended steps along, unread
            ids[row] = draw.id
            token = Token(draw.id, texts[draw.id], *draw[1:], controls[row], count[row])
            count[row] += 1
            if draw.id == eos:
                stepper.state[row] = 0.0
                alive[row] = endless
            if max_tokens is not None and count[row] >= max_tokens:
                alive[row] = False
            yield row, token
