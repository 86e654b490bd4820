"""The notice of a loop reads well, wherever its text was cut."""

import pytest

from charrnn_engine import Vocabulary
from charrnn_engine.generation.repetition import Loop
from charrnn_tui.play.notices import loop_notice, loop_text

VOCABULARY = Vocabulary(["<pad>", "<eos>", *"abcdefghijklmnopqrstuvwxyz .\n=\x1b"], 1)


def loop(text: str) -> Loop:
    return Loop(5, tuple(1 if character == "∎" else VOCABULARY.ids[character] for character in text))


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("rices rise∎oil p", "oil prices rise∎"),
        ("ends\nthe line ", "the line ends⏎"),
        ("sat. the cat ", "the cat sat. "),
        ("at. the cat s", "the cat sat. "),
        (" the cat sat.", "the cat sat. "),
        ("t the ca", "the cat "),
        ("=", "="),
        ("a\x1bb", "a␛b"),
    ],
)
def test_a_loop_is_shown_from_the_beginning_of_a_text_line_or_word(unit: str, shown: str) -> None:
    assert loop_text(loop(unit), VOCABULARY) == shown


def test_the_notice_of_a_loop_says_its_length_and_the_way_out() -> None:
    said = loop_notice(loop("the cat sat on the mat and the dog on the log\n"), VOCABULARY, "r restarts")
    assert said.startswith("Stuck in a 46-character loop, “the cat sat on")
    assert said.endswith("…”. r restarts")
    assert "\n" not in said
    assert "Stuck in a 1-character loop, “=”" in loop_notice(loop("="), VOCABULARY, "r")
