"""The fast forward pass gives what Keras gives: logits, gradients, whatever the cell and the input."""

import numpy as np
import pytest

pytestmark = pytest.mark.keras
tf = pytest.importorskip("tensorflow")

from charrnn_engine.runs.settings import CorpusSettings, NetworkSettings, TrainingSettings  # noqa: E402
from charrnn_engine.training.batches import Batch  # noqa: E402
from charrnn_engine.training.forward import Forward, nats  # noqa: E402
from charrnn_engine.training.network import build  # noqa: E402
from charrnn_engine.training.optimisation import Optimisation  # noqa: E402

VOCABULARY = 11


@pytest.fixture(scope="module")
def batch():
    random = np.random.default_rng(5)
    inputs = random.integers(1, VOCABULARY, (3, 7)).astype(np.int32)
    targets = random.integers(1, VOCABULARY, (3, 7)).astype(np.int32)
    inputs[1, 4:] = targets[1, 4:] = 0
    return inputs, targets


def keras_loss(model, inputs, targets, one_hot):
    """Mean -log p over what isn't padding, by the model's own call."""
    rows = tf.one_hot(inputs, VOCABULARY) * tf.cast(inputs > 0, tf.float32)[..., None] if one_hot else inputs
    outputs = model(rows)
    costs = tf.keras.losses.sparse_categorical_crossentropy(targets, outputs, from_logits=not one_hot)
    weights = tf.cast(targets > 0, tf.float32)
    return tf.reduce_sum(costs * weights)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize(("layers", "embedding"), [(1, 0), (2, 6)])
def test_loss_and_gradients_are_those_of_keras(cell, layers, embedding, batch):
    inputs, targets = batch
    model = build(NetworkSettings(cell, layers, 9, embedding, dropout=0.3), VOCABULARY, seed=1)
    for variable in model.trainable_variables:  # biases start at zero, which would hide a mistake
        variable.assign(variable + 0.1 * np.random.default_rng(2).standard_normal(variable.shape))
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        wanted = keras_loss(model, inputs, targets, one_hot=not embedding)
    wanted_gradients = tape.gradient(wanted, variables)
    for by_layers in (False, True):  # as on a processor, and as on a GPU
        forward = Forward(model, tf.float32, by_layers=by_layers)
        with tf.GradientTape() as tape:
            found = tf.reduce_sum(nats(forward.logits(tf.constant(inputs)), tf.constant(targets)))
        gradients = tape.gradient(found, variables)
        assert float(found) == pytest.approx(float(wanted), abs=1e-4)
        for variable, gradient, other in zip(variables, gradients, wanted_gradients, strict=True):
            np.testing.assert_allclose(
                tf.convert_to_tensor(gradient), tf.convert_to_tensor(other), atol=2e-5, err_msg=variable.name
            )


def test_padding_costs_nothing_and_reaches_nothing(batch):
    inputs, targets = batch
    model = build(NetworkSettings("lstm", 1, 9, 6), VOCABULARY, seed=1)
    forward = Forward(model, tf.float32)
    wider = np.pad(inputs, ((0, 0), (0, 3))), np.pad(targets, ((0, 0), (0, 3)))
    costs = nats(forward.logits(tf.constant(inputs)), tf.constant(targets)).numpy()
    padded = nats(forward.logits(tf.constant(wider[0])), tf.constant(wider[1])).numpy()
    np.testing.assert_allclose(padded[:7], costs, atol=1e-6)
    assert not padded[7:].any()


def test_dropout_is_the_same_for_the_same_seed_and_off_without_one(batch):
    inputs = tf.constant(batch[0])
    model = build(NetworkSettings("lstm", 1, 9, 6, 0.2, 0.5), VOCABULARY, seed=1)
    forward = Forward(model, tf.float32, recurrent_dropout=0.5)
    one, again, other, off = (
        forward.logits(inputs, seed).numpy()
        for seed in (tf.constant([1, 2]), tf.constant([1, 2]), tf.constant([2, 2]), None)
    )
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_array_equal(off, forward.logits(inputs).numpy())


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_with_the_state_carried_two_halves_are_the_whole(cell, batch):
    ids = tf.constant(batch[0])
    model = build(NetworkSettings(cell, 2, 9, 6), VOCABULARY, seed=1)
    forward = Forward(model, tf.float32)
    whole = forward.logits(ids).numpy()
    variables = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape() as tape:
        first, states = forward.carried(ids[:, :4], None, forward.fresh_state(3))
        second, _ = forward.carried(ids[:, 4:], None, states)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, atol=1e-6)
    assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in tape.gradient(second, variables))


def test_steps_with_the_state_carried_read_the_rows_as_one_text(batch):
    """Whatever part of the rows is computed where."""
    inputs, targets = batch[0], np.maximum(batch[1], 1)
    settings = TrainingSettings(
        CorpusSettings("a.txt"), NetworkSettings("lstm", 2, 9, 6), batch=3, learning_rate=1e-9, weight_decay=0.0,
        precision="float32", state="carried",
    )  # fmt: skip
    model = build(settings.network, VOCABULARY, seed=1)
    optimisation = Optimisation(model, settings, 10, tf.distribute.get_strategy())
    halves = [Batch(inputs[:, part], targets[:, part], 1) for part in (slice(0, 3), slice(3, 7))]
    one, other = (optimisation.step(half, 0).nats for half in halves)
    whole = optimisation.costs(inputs, targets)
    assert one + other == pytest.approx(whole.sum(), rel=1e-5)
    optimisation.reset_state()
    assert optimisation.step(halves[0], 1).nats == pytest.approx(one, rel=1e-5)
