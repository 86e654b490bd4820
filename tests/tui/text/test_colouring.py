"""A character's marks say how surprised the model was and how hot it was drawn."""

import pytest

from charrnn_engine import Controls, Token, Vocabulary
from charrnn_tui.text.colouring import (
    EOS_MARK,
    GREEDY_LEVEL,
    SURPRISE_LEVELS,
    TEMPERATURE_LEVELS,
    marked,
    surprise_level,
    surprise_scale,
    temperature_level,
)


def token(text: str = "a", probability: float = 0.5, index: int = 2, **controls: object) -> Token:
    return Token(index, text, probability, probability, 1.0, Controls(**controls), 0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probability", "level"), [(1.0, 0), (0.9, 0), (0.6, 1), (0.3, 2), (0.1, 3), (0.04, 4), (0.01, 5), (0.001, 6)]
)
def test_the_less_probable_the_higher_the_level(probability: float, level: int) -> None:
    assert surprise_level(probability) == level


def test_even_the_impossible_has_a_level() -> None:
    assert surprise_level(0.0) == SURPRISE_LEVELS - 1


def test_temperatures_have_levels_of_their_own_and_greedy_one_apart() -> None:
    notebook = [temperature_level(Controls(temperature=t)) for t in (0.3, 0.8, 1.0, 1.3, 1.8)]
    assert notebook == sorted(set(notebook))
    assert GREEDY_LEVEL not in notebook
    assert temperature_level(Controls(greedy=True, temperature=1.8)) == GREEDY_LEVEL
    assert temperature_level(Controls(temperature=1e9)) == TEMPERATURE_LEVELS - 1


def test_an_eos_is_a_newline_with_a_mark_of_its_own() -> None:
    text, surprises, temperatures = marked([token("a"), token("", index=1), token("b", 0.001)], eos=1)
    assert text == "a\nb"
    assert list(surprises) == [1, EOS_MARK, 6]
    assert len(temperatures) == 3


def test_every_character_of_a_word_carries_its_marks() -> None:
    text, surprises, temperatures = marked([token(" rose", 0.3)], eos=None)
    assert text == " rose"
    assert list(surprises) == [2] * 5
    assert len(temperatures) == 5


def test_a_word_of_thousands_needs_more_bits_to_surprise_than_a_character() -> None:
    assert surprise_scale(Vocabulary(["<pad>", *"abc"])) == 1.0
    scale = surprise_scale(Vocabulary(["<pad>", *(f" {number}" for number in range(4095))], level="word"))
    assert scale == 2.0
    assert surprise_level(0.3**2, scale) == surprise_level(0.3)
    assert marked([token(" rose", 0.3**2)], None, scale)[1] == marked([token(" rose", 0.3)], None)[1]
