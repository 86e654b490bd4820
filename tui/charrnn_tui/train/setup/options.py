"""Every option of `charrnn-tui train` as a form shows it: read off the command itself, so that none is missing.

Knows what each may hold and how it is read; whether a value makes sense is the engine's to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import click

from charrnn_engine.runs.errors import SettingsError
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_tui.train.setup.command_line import settings_fields
from charrnn_tui.ui.path_completion import expanded, is_file
from charrnn_tui.ui.prompt_bar import escape, unescape

BETWEEN = " | "
"""Parts several values that are typed into one field."""

_ELSEWHERE = {"corpus", "name", "preset", "column", "lines", "json_", "resume", "nice", "debug"}
"""What a form has other places for, or no use for."""

_GROUPS: dict[str, tuple[str, ...]] = {
    "text": ("level", "window", "vocabulary", "validation"),
    "network": ("cell", "layers", "units", "embedding", "dropout", "input_dropout", "recurrent_dropout", "from_"),
    "training": ("epochs", "batch", "lr", "patience", "seed", "precision"),
    "samples": ("prompt", "sample_every"),
    "what is saved": ("half", "keep_epochs", "licence", "out", "force"),
}
OTHERS = "others"


@dataclass(frozen=True)
class TrainOption:
    """One option. `choices` are all that it may be, or empty; a switch is `yes` or what the preset says."""

    name: str
    flag: str
    help: str
    group: str
    choices: tuple[str, ...]
    parameter: click.Option

    @property
    def label(self) -> str:
        """What stands before it."""
        return self.flag.lstrip("-").replace("-", " ")

    def read(self, typed: str) -> Any:
        """The value that was typed. Raises SettingsError, in a line, for what is none."""
        typed = typed.strip()
        if self.parameter.is_flag:
            return typed == "yes"
        if self.parameter.multiple:
            return tuple(unescape(part) for part in typed.split(BETWEEN.strip()) if part)
        if self.name in ("out", "validation", "from_") and (typed.startswith("~") or is_file(typed)):
            typed = expanded(typed)
        try:
            return self.parameter.type.convert(typed, self.parameter, None)
        except click.BadParameter as error:
            raise SettingsError(f"{self.flag}: {error.message}") from None

    def shown(self, settings: TrainingSettings) -> str:
        """The value that settings have, as it would be typed; nothing for one that they don't have."""
        field = next(iter(settings_fields({self.name: None})), "")
        value = {**vars(settings.corpus), **vars(settings.network), **vars(settings)}.get(field)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, tuple):
            return BETWEEN.join(map(escape, value))
        return "" if value is None or (self.name == "sample_every" and not value) else str(value)


@cache
def train_options() -> Sequence[TrainOption]:
    """All of them, by their groups."""
    # Here, and not above: the command's module is needed only once somebody wants to train.
    from charrnn_tui.commands.train import train

    groups = {name: group for group, names in _GROUPS.items() for name in names}
    order = [*groups]
    found = [
        TrainOption(
            parameter.name,
            parameter.opts[0],
            (parameter.help or "").split("  [")[0],
            groups.get(parameter.name, OTHERS),
            _choices(parameter),
            parameter,
        )
        for parameter in train.params
        if isinstance(parameter, click.Option) and parameter.name and parameter.name not in _ELSEWHERE
    ]
    return sorted(found, key=lambda option: order.index(option.name) if option.name in order else len(order))


def _choices(parameter: click.Option) -> tuple[str, ...]:
    if parameter.is_flag:
        return ("no", "yes")
    return tuple(map(str, parameter.type.choices)) if isinstance(parameter.type, click.Choice) else ()
