"""`charrnn-tui play`: makes sure that there is a terminal and a model, then hands over to the app."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import click

from charrnn_tui.commands import command_meant
from charrnn_tui.commands.console import Refusal, narrate
from charrnn_tui.commands.replaying import read_replay, replay_option

if TYPE_CHECKING:
    from charrnn_engine import Controls
    from charrnn_tui.settings import SavedSettings

AS_FAST_AS_IT_GOES = float("inf")

_EXAMPLES = """\b
Examples:
  charrnn-tui
  charrnn-tui headlines-notebook --prompt "Today " --temperature 0.5
  charrnn-tui --speed 20
  charrnn-tui play --seed 1 --greedy
  charrnn-tui play --replay headlines-1.json     a recording, as it was written

Model, temperature, filters and speed are as they were left, unless they are
given; with --seed, all that makes a text is as given here, or the default.

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
    metavar="T",
    help="Below 1 the likely gets likelier, above 1 the unlikely.  [default: as last time, 1 at first]",
)
@click.option("--greedy", is_flag=True, help="Always take the most likely character.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Makes the text repeatable.  [default: random; it is shown]",
)
@click.option(
    "--speed", type=Speed(), metavar="CPS", help="Characters a second, or max.  [default: as last time, 60 at first]"
)
@replay_option("Play a recorded text, from s in the app; its model, prompt, seed and controls come with it.")
def play(
    model: str | None,
    prompt: str | None,
    temperature: float | None,
    greedy: bool,
    seed: int | None,
    speed: float | None,
    replay: Path | None,
) -> int:
    """Open the app on MODEL.

    MODEL is a name that `charrnn-tui models` lists, a checkpoint folder or a .keras file; without it, the default
    model opens, or the one that was open last. The word play can be left out.
    """
    if model is not None:
        refuse_slip(model)
    _refuse_without_terminal()

    from charrnn_engine.checkpoints.store import default_checkpoint, find_checkpoint
    from charrnn_tui.settings import load_settings

    recording = None
    if replay is not None:
        recording = read_replay(replay, model, "speed")[1]
        model, prompt, seed = model or recording.model, recording.prompt, recording.seed
    remembered, problem = load_settings()
    if problem is not None:
        narrate(problem)
    if model is not None:
        find_checkpoint(model)
    elif seed is None and _found(remembered.model):
        model = remembered.model
    else:
        default_checkpoint()
    controls = _controls(remembered, temperature, greedy, seed) if recording is None else recording.controls_at(0)
    if speed is None:
        speed = remembered.speed
    elif speed == AS_FAST_AS_IT_GOES:
        speed = None

    _answer_keys_soon()
    from charrnn_tui.app import PlaygroundApp

    app = PlaygroundApp(model, prompt, controls, seed, speed, replay=recording, to_say=problem)
    _speak_utf_8()
    app.run()
    if app.problem is not None:
        narrate(app.problem)
    return app.return_code or 0


def _answer_keys_soon() -> None:
    """Has what a key changes drawn two milliseconds later at most, where Textual would wait for its next of 60 frames
    a second, and the threads that read keys and write the screen get their turn while a text is drawn at full speed.

    Only what has changed is ever drawn, so no more is drawn by it.
    """
    os.environ.setdefault("TEXTUAL_FPS", "500")  # read when Textual is imported
    sys.setswitchinterval(0.001)


def _found(name: str | None) -> bool:
    from charrnn_engine import CheckpointError
    from charrnn_engine.checkpoints.store import find_checkpoint

    try:
        return name is not None and bool(find_checkpoint(name))
    except CheckpointError:
        return False


def _controls(remembered: "SavedSettings", temperature: float | None, greedy: bool, seed: int | None) -> "Controls":
    """Those given; where none is, and no seed asks for a certain text, those of last time."""
    from charrnn_engine import Controls

    if temperature is None and not greedy and seed is None:
        return remembered.controls
    return Controls(1.0 if temperature is None else temperature, greedy)


def refuse_slip(word: str) -> None:
    """Refuses a MODEL that isn't there and is nearly, or exactly, the name of a command."""
    meant = command_meant(word)
    if meant is None:
        return
    from charrnn_engine import CheckpointError
    from charrnn_engine.checkpoints.store import find_checkpoint

    try:
        find_checkpoint(word)
    except CheckpointError:
        if meant == word:
            said = f"there is no model {word!r}; if the command is meant, it comes first"
        else:
            said = f"there is neither a command nor a model {word!r}; did you mean"
        raise Refusal(f"{said}: charrnn-tui {meant}") from None


def _speak_utf_8() -> None:
    """The app's frames and bars are in no other encoding, and terminals understand this one, whatever the locale
    says: over ssh, or in a container, it often says nothing.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


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
