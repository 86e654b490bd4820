"""What `evaluate` says is Keras' own loss: on the network of the notebook, and on every model that ships."""

import math
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.keras
tf = pytest.importorskip("tensorflow")

import keras  # noqa: E402

from charrnn_engine import load  # noqa: E402
from charrnn_engine.evaluation.encoding import encoder  # noqa: E402
from charrnn_engine.evaluation.scoring import line_row, padded, score, window_rows  # noqa: E402

SHIPPED = sorted(path.parent for path in (Path(__file__).parents[3] / "checkpoints").glob("*/model.keras"))
TEXT = "Oil rises as the storm nears the coast\nMarkets end the week a little lower, with few sellers\n"


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_the_score_is_the_loss_of_keras(folder):
    model = load(folder)
    vocabulary = model.vocabulary
    if vocabulary.eos is None:
        rows = list(window_rows(encoder(vocabulary)(TEXT), vocabulary, 16))
    else:
        rows = [line_row(encoder(vocabulary)(line), vocabulary) for line in TEXT.splitlines()]
    inputs, targets = padded([row.inputs for row in rows]), padded([row.targets for row in rows])

    whole = keras.models.load_model(folder / "model.keras")
    one_hot = len(whole.input_shape) == 3
    fed = tf.one_hot(inputs, len(vocabulary)) * (inputs > 0)[..., None] if one_hot else inputs
    softmax = whole.layers[-1].get_config()["activation"] == "softmax"
    costs = keras.losses.sparse_categorical_crossentropy(targets, whole(fed), from_logits=not softmax)
    wanted = float(np.sum(np.asarray(costs) * (targets > 0)))

    found = score(model, rows)
    asked = int((targets > 0).sum())
    assert found.tokens == asked + found.unknown
    assert (found.nats - found.unknown * math.log(100)) / asked == pytest.approx(wanted / asked, abs=1e-4)
