"""Calls the library with wrong types and numbers out of range, from many threads, and cancels it. Each call works or
raises an error that its caller can act on, and every thread gets the same text.

    python -m tests.fuzz.api --seconds 600 --seed 1
"""

import asyncio
import math
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from charrnn_engine import (
    CharRNN,
    CharRNNError,
    Controls,
    Request,
    Token,
    Vocabulary,
    generate,
    generate_batch,
    generate_many,
    load,
    stream,
)
from tests.fuzz.damage import PLAIN, WORDS, anything
from tests.fuzz.files import model
from tests.fuzz.frame import Target, check_message, main

_REFUSALS = (CharRNNError, TypeError, ValueError)
_NUMBERS = (*PLAIN, -(10**30), 2**31, 2**63, 5e-324, np.float32(0.5), np.int64(3), np.float64("nan"), 0.3, 3, 8)
_GOOD: dict[str, tuple[Any, ...]] = {
    "temperature": (0.05, 1.0, 5.0, 1e-300, 1e300), "greedy": (True, False), "top_k": (None, 1, 3, 10**9),
    "top_p": (None, 1.0, 1e-300), "min_p": (None, 0.0, 1.0), "hold": ({}, {"c1.0": 3.0}, {"c1.0": "2.5sd"}),
    "ban": ((), ("e",), ("the", "q ")), "bias": ({}, {"e": 3.0}, {"e": -100}), "pattern": (None, "[a-c]+", "(a|b)*"),
    "pattern_lines": (True, False), "repeat_penalty": (None, 2, 50), "repeat_multiplier": (0.8, 0.01),
    "repeat_base": (1.75, 1.0), "adapt": (None, 0.0, 1.0, 0.1),
}  # fmt: skip
_ARRAYS: tuple[Any, ...] = (
    [], [0], [1, 2, 3], [0, 1], [-1], [10**9], [1.5], [[1, 2]], "the", None, np.zeros((0,), int), np.array([1, 2]),
)  # fmt: skip


def _any(chance: random.Random) -> Any:
    pick = chance.random()
    return chance.choice(_NUMBERS) if pick < 0.5 else chance.choice(WORDS) if pick < 0.7 else anything(chance)


def _controls(chance: random.Random, *, odd: float = 0.5) -> Controls:
    names = chance.sample(list(_GOOD), chance.randrange(4))
    return Controls(**{name: _any(chance) if chance.random() < odd else chance.choice(_GOOD[name]) for name in names})


def _check(token: Token, model: CharRNN) -> None:
    assert token.id not in model.vocabulary.never_drawn
    assert 0 <= token.id < len(model.vocabulary)
    assert 0 <= token.probability <= 1 + 1e-9, token
    assert 0 <= token.model_probability <= 1 + 1e-9, token
    assert 0 <= token.entropy < math.inf, token


def _refused(call: Any) -> None:
    try:
        with np.errstate(all="ignore"):
            call()
    except _REFUSALS as error:
        if isinstance(error, CharRNNError):
            check_message(str(error))


def texts(chance: random.Random, folder: Path) -> None:
    """One text, or several side by side, under any controls."""

    def one() -> None:
        prompt = chance.choice(("the ", "the ", "", "\0", "q" * 3000, _any(chance)))
        seed = chance.choice((1, None, 10**12, _any(chance)))
        most = chance.choice((20, 0, -3, 10**30, None, _any(chance)))
        controls = _controls(chance, odd=0.2)
        for token in islice(generate(model(), prompt, controls, seed=seed, max_tokens=most, endless=True), 30):
            _check(token, model())

    def many() -> None:
        rows = chance.choice((1, 3, _any(chance)))
        requests = [
            Request(chance.choice(("the ", "a", _any(chance))), _controls(chance, odd=0.1), chance.randrange(99))
            for _ in range(chance.randrange(5))
        ]
        most = chance.choice((5, 20, _any(chance)))
        for _, token in islice(generate_many(model(), requests, rows=rows, max_tokens=most), 200):
            _check(token, model())

    def batch() -> None:
        some = ["the "] * chance.randrange(4)
        args = [chance.choice((some, _any(chance))), [Controls()] * len(some), [chance.choice((1, _any(chance)))] * 3]
        for _, token in islice(generate_batch(model(), *args, max_tokens=9), 50):
            _check(token, model())

    _refused(chance.choice((one, one, many, batch)))


def values(chance: random.Random, folder: Path) -> None:
    """Controls, models, vocabularies and ids."""

    def vocabulary() -> None:
        tokens = [chance.choice((*"abc", *WORDS, _any(chance))) for _ in range(chance.randrange(6))]
        made = Vocabulary(tokens, chance.choice((None, 1, _any(chance))), chance.choice(("char", "word", "x")))
        text = chance.choice(("abc", "", "é\ud800", "\0", _any(chance)))
        with suppress(*_REFUSALS):
            assert made.decode(made.encode(text)) == text or made.level == "word" or made.lower
        made.decode(chance.choice(_ARRAYS))

    def logits() -> None:
        found = model().logits(chance.choice(_ARRAYS))
        assert found.shape[-1] == len(model().vocabulary)
        assert np.isfinite(found).all()

    def opening() -> None:
        load(chance.choice((_any(chance), "", ".", "..", "/", str(folder), "~nosuchuser/x", "a" * 5000, "\0", b"x")))

    _refused(chance.choice((lambda: _controls(chance), vocabulary, logits, opening)))


def threads(chance: random.Random, folder: Path) -> None:
    """The same text from several threads at once, and from the event loop, where others are cancelled."""
    controls, seed = _controls(chance, odd=0.0), chance.randrange(1000)

    def text(_: object = None) -> list[int]:
        return [token.id for token in generate(model(), "the ", controls, seed=seed, max_tokens=12)]

    async def streamed(most: int) -> list[int]:
        return [token.id async for token in stream(model(), "the ", controls, seed=seed, max_tokens=most)]

    async def among_cancelled() -> list[int]:
        others = [asyncio.create_task(streamed(10**9)) for _ in range(3)]
        await asyncio.sleep(0)
        for other in others:
            other.cancel()
        found = await streamed(12)
        await asyncio.gather(*others, return_exceptions=True)
        return found

    try:
        expected = text()
    except CharRNNError:
        return
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(text, range(4))) == [expected] * 4, "another text from a thread"
    assert asyncio.run(among_cancelled()) == expected, "another text from the event loop"


TARGETS: dict[str, Target] = {"texts": texts, "values": values, "threads": threads}

if __name__ == "__main__":
    sys.exit(main(TARGETS, __doc__))
