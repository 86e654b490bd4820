import asyncio
import tracemalloc
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from charrnn_engine import (
    CharRNN,
    Controls,
    ControlsError,
    Generation,
    PromptError,
    Token,
    UnknownTokenError,
    generate,
    generate_batch,
    load,
    stream,
)
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.generation.stream import continue_stream
from charrnn_engine.sampling.distribution import drawn_distribution, entropy_bits, model_distribution
from charrnn_engine.vocabulary import Vocabulary
from tests.archives import characters, write_dice, write_model, write_speller

HOT = Controls(temperature=1.4)


def text_of(tokens: list[Token]) -> str:
    return "".join(token.text for token in tokens)


async def collect(tokens: AsyncGenerator[Token, None]) -> list[Token]:
    return [token async for token in tokens]


@pytest.fixture(scope="module", params=["LSTM", "GRU", "SimpleRNN"])
def deep(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CharRNN:
    """Two layers with weights small enough that a difference in the last bit doesn't grow from step to step."""
    return load(write_model(tmp_path_factory.mktemp("models") / request.param, request.param, 2, 24, scale=0.25))


# The same seed gives the same text.


@pytest.mark.parametrize("endless", [False, True])
@pytest.mark.parametrize("controls", [Controls(), Controls(0.7, top_k=9), HOT, Controls(greedy=True)], ids=repr)
async def test_one_at_a_time_or_in_a_batch_the_text_is_the_same(
    deep: CharRNN, controls: Controls, endless: bool
) -> None:
    prompts = ["Today ", "", "a", "the quick brown fox"]
    seeds = [1, 2, 3, 1]
    batch: list[list[Token]] = [[] for _ in prompts]
    for row, token in generate_batch(deep, prompts, [controls] * 4, seeds, max_tokens=150, endless=endless):
        batch[row].append(token)
    for prompt, seed, row in zip(prompts, seeds, batch, strict=True):
        one = list(generate(deep, prompt, controls, seed=seed, max_tokens=150, endless=endless))
        assert [token.id for token in row] == [token.id for token in one]
        assert await collect(stream(deep, prompt, controls, seed=seed, max_tokens=150, endless=endless)) == one
        for ours, theirs in zip(one, row, strict=True):
            assert ours[:2] + ours[5:] == theirs[:2] + theirs[5:]
            assert ours[2:5] == pytest.approx(theirs[2:5], rel=1e-3, abs=1e-5)


def test_another_seed_gives_another_text(model: CharRNN) -> None:
    texts = {text_of(list(generate(model, "T", seed=seed, max_tokens=40, endless=True))) for seed in range(20)}
    assert len(texts) == 20


def test_without_a_seed_each_text_is_another(model: CharRNN) -> None:
    texts = {text_of(list(generate(model, "T", max_tokens=40, endless=True))) for _ in range(5)}
    assert len(texts) > 1


# What a token says.


def test_a_token_says_how_likely_it_was_before_and_after_the_controls(model: CharRNN) -> None:
    controls = Controls(temperature=0.6, top_k=12)
    ids = model.vocabulary.encode("Today ")
    for index, token in enumerate(generate(model, "Today ", controls, seed=4, max_tokens=30, endless=True)):
        if token.id == model.vocabulary.eos:
            break
        logits = model.logits(ids)[-1]
        assert token.index == index
        assert token.controls is controls
        assert token.text == model.vocabulary.tokens[token.id]
        assert token.probability == pytest.approx(drawn_distribution(logits, controls)[token.id], rel=1e-4)
        assert token.model_probability == pytest.approx(model_distribution(logits)[token.id], rel=1e-4)
        assert token.entropy == pytest.approx(entropy_bits(logits), rel=1e-4)
        ids.append(token.id)
    assert index > 3


def test_greedy_text_is_the_one_that_the_weights_spell(speller: CharRNN) -> None:
    tokens = list(generate(speller, "", Controls(greedy=True), seed=1))
    assert text_of(tokens) == "the quick"
    assert tokens[-1].id == speller.vocabulary.eos
    assert tokens[-1].text == ""
    assert text_of(list(generate(speller, "the ", Controls(greedy=True)))) == "quick"


def test_padding_never_appears_however_probable_the_model_finds_it(tmp_path: Path) -> None:
    vocabulary = characters("ab")
    model = load(write_dice(tmp_path / "dice", [80.0, -2.0, 0.0, 1.0], vocabulary))
    for controls in (Controls(), Controls(greedy=True), Controls(temperature=1e-300), Controls(temperature=1e300)):
        tokens = list(generate(model, "a", controls, seed=3, max_tokens=200, endless=True))
        rows = generate_batch(model, ["a"], [controls], [3], max_tokens=200, endless=True)
        assert all(token.id != 0 for token in tokens)
        assert [token.id for _, token in rows] == [token.id for token in tokens]


# Where a text ends.


async def test_a_text_ends_with_its_eos(speller: CharRNN) -> None:
    greedy = Controls(greedy=True)
    for tokens in (list(generate(speller, "the", greedy)), await collect(stream(speller, "the", greedy))):
        assert text_of(tokens) == " quick"
        assert [token.id == speller.vocabulary.eos for token in tokens] == [False] * 6 + [True]


def test_an_endless_text_goes_on_with_the_next_one_from_a_fresh_state(model: CharRNN) -> None:
    eos = model.vocabulary.eos
    assert eos is not None
    generation = Generation(model, "Today ", seed=5)
    seen = 0
    while seen < 3:
        if generation.next(HOT).id == eos:
            seen += 1
            np.testing.assert_allclose(generation.logits(), model.logits([eos])[-1], rtol=0, atol=1e-5)


def test_an_endless_greedy_text_repeats_itself(speller: CharRNN) -> None:
    tokens = list(generate(speller, "", Controls(greedy=True), max_tokens=40, endless=True))
    assert text_of(tokens) == "the quick" * 4


@pytest.mark.parametrize("most", [0, 1, 7])
async def test_no_more_tokens_come_than_were_asked_for(model: CharRNN, most: int) -> None:
    assert len(list(generate(model, "T", seed=1, max_tokens=most, endless=True))) == most
    assert len(await collect(stream(model, "T", seed=1, max_tokens=most, endless=True))) == most


# Prompts.


STARTS: list[Callable[[CharRNN, str], object]] = [
    lambda model, prompt: generate(model, prompt),
    lambda model, prompt: stream(model, prompt),
    lambda model, prompt: generate_batch(model, ["a", prompt], [Controls()] * 2, [1, 1]),
    lambda model, prompt: Generation(model, prompt, seed=1),
]


@pytest.mark.parametrize("start", STARTS)
def test_an_unknown_prompt_is_refused_before_anything_runs(model: CharRNN, start: Callable[..., object]) -> None:
    with pytest.raises(UnknownTokenError) as caught:
        start(model, "a prompt: 7")
    assert caught.value.unknown == [(":", 8), ("7", 10)]


@pytest.mark.parametrize("start", STARTS)
def test_an_empty_prompt_without_an_eos_to_start_from_is_refused(
    tmp_path: Path, start: Callable[..., object]
) -> None:
    model = load(write_speller(tmp_path / "endless", "abc", eos=False))
    with pytest.raises(PromptError, match="empty"):
        start(model, "")


def test_an_empty_prompt_starts_from_eos(model: CharRNN) -> None:
    assert model.vocabulary.eos is not None
    expected = model.logits([model.vocabulary.eos])[-1]
    np.testing.assert_allclose(Generation(model, "", seed=1).logits(), expected, rtol=0, atol=1e-5)


def test_the_default_prompt_is_one_that_the_model_can_start_from(tmp_path: Path, model: CharRNN) -> None:
    assert default_prompt(model) == ""
    for number, tokens in enumerate((" \nab", "ab c", "cab")):
        endless = load(write_speller(tmp_path / str(number), tokens, eos=False))
        assert default_prompt(endless) == "\n c"[number]
        Generation(endless, default_prompt(endless), seed=1)
    for prompt, start in (("ba", "ba"), ("never", "c"), (7, "c"), ("", "c")):
        assert default_prompt(replace(endless, card={"prompt": prompt})) == start


def test_a_bad_seed_is_refused_before_anything_runs(model: CharRNN) -> None:
    for start in (generate, stream):
        with pytest.raises(ControlsError):
            start(model, "a", seed=-1)


# Controls that change.


class Changing:
    """Controls that are replaced while the text runs, and a count of how often they were asked for."""

    def __init__(self) -> None:
        self.now = Controls()
        self.asked = 0

    def __call__(self) -> Controls:
        self.asked += 1
        return self.now


CHANGES = [Controls(temperature=0.3), Controls(greedy=True), Controls(top_k=2), Controls(temperature=3.0, min_p=0.1)]


async def test_new_controls_are_obeyed_by_the_very_next_token(model: CharRNN) -> None:
    controls = Changing()
    ids = model.vocabulary.encode("Today ")
    tokens = stream(model, "Today ", controls, seed=1, endless=True)
    for step in range(40):
        controls.now = CHANGES[step % len(CHANGES)]
        token = await anext(tokens)
        assert token.controls is controls.now
        assert controls.asked == step + 1
        expected = drawn_distribution(model.logits(ids)[-1], controls.now)
        assert token.probability == pytest.approx(expected[token.id], rel=1e-3)
        ids = [token.id] if token.id == model.vocabulary.eos else [*ids, token.id]
    await tokens.aclose()


def test_the_same_changes_at_the_same_positions_give_the_same_text(model: CharRNN) -> None:
    def text() -> list[Token]:
        controls = Changing()
        out = []
        for token in generate(model, "T", controls, seed=9, max_tokens=200, endless=True):
            out.append(token)
            controls.now = CHANGES[(token.index // 7) % len(CHANGES)]
        return out

    assert text() == text()


async def test_controls_that_are_none_end_the_text(model: CharRNN) -> None:
    answers: list[Controls | None] = [Controls(), HOT, None]
    expected = [HOT if n else Controls() for n in range(2)]
    one = list(generate(model, "T", iter(answers).__next__, seed=1, endless=True))
    assert [token.controls for token in one] == expected
    assert await collect(stream(model, "T", iter(answers).__next__, seed=1, endless=True)) == one


# The event loop.


async def test_other_tasks_get_their_turn_while_a_stream_runs(model: CharRNN) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    async for token in stream(model, "T", seed=1, endless=True):
        if turns >= 5:
            break
        assert token.index < 1_000_000, "the stream never gave the event loop a turn"
    task.cancel()


async def test_a_closed_stream_ends_at_once(model: CharRNN) -> None:
    controls = Changing()
    tokens = stream(model, "T", controls, seed=1, endless=True)
    for _ in range(3):
        await anext(tokens)
    await tokens.aclose()
    assert [token async for token in tokens] == []
    assert controls.asked == 3


async def test_a_stream_closed_before_it_began_draws_nothing(model: CharRNN) -> None:
    controls = Changing()
    tokens = stream(model, "T", controls, seed=1)
    await tokens.aclose()
    assert controls.asked == 0


async def test_cancelling_the_task_that_reads_ends_the_stream_at_once(model: CharRNN) -> None:
    controls = Changing()
    tokens = stream(model, "T", controls, seed=1, endless=True)

    begun = asyncio.Event()

    async def read() -> None:
        async for _ in tokens:
            begun.set()

    task = asyncio.create_task(read())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    asked = controls.asked
    for _ in range(3):
        await asyncio.sleep(0)
    assert [token async for token in tokens] == []
    assert controls.asked == asked


async def test_streams_side_by_side_do_not_touch_each_other(model: CharRNN) -> None:
    alone = [list(generate(model, "T", seed=seed, max_tokens=300, endless=True)) for seed in range(3)]
    streams = [collect(stream(model, "T", seed=seed, max_tokens=300, endless=True)) for seed in range(3)]
    assert await asyncio.gather(*streams) == alone


# Going back.


@pytest.fixture(params=[(256, 512), (4, 8)], ids=["far apart", "close together and thinned out"])
def snapshots(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How often states are kept to go back to, and how many at most."""
    monkeypatch.setattr("charrnn_engine.generation.reading.SNAPSHOT_EVERY", request.param[0])
    monkeypatch.setattr("charrnn_engine.generation.snapshots._AT_MOST", request.param[1])


@pytest.mark.usefixtures("snapshots")
def test_going_back_and_on_gives_the_same_text(model: CharRNN) -> None:
    generation = Generation(model, "Today ", seed=1)
    tokens = [generation.next(HOT) for _ in range(3_000)]
    for length in (2_999, 2_817, 2_816, 2_300, 512, 511, 257, 256, 255, 1, 0):
        generation.rewind(length)
        assert len(generation) == len(generation.ids) == length
        again = tokens[length : length + 40]
        assert [generation.next(HOT) for _ in again] == again
        generation.rewind(length)  # so that the next, shorter length lies within the text


@pytest.mark.usefixtures("snapshots")
def test_a_branch_forgets_the_way_not_taken(model: CharRNN) -> None:
    generation = Generation(model, "Today ", seed=1)
    for _ in range(600):
        generation.next(HOT)
    generation.rewind(300)
    branch = [generation.next(Controls(greedy=True)) for _ in range(400)]
    generation.rewind(500)
    assert [generation.next(Controls(greedy=True)) for _ in range(100)] == branch[200:300]

    straight = Generation(model, "Today ", seed=1)
    for index in range(600):
        straight.next(HOT if index < 300 else Controls(greedy=True))
    assert list(straight.ids) == list(generation.ids)


def test_going_back_gives_the_alternatives_of_that_position(model: CharRNN) -> None:
    generation = Generation(model, "T", seed=1)
    logits = []
    for _ in range(20):
        logits.append(generation.logits().copy())
        generation.next(Controls())
    for length in (20, 19, 10, 10, 0):
        generation.rewind(length)
        if length < 20:
            np.testing.assert_array_equal(generation.logits(), logits[length])


def test_looking_at_the_alternatives_changes_nothing(model: CharRNN) -> None:
    plain = list(generate(model, "T", HOT, seed=1, max_tokens=60, endless=True))
    generation = Generation(model, "T", seed=1)
    looked_at = []
    for index in range(60):
        for _ in range(index % 3):
            generation.logits()
        looked_at.append(generation.next(HOT))
    assert looked_at == plain


@pytest.mark.parametrize("length", [-1, 6])
def test_going_back_to_where_the_text_never_was_is_refused(model: CharRNN, length: int) -> None:
    generation = Generation(model, "T", seed=1)
    for _ in range(5):
        generation.next(Controls())
    with pytest.raises(ValueError, match="can't go back"):
        generation.rewind(length)
    assert len(generation) == 5


async def test_a_text_that_has_begun_streams_on_from_where_it_stands(model: CharRNN) -> None:
    whole = list(generate(model, "T", seed=1, max_tokens=50, endless=True))
    generation = Generation(model, "T", seed=1)
    for _ in range(20):
        generation.next(Controls())
    generation.rewind(15)
    assert await collect(continue_stream(generation, Controls(), max_tokens=50, endless=True)) == whole[15:]


def test_at_eos_says_whether_the_text_has_just_ended(speller: CharRNN) -> None:
    generation = Generation(speller, "quic", seed=1)
    ends = []
    for _ in range(3):
        generation.next(Controls(greedy=True))
        ends.append(generation.at_eos)
    assert ends == [False, True, False]
    generation.rewind(2)
    assert generation.at_eos


def test_a_word_level_model_writes_words_and_never_unk(tmp_path: Path) -> None:
    vocabulary = Vocabulary(["<pad>", "<eos>", "<unk>", "so", " much", " depends"], 1, "word")
    model = load(write_dice(tmp_path / "words", [0.0, 0.0, 9.0, 0.0, 0.0, 0.0], vocabulary))
    tokens = list(generate(model, "so much", seed=1, max_tokens=200, endless=True))
    assert {token.text for token in tokens} == {"", "so", " so", "much", " much", "depends", " depends"}
    starts = [token.text for before, token in pairwise(tokens) if before.id == 1]
    assert starts
    assert not any(text.startswith(" ") for text in starts)
    assert all(after.text.startswith(" ") for before, after in pairwise(tokens) if before.text and after.text)
    side_by_side = generate_batch(model, ["so much"] * 2, [Controls()] * 2, [1, 2], max_tokens=200, endless=True)
    assert "".join(token.text for row, token in side_by_side if row == 0) == "".join(token.text for token in tokens)


# Memory.


def held_and_needed(draw: Callable[[], object], times: int) -> tuple[float, int]:
    """Bytes that stay for each time, and how many more were needed at most at any time."""
    tracemalloc.start()
    try:
        for _ in range(2_000):  # what is kept but once
            draw()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(times):
            draw()
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return (held - before) / times, most - max(held, before)


def test_a_token_takes_a_few_bytes_for_its_id_and_its_share_of_a_state_kept(model: CharRNN) -> None:
    generation = Generation(model, "T", seed=1)
    held, needed = held_and_needed(lambda: generation.next(HOT), 20_000)
    assert held < 4 * 1.2 + (model.initial_state().nbytes + 250) / 128
    assert needed < 100_000  # a thousand random numbers, made at once


def test_an_endless_text_takes_no_more_memory_however_long_it_gets(
    model: CharRNN, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("charrnn_engine.generation.reading.IDS_AT_MOST", 1_000)
    monkeypatch.setattr("charrnn_engine.generation.snapshots._AT_MOST", 16)
    generation = Generation(model, "T", seed=1)
    for _ in range(3_000):
        generation.next(HOT)
    held, needed = held_and_needed(lambda: generation.next(HOT), 12_000)
    assert held < 0.5
    assert needed < 100_000
    assert len(generation) == 17_000
    assert 1_000 <= len(generation.ids) < 2_000
    straight = Generation(model, "T", seed=1)
    expected = [straight.next(HOT).id for _ in range(17_000)]
    assert list(generation.ids) == expected[-len(generation.ids) :]
    generation.rewind(generation.earliest)
    assert generation.next(HOT).id == expected[generation.earliest]


def test_a_batch_takes_no_memory_for_the_tokens_it_has_given(model: CharRNN) -> None:
    tokens = generate_batch(model, ["T"] * 8, [HOT] * 8, range(8), endless=True)
    held, needed = held_and_needed(lambda: deque(islice(tokens, 8), maxlen=0), 2_048)
    assert held / 8 < 1
    assert needed < 1_000_000  # a thousand random numbers for each row
