"""How much each character mattered: the gradient itself, and that it agrees with leaving characters out."""

from dataclasses import replace

import numpy as np
import pytest

from charrnn_engine import load
from charrnn_engine.inside.connectivity import connectivity
from charrnn_engine.inside.gradients import hidden_and_backward
from tests.archives import characters, write_folder, write_model
from tests.archives import network as network_archive


@pytest.mark.parametrize(
    "settings",
    [{"cell": "LSTM"}, {"cell": "GRU"}, {"cell": "GRU", "reset_after": False}, {"cell": "SimpleRNN"}],
    ids=["lstm", "gru", "gru-reset-before", "rnn"],
)
def test_the_gradient_is_that_of_finite_differences(tmp_path, settings):
    network = load(write_model(tmp_path / "model", layers=2, units=5, **settings)).network
    ids = np.array([3, 7, 4, 9])  # each once, so that to change a row of the table is to change one position
    state = np.random.default_rng(1).uniform(-0.5, 0.5, network.state_size).astype(np.float32)
    _, gradient = hidden_and_backward(network, ids, state)
    weights = np.linspace(-1, 1, 5, dtype=np.float32)
    found = gradient(weights)
    assert found.shape == (4, network.inputs.shape[1])
    for t, g in [(0, 0), (0, 4), (1, 3), (2, 2), (3, 1), (3, network.inputs.shape[1] - 1)]:
        ends = []
        for change in (-0.01, 0.01):
            inputs = network.inputs.copy()
            inputs[ids[t], g] += change
            ends.append(hidden_and_backward(replace(network, inputs=inputs), ids, state)[0][-1] @ weights)
        assert found[t, g] == pytest.approx((ends[1] - ends[0]) / 0.02, abs=2e-3)


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
def test_the_pass_forward_is_that_of_the_engine(tmp_path, cell):
    model = load(write_model(tmp_path / "model", cell, layers=2, units=6))
    ids = model.vocabulary.encode("the quick")
    hidden, _ = hidden_and_backward(model.network, np.array(ids), model.initial_state()[0])
    np.testing.assert_allclose(model.network.head(hidden), model.logits(ids), atol=1e-5)


def test_shares_add_up_to_one_and_are_those_of_the_last_characters(model):
    ids = model.vocabulary.encode("the quick brown fox")
    shares = connectivity(model, ids, last=10)
    assert shares.shape == (10,)
    assert shares.sum() == pytest.approx(1.0, abs=1e-5)
    assert (shares >= 0).all()
    np.testing.assert_allclose(
        shares[-3:] / shares[-3:].sum(), (c := connectivity(model, ids)[-3:]) / c.sum(), atol=1e-4
    )
    assert len(connectivity(model, ids[:1])) == 1
    assert len(connectivity(model, [])) == 0


def test_a_state_stands_for_the_text_before(model):
    ids = model.vocabulary.encode("the quick brown fox")
    state = model.initial_state()
    for index in ids[:9]:
        _, state = model.step(index, state)
    whole = connectivity(model, ids, 5, last=8)
    np.testing.assert_allclose(connectivity(model, ids[9:], 5, last=8, state=state[0]), whole, atol=1e-5)


def test_what_is_left_out_with_the_greatest_effect_has_the_greatest_share(speller):
    # The next character of the speller depends on the last one alone.
    shares = connectivity(speller, speller.vocabulary.encode("the qui"))
    assert shares[-1] == pytest.approx(1.0)


def test_shares_rank_characters_much_as_leaving_each_out_does(tmp_path):
    model = load(write_model(tmp_path / "model", units=24, scale=0.3))
    ids, agreement = model.vocabulary.encode("the quick brown fox jumps"), []
    for target in range(2, 12):
        shares = connectivity(model, ids, target)
        whole = log_probability(model, ids, target)
        effects = [abs(whole - log_probability(model, ids[:t] + ids[t + 1 :], target)) for t in range(len(ids))]
        ranks = [np.argsort(np.argsort(each)) for each in (shares, effects)]
        agreement.append(np.corrcoef(*ranks)[0, 1])
    assert np.mean(agreement) > 0.5


def log_probability(model, ids, target):
    logits = model.logits(ids)[-1].astype(np.float64)
    return logits[target] - np.log(np.exp(logits).sum())


def test_networks_of_other_layers_have_characters_left_out(tmp_path):
    archive = network_archive(len(characters()), units=6)
    archive.layer("LSTM")["config"]["activation"] = "relu"
    model = load(write_folder(tmp_path / "relu", archive, characters()))
    ids = model.vocabulary.encode("the quick")
    whole = log_probability(model, ids, 4)
    effects = np.array([abs(whole - log_probability(model, ids[:t] + ids[t + 1 :], 4)) for t in range(len(ids))])
    np.testing.assert_allclose(connectivity(model, ids, 4), effects / effects.sum(), atol=1e-4)
    assert connectivity(model, ids[:1], 4).tolist() == [1.0]
