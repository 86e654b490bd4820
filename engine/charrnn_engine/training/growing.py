"""A model's vocabulary and weights, grown by the characters of a corpus that the model lacks. No TensorFlow."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from charrnn_engine.checkpoints.plain_stack import plain_arrays
from charrnn_engine.errors import TrainingError
from charrnn_engine.network.products import Array
from charrnn_engine.runs.starting import starting_network
from charrnn_engine.runs.state import Arrays
from charrnn_engine.vocabulary import PAD, Vocabulary

_NOISE = 0.1  # of the standard deviation of the weights that a new row lies among
_NAMED_AT_MOST = 40


def grown_vocabulary(vocabulary: Vocabulary, texts: Iterable[str]) -> Vocabulary:
    """The vocabulary with the new characters of texts after its own, most frequent first. Words aren't added."""
    if vocabulary.level != "char":
        return vocabulary
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text.lower() if vocabulary.lower else text)
    new = sorted((c for c in counts if c not in vocabulary.ids), key=lambda c: (-counts[c], c))
    return replace(vocabulary, tokens=vocabulary.tokens + new)


def new_characters(characters: list[str]) -> str:
    """A line that names new characters."""
    named = " ".join(c if c.isprintable() and c != " " else repr(c) for c in characters[:_NAMED_AT_MOST])
    more = " …" if len(characters) > _NAMED_AT_MOST else ""
    return f"{len(characters)} new character{'s' if len(characters) > 1 else ''}: {named}{more}"


def starting_weights(name_or_path: str, vocabulary: Vocabulary, seed: int) -> Arrays:
    """The weights of a model in the order of Keras' variables, with rows and columns for what its vocabulary gained.

    A new token starts as the mean of the known ones with a little noise (Hewitt 2021, "Initializing New Word
    Embeddings for Pretrained Language Models"): it takes little probability from them. Raises TrainingError
    unless `vocabulary` begins with the model's own, CheckpointError for a model that can't be opened.
    """
    found, own = starting_network(name_or_path)
    before = int(vocabulary.pad is not None and own.pad is None)  # <pad> put in front
    after = len(vocabulary) - len(own) - before
    if after < 0 or vocabulary.tokens != [PAD] * before + own.tokens + vocabulary.tokens[before + len(own) :]:
        raise TrainingError(f"{name_or_path}: its vocabulary isn't the beginning of this run's")
    random = np.random.default_rng([seed, 11])

    def grown(array: Array, axis: int) -> Array:
        mean, spread = array.mean(axis, keepdims=True), _NOISE * float(array.std())
        lines = [mean + random.normal(0, spread, mean.shape) for _ in range(before + after)]
        return np.concatenate([*lines[:before], array, *lines[before:]], axis).astype(np.float32)

    first, *rest, kernel, bias = plain_arrays(found)
    return [grown(first, 0), *rest, grown(kernel, 1), grown(bias, 0)]
