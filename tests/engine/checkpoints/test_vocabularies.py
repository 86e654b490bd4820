"""Vocabularies are read in every shape that notebooks write, and refused in one line where they can't be used."""

import json
from pathlib import Path
from typing import Any

import pytest

from charrnn_engine import CheckpointError, Vocabulary
from charrnn_engine.checkpoints.vocabularies import read_vocabulary

CHARACTERS = {"a": 1, "b": 2, " ": 3}


def keras_tokenizer(index: dict[str, int], **config: Any) -> dict[str, Any]:
    """What `Tokenizer.to_json()` gives: JSON within JSON."""
    plain = {"char_level": True, "lower": False, "oov_token": None, "num_words": None}
    return {"class_name": "Tokenizer", "config": {**plain, "word_index": json.dumps(index), **config}}


def read(tmp_path: Path, content: Any, size: int) -> Vocabulary:
    file = tmp_path / "vocabulary.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_vocabulary(file, size)


@pytest.mark.parametrize(
    "content",
    [
        {**CHARACTERS, "<eos>": 4},
        keras_tokenizer({**CHARACTERS, "<eos>": 4}),
        json.dumps(json.dumps(keras_tokenizer({**CHARACTERS, "<eos>": 4}))),
        {"word_index": {**CHARACTERS, "STOP": 4}},
        {"1": "a", "2": "b", "3": " ", "4": "<s>"},
        {"name": "mine", "idx_to_char": {"0": "<PAD>", "1": "a", "2": "b", "3": " ", "4": "</s>"}},
        ["<pad>", "a", "b", " ", "<eos>"],
        ["a", "b", " ", "<eos>"],
        Vocabulary(["<pad>", "a", "b", " ", "<eos>"], 4).to_json(),
    ],
    ids=["word_index", "to_json", "dumped again", "another name", "idx_to_char", "nested", "list", "no pad", "ours"],
)
def test_every_shape_that_a_notebook_writes_is_read(tmp_path: Path, content: Any) -> None:
    vocabulary = read(tmp_path, content, 5)
    assert vocabulary.tokens == ["<pad>", "a", "b", " ", "<eos>"]
    assert (vocabulary.eos, vocabulary.level) == (4, "char")


@pytest.mark.parametrize(
    "content", [{"a": 0, "B": 1, "7": 2}, {"0": "a", "1": "B", "2": "7"}, {"a": 1, "B": 2, "7": 3}]
)
def test_ids_may_begin_at_0_or_at_1_without_padding(tmp_path: Path, content: Any) -> None:
    vocabulary = read(tmp_path, content, 3)
    assert (vocabulary.tokens, vocabulary.pad, vocabulary.lower) == (["a", "B", "7"], None, False)
    assert vocabulary.encode("7a") == [2, 0]


def test_digits_as_characters_are_no_ids(tmp_path: Path) -> None:
    assert read(tmp_path, {"0": 1, "1": 0, "2": 2}, 3).tokens == ["1", "0", "2"]


def test_small_letters_alone_mean_that_text_is_lower_cased(tmp_path: Path) -> None:
    for content in ({"a": 0, "b": 1, "\n": 2}, keras_tokenizer({"a": 1, "b": 2}, lower=True)):
        vocabulary = read(tmp_path, content, 3)
        assert vocabulary.lower
        assert vocabulary.encode("AB") == vocabulary.encode("ab")


def test_ids_without_a_character_get_one_that_isnt_used(tmp_path: Path) -> None:
    index = {"<oov>": 1, "a": 2, "b": 3, "c": 4}
    vocabulary = read(tmp_path, keras_tokenizer(index, oov_token="<oov>", num_words=4), 4)
    assert vocabulary.tokens == ["<pad>", "\ufffd", "a", "b"]
    assert vocabulary.eos is None
    assert read(tmp_path, {"[UNK]": 0, "a": 1, "\ufffd": 2}, 4).tokens == ["\uf8ff", "a", "\ufffd", "\uf8fe"]


def test_words_bring_the_space_before_them(tmp_path: Path) -> None:
    content = keras_tokenizer({"the": 1, "sea": 2, "<eos>": 3}, char_level=False)
    vocabulary = read(tmp_path, content, 4)
    assert vocabulary.tokens[1:3] == [" the", " sea"]
    assert vocabulary.decode(vocabulary.encode("the sea")) == "the sea"


@pytest.mark.parametrize(
    ("content", "size", "reason"),
    [
        ("nope", 3, "not readable JSON"),
        ("[1, 2]", 3, "it is not a vocabulary"),
        ({}, 3, "it is not a vocabulary"),
        ({"a": 1, "b": 1}, 3, "the id 1 belongs to both 'a' and 'b'"),
        ({"a": 1, "b": 3}, 4, "no token has the id 2"),
        ({"a": 1, "b": 10**12}, 3, "its ids go from 1 to 1000000000000 and the network has 3 tokens"),
        ({"a": 1, "b": 2}, 30, "its ids go from 1 to 2 and the network has 30 tokens"),
        ({"a": "x", "b": 1}, 3, "not a whole number"),
        ({"a": -1, "b": 1}, 3, "not a whole number"),
        ({"format": 1, "tokens": ["a", "b"]}, 3, "2 tokens and the network has 3"),
        ({"format": 1, "tokens": ["a", "b"], "window": 0}, 2, "window is 0"),
        ({"format": 1, "tokens": ["a", "b"], "state": "window"}, 2, "without the window's length"),
        ({"class_name": "Tokenizer", "config": []}, 3, "not a JSON object"),
    ],
)
def test_a_vocabulary_that_cant_be_used_is_refused_with_the_reason(
    tmp_path: Path, content: Any, size: int, reason: str
) -> None:
    with pytest.raises(CheckpointError, match=reason) as caught:
        read(tmp_path, content, size)
    assert str(caught.value).startswith(str(tmp_path / "vocabulary.json"))


def test_a_pickled_tokenizer_is_refused_with_the_line_that_converts_it(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"json\.dump"):
        read_vocabulary(tmp_path / "tokenizer.pkl", 3)


def test_what_a_vocabulary_says_of_its_use_survives_its_file() -> None:
    vocabulary = Vocabulary(["a", "b"], None, "char", True, 40, "window")
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary
    assert set(Vocabulary(["a", "b"]).to_json()) == {"format", "level", "tokens", "eos"}
