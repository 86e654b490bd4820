"""The automaton of an expression accepts what Python's `re` accepts, in all of Unicode."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from charrnn_engine import ControlsError
from charrnn_engine.sampling.patterns import ACCEPT, Pattern

EXPRESSIONS = [
    "J[a-z]{3,5}n",
    r"\w+é?\d*",
    "(?i:straße|k)+",
    r"[^\W\d]{0,3}",
    "a|b*?c|(ab?){2}",
    r"(?s:.)\n|.\s",
    "[]a]+-",
    r"^(\(([^()]|\([^()]*\))*\))*$",
    r"(?a:\w+)\S|(?i:ſ)+",
    "",
]


def accepts(pattern: Pattern, text: str) -> bool:
    nodes = pattern.start
    for character in text:
        nodes = pattern.after(nodes, character)
    return ACCEPT in nodes


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_it_accepts_what_re_accepts(expression: str) -> None:
    pattern = Pattern(expression)

    @settings(max_examples=30)
    @example("ß9")  # one that (?a:…) leaves out
    @given(st.text("abcn J(é٣9ſKk\u212aSsß]-\n", max_size=7) | st.from_regex(expression, fullmatch=True))
    def holds(text: str) -> None:
        assert accepts(pattern, text) == (re.fullmatch(expression, text) is not None)

    holds()


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("(?=a)b", "looks ahead or behind"),
        ("(?<!a)b", "looks ahead or behind"),
        (r"(a)\1", "refers back to a group"),
        (r"a\bb", "anchor in its middle"),
        ("(?>a)b", "atomic group"),
        ("a++", "possessive"),
        ("(", "not a regular expression"),
        ("(a{1000}){1000}", "too large"),
        ("(){4000000}", "too large"),
        ("a" * 3000, "longer than 2,000 characters"),
    ],
)
def test_what_cannot_be_enforced_is_refused_by_name(expression: str, said: str) -> None:
    with pytest.raises(ControlsError, match=said):
        Pattern(expression)
