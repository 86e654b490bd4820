"""Which machines share a run: this one, or those that TF_CONFIG names."""

import json
import os
from typing import Any

import tensorflow as tf

from charrnn_engine.runs.errors import SettingsError


def make_strategy() -> Any:
    """The default strategy, or MultiWorkerMirroredStrategy where TF_CONFIG names a cluster of several workers.

    To be called before TensorFlow computes anything. Raises SettingsError for a TF_CONFIG that can't be read.
    """
    told = os.environ.get("TF_CONFIG", "")
    if not told:
        return tf.distribute.get_strategy()
    try:
        workers = json.loads(told).get("cluster", {}).get("worker", [])
    except (ValueError, AttributeError):
        raise SettingsError("TF_CONFIG is no JSON object; it names the cluster and this task in it") from None
    if len(workers) < 2:
        return tf.distribute.get_strategy()
    return tf.distribute.MultiWorkerMirroredStrategy()
