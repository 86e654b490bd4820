"""The losses of models that know almost nothing, to compare a loss curve with. No TensorFlow."""

import math

import numpy as np

from charrnn_engine.training.encoded_corpus import Samples
from charrnn_engine.vocabulary import PAD_ID, Vocabulary


def uniform_bits(vocabulary: Vocabulary) -> float:
    """Bits per token of a model that gives every token that can be drawn the same probability."""
    return math.log2(max(1, int(_drawable(vocabulary).sum())))


def unigram_bits(samples: Samples, vocabulary: Vocabulary, at_once: int = 4_000_000) -> float:
    """Entropy in bits of the frequencies of the tokens, with an `<eos>` after every closed sample. So many ids are
    counted at a time, as the corpus may be larger than memory."""
    counts = np.zeros(len(vocabulary), np.int64)
    for start in range(0, samples.tokens, at_once):
        counts += np.bincount(samples.ids[start : start + at_once], minlength=len(vocabulary))
    if vocabulary.eos is not None:
        counts[vocabulary.eos] += int(samples.closed.sum())
    share = counts[_drawable(vocabulary) & (counts > 0)].astype(np.float64)
    share /= max(1.0, float(share.sum()))
    return float(-(share * np.log2(share)).sum())


def _drawable(vocabulary: Vocabulary) -> np.ndarray:
    drawable = np.ones(len(vocabulary), np.bool_)
    drawable[PAD_ID] = False
    if vocabulary.unknown is not None:
        drawable[vocabulary.unknown] = False
    return drawable
