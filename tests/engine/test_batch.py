"""That a row gives the text of `generate` is promised in test_stream; here is what only a batch has."""

import pytest

from charrnn_engine import CharRNN, Controls, generate, generate_batch


def rows_of(
    model: CharRNN, prompts: list[str], controls: list[Controls], seeds: list[int], most: int
) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in prompts]
    for row, token in generate_batch(model, prompts, controls, seeds, max_tokens=most, endless=True):
        assert token.index == len(rows[row])
        assert token.controls is controls[row]
        rows[row].append(token.id)
    return rows


def test_each_row_has_a_prompt_a_seed_and_controls_of_its_own(model: CharRNN) -> None:
    prompts = ["Today ", "a", "", "Today ", "Today "]
    controls = [Controls(), Controls(greedy=True), Controls(2.0), Controls(top_p=0.5), Controls(0.3, min_p=0.1)]
    seeds = [1, 1, 2, 1, 3]
    rows = rows_of(model, prompts, controls, seeds, 100)
    for prompt, control, seed, row in zip(prompts, controls, seeds, rows, strict=True):
        assert row == [
            token.id for token in generate(model, prompt, control, seed=seed, max_tokens=100, endless=True)
        ]


def test_a_rows_text_does_not_depend_on_the_rows_beside_it(model: CharRNN) -> None:
    alone = rows_of(model, ["Today "], [Controls()], [7], 200)
    beside = rows_of(
        model, ["a", "Today ", "the end of it all"], [Controls(3.0), Controls(), Controls()], [1, 7, 2], 200
    )
    assert beside[1] == alone[0]


def test_rows_end_on_their_own(speller: CharRNN) -> None:
    controls = [Controls(greedy=True)] * 3
    texts = ["", "", ""]
    for row, token in generate_batch(speller, ["the", "quic", ""], controls, [1, 1, 1]):
        texts[row] += token.text or "."
    assert texts == [" quick.", "k.", "the quick."]


@pytest.mark.parametrize("most", [0, 1, 5])
def test_each_row_gives_as_many_tokens_as_were_asked_for(model: CharRNN, most: int) -> None:
    rows = rows_of(model, ["a", "a long prompt"], [Controls()] * 2, [1, 2], most)
    assert [len(row) for row in rows] == [most, most]


def test_no_rows_give_no_tokens(model: CharRNN) -> None:
    assert list(generate_batch(model, [], [], [])) == []


def test_as_many_prompts_as_controls_and_seeds_are_needed(model: CharRNN) -> None:
    with pytest.raises(ValueError, match="2 prompts, 1 controls and 2 seeds"):
        generate_batch(model, ["a", "b"], [Controls()], [1, 2])
