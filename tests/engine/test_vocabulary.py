import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from charrnn_engine import UnknownTokenError, Vocabulary, VocabularyError
from charrnn_engine.vocabulary import split
from tests.archives import characters


@given(st.text())
def test_pieces_of_a_text_add_up_to_it_at_both_levels(text: str) -> None:
    assert "".join(split(text, "char")) == "".join(split(text, "word")) == text


@given(st.text(min_size=1))
def test_characters_decode_to_the_text_that_was_encoded(text: str) -> None:
    vocabulary = Vocabulary.of([text])
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(st.text(min_size=1) | st.text(alphabet="rose ist,'’.\n", min_size=1))
def test_words_survive_but_for_a_space(text: str) -> None:
    vocabulary = Vocabulary.of([text], level="word")
    decoded = vocabulary.decode(vocabulary.encode(text))
    assert decoded.replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(" ") and not line.isspace() for line in decoded.split("\n"))


def test_a_space_that_the_vocabulary_has_lost_is_put_back() -> None:
    text = 'Oil falls (AP)\nIraq: "no" deal, says U.S. - again; 3,000 don\'t, at $5'
    # Each of these words is known in one form: that of another place than this.
    tokens = ["<pad>", "Oil", "falls", " AP", " (", ")", "\n", " Iraq", " :", ' "', "no", '"', "deal", ",", "says"]
    tokens += ["U", ".", "S", " -", "again", ";", " 3", "000", "don't", "at", " $", "5", "-"]
    vocabulary = Vocabulary(tokens, level="word")
    assert vocabulary.decode(vocabulary.encode(text)) == text
    ids = vocabulary.encode("Oil falls")
    assert vocabulary.pieces([*ids, ids[1]], ids[0]) == [" Oil", " falls", " falls"]
    assert vocabulary.pieces(ids, vocabulary.ids["\n"]) == ["Oil", " falls"]


@given(st.text(min_size=1), st.sampled_from(["char", "word"]))
def test_the_vocabulary_survives_its_json(text: str, level: Any) -> None:
    vocabulary = Vocabulary.of([text], level=level)
    assert Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


@given(st.text())
def test_unknown_characters_are_all_named_with_their_positions(text: str) -> None:
    known = set("abc ")
    unknown = [(character, at) for at, character in enumerate(text) if character not in known]
    assume(unknown)
    with pytest.raises(UnknownTokenError) as caught:
        characters("abc ").encode(text)
    assert caught.value.unknown == unknown
    assert len(str(caught.value).splitlines()) == 1


def test_an_unknown_character_is_told_with_where_it_stands() -> None:
    with pytest.raises(UnknownTokenError, match=r"characters 'X' \(at 1, 4\), '\\n' \(at 3\)"):
        characters("abc").encode("aXb\nX")


def test_many_unknown_characters_are_counted_rather_than_listed() -> None:
    with pytest.raises(UnknownTokenError, match="and 18 more"):
        characters("abc").encode("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def test_an_unknown_word_is_named_without_its_space_at_its_own_position() -> None:
    vocabulary = Vocabulary.of(["a rose is a rose"], level="word")
    with pytest.raises(UnknownTokenError, match="the word 'tulip'") as caught:
        vocabulary.encode("a tulip is")
    assert caught.value.unknown == [("tulip", 2)]


def test_a_word_is_known_with_and_without_the_space_before_it() -> None:
    vocabulary = Vocabulary.of(["a rose"], level="word")
    assert vocabulary.encode("rose") == vocabulary.encode(" rose")


def test_special_tokens_are_never_read_from_text() -> None:
    for name in ("<pad>", "<eos>"):
        with pytest.raises(UnknownTokenError):
            characters("abc").encode(name)
    line_end = Vocabulary(["<pad>", "\n", "a"], eos=1)
    with pytest.raises(UnknownTokenError):
        line_end.encode("a\n")
    words = Vocabulary(["<pad>", "<eos>", "<unk>", "<", "pad", "eos", "unk", ">"], 1, "word")
    for name in ("<pad>", "<eos>", "<unk>"):
        assert not {0, 1, 2} & set(words.encode(name))


def test_specials_add_nothing_to_a_text() -> None:
    assert characters("abc").decode([2, 0, 3, 1, 4]) == "abc"


@pytest.mark.parametrize("index", [-1, 5])
def test_an_id_out_of_range_is_no_token(index: int) -> None:
    with pytest.raises(VocabularyError, match="from 0 to 4"):
        characters("abc").decode([2, index])


def test_only_pad_and_unk_can_never_be_drawn() -> None:
    assert characters("abc").never_drawn == (0,)
    assert Vocabulary(["<pad>", "<eos>", "<unk>", "rose"], 1, "word").never_drawn == (0, 2)


def test_tokens_are_ranked_by_frequency_and_then_by_code_point() -> None:
    assert Vocabulary.of(["ccbba"]).tokens == ["<pad>", "<eos>", "b", "c", "a"]
    assert Vocabulary.of(["abab"], eos=False).tokens == ["<pad>", "a", "b"]


def test_rare_words_become_unk_and_rare_characters_are_left_out() -> None:
    words = Vocabulary.of(["so so so rare"], level="word", at_least=2)
    assert words.tokens == ["<pad>", "<eos>", "<unk>", " so"]
    assert Vocabulary.of(["so so rare"], level="word", most=1).tokens == ["<pad>", "<eos>", "<unk>", " rare"]
    assert Vocabulary.of(["aab"], at_least=2).tokens == ["<pad>", "<eos>", "a"]


def test_measuring_marks_what_is_unknown_instead_of_refusing_it() -> None:
    assert characters("abc").encode_known("aXc") == [2, None, 4]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ([], "not a JSON object"),
        ({}, "format None"),
        ({"format": 2, "tokens": ["<pad>", "a"]}, "format 2"),
        ({"format": 1}, "list of strings"),
        ({"format": 1, "tokens": "abc"}, "list of strings"),
        ({"format": 1, "tokens": ["<pad>", 7]}, "list of strings"),
        ({"format": 1, "tokens": []}, "no token that could be generated"),
        ({"format": 1, "tokens": ["a", "<pad>"]}, "'<pad>' in another place than the first"),
        ({"format": 1, "tokens": ["<pad>", "a", "a"]}, "'a' more than once"),
        ({"format": 1, "tokens": ["<pad>", "a", ""]}, "empty token"),
        ({"format": 1, "tokens": ["<pad>", "a", "bc"]}, "'bc' .* not a single character"),
        ({"format": 1, "tokens": ["<pad>", "a", "\ud800"]}, "not valid text"),
        ({"format": 1, "tokens": ["<pad>", "<eos>"], "eos": 1}, "no token that could be generated"),
        ({"format": 1, "tokens": ["<pad>", "a"], "eos": 2}, "eos is 2"),
        ({"format": 1, "tokens": ["<pad>", "a"], "eos": 0}, "eos is 0"),
        ({"format": 1, "tokens": ["<pad>", "a"], "eos": True}, "eos is True"),
        ({"format": 1, "tokens": ["<pad>", "a"], "eos": "a"}, "eos is 'a'"),
        ({"format": 1, "tokens": ["<pad>", "a"], "level": "line"}, "level is 'line'"),
        ({"format": 1, "tokens": ["<pad>", "a"], "level": []}, "level is"),
    ],
)
def test_what_is_no_vocabulary_is_refused_with_the_reason(data: object, reason: str) -> None:
    with pytest.raises(VocabularyError, match=reason):
        Vocabulary.from_json(data)


def test_a_vocabulary_beyond_all_measure_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(VocabularyError, match="65,537 tokens; at most 65,536"):
        Vocabulary(["<pad>", *map(str, range(65_536))], level="word")


@pytest.mark.parametrize("token", ["x" * 10**6, "\x1b]0;title\x07" * 1000])
def test_a_long_or_wild_token_is_named_in_brief(token: str) -> None:
    for tokens in (["<pad>", token], ["<pad>", "a", token, token]):
        with pytest.raises(VocabularyError) as caught:
            Vocabulary(tokens)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 200
    with pytest.raises(UnknownTokenError) as unknown:
        Vocabulary(["<pad>", " a"], level="word").encode(token)
    assert str(unknown.value).isprintable()
    assert len(str(unknown.value)) < 1_000
