"""What the tests of many texts share."""

from collections.abc import Iterator, Sequence

from charrnn_engine import CharRNN, Controls, Request, Token, generate, generate_batch

EVERY_KIND = [
    Request("Today ", Controls(), 1),
    Request("a", Controls(greedy=True), 1),
    Request("", Controls(2.0), 2),
    Request("Today ", Controls(0.5, top_p=0.5, min_p=0.01), 1),
    Request("Today ", Controls(0.3, top_k=5), 3),
]


def alone(model: CharRNN, request: Request, most: int, *, endless: bool = True) -> list[Token]:
    prompt, controls, seed = request
    return list(generate(model, prompt, controls, seed=seed, max_tokens=most, endless=endless))


def rows_of(model: CharRNN, requests: Sequence[Request], most: int, *, endless: bool = True) -> list[list[Token]]:
    rows: list[list[Token]] = [[] for _ in requests]
    for row, token in generate_batch(model, *zip(*requests, strict=True), max_tokens=most, endless=endless):
        assert token.index == len(rows[row])
        assert token.controls == requests[row].controls
        rows[row].append(token)
    return rows


def texts_of(tokens: Iterator[tuple[int, Token]]) -> dict[int, list[int]]:
    texts: dict[int, list[int]] = {}
    for number, token in tokens:
        assert token.index == len(texts.setdefault(number, []))
        texts[number].append(token.id)
    return texts


def ids(tokens: Sequence[Token]) -> list[int]:
    return [token.id for token in tokens]
