"""Whether a network can be trained here and opened afterwards, known before anything is allocated. No TensorFlow.

A process that takes too much memory is killed by the system without a word.
"""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from charrnn_engine.checkpoints.limits import MAX_PARAMETERS, MAX_TABLE
from charrnn_engine.errors import SettingsError, TrainingError
from charrnn_engine.runs.settings import NetworkSettings, TrainingSettings

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_ARCHIVE_BYTES = 25_000
_WORD_LENGTH = 5.5  # characters of a word and the space after it
_SECONDS_PER_TOKEN, _SECONDS_PER_WEIGHT = 3.5e-6, 24e-12  # of training on two cores of 2024
_COPIES = 4  # of every weight: itself, its gradient and the optimizer's two moments
_LIMIT_FILES = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def count_parameters(network: NetworkSettings, vocabulary_size: int) -> int:
    """The number of weights of a network, biases included."""
    gates = _GATES[network.cell]
    width = network.embedding or vocabulary_size
    count = vocabulary_size * network.embedding
    for _ in range(network.layers):
        count += gates * network.units * (width + network.units + (2 if network.cell == "gru" else 1))
        width = network.units
    return count + (width + 1) * vocabulary_size


def expected_bytes(parameters: int, half: bool) -> int:
    """The size of a saved model: its weights, and what the archive adds to them."""
    return round(parameters * (2 if half else 4) + _ARCHIVE_BYTES)


def rough_seconds(settings: TrainingSettings, characters: int, different: int) -> tuple[float, int]:
    """A guess at the seconds that a run on so many characters takes on two cores, and the size of its model in bytes.
    `different` is the number of different characters. The seconds are right within a factor of two on most machines;
    their ratios are more exact.
    """
    network, words = settings.network, settings.corpus.level == "word"
    tokens = characters / (_WORD_LENGTH if words else 1)
    vocabulary = (settings.corpus.vocabulary_size or round(tokens**0.65)) if words else different
    parameters = count_parameters(network, vocabulary)
    per_token = _SECONDS_PER_TOKEN + _SECONDS_PER_WEIGHT * parameters
    return settings.epochs * tokens * per_token, expected_bytes(parameters, settings.half_weights)


def check_limits(
    settings: TrainingSettings, vocabulary_size: int, limit_files: Sequence[Path] = _LIMIT_FILES
) -> None:
    """Raises SettingsError for a network too large to be opened when trained, TrainingError for one too large for the
    memory of this machine, or for what a control group leaves of it."""
    network = settings.network
    parameters = count_parameters(network, vocabulary_size)
    if parameters > MAX_PARAMETERS:
        raise SettingsError(
            f"the network would have {parameters / 1e6:,.0f} million weights; models of at most "
            f"{MAX_PARAMETERS / 1e6:.0f} million can be opened, so choose a smaller --units, --layers or --embedding"
        )
    if network.embedding and vocabulary_size * network.units * _GATES[network.cell] > MAX_TABLE:
        many = f"--units {network.units} is too many"
        raise SettingsError(f"{many} for a vocabulary of {vocabulary_size:,}; choose fewer")
    needed, available = _least_bytes(settings, vocabulary_size, parameters), _memory(limit_files)
    if needed > available:
        raise TrainingError(
            f"training needs more than {needed / 1e9:,.1f} GB of memory and this machine has {available / 1e9:,.1f}; "
            "a smaller --units, --layers, --batch or --window needs less",
            "memory",
        )


def _least_bytes(settings: TrainingSettings, vocabulary_size: int, parameters: int) -> int:
    """What training takes at least: the weights in all their copies, and what a step keeps for its gradients."""
    network, corpus = settings.network, settings.corpus
    length = min(corpus.max_line, 40) if corpus.lines else corpus.window
    kept = length * settings.batch * (network.layers * network.units * _GATES[network.cell] + vocabulary_size)
    return 4 * (_COPIES * parameters + kept)


def _memory(limit_files: Sequence[Path]) -> float:
    """Bytes that this process could have at most; infinity where that is unknown."""
    found = [float("inf")]
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for file in limit_files:
        with contextlib.suppress(OSError, ValueError):
            found.append(int(file.read_text(encoding="ascii")))
    return min(found)
