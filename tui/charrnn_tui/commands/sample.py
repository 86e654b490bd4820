"""`charrnn-tui sample`: checks what was asked, then writes the texts one after the other."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from charrnn_tui.commands import interrupts
from charrnn_tui.commands.console import Refusal, narrate
from charrnn_tui.commands.replaying import read_replay, replay_option

if TYPE_CHECKING:
    from charrnn_engine import CharRNN
    from charrnn_tui.commands.takes import Start


MAX_CHARS = 500

_EXAMPLES = """\b
Examples:
  charrnn-tui sample --prompt "Today " --seed 1
  charrnn-tui sample --prompt "Today " --temperature 0.3 --temperature 1
                                       the same prompt at two temperatures
  charrnn-tui sample --samples 20 > headlines.txt
                                       a text a line, and only text
  charrnn-tui sample --endless | less  on and on
  echo "Today in" | charrnn-tui sample --prompt - --json | jq .text
  charrnn-tui sample --replay headlines-1.json
                                       a recording, written again

\b
The same model, prompt, controls and seed give the same text. Every prompt and
temperature is given the same random numbers, so that what differs between two
texts is not the luck of the draw; sample k of several has the seed N + k - 1.

\b
--json writes an object a line for each text: model, prompt, text (prompt
included), temperature, greedy, top_k, top_p, min_p, seed, stopped ("eos" or
"max-chars"), characters (written after the prompt; the end of a text is one)
and bits_per_character (of those under the model, before any control). With
--replay, changes and forced stand in the place of the controls."""


@click.command(epilog=_EXAMPLES)
@click.argument("model", required=False)
@click.option(
    "--prompt",
    "prompts",
    multiple=True,
    metavar="TEXT",
    help="What the text begins with; - reads it from standard input. May be repeated.  "
    "[default: the beginning of a new text]",
)
@click.option(
    "--temperature",
    "temperatures",
    multiple=True,
    type=float,
    metavar="T",
    help="Below 1 the likely gets likelier, above 1 the unlikely. May be repeated.  [default: 1]",
)
@click.option("--greedy", is_flag=True, help="Always take the most likely character.")
@click.option("--top-k", type=int, metavar="K", help="Draw among the K most likely characters.")
@click.option(
    "--top-p",
    type=float,
    metavar="P",
    help="Draw among the fewest most likely characters that together have probability P.",
)
@click.option(
    "--min-p", type=float, metavar="P", help="Leave out characters less likely than P times the most likely one."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Makes the text repeatable.  [default: random; it is told]",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Texts for each prompt and temperature.",
)
@click.option(
    "--max-chars",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Stop a text after N characters.  [default: {MAX_CHARS}, or never with --endless]",
)
@click.option(
    "--endless",
    is_flag=True,
    help="Where a text ends, go on with another on a new line, until Ctrl-C or --max-chars.",
)
@replay_option("Write a recorded text again, from s in the app; its model, prompt, seed and controls come with it.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object a line.")
def sample(
    model: str | None,
    prompts: tuple[str, ...],
    temperatures: tuple[float, ...],
    greedy: bool,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    seed: int | None,
    samples: int,
    max_chars: int | None,
    endless: bool,
    replay: Path | None,
    as_json: bool,
) -> None:
    """Write text with MODEL to standard output.

    MODEL is a name that `charrnn-tui models` lists, a checkpoint folder or a .keras file; without it, the default
    model writes. A text begins with its prompt and ends where the model ends it, or after --max-chars.
    What is said about the texts goes to standard error.
    """
    interrupts.heed()
    if replay is not None:
        from charrnn_tui.commands.takes import write_replay

        write_replay(*read_replay(replay, model, "as_json"), as_json=as_json)
        return
    _refuse_what_contradicts_itself(prompts, temperatures, greedy, samples, max_chars, endless, as_json)

    from charrnn_engine import Controls, load
    from charrnn_engine.checkpoints.store import default_checkpoint
    from charrnn_engine.generation.generation import random_seed
    from charrnn_tui.commands.takes import Plan, write_json, write_texts

    controls = tuple(Controls(t, greedy, top_k, top_p, min_p) for t in temperatures or (1.0,))
    opened = load(default_checkpoint() if model is None else model)
    plan = Plan(
        starts=_starts(opened, prompts),
        controls=controls,
        seed=random_seed() if seed is None else seed,
        samples=samples,
        limit=None if endless and max_chars is None else max_chars or MAX_CHARS,
        endless=endless,
    )
    if as_json:
        write_json(opened, plan, tell_seed=seed is None)
    elif write_texts(opened, plan) and max_chars is None:
        narrate(f"stopped after {MAX_CHARS} characters; --max-chars N goes further")


def _refuse_what_contradicts_itself(
    prompts: tuple[str, ...],
    temperatures: tuple[float, ...],
    greedy: bool,
    samples: int,
    max_chars: int | None,
    endless: bool,
    as_json: bool,
) -> None:
    if greedy and (samples > 1 or len(temperatures) > 1):
        raise Refusal(
            "--greedy leaves nothing to chance: all samples and temperatures would give the same text; leave it out"
        )
    several = samples * max(1, len(prompts)) * max(1, len(temperatures)) > 1
    if endless and max_chars is None and (several or as_json):
        what = "with --json" if as_json else "several texts"
        raise Refusal(f"--endless writes its first text for ever, and so not {what}; add --max-chars N")


def _starts(model: "CharRNN", prompts: tuple[str, ...]) -> "tuple[Start, ...]":
    """All prompts, each checked before any is used."""
    from charrnn_engine import PromptError
    from charrnn_engine.generation.generation import default_prompt, encode_prompt
    from charrnn_tui.commands.takes import Start

    if not prompts:
        return (Start(default_prompt(model), shown=""),)
    piped = _standard_input() if "-" in prompts else ""
    texts = [piped if prompt == "-" else prompt for prompt in prompts]
    for text in texts:
        try:
            encode_prompt(model, text)
        except PromptError as error:
            if len(texts) == 1:
                raise
            shown = text if len(text) <= 40 else f"{text[:39]}…"
            raise PromptError(f"the prompt {shown!r}: {error}") from None
    return tuple(Start(text, shown=text) for text in texts)


def _standard_input() -> str:
    from charrnn_engine import PromptError

    if sys.stdin.isatty():
        narrate("type the prompt; end it with Enter, Ctrl-D")
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise PromptError(
            f"the prompt on standard input isn't UTF-8 (byte {error.start}); convert it first"
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
