"""States read off a text: for one text exactly, and for a sample of many."""

import numpy as np
import pytest

from charrnn_engine import PromptError, load
from charrnn_engine.inside.activations import (
    CHUNK,
    WARM_UP,
    activations,
    chunks_of_activations,
    own_texts,
    read_sample,
    texts_of,
)
from tests.archives import characters, write_model


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
def test_activations_are_the_states_of_the_model_step_by_step(tmp_path, cell):
    model = load(write_model(tmp_path / "model", cell, layers=2, units=4))
    ids = model.vocabulary.encode("the quick brown")
    state, wanted = model.initial_state(), []
    for index in ids:
        _, state = model.step(index, state)
        wanted.append(state[0])
    found = activations(model, ids)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(activations(model, ids[5:], state=wanted[4]), wanted[5:])
    assert activations(model, []).shape == (0, model.network.state_size)


def test_a_long_text_comes_in_chunks(model):
    ids = np.random.default_rng(0).integers(1, len(model.vocabulary), CHUNK + 5)
    chunks = list(chunks_of_activations(model, ids))
    assert [len(chunk) for chunk in chunks] == [CHUNK, 5]
    np.testing.assert_array_equal(np.concatenate(chunks), activations(model, ids))


def test_a_sample_of_short_texts_holds_the_states_of_each_from_the_initial_state(model):
    texts = ["the quick", "brown", "fox jumps over"]
    sample = read_sample(model, texts)
    wanted = np.concatenate([activations(model, model.vocabulary.encode(text)) for text in texts])
    np.testing.assert_allclose(sample.states, wanted, atol=2e-3)
    ends = sample.gather(lambda text: np.array(list(text)))
    assert "".join(ends) == "".join(texts)


def test_a_sample_of_a_long_text_is_spread_over_it_and_warmed_up(model):
    text = "abcdefghij klmnop qrstuvwxyz" * 300
    sample = read_sample(model, [text], tokens=2000)
    assert len(sample.states) in range(1000, 2001)
    wanted = activations(model, model.vocabulary.encode(text[: WARM_UP + 1]))[-1]
    np.testing.assert_allclose(sample.states[0], wanted, atol=2e-3)
    assert sample.end_of[0] == WARM_UP
    assert sample.end_of[-1] == len(text) - 1


def test_what_the_model_does_not_know_is_left_out(model):
    sample = read_sample(model, ["the 漢quick", "漢字"])
    assert sample.texts == ("the quick",)
    assert len(sample.states) == 9
    with pytest.raises(PromptError, match="nothing to read"):
        read_sample(model, ["漢"])


def test_each_word_of_a_word_model_has_the_place_of_its_last_character(tmp_path):
    from charrnn_engine import Vocabulary

    vocabulary = Vocabulary(["<pad>", "<eos>", "<unk>", "the", " fox", " ran"], 1, "word")
    words = load(write_model(tmp_path / "words", vocabulary=vocabulary, units=4))
    sample = read_sample(words, ["the fox swam ran"])
    assert sample.end_of.tolist() == [2, 6, 11, 15]


def test_lines_are_texts_of_their_own_for_a_model_without_newline(model, tmp_path):
    assert texts_of(model, "a\nb") == ["a", "b"]
    assert texts_of(load(write_model(tmp_path / "m", vocabulary=characters("ab\n"))), "a\nb") == ["a\nb"]


def test_a_model_writes_texts_of_its_own_the_same_ones_each_time(speller):
    texts = own_texts(speller, 40)
    assert texts == own_texts(speller, 40)
    assert texts.count("the quick") > 1


def test_progress_goes_up_to_one(model):
    done = []
    read_sample(model, ["the quick", "fox"], progress=done.append)
    assert done[-1] == 1.0
    assert done == sorted(done)
