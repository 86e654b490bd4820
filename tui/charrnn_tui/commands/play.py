"""`charrnn-tui play`: checks the model and the terminal, then hands over to the app."""

import os
import sys
from io import StringIO, TextIOWrapper
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from charrnn_tui.commands import command_meant
from charrnn_tui.commands.arguments import MODEL, SEED
from charrnn_tui.commands.console import Refusal, narrate, require_terminal
from charrnn_tui.commands.replaying import read_replay, replay_option
from charrnn_tui.commands.rule_options import check_rules, filter_options, rule_options, with_rules

if TYPE_CHECKING:
    from charrnn_engine import Controls
    from charrnn_tui.app import PlaygroundApp
    from charrnn_tui.settings import SavedSettings

UNLIMITED = float("inf")

_EXAMPLES = """\b
Examples:
  charrnn-tui                                    the default model
  charrnn-tui headlines-notebook --prompt "Today " --temperature 0.5
  charrnn-tui --speed 20                         20 characters a second
  charrnn-tui play --seed 1 --greedy             the same text every time
  charrnn-tui play headlines --ban e             never an e
  charrnn-tui play --read hamlet.txt             how surprising is this text?
  charrnn-tui play --replay headlines-1.json     a recording

Model, temperature, filters and speed are those of your last session unless
you give them here. With --seed the text depends only on what you give here.

In the app, ? shows the keys and q quits."""


class Speed(click.ParamType):  # type: ignore[type-arg]  # no generic class before click 8.4
    """Characters a second, or `max`."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if value == "max":
            return UNLIMITED
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed < UNLIMITED:
            wanted = "a number of characters a second above 0, or 'max'"
            raise click.UsageError(f"--speed must be {wanted}, not {str(value)[:40]!r}", ctx)
        return speed


@click.command(epilog=_EXAMPLES)
@click.argument("model", type=MODEL, required=False)
@click.option("--prompt", metavar="TEXT", help="Beginning of the text.")
@click.option(
    "--temperature",
    type=float,
    metavar="T",
    help="Below 1 more predictable, above 1 more random.  [default: as in the last session, 0.6 at first]",
)
@click.option("--greedy", is_flag=True, help="Always take the most probable character.")
@click.option(
    "--seed",
    type=SEED,
    metavar="N",
    help="Random seed; makes the text repeatable.  [default: random; shown in the app]",
)
@click.option(
    "--speed",
    type=Speed(),
    metavar="CPS",
    help="Characters (or words) a second, or max.  [default: as in the last session, 60 (12) at first]",
)
@click.option("--projector", is_flag=True, help="For a projector: only the text and large bars.")
@filter_options
@rule_options
@click.option(
    "--theme", metavar="NAME", help="A theme, such as charrnn-light or nord.  [default: as in the last session]"
)
@click.option(
    "--read",
    "read_",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read a text, character by character, instead of writing one.",
)
@replay_option("Play a recording saved with s in the app. It brings its model, prompt, seed and controls.")
def play(
    model: str | None,
    prompt: str | None,
    temperature: float | None,
    greedy: bool,
    seed: int | None,
    speed: float | None,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    holds: tuple[str, ...],
    theme: str | None,
    replay: Path | None,
    projector: bool,
    read_: Path | None,
    **rules: Any,
) -> int:
    """Open the app on MODEL.

    MODEL is a name that `charrnn-tui models` lists, a checkpoint folder or a .keras file. Without it, the app opens
    the model of your last session, or the default model. The word play may be left out.
    """
    from charrnn_engine.checkpoints.store import default_checkpoint, find_checkpoint, load
    from charrnn_engine.generation.holding import held_units

    # The arguments are checked before the terminal: a misspelt name is a mistake that the user can see.
    recording = None
    if model is not None:
        refuse_misspelt_command(model)
        refuse_unimported(find_checkpoint(model))
    if replay is not None:
        recording = read_replay(replay, model, "speed", "theme", "projector")[1]
        model, prompt, seed = model or recording.model, recording.prompt, recording.seed

    to_read = None
    if read_ is not None:
        from charrnn_tui.play.reading import read_file

        if prompt is not None:
            raise Refusal("--read reads from the beginning of the text; leave --prompt out")
        to_read = read_file(read_)

    answer_keys_soon()  # before settings: reading keys imports Textual
    from charrnn_tui.settings import load_settings
    from charrnn_tui.ui.host_files import seal, visiting

    remembered, problem = load_settings()
    if model is None and seed is None and remembered.model is not None:
        if is_found(remembered.model):
            model = remembered.model
        else:
            problem = (
                problem or f"the model of your last session, {remembered.model[:60]!r}, is gone; opening the default"
            )
    if model is None:
        default_checkpoint()
    if to_read is not None:
        from charrnn_tui.play.reading import Reading

        Reading(load(model or default_checkpoint()), *to_read)
    if recording is None:
        given = Given(temperature, greedy, top_k, top_p, min_p, holds)
        controls = with_rules(_controls(remembered, given, seed), rules)
        if holds or any(rules.values()):
            opened = load(model or default_checkpoint())
            held_units(opened, controls.hold)
            check_rules(opened, controls)
    else:
        controls = recording.controls_at(0)
    limit = None if speed == UNLIMITED else speed
    speeds = (remembered.speed, remembered.word_speed) if speed is None else (limit, limit)
    if theme is not None:
        _check_theme(theme)
    if "TEXTUAL_DRIVER" not in os.environ:  # with it, the app is drawn elsewhere: in a browser
        require_terminal()
    if problem is not None:
        narrate(problem)

    from charrnn_tui.app import PlaygroundApp

    app = PlaygroundApp(
        model, prompt, controls, seed, speeds[0], word_speed=speeds[1], replay=recording, to_say=problem,
        projector=projector, files_allowed=not visiting(), introduce=not remembered.introduced, theme=theme,
        read=to_read,
    )  # fmt: skip
    if visiting():
        seal()
    return run_app(app)


def run_app(app: "PlaygroundApp") -> int:
    """Runs the app and returns its exit code. An error that ends it is raised again, for the command line to report:
    Textual would print a traceback, in some cases with exit code 0.
    """
    from rich.console import Console

    crash = StringIO()
    app.error_console = Console(file=crash, markup=False, highlight=False, width=1000)
    _speak_utf_8()
    app.run()
    kept = app.keep_text() if app.return_code else None  # an error or a signal has ended it
    if app.problem is not None:
        narrate(app.problem)
    if traceback := crash.getvalue():
        text = f"; the text is kept in {kept}, and the next start offers it" if kept is not None else ""
        error = click.ClickException(f"unexpected error, {_last_words(traceback)}{text}; --debug shows where")
        error.add_note(traceback)
        raise error
    return app.return_code or 0


def _last_words(traceback: str) -> str:
    """The kind of error and its message, which follow the box of code in a traceback by rich."""
    return " ".join(traceback.rpartition("╯")[2].split())


def answer_keys_soon() -> None:
    """Makes a key's effect visible within two milliseconds, where Textual would wait for the next of its 60 frames a
    second, and gives the threads that read keys and write the screen their turn at full speed.

    Only what has changed is ever drawn, so this draws no more.
    """
    os.environ.setdefault("TEXTUAL_FPS", "500")  # read when Textual is imported
    sys.setswitchinterval(0.001)


def _check_theme(name: str) -> None:
    """Raises Refusal for a theme that doesn't exist."""
    from charrnn_tui.known_names import themes

    if name not in themes():
        raise Refusal(f"there is no theme {name[:40]!r}; there are {', '.join(sorted(themes()))}")


def is_found(name: str) -> bool:
    from charrnn_engine import CheckpointError
    from charrnn_engine.checkpoints.store import find_checkpoint

    try:
        return bool(find_checkpoint(name))
    except (CheckpointError, OSError, RuntimeError, ValueError):
        return False


class Given(NamedTuple):
    """What the command says about the distribution."""

    temperature: float | None
    greedy: bool
    top_k: int | None
    top_p: float | None
    min_p: float | None
    holds: tuple[str, ...]


def _controls(remembered: "SavedSettings", given: Given, seed: int | None) -> "Controls":
    """Those given, or those of the last session if none is given and no seed asks for a certain text."""
    from charrnn_engine import Controls
    from charrnn_engine.sampling.hold import Hold, parse_hold
    from charrnn_tui.settings import APP_TEMPERATURE

    if seed is None and given == Given(None, False, None, None, None, ()):
        return remembered.controls
    temperature = APP_TEMPERATURE if given.temperature is None else given.temperature
    hold = Hold([parse_hold(each) for each in given.holds])
    return Controls(temperature, given.greedy, given.top_k, given.top_p, given.min_p, hold)


def refuse_misspelt_command(word: str) -> None:
    """Raises Refusal for a MODEL that doesn't exist and is a command's name, or nearly one."""
    meant = command_meant(word)
    if meant is None or is_found(word):
        return
    if meant == word:
        raise Refusal(f"there is no model {word!r}; a command comes before its options: charrnn-tui {meant}")
    raise Refusal(f"there is neither a command nor a model {word!r}; did you mean: charrnn-tui {meant}")


def refuse_unimported(file: Path) -> None:
    """Raises Refusal for a model's file that has no vocabulary beside it."""
    from charrnn_engine.checkpoints.store import MODEL_FILES, VOCABULARY_FILE

    if file.name not in MODEL_FILES and not file.with_name(VOCABULARY_FILE).exists():
        raise Refusal(
            f"{file}: it has no {VOCABULARY_FILE} yet; import it with: charrnn-tui import {quote(str(file))}"
            f" --text TEXT --name {quote(file.stem)}"
        )


def _speak_utf_8() -> None:
    """The app's frames and bars need UTF-8, which terminals understand whatever the locale says: over ssh, or in a
    container, it often says nothing.
    """
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
