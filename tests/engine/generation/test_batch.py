"""That a row gives the text of `generate` is promised in test_stream; here is what only a batch has."""

from collections.abc import Iterator
from itertools import count, islice

import pytest

from charrnn_engine import CharRNN, Controls, PromptError, generate, generate_batch
from charrnn_engine.generation.batch import Wanted, generate_many
from tests.engine.generation.batches import EVERY_KIND, alone, ids, rows_of, texts_of


def test_each_row_has_a_prompt_a_seed_and_controls_of_its_own(model: CharRNN) -> None:
    prompts = ["Today ", "a", "", "Today ", "Today "]
    controls = [Controls(), Controls(greedy=True), Controls(2.0), Controls(top_p=0.5), Controls(0.3, min_p=0.1)]
    wanted = list(map(Wanted, prompts, controls, [1, 1, 2, 1, 3]))
    for each, row in zip(wanted, rows_of(model, wanted, 100), strict=True):
        assert ids(row) == ids(alone(model, each, 100))


def test_a_rows_text_does_not_depend_on_the_rows_beside_it(model: CharRNN) -> None:
    mine = Wanted("Today ", Controls(), 7)
    beside = [Wanted("a", Controls(3.0), 1), mine, Wanted("the end of it all", Controls(), 2)]
    assert ids(rows_of(model, beside, 200)[1]) == ids(rows_of(model, [mine], 200)[0])


def test_rows_end_on_their_own(speller: CharRNN) -> None:
    controls = [Controls(greedy=True)] * 3
    texts = ["", "", ""]
    for row, token in generate_batch(speller, ["the", "quic", ""], controls, [1, 1, 1]):
        texts[row] += token.text or "."
    assert texts == [" quick.", "k.", "the quick."]


@pytest.mark.parametrize("most", [0, 1, 5])
def test_each_row_gives_as_many_tokens_as_were_asked_for(model: CharRNN, most: int) -> None:
    rows = rows_of(model, [Wanted("a", Controls(), 1), Wanted("a long prompt", Controls(), 2)], most)
    assert [len(row) for row in rows] == [most, most]


def test_no_rows_give_no_tokens(model: CharRNN) -> None:
    assert list(generate_batch(model, [], [], [])) == []


def test_as_many_prompts_as_controls_and_seeds_are_needed(model: CharRNN) -> None:
    with pytest.raises(ValueError, match="2 prompts, 1 controls and 2 seeds"):
        generate_batch(model, ["a", "b"], [Controls()], [1, 2])


@pytest.mark.parametrize("reach", [7, 4096])
def test_where_rounding_could_decide_a_draw_it_is_drawn_to_the_bit_as_generate_does(
    model: CharRNN, monkeypatch: pytest.MonkeyPatch, reach: int
) -> None:
    monkeypatch.setattr("charrnn_engine.sampling.sampler.NEAR", 1e9)  # every draw could be
    monkeypatch.setattr("charrnn_engine.sampling.sampler.NEAR_OF_REACH", 1e9)
    monkeypatch.setattr("charrnn_engine.sampling.sampler.NEAR_LOGITS", 1e9)
    monkeypatch.setattr("charrnn_engine.generation.rows.REACH", reach)
    assert rows_of(model, EVERY_KIND, 150) == [alone(model, each, 150) for each in EVERY_KIND]


@pytest.mark.parametrize("rows", [1, 3, 64])
def test_any_number_of_texts_are_those_that_generate_gives(model: CharRNN, rows: int) -> None:
    wanted = [Wanted(prompt, controls, seed) for seed in range(9) for prompt, controls, _ in EVERY_KIND]
    texts = texts_of(generate_many(model, wanted, rows=rows, max_tokens=40))
    assert texts == {number: ids(alone(model, each, 40, endless=False)) for number, each in enumerate(wanted)}
    assert len({len(text) for text in texts.values()}) > 5


def test_texts_are_begun_as_rows_become_free_and_few_before_an_unfinished_one(speller: CharRNN) -> None:
    hot = Controls(50.0)
    long = next(s for s in count() if len(list(generate(speller, "the", hot, seed=s, max_tokens=90))) == 90)
    begun = []

    def wanted() -> Iterator[Wanted]:
        for number in count():
            begun.append(number)
            yield Wanted("the", *((Controls(greedy=True), 1) if number else (hot, long)))

    shown = list(islice(generate_many(speller, wanted(), rows=2, max_tokens=90), 80 + 7 * len(" quick.")))
    assert [number for number, token in shown if token.id == speller.vocabulary.eos] == [1, 2, 3, 4, 5, 6, 7]
    assert begun == [0, 1, 2, 3, 4, 5, 6, 7]
    assert shown[-1][1].index == 79


def test_texts_that_are_asked_for_nothing_give_nothing(model: CharRNN) -> None:
    assert list(generate_many(model, [])) == []
    assert list(generate_many(model, EVERY_KIND, max_tokens=0)) == []


def test_a_prompt_that_a_model_cant_read_is_refused_when_its_turn_comes(model: CharRNN) -> None:
    tokens = generate_many(model, [Wanted("a", Controls(), 1), Wanted("€", Controls(), 1)], rows=1, max_tokens=2)
    assert [number for number, _ in islice(tokens, 2)] == [0, 0]
    with pytest.raises(PromptError, match="€"):
        next(tokens)
