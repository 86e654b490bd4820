"""The few training options that the set-up offers: those that a learner changes. All others are options in the shell.

Knows how a value is typed; whether it makes sense is up to the engine.
"""

from dataclasses import dataclass

from charrnn_engine.errors import SettingsError
from charrnn_engine.runs.settings import TrainingSettings


@dataclass(frozen=True)
class Option:
    """One option, named as on the command line and in the settings. A number, or one of its `choices`."""

    name: str
    help: str
    choices: tuple[str, ...] = ()
    whole: bool = True

    def read(self, typed: str) -> str | int | float:
        """The value that was typed. Raises SettingsError, in one line."""
        if self.choices:
            return typed
        try:
            return int(typed) if self.whole else float(typed)
        except ValueError:
            number = "whole number" if self.whole else "number"
            raise SettingsError(f"--{self.name} must be a {number}, not {typed!r}") from None

    def shown(self, settings: TrainingSettings) -> str:
        """The value in the settings, as it would be typed."""
        fields = {**vars(settings.corpus), **vars(settings.network), **vars(settings)}
        return str(fields[self.name])


NETWORK = (
    Option("cell", "Type of recurrent layer", ("lstm", "gru", "rnn")),
    Option("layers", "Number of recurrent layers"),
    Option("units", "Units per layer: more learn more, and more slowly"),
    Option("dropout", "Dropout after each recurrent layer, against overfitting: 0 to below 1", whole=False),
)
TRAINING = (
    Option("level", "What a token is: a character or a word", ("char", "word")),
    Option("epochs", "Passes through the text"),
    Option("seed", "Random seed"),
)
OPTIONS = (*NETWORK, *TRAINING)
