"""The page wraps as it grows exactly as it would wrap at once, and nothing that it holds can drive a terminal."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from charrnn_tui.text.escapes import visible
from charrnn_tui.text.wrapped_text import BLOCK, WrappedText

TEXT = st.text(alphabet=st.sampled_from("aab  \n漢é\t"), max_size=60)


def page(*pieces: str, width: int = 10, block: int = BLOCK) -> WrappedText:
    text = WrappedText(width, block=block)
    for piece in pieces:
        text.append(piece, bytes(len(piece)), bytes(len(piece)))
    return text


def lines(text: WrappedText) -> list[str]:
    return [text.line(number)[0] for number in range(text.line_count)]


def test_breaks_at_words_and_hangs_the_space_over_the_end() -> None:
    assert lines(page("the quick brown fox")) == ["the quick ", "brown fox"]


def test_a_word_longer_than_the_line_is_cut() -> None:
    assert lines(page("incomprehensibilities", width=8)) == ["incompre", "hensibil", "ities"]


def test_a_newline_ends_a_line_and_is_not_shown() -> None:
    assert lines(page("ab\n\ncd\n")) == ["ab", "", "cd", ""]


def test_wide_characters_take_two_columns() -> None:
    assert lines(page("漢字漢字漢字", width=5)) == ["漢字", "漢字", "漢字"]


@given(st.lists(TEXT, max_size=6), st.integers(1, 12))
def test_grown_piece_by_piece_it_wraps_as_if_written_at_once(pieces: list[str], width: int) -> None:
    assert lines(page(*pieces, width=width)) == lines(page("".join(pieces), width=width))


@given(TEXT, st.integers(2, 12))
def test_no_line_is_wider_than_the_page_but_for_the_space_at_its_end(text: str, width: int) -> None:
    for line in lines(page(text, width=width)):
        assert cell_len(visible(line.rstrip(" "))) <= width


@given(TEXT, st.integers(1, 12), st.integers(1, 12), st.integers(0, 60))
def test_rewrapping_loses_nothing_and_equals_wrapping_at_that_width(
    text: str, before: int, after: int, position: int
) -> None:
    grown = page(text, width=before)
    grown.rewrap(after, min(position, len(text)))
    assert grown.text() == text
    assert lines(grown) == lines(page(text, width=after))


@given(TEXT, st.integers(1, 12), st.data())
def test_truncating_equals_never_having_written_the_rest(text: str, width: int, data: st.DataObject) -> None:
    length = data.draw(st.integers(0, len(text)))
    cut = page(text, width=width)
    cut.truncate(length)
    assert cut.text() == text[:length]
    assert lines(cut) == lines(page(text[:length], width=width))


LINES = st.lists(st.text(alphabet=st.sampled_from("aab  漢"), max_size=14), max_size=12).map("\n".join)
"""Text with newlines enough for every block to end at one."""


@given(LINES, st.integers(1, 40), st.integers(1, 12), st.integers(1, 12), st.data())
def test_in_blocks_it_is_what_it_would_be_in_one(
    text: str, block: int, width: int, after: int, data: st.DataObject
) -> None:
    """Grown, looked at, resized before it has settled, cut and grown again."""
    length, place = (data.draw(st.integers(0, len(text))) for _ in range(2))
    ours, whole = page(text, width=width, block=20 + block), page(text, width=width)
    assert lines(ours) == lines(whole)
    for each in (ours, whole):
        each.rewrap(after, place)
    begins = [each.start_of(each.line_of(place)) for each in (ours, whole)]
    assert begins[0] == begins[1]
    for each in (ours, whole):
        each.truncate(length)
        each.append("b a\n漢", bytes(5), bytes(5))
        assert not each.settle(60)
    assert ours.text() == whole.text()
    assert lines(ours) == lines(whole)
    assert [ours.line_of(at) for at in range(len(text))] == [whole.line_of(at) for at in range(len(text))]


@given(LINES, st.integers(1, 12), st.integers(1, 12))
def test_every_line_can_be_looked_at_before_it_has_settled(text: str, before: int, after: int) -> None:
    ours = page(text, width=before, block=8)
    ours.rewrap(after, 0)
    found = []
    while len(found) < ours.line_count:  # an estimate, until the last is looked at
        found.append(ours.line(len(found))[0])
    assert found == lines(page(text, width=after, block=8))


def test_marks_stay_with_their_characters() -> None:
    text = WrappedText(4)
    text.append("ab cd\n", bytes([1, 2, 3, 4, 5, 9]), bytes(6))
    assert text.line(0) == ("ab ", bytes([1, 2, 3]), bytes(3))
    assert text.line(1) == ("cd", bytes([4, 5]), bytes(2))
    assert text.newline_mark(1) == 9
    assert text.newline_mark(0) is None


def test_each_character_needs_two_marks() -> None:
    with pytest.raises(ValueError, match="two marks"):
        WrappedText().append("ab", b"\0", b"\0\0")


def test_the_oldest_lines_go_when_there_is_too_much() -> None:
    text = WrappedText(10, kept=100, block=20)
    gone = 0
    for number in range(60):
        word = f"word {number:02}\n"
        text.append(word, bytes(len(word)), bytes(len(word)))
        gone += text.trim()
    assert 100 <= len(text) < 150
    assert text.dropped + len(text) == 60 * 8
    assert gone + text.line_count == 61
    assert text.text().endswith("word 59\n")
    assert lines(text) == lines(page(text.text()))


def test_without_a_newline_blocks_end_where_lines_do() -> None:
    text = "the quick brown fox jumps over the lazy dog " * 20
    assert lines(page(text, width=30, block=100)) == lines(page(text, width=30))


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x07", "\r", "\x9b31m", "\u202egnp", "\x7f", "\ud800", "\u2066"])
def test_nothing_that_a_terminal_obeys_is_shown(hostile: str) -> None:
    shown = visible(hostile)
    assert len(shown) == len(hostile)
    assert all(char.isprintable() for char in shown)


def test_what_was_generated_is_kept_as_it_was() -> None:
    assert page("a\x1b[2J\ud800").text() == "a\x1b[2J\ud800"


@pytest.mark.parametrize("seed", range(30))
def test_a_line_that_was_only_estimated_is_the_last_where_there_are_fewer(seed: int) -> None:
    chance = random.Random(seed)
    odd, even = (
        (lambda: "\n" * chance.randrange(1, 9) if chance.random() < 0.5 else " "),
        (lambda: chance.choice("ab  ")),
    )
    pieces = [(odd if n // 50 % 2 else even)() for n in range(chance.randrange(200, 1_500))]
    text = page("".join(pieces), width=chance.randrange(5, 100), block=64)
    for width in (1, 3, 80, 200):
        text.rewrap(width, chance.randrange(len(text)))
        number = chance.randrange(max(0, text.line_count - 40), text.line_count)
        assert text.start_of(number) == text.start_of(min(number, text.line_count - 1))
    with pytest.raises(IndexError):
        text.start_of(text.line_count)
