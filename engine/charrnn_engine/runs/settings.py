"""What a training run is told: corpus, network, loop. Plain data with its limits; no TensorFlow."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from charrnn_engine.runs.errors import SettingsError
from charrnn_engine.vocabulary import Level

Cell = Literal["lstm", "gru", "rnn"]
Precision = Literal["auto", "float32", "bfloat16"]

DEFAULT_WINDOW = 256
DEFAULT_MAX_LINE = 256


@dataclass(frozen=True)
class CorpusSettings:
    """Where the text is and how it is cut into samples.

    With `columns` given or `lines` set, each cell or line is a sample that ends in `<eos>`; else the text is one
    and is cut into windows of `window` tokens. The first column is the one that is measured; the others are
    learnt from while `TrainingSettings.extra` says so. Lines longer than `max_line` tokens are cut into pieces.
    """

    path: str
    columns: tuple[str, ...] = ()
    lines: bool = False
    window: int = DEFAULT_WINDOW
    max_line: int = DEFAULT_MAX_LINE
    level: Level = "char"
    vocabulary_size: int | None = None
    validation: str = "0.1"

    def __post_init__(self) -> None:
        _at_least("window", self.window, 2)
        _at_least("max-line", self.max_line, 8)
        if self.vocabulary_size is not None:
            _at_least("vocabulary", self.vocabulary_size, 2)
        if self.level not in ("char", "word"):
            raise SettingsError(f"--level is {self.level!r}; it is 'char' or 'word'")

    @property
    def validation_fraction(self) -> float | None:
        """The share of the corpus that validates, or None where `validation` names a file."""
        try:
            share = float(self.validation)
        except ValueError:
            return None
        if not 0 < share < 1:
            raise SettingsError(f"--validation is {self.validation}; a fraction lies between 0 and 1")
        return share


@dataclass(frozen=True)
class NetworkSettings:
    """The network: one-hot input (`embedding` 0) or an embedding, recurrent layers, a Dense head.

    `input_dropout` stands between embedding and first layer, `dropout` after every recurrent layer, and
    `recurrent_dropout` leaves out recurrent weights (DropConnect; Merity et al. 2017, arXiv:1708.02182).
    """

    cell: Cell = "lstm"
    layers: int = 1
    units: int = 128
    embedding: int = 0
    input_dropout: float = 0.0
    dropout: float = 0.0
    recurrent_dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.cell not in ("lstm", "gru", "rnn"):
            raise SettingsError(f"--cell is {self.cell!r}; it is 'lstm', 'gru' or 'rnn'")
        _at_least("layers", self.layers, 1)
        _at_least("units", self.units, 1)
        _at_least("embedding", self.embedding, 0)
        for name in ("input_dropout", "dropout", "recurrent_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(f"--{name.replace('_', '-')} is {getattr(self, name)}; it is from 0 to below 1")


@dataclass(frozen=True)
class TrainingSettings:
    """The loop. `extra` is the share of the epochs over which further columns are learnt from, ever fewer of
    them; `patience` is the number of epochs without a better validation after which training ends; of the epochs
    at most `keep_epochs` are kept as checkpoints beside the best."""

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
    temperatures: tuple[float, ...] = (0.3, 0.6, 1.0)
    save_every: float = 60.0
    keep_epochs: int = 24
    precision: Precision = "auto"
    half_weights: bool = False
    low_priority: bool = False
    resume: bool = False
    seed: int = 0
    command: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        _at_least("epochs", self.epochs, 1)
        _at_least("batch", self.batch, 1)
        _at_least("sample-every", self.sample_every, 0)
        _at_least("patience", self.patience, 1)
        _at_least("keep-epochs", self.keep_epochs, 0)
        _at_least("seed", self.seed, 0)
        if not (self.learning_rate > 0 and math.isfinite(self.learning_rate)):
            raise SettingsError(f"--lr is {self.learning_rate}; it must be a finite number above 0")
        if not (self.clip > 0 and 0 <= self.warmup < 1 and 0 <= self.extra <= 1):
            raise SettingsError("clip must be above 0, warmup from 0 to below 1, extra from 0 to 1")
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise SettingsError(f"--precision is {self.precision!r}; it is 'auto', 'float32' or 'bfloat16'")

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TrainingSettings":
        """Raises SettingsError for unknown names and for values outside their range."""
        try:
            corpus = _made(CorpusSettings, data["corpus"])
            network = _made(NetworkSettings, data.get("network", {}))
            rest = {key: value for key, value in data.items() if key not in ("corpus", "network")}
            made: TrainingSettings = _made(cls, {**rest, "corpus": corpus, "network": network})
            return made
        except (KeyError, TypeError) as error:
            raise SettingsError(f"the settings of the training run can't be read ({error})") from None


def _made(kind: Any, data: Any) -> Any:
    known = {entry.name for entry in fields(kind)}
    unknown = set(data) - known
    if unknown:
        raise SettingsError(f"the settings hold {sorted(unknown)[0]!r}, which this version doesn't know")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})


def _at_least(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SettingsError(f"--{name} is {value!r}; it must be a whole number from {least} up")
