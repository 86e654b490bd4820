"""Whether a network can fit into this machine's memory at all, found out before anything is allocated: a process that
takes too much is killed by the system without a word. No TensorFlow."""

import contextlib
import os
from pathlib import Path

from charrnn_engine.runs.errors import TrainingError
from charrnn_engine.runs.settings import NetworkSettings, TrainingSettings

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_COPIES = 4  # of every weight: itself, its gradient and the optimiser's two moments
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def count_parameters(network: NetworkSettings, vocabulary_size: int) -> int:
    """How many weights the network has, biases included."""
    gates = _GATES[network.cell]
    width = network.embedding or vocabulary_size
    found = vocabulary_size * network.embedding
    for _ in range(network.layers):
        found += gates * network.units * (width + network.units + (2 if network.cell == "gru" else 1))
        width = network.units
    return found + (width + 1) * vocabulary_size


def least_bytes(settings: TrainingSettings, vocabulary_size: int) -> int:
    """What training takes at the least: the weights in all their copies, and what a step keeps for its gradients."""
    network, corpus = settings.network, settings.corpus
    length = min(corpus.max_line, 40) if corpus.lines else corpus.window
    kept = length * settings.batch * (network.layers * network.units * _GATES[network.cell] + vocabulary_size)
    return 4 * (_COPIES * count_parameters(network, vocabulary_size) + kept)


def check_memory(settings: TrainingSettings, vocabulary_size: int) -> None:
    """Raises TrainingError where there can't be enough."""
    needed, there = least_bytes(settings, vocabulary_size), _memory()
    if needed > there:
        raise TrainingError(
            f"this network needs more than {needed / 1e9:,.0f} GB of memory and there are {there / 1e9:,.1f}; "
            "a smaller --units, --layers, --batch or --window needs less",
            "memory",
        )


def _memory() -> float:
    """Bytes that this process could ever have; infinity where that can't be told."""
    found = [float("inf")]
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for path in _LIMITS:
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text(encoding="ascii")))
    return min(found)
