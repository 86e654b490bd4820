"""The settings of a training run: corpus, network, loop. Plain data that checks itself; no TensorFlow."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from charrnn_engine.checkpoints.limits import MAX_LAYERS, MAX_SIZE
from charrnn_engine.errors import SettingsError, shown
from charrnn_engine.vocabulary import Level

Cell = Literal["lstm", "gru", "rnn"]
Precision = Literal["auto", "float32", "bfloat16"]
Carrying = Literal["fresh", "carried"]

MAX_SEED = 2**31 - 1
_PLENTY = 10**9


@dataclass(frozen=True)
class CorpusSettings:
    """Where the text is and how it is cut into samples.

    With `lines`, each line (or each cell of `columns`) is a sample that ends in `<eos>`. Otherwise the text is cut
    into windows of `window` tokens. Only the first column is measured; `TrainingSettings.extra` says for how long
    the others are learnt from. Lines longer than `max_line` tokens are cut into pieces. `unescape` removes HTML from
    the text. A path may be a folder or a pattern; `more` has further paths.
    """

    path: str
    columns: tuple[str, ...] = ()
    lines: bool = False
    window: int = 256
    max_line: int = 256
    level: Level = "char"
    vocabulary_size: int | None = None
    validation: str = "0.1"
    unescape: bool = False
    more: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _whole("window", self.window, 2, 1_000_000)
        _whole("max-line", self.max_line, 8, 1_000_000)
        if self.vocabulary_size is not None:
            _whole("vocabulary", self.vocabulary_size, 2, MAX_SIZE)
        _one_of("level", self.level, Level)

    @property
    def paths(self) -> tuple[str, ...]:
        return self.path, *self.more

    @property
    def validation_fraction(self) -> float | None:
        """The fraction of the corpus held out for validation, or None where `validation` names a file."""
        try:
            share = float(self.validation)
        except ValueError:
            return None
        if not 0 < share < 1:
            raise SettingsError(f"--validation is {self.validation}; a fraction is above 0 and below 1")
        return share


@dataclass(frozen=True)
class NetworkSettings:
    """The network: one-hot input (`embedding` 0) or an embedding, recurrent layers, a Dense head.

    `input_dropout` is applied to the embedding, `dropout` to the output of every recurrent layer, and
    `recurrent_dropout` to recurrent weights (DropConnect; Merity et al. 2017, arXiv:1708.02182).
    """

    cell: Cell = "lstm"
    layers: int = 1
    units: int = 128
    embedding: int = 0
    input_dropout: float = 0.0
    dropout: float = 0.0
    recurrent_dropout: float = 0.0

    def __post_init__(self) -> None:
        _one_of("cell", self.cell, Cell)
        # Input, embedding or mask, and head add to the layers that are counted here.
        left = MAX_LAYERS - 3 - bool(self.input_dropout)
        _whole("layers", self.layers, 1, left // (2 if self.dropout else 1))
        _whole("units", self.units, 1, MAX_SIZE)
        _whole("embedding", self.embedding, 0, MAX_SIZE)
        for name in ("input_dropout", "dropout", "recurrent_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(f"--{name.replace('_', '-')} is {getattr(self, name)}; it is from 0 to below 1")


@dataclass(frozen=True)
class TrainingSettings:
    """The loop. `extra` is the share of the epochs in which further columns are learnt from, fewer with each epoch.
    Training ends after `patience` epochs without a better validation. At most `keep_epochs` epochs are kept as
    checkpoints beside the best. With the `state` "carried", the windows of a running text follow each other in the
    rows of the batches, and each continues from the state of the one before; with "fresh" they come in random order.
    `tensorboard` names a folder for TensorBoard."""

    corpus: CorpusSettings
    network: NetworkSettings = field(default_factory=NetworkSettings)
    out: str = "model"
    name: str = ""
    preset: str = ""
    start_from: str = ""
    epochs: int = 10
    batch: int = 64
    learning_rate: float = 0.003
    warmup: float = 0.02
    weight_decay: float = 0.01
    clip: float = 1.0
    extra: float = 0.6
    patience: int = 5
    sample_every: int = 0
    prompts: tuple[str, ...] = ()
    temperatures: tuple[float, ...] = (0.6,)
    save_every: float = 60.0
    keep_epochs: int = 24
    precision: Precision = "auto"
    state: Carrying = "fresh"
    tensorboard: str = ""
    half_weights: bool = False
    low_priority: bool = False
    resume: bool = False
    seed: int = 0
    command: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch", 1), ("sample_every", 0), ("patience", 1), ("keep_epochs", 0)):
            _whole(name.replace("_", "-"), getattr(self, name), least)
        _whole("seed", self.seed, 0, MAX_SEED)
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise SettingsError(f"--lr is {self.learning_rate}; it must be a finite number above 0")
        if not (self.clip > 0 and 0 <= self.warmup < 1 and 0 <= self.extra <= 1):
            raise SettingsError("clip must be above 0, warmup from 0 to below 1, extra from 0 to 1")
        _one_of("precision", self.precision, Precision)
        _one_of("state", self.state, Carrying)
        if self.state == "carried" and self.corpus.lines:
            raise SettingsError("--state carried is for running texts; leave out --lines and --column")

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TrainingSettings":
        """Raises SettingsError for unknown names and for values outside their range."""
        try:
            return cls(**_known(cls, {
                **data,
                "corpus": CorpusSettings(**_known(CorpusSettings, data["corpus"])),
                "network": NetworkSettings(**_known(NetworkSettings, data.get("network", {}))),
            }))  # fmt: skip
        except (KeyError, TypeError) as error:
            raise SettingsError(f"the settings of the training run can't be read ({error})") from None


def _known(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a kind of settings as JSON gives them, with its lists as tuples."""
    unknown = set(data) - {entry.name for entry in fields(kind)}
    if unknown:
        raise SettingsError(f"the settings hold {min(unknown)!r}, which this version doesn't know")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


def _whole(option: str, value: int, least: int, most: int = _PLENTY) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        upper = "up" if most == _PLENTY else f"to {most}"
        raise SettingsError(f"--{option} is {shown(value)}; it must be a whole number from {least} {upper}")


def _one_of(option: str, value: str, choices: Any) -> None:
    if value not in get_args(choices):
        raise SettingsError(f"--{option} is {shown(value)}; it must be one of {', '.join(get_args(choices))}")
