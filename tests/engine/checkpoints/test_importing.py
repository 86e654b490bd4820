"""A notebook's model and tokenizer become a checkpoint; what doesn't fit together is refused in one line."""

import json
import shutil
from pathlib import Path

import pytest

from charrnn_engine import CheckpointError, load
from charrnn_engine.checkpoints.importing import import_keras, read_tokenizer

SHIPPED = Path(__file__).resolve().parents[3] / "checkpoints" / "headlines-notebook"


@pytest.fixture
def tokenizer(tmp_path):
    def write(content):
        file = tmp_path / "tokenizer.json"
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return file

    return write


def keras_tokenizer(index, **config):
    """What `Tokenizer.to_json()` gives: JSON within JSON."""
    plain = {"char_level": True, "lower": False, "oov_token": None, "num_words": None}
    return {"class_name": "Tokenizer", "config": {**plain, "word_index": json.dumps(index), **config}}


CHARACTERS = {"a": 1, "b": 2, " ": 3}


@pytest.mark.parametrize(
    "content",
    [
        {**CHARACTERS, "<eos>": 4},
        keras_tokenizer({**CHARACTERS, "<eos>": 4}),
        json.dumps(json.dumps(keras_tokenizer({**CHARACTERS, "<eos>": 4}))),
        {"word_index": {**CHARACTERS, "STOP": 4}},
    ],
    ids=["word_index", "to_json", "to_json dumped again", "another name"],
)
def test_every_shape_that_a_notebook_writes_is_read(tokenizer, content):
    vocabulary, remarks = read_tokenizer(tokenizer(content))
    assert vocabulary.tokens == ["<pad>", "a", "b", " ", "<eos>"]
    assert (vocabulary.eos, vocabulary.level, remarks) == (4, "char", ())


def test_small_letters_are_remarked_on(tokenizer):
    _, remarks = read_tokenizer(tokenizer(keras_tokenizer(CHARACTERS, lower=True)))
    assert "small letters" in remarks[0]


def test_num_words_and_the_token_for_unknown_characters_are_understood(tokenizer):
    index = {"<oov>": 1, "a": 2, "b": 3, "c": 4}
    vocabulary, _ = read_tokenizer(tokenizer(keras_tokenizer(index, oov_token="<oov>", num_words=4)))
    assert vocabulary.tokens == ["<pad>", "\ufffd", "a", "b"]
    assert vocabulary.eos is None


def test_words_bring_the_space_before_them(tokenizer):
    vocabulary, _ = read_tokenizer(tokenizer(keras_tokenizer({"the": 1, "sea": 2, "<eos>": 3}, char_level=False)))
    assert vocabulary.decode(vocabulary.encode("the sea")) == " the sea"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nope", "it is no tokenizer"),
        ("[1, 2]", "it is no tokenizer"),
        ({}, "no word_index"),
        ({"a": 0, "b": 1}, "'a' has the id 0"),
        ({"a": 1, "b": 1}, "the id 1 stands for both 'a' and 'b'"),
        ({"a": 1, "b": 3}, "no token has the id 2"),
        ({"a": 1, "b": 10**12}, "no token has the id"),
        ({"a": "x"}, "no whole number"),
    ],
)
def test_a_tokenizer_that_cant_be_used_is_refused_with_the_reason(tokenizer, content, said):
    file = tokenizer(content)
    with pytest.raises(CheckpointError, match=said) as caught:
        read_tokenizer(file)
    assert str(caught.value).startswith(str(file))


@pytest.fixture
def shipped_index():
    tokens = json.loads((SHIPPED / "vocabulary.json").read_text(encoding="utf-8"))["tokens"]
    return {token: index for index, token in enumerate(tokens) if index}


def test_a_model_and_its_tokenizer_become_a_checkpoint_that_plays(tmp_path, tokenizer, shipped_index):
    imported = import_keras(SHIPPED / "model.keras", tokenizer(shipped_index), tmp_path / "mine")
    model = load(tmp_path / "mine")
    assert imported.remarks == ()
    assert model.card["imported"] == {"model": "model.keras", "tokenizer": "tokenizer.json"}
    ids, shipped = model.vocabulary.encode("Oil "), load(SHIPPED)
    assert ids == shipped.vocabulary.encode("Oil ")
    assert (model.logits(ids) == shipped.logits(ids)).all()


def test_a_tokenizer_of_another_size_is_refused_and_nothing_is_written(tmp_path, tokenizer):
    with pytest.raises(CheckpointError, match=r"ids go from 1 to 3 and the network has \d+ inputs"):
        import_keras(SHIPPED / "model.keras", tokenizer(CHARACTERS), tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_model_that_is_none_is_refused(tmp_path, tokenizer):
    shutil.copy(SHIPPED / "card.json", tmp_path / "model.keras")
    with pytest.raises(CheckpointError, match=r"not a readable \.keras archive"):
        import_keras(tmp_path / "model.keras", tokenizer(CHARACTERS), tmp_path / "mine")
