"""The two lines that a loss curve is read against."""

import math

import numpy as np
import pytest

from charrnn_engine.training.encoded_corpus import Samples
from charrnn_engine.training.run_events import uniform_bits, unigram_bits
from charrnn_engine.vocabulary import Vocabulary


def samples(ids, closed=(False,)):
    bounds = np.linspace(0, len(ids), len(closed) + 1).astype(np.int64)
    return Samples(np.array(ids, np.int32), bounds, np.array(closed))


def test_uniform_counts_what_can_be_drawn_and_unigram_what_there_is():
    vocabulary = Vocabulary.of(["abcd"], level="char", eos=False)
    assert uniform_bits(vocabulary) == 2.0
    a, b, c, _ = (vocabulary.ids[token] for token in "abcd")
    for at_once in (3, 100):
        assert unigram_bits(samples([a, a, b, c] * 5), vocabulary, at_once) == pytest.approx(1.5)


def test_the_end_of_a_text_counts_where_it_is_learnt():
    vocabulary = Vocabulary.of(["a"], level="char", eos=True)
    a = vocabulary.ids["a"]
    assert uniform_bits(vocabulary) == 1.0
    assert unigram_bits(samples([a, a], (True, True)), vocabulary) == pytest.approx(1.0)
    assert unigram_bits(samples([a, a], (False, False)), vocabulary) == 0.0


def test_unknown_words_are_never_drawn_so_they_dont_count():
    vocabulary = Vocabulary.of(["a b a b c"], level="word", eos=False, most=2)
    assert vocabulary.unknown is not None
    known = [number for number, token in enumerate(vocabulary.tokens) if number not in (0, vocabulary.unknown)]
    assert uniform_bits(vocabulary) == math.log2(len(known))
    assert unigram_bits(samples([known[0], vocabulary.unknown]), vocabulary) == 0.0
