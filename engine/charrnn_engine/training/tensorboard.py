"""Writes the figures of a run for TensorBoard, without needing TensorBoard itself. Knows no loop."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from charrnn_engine.errors import TrainingError
from charrnn_engine.evaluation.scoring import Score


class TensorBoardLog:
    """Writes to a folder; to nowhere if it is "". `characters` says whether a token is a character."""

    def __init__(self, folder: str, *, characters: bool) -> None:
        """Raises TrainingError where the folder can't be written."""
        self._characters = characters
        self._writer = None
        if folder:
            try:
                Path(folder).mkdir(parents=True, exist_ok=True)
                name = f"events.out.tfevents.{time.time():.6f}.{os.getpid()}"
                self._writer = tf.io.TFRecordWriter(str(Path(folder) / name))
                self._append(file_version="brain.Event:2")
            except (OSError, tf.errors.OpError) as error:
                reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
                raise TrainingError(
                    f"{folder}: it can't be written ({reason}); choose another --tensorboard"
                ) from None

    def step(self, number: int, nats: float, learning_rate: Callable[[], float]) -> None:
        """Adds a step: the loss of its minibatch in nats per token, and a function for the next learning rate."""
        if self._writer is None:
            return
        values = {"training/loss": nats, "training/learning_rate": learning_rate()}
        if self._characters:
            values["training/bits_per_character"] = nats / math.log(2)
        self._write(number, values)

    def validation(self, number: int, score: Score) -> None:
        """Adds the validation after step `number`."""
        if self._writer is not None:
            values = {"loss": score.nats_per_token, "bits_per_character": score.bits_per_character}
            self._write(number, {f"validation/{name}": value for name, value in values.items()})
            self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write(self, number: int, values: dict[str, float]) -> None:
        summary = tf.compat.v1.Summary
        self._append(
            step=number, summary=summary(value=[summary.Value(tag=t, simple_value=v) for t, v in values.items()])
        )

    def _append(self, **content: object) -> None:
        assert self._writer is not None
        self._writer.write(tf.compat.v1.Event(wall_time=time.time(), **content).SerializeToString())
