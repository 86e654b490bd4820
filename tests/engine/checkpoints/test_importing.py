"""Somebody's saved model becomes a checkpoint that plays: with its vocabulary, with its text, or with a lost one."""

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charrnn_engine import CheckpointError, Controls, Vocabulary, generate, load
from charrnn_engine.checkpoints.fit import letters_entropy
from charrnn_engine.checkpoints.from_text import TextOptions
from charrnn_engine.checkpoints.importing import import_model, inspect, prepare
from charrnn_engine.checkpoints.orders import parse_slice
from tests.archives import Archive, entry, network, write_textgenrnn

SHIPPED = Path(__file__).resolve().parents[3] / "checkpoints" / "headlines-notebook"
_SENTENCE = "the cat sat on a mat and dog ran off by big red hen; few owls, vexed jays quiz pink zebras."


def english(characters: int = 12_000, seed: int = 0) -> str:
    """Text of a few words in any order: how often characters occur, and in which pairs, tells them apart."""
    chance, words, size, known = random.Random(seed), [], 0, _SENTENCE.split()
    while size < characters:
        words.append(chance.choices(known, weights=range(2 * len(known), len(known), -1))[0])
        size += len(words[-1]) + 1
    return " ".join(words)


def bigram_model(text: str, tokens: list[str], window: int | None = 6) -> Archive:
    """A network that has learnt which character follows which, with ids by their place among `tokens`."""
    size, place = len(tokens), {token: number for number, token in enumerate(tokens)}
    counts = np.full((size, size), 0.05)
    for one, other in pairwise(text):
        counts[place[one], place[other]] += 1
    archive = network(size, cell="SimpleRNN", units=size, softmax=True, scale=0.0)
    archive.arrays["layers/simple_rnn/cell/vars/0"] = 20 * np.eye(size, dtype=np.float32)
    archive.arrays["layers/dense/vars/0"] = np.log(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
    if window is not None:
        archive.layers[0]["config"]["batch_shape"][1] = window
        archive.layer("SimpleRNN")["config"]["return_sequences"] = False
    return archive


@pytest.fixture
def text(tmp_path: Path) -> TextOptions:
    file = tmp_path / "text.txt"
    file.write_text(english(), encoding="utf-8")
    return TextOptions(file)


def test_a_model_and_its_tokenizer_become_a_checkpoint_that_plays(tmp_path: Path) -> None:
    tokens = json.loads((SHIPPED / "vocabulary.json").read_text(encoding="utf-8"))["tokens"]
    (tmp_path / "tokenizer.json").write_text(json.dumps({token: n for n, token in enumerate(tokens) if n}))
    import_model(SHIPPED / "model.keras", tmp_path / "mine", vocabulary=tmp_path / "tokenizer.json")
    model, shipped = load(tmp_path / "mine"), load(SHIPPED)
    assert model.card["imported"]["model"] == "model.keras"
    ids = model.vocabulary.encode("Oil ")
    assert ids == shipped.vocabulary.encode("Oil ")
    assert (model.logits(ids) == shipped.logits(ids)).all()


@pytest.mark.parametrize("ending", ["h5", "hdf5", "keras"])
def test_an_imported_model_keeps_the_kind_of_its_file(tmp_path: Path, ending: str) -> None:
    archive = network(3, units=4)
    file = tmp_path / f"saved.{ending}"
    archive.save(file) if ending == "keras" else archive.save_h5(file)
    (tmp_path / "chars.json").write_text(json.dumps(["a", "b", "c"]))
    import_model(file, tmp_path / "mine", vocabulary=tmp_path / "chars.json")
    kept = {"card.json", "vocabulary.json", "model.keras" if ending == "keras" else "model.h5"}
    assert {path.name for path in (tmp_path / "mine").iterdir()} == kept
    assert load(tmp_path / "mine").name == "mine"
    assert load(file.with_name("mine")).logits([0, 2, 1]).shape == (3, 3)


def sorted_tokens(text: str) -> list[str]:
    return sorted(set(text))


def tokens_by_frequency(text: str) -> list[str]:
    return ["<pad>", *sorted(set(text), key=lambda c: (-text.count(c), text.index(c)))]


@pytest.mark.parametrize(
    ("order", "prepared", "said"),
    [
        (sorted_tokens, lambda text: text, "as it is, sorted, ids from 0"),
        (tokens_by_frequency, lambda text: text, "as it is, by frequency, ids from 1"),
        (sorted_tokens, lambda text: text.lower(), "lower-cased, sorted"),
        (sorted_tokens, lambda text: text.lower().translate(str.maketrans("", "", ".,;")), "without punctuation"),
    ],
)
def test_the_order_of_the_characters_is_found_from_the_text(
    tmp_path: Path, order: Any, prepared: Any, said: str
) -> None:
    raw = english().replace("the", "The").replace("dog", "DOG")
    (tmp_path / "text.txt").write_text(raw, encoding="utf-8")
    tokens = order(prepared(raw))
    file = bigram_model(prepared(raw), tokens).save(tmp_path / "model.keras")
    found = prepare(file, text=TextOptions(tmp_path / "text.txt"))
    assert said in found.how
    assert found.model.vocabulary.tokens == tokens
    assert found.fit is not None
    assert found.fit.carried is not None
    assert found.fit.carried < found.fit.letters - 1


def test_a_slice_says_which_characters_there_are(tmp_path: Path) -> None:
    raw = "ÀÉÎ" * 10 + english() + "ÕÜ" * 10
    (tmp_path / "text.txt").write_text(raw, encoding="utf-8")
    tokens = sorted(set(raw[30:-20]))
    file = bigram_model(raw[30:-20], tokens).save(tmp_path / "model.keras")
    options = TextOptions(tmp_path / "text.txt", span=parse_slice("30:-20"))
    assert prepare(file, text=options).model.vocabulary.tokens == tokens
    for wrong in ("30", "a:b", "1:2:3", ""):
        with pytest.raises(CheckpointError, match="a slice is two numbers"):
            parse_slice(wrong)


def test_a_lost_vocabulary_is_found_again(tmp_path: Path, text: TextOptions) -> None:
    raw = text.file.read_text(encoding="utf-8")
    shares = {c: raw.count(c) / len(raw) for c in set(raw)}
    right = []
    for seed in range(3):
        tokens = sorted(set(raw))
        random.Random(seed).shuffle(tokens)  # as list(set(text)) is, anew in every run
        file = bigram_model(raw, tokens).save(tmp_path / "model.keras")
        found = prepare(file, text=text)
        assert "lost, and solved for" in found.how
        right.append(sum(shares[a] for a, b in zip(tokens, found.model.vocabulary.tokens, strict=True) if a == b))
    assert sorted(right)[1] >= 0.999


def test_a_text_that_the_model_doesnt_know_is_refused_with_the_counts(tmp_path: Path, text: TextOptions) -> None:
    raw = text.file.read_text(encoding="utf-8")
    size = len(set(raw))
    file = network(size, units=8, scale=2.0).save(tmp_path / "random.keras")
    with pytest.raises(CheckpointError, match=rf"scores {size} tokens.*{size} as it is"):
        prepare(file, text=text)
    with pytest.raises(CheckpointError, match="--vocabulary FILE, or its --text FILE"):
        prepare(file)


# -- the state -------------------------------------------------------------------------------------------------------


def test_a_vocabulary_that_doesnt_fit_the_text_is_remarked_on(tmp_path: Path, text: TextOptions) -> None:
    raw = text.file.read_text(encoding="utf-8")
    tokens = sorted(set(raw))
    file = bigram_model(raw, tokens).save(tmp_path / "model.keras")
    for name, listed in (("right", tokens), ("wrong", tokens[::-1])):
        (tmp_path / "chars.json").write_text(json.dumps(listed))
        found = prepare(file, vocabulary=tmp_path / "chars.json", text=text)
        assert any("no better than letters" in remark for remark in found.remarks) == (name == "wrong")


def test_the_state_is_carried_where_that_costs_little(tmp_path: Path, text: TextOptions) -> None:
    raw = text.file.read_text(encoding="utf-8")
    file = bigram_model(raw, sorted(set(raw))).save(tmp_path / "model.keras")
    found = prepare(file, text=text)
    assert found.fit is not None
    assert found.fit.window == pytest.approx(found.fit.carried, abs=0.01)
    assert (found.model.vocabulary.state, found.model.vocabulary.window) == ("carried", 6)
    assert found.model.network.window is None
    kept = prepare(file, text=text, state="window")
    assert kept.model.network.window == 6


def test_without_a_text_a_model_keeps_its_windows(tmp_path: Path) -> None:
    archive = network(3, units=4)
    archive.layers[-2]["config"]["return_sequences"] = False
    archive.layers[0]["config"]["batch_shape"][1] = 4
    (tmp_path / "chars.json").write_text(json.dumps(["a", "b", "c"]))
    file = archive.save(tmp_path / "m.keras")
    import_model(file, tmp_path / "mine", vocabulary=tmp_path / "chars.json")
    model = load(tmp_path / "mine")
    assert model.network.window == 4
    texts = [token.text for token in generate(model, "abc", Controls(), seed=1, max_tokens=20)]
    assert len(texts) == 20
    archive.layers[0]["config"]["batch_shape"][1] = None
    unknown = prepare(archive.save(file), vocabulary=tmp_path / "chars.json")
    assert unknown.model.network.window is None
    assert any("--window N" in remark for remark in unknown.remarks)
    with pytest.raises(CheckpointError, match="add --window N"):
        prepare(file, vocabulary=tmp_path / "chars.json", state="window")
    assert prepare(file, vocabulary=tmp_path / "chars.json", window=9).model.network.window == 9


def test_textgenrnn_brings_its_window_and_begins_with_its_end(tmp_path: Path) -> None:
    write_textgenrnn(tmp_path / "x_weights.hdf5", 5)
    (tmp_path / "x_vocab.json").write_text(json.dumps({"a": 1, "b": 2, "c": 3, "<s>": 4}))
    (tmp_path / "x_config.json").write_text(json.dumps({"max_length": 10, "rnn_size": 4}))
    (tmp_path / "titles.txt").write_text("abc\nbca\ncab\n" * 40)
    options: dict[str, Any] = {"vocabulary": tmp_path / "x_vocab.json", "text": TextOptions(tmp_path / "titles.txt")}
    found = import_model(tmp_path / "x_weights.hdf5", tmp_path / "mine", **options)
    assert found.fit is not None
    assert found.fit.window is not None
    assert found.fit.carried is None
    model = load(tmp_path / "mine")
    assert (model.network.window, model.vocabulary.eos) == (10, 4)
    assert "".join(token.text for token in generate(model, "", seed=1, max_tokens=9))
    with pytest.raises(CheckpointError, match="no state to carry on"):
        prepare(tmp_path / "x_weights.hdf5", state="carried", **options)


def test_a_masked_id_that_is_a_character_is_refused(tmp_path: Path) -> None:
    file = network(3, embedding=2).save(tmp_path / "model.keras")
    (tmp_path / "chars.json").write_text(json.dumps(["a", "b", "c"]))
    with pytest.raises(CheckpointError, match="masks id 0, which this vocabulary gives to 'a'"):
        prepare(file, vocabulary=tmp_path / "chars.json")


def test_a_file_says_what_it_holds_before_anything_is_imported(tmp_path: Path) -> None:
    archive = network(4, units=6)
    archive.layers.insert(0, entry("InputLayer", "text", batch_shape=[None, None]))
    lookup = entry("StringLookup", "ids", vocabulary=list("abc"), mask_token=None, oov_token="[UNK]")
    archive.layers[1:3] = [lookup, entry("Embedding", "embedding", input_dim=4, output_dim=4)]
    archive.arrays["layers/embedding/vars/0"] = np.eye(4, dtype=np.float32)
    file = archive.save(tmp_path / "model.keras")
    found = inspect(file)
    assert (found.kind, found.network.vocabulary_size) == ("Keras archive (.keras)", 4)
    assert prepare(file).model.vocabulary == Vocabulary(["\ufffd", "a", "b", "c"], lower=True)


def test_the_entropy_of_letters_is_that_of_their_frequencies() -> None:
    assert letters_entropy(np.array([0, 1, 2, 3])) == pytest.approx(2.0)
