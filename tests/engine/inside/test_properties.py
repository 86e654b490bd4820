"""Properties of a text: what each one says of a few characters, and that none looks ahead."""

import io
import tokenize
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from charrnn_engine import inside
from charrnn_engine.errors import ControlsError
from charrnn_engine.inside.lexical import in_comment, in_docstring, in_string
from charrnn_engine.inside.properties import PROPERTIES, property_named, regex_property


def drawn(flags):
    return "".join("|" if flag else "." for flag in flags)


FLAGS = [
    ("double-quotes", 'a "b c" d', "..||||..."),
    ("double-quotes", 'a "b\n\nc', "..||" + "|.."),
    ("single-quotes", "a 'b' don't", "..||......."),
    ("single-quotes", "'it's b' c", "|||.|||..."),
    ("brackets", "f(a[0]) b", ".|||||..."),
    ("round-brackets", "f(a[0]) b", ".|||||..."),
    ("square-brackets", "f(a[0]) b", "...||...."),
    ("curly-brackets", "{a}(", "||.."),
    ("comment", "a # b\nc '#'", "..|||......"),
    ("c-comment", "a /* b */ c", "...|||||..."),
    ("c-comment", "a // b\nc", "...|||.."),
    ("string", "a = 'b#' # 'c'", "....|||......."),
    ("docstring", '"""a"b""" c', "..||||||..."),
    ("upper-case", "aBc", ".|."),
    ("capitalised", "The cat's Ox", "|||.......||"),
    ("vowel", "abE", "|.|"),
    ("digit", "a1", ".|"),
    ("space", "a b\n", ".|.|"),
    ("speaker-name", "KING:\nHo: a\n\nBOY:\nHi", "||||........||||...."),
    ("after-end", "Hi. Ho", "..||.."),
]


@pytest.mark.parametrize(("name", "text", "wanted"), FLAGS)
def test_each_flag_is_set_where_it_should_be(name, text, wanted):
    assert drawn(property_named(name).of(text)) == wanted


COUNTS = [
    ("line-position", "ab\nc", [1, 2, 0, 1]),
    ("word-position", "it's a", [1, 2, 3, 4, 0, 1]),
    ("sentence-position", "a b. c", [1, 2, 3, 4, 0, 1]),
    ("text-position", "ab\n", [1, 2, 3]),
    ("bracket-depth", "([)]}", [1, 2, 0, 0, 0]),
    ("indentation", "  a b\n c", [1, 2, 2, 2, 2, 0, 1, 1]),
]


@pytest.mark.parametrize(("name", "text", "wanted"), COUNTS)
def test_each_count_counts_what_it_should(name, text, wanted):
    assert property_named(name).of(text).tolist() == wanted


@pytest.mark.parametrize("name", PROPERTIES)
@settings(max_examples=25)
@given(text=st.text("aB1 .'\"\n\\#/*()[]{}:", max_size=60), cut=st.integers(0, 60))
def test_no_property_depends_on_what_comes_after(name, text, cut):
    of = PROPERTIES[name].of
    assert of(text)[:cut].tolist() == of(text[:cut]).tolist()


def test_strings_and_comments_are_those_of_pythons_tokenizer():
    for file in sorted(Path(inside.__path__[0]).glob("*.py")):
        text = file.read_text(encoding="utf-8")
        lines = [0, *np.cumsum([len(line) for line in text.splitlines(keepends=True)])]
        found = [np.fromiter(scan(text), np.bool_) for scan in (in_string, in_docstring, in_comment)]
        wanted = np.zeros((3, len(text)), np.bool_)
        compared = np.ones(len(text), np.bool_)  # a quote opens, or closes, only once the third one has been read
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            start, end = lines[token.start[0] - 1] + token.start[1], lines[token.end[0] - 1] + token.end[1]
            if token.type == tokenize.STRING:
                bare = token.string.lstrip("rRbBfFuU")
                quotes = 3 if bare[:3] in ("'''", '"""') else 1
                compared[start : end - len(bare) + quotes] = compared[end - quotes : end] = False
                wanted[quotes // 2, start:end] = True
            elif token.type == tokenize.COMMENT:
                wanted[2, start:end] = True
        if "FSTRING_START" not in dir(tokenize):  # from Python 3.12 on an f-string is many tokens
            for scanned, tokens in zip(found, wanted, strict=True):
                assert (scanned[compared] == tokens[compared]).all(), file


REGEXES = [
    ('"[^"]*"?', 'a "b c" d', "..|||||.."),
    ('"[^"]*"', 'a "b c" d', "......|.."),
    (r"(?i)^B\w*", "ab\nbc d", "...||.."),
    (r"\d+", "a12b", ".||."),
    ("ab|a", "aab", "|||"),
    ("x*", "abc", "..."),
    ("", "abc", "..."),
]


@pytest.mark.parametrize(("regex", "text", "wanted"), REGEXES)
def test_a_regex_is_true_where_a_match_reaches_in_the_text_read_so_far(regex, text, wanted):
    assert drawn(regex_property(regex).of(text)) == wanted


@pytest.mark.parametrize("regex", ["(", "[z-a]", "*", "a)|(b", "(?P<x>", "a{9999999999}"])
def test_what_is_no_regular_expression_is_refused_by_name(regex):
    with pytest.raises(ControlsError, match="is not a regular expression"):
        regex_property(regex)


def test_an_unknown_property_is_refused_with_the_list():
    with pytest.raises(ControlsError, match="no property 'quotes'; the properties are line-position"):
        property_named("quotes")


def test_the_figure_of_texts_is_a_share_a_mean_or_a_mean_length():
    assert property_named("vowel").figure_of(["ab", "ab"]) == 0.5
    assert property_named("bracket-depth").figure_of(["(())"]) == 1.0
    lines = property_named("line-position")
    assert lines.figure_of(["abcd\n\nab\nunfinished"]) == 3.0
    assert lines.figure_of(["abcd", "ab", "unfinished"]) == 3.0
    assert lines.figure_of(["abcd"]) == 4.0
    assert np.isnan(property_named("vowel").figure_of([]))
    assert np.isnan(lines.figure_of([""]))
    assert "length of a line" in lines.figure
