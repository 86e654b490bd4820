"""`charrnn-tui play`: makes sure that there is a terminal and a model, then hands over to the app."""

import os
import sys

import click

from charrnn_tui.commands import command_meant
from charrnn_tui.commands.console import Refusal

AS_FAST_AS_IT_GOES = float("inf")

_EXAMPLES = """\b
Examples:
  charrnn-tui
  charrnn-tui headlines-notebook --prompt "Today " --temperature 0.5
  charrnn-tui --speed 20
  charrnn-tui play --seed 1 --greedy

In the app, ? shows the keys and q quits."""


class Speed(click.ParamType[float]):
    """Characters a second, or `max`."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if value == "max":
            return AS_FAST_AS_IT_GOES
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed < AS_FAST_AS_IT_GOES:
            self.fail(f"{value!r} is neither a number of characters a second above 0 nor 'max'", param, ctx)
        return speed


@click.command(epilog=_EXAMPLES)
@click.argument("model", required=False)
@click.option("--prompt", metavar="TEXT", help="What the text begins with.")
@click.option(
    "--temperature",
    type=float,
    default=1.0,
    show_default=True,
    metavar="T",
    help="Below 1 the likely gets likelier, above 1 the unlikely.",
)
@click.option("--greedy", is_flag=True, help="Always take the most likely character.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Makes the text repeatable.  [default: random; it is shown]",
)
@click.option("--speed", type=Speed(), metavar="CPS", help="Characters a second, or max.  [default: 60]")
def play(
    model: str | None, prompt: str | None, temperature: float, greedy: bool, seed: int | None, speed: float | None
) -> int:
    """Open the app on MODEL.

    MODEL is a name that `charrnn-tui models` lists, a checkpoint folder or a .keras file; without it, the default
    model opens. The word play can be left out.
    """
    if model is not None:
        refuse_slip(model)
    _refuse_without_terminal()

    from charrnn_engine import Controls
    from charrnn_engine.checkpoint import default_checkpoint, find_checkpoint

    controls = Controls(temperature, greedy)
    if model is None:
        default_checkpoint()
    else:
        find_checkpoint(model)

    from charrnn_tui.app import PlaygroundApp
    from charrnn_tui.playback import DEFAULT_SPEED

    if speed is None:
        speed = DEFAULT_SPEED
    app = PlaygroundApp(model, prompt, controls, seed, None if speed == AS_FAST_AS_IT_GOES else speed)
    app.run()
    return app.return_code or 0


def refuse_slip(word: str) -> None:
    """Refuses a MODEL that isn't there and is nearly, or exactly, the name of a command."""
    meant = command_meant(word)
    if meant is None:
        return
    from charrnn_engine import CheckpointError
    from charrnn_engine.checkpoint import find_checkpoint

    try:
        find_checkpoint(word)
    except CheckpointError:
        if meant == word:
            said = f"there is no model {word!r}; if the command is meant, it comes first"
        else:
            said = f"there is neither a command nor a model {word!r}; did you mean"
        raise Refusal(f"{said}: charrnn-tui {meant}") from None


def _refuse_without_terminal() -> None:
    """The app reads keys from standard input and draws on standard output and error, as Textual does."""
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if not stream.isatty():
            raise Refusal(
                f"the app needs a terminal, and standard {name} is none;"
                " without one, write text with: charrnn-tui sample"
            )
    if os.environ.get("TERM") == "dumb":
        raise Refusal(
            "the app needs a terminal that can move its cursor, and TERM is 'dumb';"
            " write text with: charrnn-tui sample"
        )
