"""Texts written side by side: they agree with `generate` nearly everywhere, exactly with themselves, and end on their
own. The small random models here are so insensitive to rounding that they agree everywhere.
"""

import dataclasses
import math
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn_engine import CharRNN, CheckpointError, Controls, PromptError, generate, generate_batch, load
from charrnn_engine.generation.many import Request, generate_many, write_many
from tests.archives import characters, network, write_folder
from tests.engine.generation.batches import EVERY_KIND, alone, ids, rows_of, texts_of

NETWORKS: dict[str, dict[str, Any]] = {
    "LSTM": {"cell": "LSTM"},
    "three LSTMs of odd sizes": {"cell": "LSTM", "layers": 3, "units": 21},
    "two GRUs": {"cell": "GRU", "layers": 2, "units": 21},
    "GRU that resets before": {"cell": "GRU", "reset_after": False, "embedding": 7},
    "two SimpleRNNs": {"cell": "SimpleRNN", "layers": 2, "units": 40},
}


@pytest.fixture(scope="module", params=NETWORKS)
def any_model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CharRNN:
    """Weights small enough that a difference in the last bit doesn't grow from step to step."""
    vocabulary, sizes = characters(), NETWORKS[request.param]
    archive = network(len(vocabulary), **sizes, scale=0.6 / math.sqrt(sizes.get("units", 16)))
    return load(write_folder(tmp_path_factory.mktemp("models") / "model", archive, vocabulary))


def test_rows_have_prompts_seeds_and_controls_of_their_own(any_model: CharRNN) -> None:
    requests = [Request(prompt, controls, seed) for seed in range(3) for prompt, controls, _ in EVERY_KIND]
    for each, row in zip(requests, rows_of(any_model, requests, 150), strict=True):
        one = alone(any_model, each, 150)
        assert ids(row) == ids(one)
        for ours, theirs in zip(row, one, strict=True):
            assert ours[2:5] == pytest.approx(theirs[2:5], rel=1e-4, abs=1e-6)


def test_texts_of_a_trained_model_agree_nearly_everywhere() -> None:
    model = load("headlines-notebook")
    requests = [Request("Today ", Controls(0.9), seed) for seed in range(40)]
    rows = rows_of(model, requests, 200)
    agreeing = [ids(row) == ids(alone(model, each, 200)) for each, row in zip(requests, rows, strict=True)]
    assert sum(agreeing) >= 37


def test_the_same_call_gives_the_same_tokens_again() -> None:
    model = load("headlines-notebook")
    requests = [Request(prompt, controls, seed) for seed in range(5) for prompt, controls, _ in EVERY_KIND]
    first, again = (list(generate_many(model, requests, rows=10, max_tokens=60)) for _ in range(2))
    assert first == again


def test_a_row_does_not_depend_on_the_others(model: CharRNN) -> None:
    mine = Request("Today ", Controls(), 7)
    others = [Request("a", Controls(3.0), 1), mine, Request("the end of it all", Controls(), 2)]
    assert ids(rows_of(model, others, 200)[1]) == ids(rows_of(model, [mine], 200)[0])


def test_rows_end_on_their_own(speller: CharRNN) -> None:
    controls = [Controls(greedy=True)] * 3
    texts = ["", "", ""]
    for row, token in generate_batch(speller, ["the", "quic", ""], controls, [1, 1, 1]):
        texts[row] += token.text or "."
    assert texts == [" quick.", "k.", "the quick."]


@pytest.mark.parametrize("most", [0, 1, 5, 64, 130])
def test_each_row_has_at_most_max_tokens(model: CharRNN, most: int) -> None:
    rows = rows_of(model, [Request("a", Controls(), 1), Request("a long prompt", Controls(), 2)], most)
    assert [len(row) for row in rows] == [most, most]


def test_a_huge_max_tokens_is_as_good_as_none(speller: CharRNN) -> None:
    greedy = Controls(greedy=True)
    assert len(list(generate(speller, "the", greedy, seed=1, max_tokens=10**30))) == 7
    assert len(list(generate_many(speller, [Request("the", greedy, 1)], max_tokens=10**30))) == 7


def test_no_rows_give_no_tokens(model: CharRNN) -> None:
    assert list(generate_batch(model, [], [], [])) == []


def test_each_row_needs_a_prompt_controls_and_a_seed(model: CharRNN) -> None:
    with pytest.raises(ValueError, match="2 prompts, 1 controls and 2 seeds"):
        generate_batch(model, ["a", "b"], [Controls()], [1, 2])


@pytest.mark.parametrize("rows", [0, -3])
def test_fewer_rows_than_one_are_refused(model: CharRNN, rows: int) -> None:
    with pytest.raises(ValueError, match=f"rows is {rows}; it must be 1 or more"):
        generate_many(model, EVERY_KIND, rows=rows)


@pytest.mark.parametrize("rows", [1, 3, 64])
def test_any_number_of_texts_are_those_of_generate(any_model: CharRNN, rows: int) -> None:
    requests = [Request(prompt, controls, seed) for seed in range(4) for prompt, controls, _ in EVERY_KIND]
    texts = texts_of(generate_many(any_model, requests, rows=rows, max_tokens=40))
    assert texts == {number: ids(alone(any_model, each, 40, endless=False)) for number, each in enumerate(requests)}


@pytest.mark.parametrize("endless", [False, True])
def test_whole_texts_are_those_of_the_tokens(model: CharRNN, endless: bool) -> None:
    requests = [Request(prompt, controls, seed) for seed in range(8) for prompt, controls, _ in EVERY_KIND]
    options: dict[str, Any] = {"rows": 7, "max_tokens": 90, "endless": endless}
    texts: dict[int, list[Any]] = {}
    for number, token in generate_many(model, requests, **options):
        texts.setdefault(number, []).append(token)
    written = list(write_many(model, requests, surprisals=True, **options))
    assert sorted(text.number for text in written) == list(range(len(requests)))
    for number, token_ids, surprisals in written:
        assert token_ids.tolist() == ids(texts[number])
        expected = [-math.log2(token.model_probability) for token in texts[number]]
        np.testing.assert_allclose(surprisals, expected, atol=1e-4)
    without = list(write_many(model, requests, **options))
    assert [text.ids.tolist() for text in without] == [text.ids.tolist() for text in written]


def test_few_texts_are_begun_before_an_unfinished_one(speller: CharRNN) -> None:
    hot = Controls(50.0)
    long = next(s for s in count() if len(list(generate(speller, "the", hot, seed=s, max_tokens=45))) == 45)
    begun = []

    def requests() -> Iterator[Request]:
        for number in count():
            begun.append(number)
            yield Request("quic", Controls(greedy=True), 1) if number else Request("the", hot, long)

    shown = list(islice(generate_many(speller, requests(), rows=2, max_tokens=45), 40 + 7 * len("k.")))
    assert [number for number, token in shown if token.id == speller.vocabulary.eos] == [1, 2, 3, 4, 5, 6, 7]
    assert begun == [0, 1, 2, 3, 4, 5, 6, 7]
    assert shown[-1][1].index == 39


def test_no_requests_and_no_tokens_give_nothing(model: CharRNN) -> None:
    assert list(generate_many(model, [])) == []
    assert list(generate_many(model, EVERY_KIND, max_tokens=0)) == []


def test_an_unknown_prompt_is_refused_when_its_text_begins(model: CharRNN) -> None:
    tokens = generate_many(model, [Request("a", Controls(), 1), Request("€", Controls(), 1)], rows=1, max_tokens=2)
    assert [number for number, _ in islice(tokens, 2)] == [0, 0]
    with pytest.raises(PromptError, match="€"):
        next(tokens)


def test_scores_that_are_not_numbers_are_refused(model: CharRNN) -> None:
    inputs = np.full_like(model.network.inputs, np.nan)
    broken = dataclasses.replace(model, network=dataclasses.replace(model.network, inputs=inputs))
    with pytest.raises(CheckpointError, match="overflowed"):
        list(generate_batch(broken, ["a"] * 3, [Controls()] * 3, [1, 2, 3], max_tokens=10))
    with pytest.raises(CheckpointError, match="overflowed"):
        list(write_many(broken, EVERY_KIND, max_tokens=10))


def test_a_large_vocabulary_is_written_as_by_generate(tmp_path: Path) -> None:
    vocabulary = characters("".join(map(chr, range(0x4E00, 0x4E00 + 5000))))
    archive = network(len(vocabulary), cell="GRU", embedding=4, units=8, scale=0.2)
    model = load(write_folder(tmp_path / "large", archive, vocabulary))
    requests = [Request(chr(0x4E00 + seed), Controls(), seed) for seed in range(70)]
    for each, row in list(zip(requests, rows_of(model, requests, 20), strict=True))[::23]:
        assert ids(row) == ids(alone(model, each, 20))
