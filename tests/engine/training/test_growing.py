"""A model that is taught a new text keeps what it knows, and gets rows for new characters."""

import numpy as np
import pytest

from charrnn_engine.checkpoints.store import load
from charrnn_engine.errors import TrainingError
from charrnn_engine.runs.settings import CorpusSettings, NetworkSettings
from charrnn_engine.runs.starting import taken_over
from charrnn_engine.training.encoded_corpus import open_corpus
from charrnn_engine.training.growing import new_characters, starting_weights
from charrnn_engine.vocabulary import EOS, PAD, Vocabulary
from tests.archives import network, write_folder, write_model


def test_new_characters_of_the_training_part_come_after_the_known_ones(tmp_path):
    text = tmp_path / "new.txt"
    text.write_text("Cab é" * 40 + "ž", encoding="utf-8")
    own = Vocabulary([PAD, "b", "a", EOS], eos=3, lower=True)
    corpus = open_corpus(CorpusSettings(str(text), window=8), own, grows=True)
    assert corpus.vocabulary == Vocabulary([PAD, "b", "a", EOS, " ", "c", "é"], eos=3, lower=True)
    assert corpus.train.unknown == 0
    assert open_corpus(CorpusSettings(str(text), window=8), own).vocabulary == own


def test_new_characters_are_named_and_blank_ones_escaped():
    assert new_characters(["é", "\t", " "]) == "3 new characters: é '\\t' ' '"
    assert new_characters(list("abcdefghij" * 5)).endswith("i j …")


def test_words_are_not_added(tmp_path):
    text = tmp_path / "new.txt"
    text.write_text("salt river stone lamp " * 20, encoding="utf-8")
    own = Vocabulary([PAD, "<unk>", " river"], level="word")
    assert open_corpus(CorpusSettings(str(text), level="word", window=8), own, grows=True).vocabulary == own


def test_a_vocabulary_that_isnt_grown_from_the_models_is_refused(tmp_path):
    folder = write_model(tmp_path / "model", vocabulary=Vocabulary([PAD, "a", "b"]))
    with pytest.raises(TrainingError, match="vocabulary isn't the beginning"):
        starting_weights(str(folder), Vocabulary([PAD, "b", "a"]), 0)


@pytest.mark.parametrize(
    ("cell", "embedding", "bias"), [("LSTM", None, True), ("GRU", 6, True), ("SimpleRNN", None, False)]
)
def test_the_network_to_train_scores_known_characters_as_the_model_does(tmp_path, cell, embedding, bias):
    pytest.importorskip("tensorflow")
    from charrnn_engine.training.network import build

    archive = network(4, cell=cell, embedding=embedding, layers=2, units=5, bias=bias)
    archive.layers[-2]["config"]["return_sequences"] = False
    if embedding:
        archive.layer("Embedding")["config"]["mask_zero"] = False
    folder = write_folder(tmp_path / "model", archive, Vocabulary(list("abcd")))
    grown, fields = Vocabulary([PAD, *"abcd", "é"]), taken_over(str(folder), {})
    assert (fields["layers"], fields["embedding"]) == (2, embedding or 0)
    fields.pop("level")
    trained = build(NetworkSettings(**fields), len(grown), 0)
    trained.set_weights(starting_weights(str(folder), grown, 0))

    ids = np.array([grown.encode("abdcab")])
    inputs = ids if embedding else np.eye(len(grown), dtype=np.float32)[ids]
    found = np.asarray(trained(inputs))[0]
    logits = found if embedding else np.log(found)
    known = load(folder).logits(ids[0] - 1)
    # A softmax leaves a constant of each step open.
    np.testing.assert_allclose(logits[:, 1:5] - logits[:, 1:2], known - known[:, :1], atol=1e-4)
    best, new = logits[:, 1:5].max(axis=1), logits[:, [0, 5]].max(axis=1)
    assert (new < best).all(), "a new character is never the most probable"
