"""What the tests of batches share, in numpy and in compiled code."""

from collections.abc import Iterator, Sequence

from charrnn_engine import CharRNN, Controls, Token, Wanted, generate, generate_batch

EVERY_KIND = [
    Wanted("Today ", Controls(), 1),
    Wanted("a", Controls(greedy=True), 1),
    Wanted("", Controls(2.0), 2),
    Wanted("Today ", Controls(0.5, top_p=0.5, min_p=0.01), 1),
    Wanted("Today ", Controls(0.3, top_k=5), 3),
]


def alone(model: CharRNN, wanted: Wanted, most: int, *, endless: bool = True) -> list[Token]:
    prompt, controls, seed = wanted
    return list(generate(model, prompt, controls, seed=seed, max_tokens=most, endless=endless))


def rows_of(model: CharRNN, wanted: Sequence[Wanted], most: int, *, endless: bool = True) -> list[list[Token]]:
    rows: list[list[Token]] = [[] for _ in wanted]
    for row, token in generate_batch(model, *zip(*wanted, strict=True), max_tokens=most, endless=endless):
        assert token.index == len(rows[row])
        assert token.controls is wanted[row].controls
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
