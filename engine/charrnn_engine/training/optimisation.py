"""One step of optimisation, and the costs of a batch, under a distribution strategy. Knows no epochs and no files."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from charrnn_engine.errors import SettingsError, TrainingError
from charrnn_engine.evaluation.threads import usable_cores
from charrnn_engine.runs.cluster import Task
from charrnn_engine.runs.settings import Precision, TrainingSettings
from charrnn_engine.runs.state import Arrays
from charrnn_engine.training.batches import Batch
from charrnn_engine.training.forward import Forward, States, nats
from charrnn_engine.training.tensors import Model, Optimizer, Strategy, Tensor

_FINAL_RATE = 0.01  # of the learning rate, where the cosine ends
_MOST_TOWERS = 4


def towers() -> int:
    """The number of parts of a minibatch that are computed side by side, each on a core: a single step of a
    recurrence is too small to be spread over cores. A GPU takes a minibatch as a whole."""
    return 1 if has_gpu() else min(usable_cores(), _MOST_TOWERS)


def has_gpu() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))


def configure_threads() -> None:
    """To be called before TensorFlow computes anything."""
    tf.config.threading.set_inter_op_parallelism_threads(towers())
    tf.config.threading.set_intra_op_parallelism_threads(max(1, usable_cores() // towers()))


def strategy_for(task: Task) -> Strategy:
    """How the processes of a run, or the GPUs of its machine, work together. To be called before TensorFlow computes
    anything."""
    if task.count > 1:
        return tf.distribute.MultiWorkerMirroredStrategy()
    several = len(tf.config.list_physical_devices("GPU")) > 1
    return tf.distribute.MirroredStrategy() if several else tf.distribute.get_strategy()


def resolved(precision: Precision) -> Literal["float32", "bfloat16"]:
    """The precision of the matrix products: "auto" is bfloat16 where the processor computes with it, and float32 on a
    GPU."""
    if precision != "auto":
        return precision
    if has_gpu():
        return "float32"
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        flags = ""
    return "bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


@dataclass(frozen=True)
class StepResult:
    """Of a minibatch, over all replicas: the sum of nats, the gradient's norm before clipping, and how many replicas
    are to stop."""

    nats: float
    norm: float
    stops: int

    @property
    def finite(self) -> bool:
        return math.isfinite(self.nats) and math.isfinite(self.norm)


class Optimisation:
    """A model with its optimizer: AdamW, warm-up and cosine decay over `total_steps`, gradients clipped by norm.

    Every process is handed the same minibatches; each replica, wherever it is, takes its share of the rows. Raises
    SettingsError where several replicas would carry the state.
    """

    def __init__(self, model: Model, settings: TrainingSettings, total_steps: int, strategy: Strategy) -> None:
        self.model = model
        self.precision = resolved(settings.precision)
        self._strategy = strategy
        self._clip = settings.clip
        self._seed = settings.seed * 1009 % 2**31  # seeds are int32
        compute = tf.bfloat16 if self.precision == "bfloat16" else tf.float32
        self._training = Forward(model, compute, settings.network.recurrent_dropout, by_layers=has_gpu())
        self._measuring = Forward(model, tf.float32, by_layers=has_gpu())
        self._carried: list[tuple[Any, ...]] | None = None
        if settings.state == "carried":
            if strategy.num_replicas_in_sync > 1:
                raise SettingsError("--state carried works on one device only; leave it out, or train on one device")
            zeros = self._training.fresh_state(settings.batch)
            self._carried = [
                tuple(tf.Variable(part, trainable=False, shape=(None, part.shape[1])) for part in state)
                for state in zeros
            ]
        with strategy.scope():
            self.optimizer: Optimizer = _optimizer(settings, total_steps)
            self.optimizer.build(model.trainable_variables)
        matrix, scalar = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((), tf.float32)
        signature = [matrix, matrix, scalar, scalar, tf.TensorSpec((), tf.int32)]
        # Loops over tensors are written with tf.while_loop. AutoGraph would look for others, and double the start.
        self._step = tf.function(self._distributed_step, input_signature=signature, autograph=False)
        self._measure = tf.function(self._costs, input_signature=[matrix, matrix], autograph=False)

    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return float(self.optimizer.learning_rate)

    def reset_state(self) -> None:
        """The next step starts from a fresh state."""
        for variable in itertools.chain(*(self._carried or ())):
            variable.assign(tf.zeros_like(variable))

    def step(self, batch: Batch, number: int, stop: bool = False) -> StepResult:
        """One step on a minibatch. `number` seeds the dropout, so that a repeated step drops the same units."""
        result = self._step(batch.inputs, batch.targets, float(batch.tokens), float(stop), number)
        nats, norm, stops = (float(value) for value in result.numpy())
        return StepResult(nats, norm, int(stops))

    def costs(self, inputs: NDArray[np.int32], targets: NDArray[np.int32]) -> NDArray[np.float32]:
        """-log p in nats of targets (B, T) after inputs (B, T), without dropout, in float32; (B, T)."""
        return np.asarray(self._measure(inputs, targets))

    def weights(self) -> Arrays:
        return _arrays(self.model.trainable_variables)

    def optimizer_state(self) -> Arrays:
        return _arrays(self.optimizer.variables)

    def restore(self, source: str, weights: Arrays, optimizer: Arrays | None = None) -> None:
        """Raises TrainingError, which names the source, where the arrays belong to another network."""
        variables, values = list(self.model.trainable_variables), list(weights)
        if optimizer is not None:
            variables, values = variables + list(self.optimizer.variables), values + optimizer
        if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
            raise TrainingError(f"{source}: its weights belong to another network")
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def _distributed_step(self, *batch: Tensor) -> Any:
        return self._strategy.reduce(
            tf.distribute.ReduceOp.SUM, self._strategy.run(self._replica_step, args=batch), axis=None
        )

    def _replica_step(self, inputs: Tensor, targets: Tensor, tokens: Tensor, stop: Tensor, number: Tensor) -> Tensor:
        variables = [variable.value for variable in self.model.trainable_variables]
        context = tf.distribute.get_replica_context()
        replica: Tensor = context.replica_id_in_sync_group
        replicas = self._strategy.num_replicas_in_sync
        if replicas > 1:
            inputs, targets = inputs[replica::replicas], targets[replica::replicas]
        count = towers()
        losses, gradients, after = [], [], []
        for tower in range(count):
            seed = tf.stack([number, self._seed + replica * _MOST_TOWERS + tower])
            with tf.GradientTape() as tape:
                before = _rows(self._carried, tower, count)
                logits, states = self._training.carried(inputs[tower::count], seed, before)
                loss = tf.reduce_sum(nats(logits, targets[tower::count]))
            losses.append(loss)
            after.append(states)
            found = tape.gradient(loss, variables)
            gradients.append([tf.convert_to_tensor(gradient) / tokens for gradient in found])
        summed = [tf.add_n(parts) for parts in zip(*gradients, strict=True)]
        self._carry(after)
        if replicas > 1:
            summed = context.all_reduce(tf.distribute.ReduceOp.SUM, summed)
        clipped, norm = tf.clip_by_global_norm(summed, self._clip)
        # `apply` sums over the replicas once more, which now hold equal gradients.
        self.optimizer.apply([gradient / replicas for gradient in clipped], self.model.trainable_variables)
        result: Tensor = tf.stack([tf.add_n(losses), norm / replicas, stop])
        return result

    def _carry(self, after: list[States]) -> None:
        """Keeps the state after a step. `after` has the states of each tower's rows."""
        if self._carried is None:
            return
        rows = tf.range(tf.shape(self._carried[0][0])[0])
        places = [rows[tower :: len(after)] for tower in range(len(after))]
        for layer, state in enumerate(self._carried):
            for part, variable in enumerate(state):
                variable.assign(tf.dynamic_stitch(places, [states[layer][part] for states in after]))

    def _costs(self, inputs: Tensor, targets: Tensor) -> Tensor:
        count, rows = towers(), tf.shape(inputs)[0]
        parts = []
        for tower in range(count):
            part = slice(tower * rows // count, (tower + 1) * rows // count)
            parts.append(tf.transpose(nats(self._measuring.logits(inputs[part]), targets[part])))
        costs: Tensor = tf.concat(parts, 0)
        return costs


def _rows(states: States | None, tower: int, count: int) -> States | None:
    """The state of a tower's rows."""
    return states and [tuple(part[tower::count] for part in state) for state in states]


def _arrays(variables: Sequence[Any]) -> Arrays:
    return [np.asarray(tf.convert_to_tensor(variable).numpy()) for variable in variables]


def _optimizer(settings: TrainingSettings, total_steps: int) -> Any:
    warmup = max(1, round(settings.warmup * total_steps))
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=settings.learning_rate / warmup,
        decay_steps=max(1, total_steps - warmup),
        alpha=_FINAL_RATE,
        warmup_target=settings.learning_rate,
        warmup_steps=warmup,
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, beta_2=0.99)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer
