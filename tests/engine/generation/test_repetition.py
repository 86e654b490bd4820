"""A text that repeats itself is noticed, once, and natural text is left alone."""

import pydoc_data.topics
from itertools import cycle, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charrnn_engine import CharRNN, Controls, generate
from charrnn_engine.generation.repetition import (
    LEAST_TOKENS,
    LEAST_TOKENS_OF_SHORT,
    LONGEST_PERIOD,
    REPETITIONS,
    SHORT_PERIOD,
    Loop,
    LoopDetector,
)

NATURAL = "".join(text for _, text in sorted(pydoc_data.topics.topics.items()))
LEAD = [ord(character) for character in "It was a bright cold day in April, and the clocks were striking"]


def ids_of(text: str) -> list[int]:
    return [ord(character) for character in text]


def found_one_by_one(detector: LoopDetector, ids: list[int]) -> list[tuple[int, Loop]]:
    found = []
    for at, index in enumerate(ids):
        loop = detector.extend([index])
        if loop is not None:
            found.append((at, loop))
    return found


def test_a_loop_is_named_once_with_its_period_its_text_and_where_it_began() -> None:
    detector = LoopDetector()
    found = found_one_by_one(detector, LEAD + ids_of("the cat sat on the mat. ") * 20)
    ((at, loop),) = found
    assert at < len(LEAD) + 4 * 24
    assert loop == Loop(len(LEAD), tuple(ids_of("the cat sat on the mat. ")))
    assert loop.period == 24
    assert detector.current == loop


@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.lists(st.integers(1, 300), max_size=50))
def test_whatever_repeats_for_ever_is_found(unit: list[int], lead: list[int]) -> None:
    detector = LoopDetector()
    (found,) = found_one_by_one(detector, [*lead, *unit * (1 + 300 // len(unit))])
    loop = found[1]
    assert loop.period <= len(unit)
    assert len(unit) % loop.period == 0
    assert loop.start <= len(lead)
    assert list(islice(cycle(loop.ids), len(unit) * 2)) == list(
        islice([*lead, *unit * 3], loop.start, loop.start + len(unit) * 2)
    )


@given(st.lists(st.integers(1, 3), max_size=400), st.data())
def test_it_does_not_matter_in_which_pieces_the_text_arrives(ids: list[int], data: st.DataObject) -> None:
    one_by_one = [loop for _, loop in found_one_by_one(LoopDetector(), ids)]
    cut = data.draw(st.integers(0, len(ids)))
    detector = LoopDetector()
    in_pieces = [loop for loop in (detector.extend(ids[:cut]), detector.extend(ids[cut:])) if loop is not None]
    assert set(in_pieces) <= set(one_by_one)
    assert bool(in_pieces) == bool(one_by_one)


@pytest.mark.parametrize("period", [1, 2, 3, 4, 11, 12, 13, 60, 500, LONGEST_PERIOD])
def test_it_takes_three_times_and_a_certain_length(period: int) -> None:
    unit = list(range(10, 10 + period))
    least = LEAST_TOKENS_OF_SHORT if period <= SHORT_PERIOD else LEAST_TOKENS
    needed = max(least, REPETITIONS * period)
    assert found_one_by_one(LoopDetector(), [1, *islice(cycle(unit), needed - 1), 2]) == []
    ((at, loop),) = found_one_by_one(LoopDetector(), [1, *islice(cycle(unit), needed + 20)])
    assert needed <= at + 1
    assert loop == Loop(1, tuple(unit))


def test_a_headline_repeated_with_its_eos_is_a_loop() -> None:
    headline = [*ids_of("Oil Prices Rise"), 1]
    loop = LoopDetector().extend(headline * 10)
    assert loop is not None
    assert loop.ids == tuple(headline)


@pytest.mark.parametrize("line", ["=" * 79, ". " * 40, " " * 60, "-+-" * 20, "na na na na na na na hey"])
def test_a_ruled_line_is_no_loop(line: str) -> None:
    detector = LoopDetector()
    assert detector.extend([*LEAD, *ids_of(f"\n{line}\nand the text goes on"), *LEAD]) is None
    assert detector.current is None


def test_a_line_that_never_ends_is() -> None:
    loop = LoopDetector().extend([*LEAD, *ids_of("." * 200)])
    assert loop is not None
    assert (loop.start, loop.ids) == (len(LEAD), (ord("."),))


def test_natural_text_is_none() -> None:
    assert len(NATURAL) > 400_000
    assert found_one_by_one(LoopDetector(), ids_of(NATURAL)) == []


def test_drawn_text_is_none_and_greedy_text_is(speller: CharRNN, model: CharRNN) -> None:
    drawn = generate(model, "the ", Controls(), seed=1, max_tokens=5000, endless=True)
    assert LoopDetector().extend(token.id for token in drawn) is None
    greedy = generate(speller, "", Controls(greedy=True), seed=1, max_tokens=100, endless=True)
    loop = LoopDetector().extend(token.id for token in greedy)
    assert loop is not None
    assert speller.vocabulary.decode(loop.ids) == "the quick"
    assert loop.period == len("the quick") + 1


def test_a_loop_that_was_left_is_named_again_and_so_is_the_next() -> None:
    detector = LoopDetector()
    first, second = ids_of("the cat sat. "), ids_of("the dog ran away. ")
    found = found_one_by_one(detector, [*first * 9, *LEAD, *second * 9, *LEAD, *first * 9])
    assert [loop.period for _, loop in found] == [13, 18, 13]
    detector.extend(LEAD)
    assert detector.current is None


def test_after_going_back_it_is_named_where_it_comes_back() -> None:
    detector = LoopDetector()
    unit = ids_of("the cat sat on the mat. ")
    assert detector.extend([*LEAD, *unit * 5]) is not None
    detector.truncate(len(LEAD) + 30)
    assert detector.current is None
    assert detector.extend(LEAD) is None
    assert detector.extend(unit * 5) == Loop(len(LEAD) + 30 + len(LEAD), tuple(unit))
    detector.clear()
    assert detector.extend(unit[:5]) is None


def test_going_back_further_than_it_remembers_starts_over() -> None:
    detector = LoopDetector()
    detector.extend(ids_of(NATURAL[:60_000]))
    detector.truncate(100)
    assert detector.extend(ids_of("again and again ") * 5) is not None
    detector.truncate(10_000)  # longer than the text is: nothing to do
    assert detector.current is not None


def test_memory_is_bounded() -> None:
    detector = LoopDetector()
    for _ in range(20):
        detector.extend(ids_of(NATURAL[:20_000]))
    assert len(detector._tail) < 4 * REPETITIONS * LONGEST_PERIOD
