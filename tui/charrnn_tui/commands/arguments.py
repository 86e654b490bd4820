"""What several commands take: a MODEL, a SEED, and how a number that is refused is described. Opens no model."""

from typing import Any

import click
from click.shell_completion import CompletionItem

_DIGITS_OF_A_SEED = 12  # as the app's control has room for


class Model(click.ParamType):  # type: ignore[type-arg]  # no generic class before click 8.4
    """A model by name, a checkpoint folder or a `.keras` file; completes names and files."""

    name = "model"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from charrnn_engine import list_checkpoints

        names = [info.name for info in list_checkpoints() if info.name.startswith(incomplete)]
        return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]


class Seed(click.IntRange):
    """A whole number, 0 or more, of at most 12 digits."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        seed: int = super().convert(value, param, ctx)
        if seed >= 10**_DIGITS_OF_A_SEED:
            raise click.UsageError(f"--seed must have at most {_DIGITS_OF_A_SEED} digits", ctx)
        return seed


MODEL = Model()
SEED = Seed()


def number_wanted(error: click.UsageError) -> str | None:
    """`--seed must be a whole number, 0 or more, not 'x'`; None for an error that isn't about a number."""
    if not isinstance(error, click.BadParameter) or error.param is None or " is not " not in error.message:
        return None
    kind = error.param.type
    is_whole = isinstance(kind, type(click.INT) | click.IntRange)
    if not is_whole and not isinstance(kind, type(click.FLOAT) | click.FloatRange):
        return None
    wanted = "a whole number" if is_whole else "a number"
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    if low is not None and high is not None:
        wanted += f" from {low:,} to {high:,}" if is_whole else f" between {low:,} and {high:,}"
    elif low is not None:
        wanted += f", {low:,} or more"
    value = error.message.partition(" is not ")[0]
    return f"{error.param.opts[0]} must be {wanted}, not {value if len(value) <= 40 else f'{value[:39]}…'}"
