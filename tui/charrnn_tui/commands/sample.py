"""`charrnn-tui sample`: checks the options and has the texts written."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from charrnn_tui.commands import interrupts
from charrnn_tui.commands.arguments import MODEL, SEED
from charrnn_tui.commands.console import Refusal, narrate
from charrnn_tui.commands.replaying import read_replay, replay_option
from charrnn_tui.commands.rule_options import check_rules, filter_options, rule_options, with_rules

if TYPE_CHECKING:
    from charrnn_engine import CharRNN
    from charrnn_tui.commands.sample_plan import Start


MAX_CHARS = 500
_SAMPLES_AT_MOST = 1_000_000_000

_EXAMPLES = """\b
Examples:
  charrnn-tui sample --prompt "Today " --seed 1
  charrnn-tui sample --prompt "Today " --temperature 0.3 --temperature 1
                                       the same prompt at two temperatures
  charrnn-tui sample --samples 20 > headlines.txt
                                       one text per line, nothing else
  charrnn-tui sample --endless | less  text without end
  echo "Today in" | charrnn-tui sample --prompt - --json | jq .text
  charrnn-tui sample shakespeare --hold c2.145=3
                                       a unit held; it makes lines short
  charrnn-tui sample headlines --ban e --ban " of " --bias "!=+2"
                                       no e, no "of", more exclamation marks
  charrnn-tui sample headlines --pattern "J[a-z]{3,5}n .{10,40}" --samples 9
                                       texts that follow a regular expression
  charrnn-tui sample --greedy --endless --max-chars 400 --repeat-penalty
                                       without the loops that greedy text has
  charrnn-tui sample --samples 3 --best 20
                                       the 3 best texts, each out of 20
  charrnn-tui sample --replay headlines-1.json
                                       a recording, written again

\b
The same model, prompt, controls and seed give the same text. All prompts and
temperatures use the same random numbers, so two texts don't differ by luck
alone; sample k of several has the seed N + k - 1.

\b
From 16 texts on, texts are written side by side, very many of them on all
cores. The same command writes the same bytes on the same machine, whatever the
number of cores. Beside a text written alone, one written side by side may
differ from some character on, about once in 100,000 characters, where the
rounding of a matrix product's last bit decides.

\b
--json writes one object per line and text: model, prompt, text (with the
prompt), temperature, greedy, top_k, top_p, min_p, hold, the rules (ban, bias,
pattern, …), seed, best_of and best_by with --best, stopped ("eos" or
"max-chars"), characters (after the prompt; the end of a text counts as one)
and bits_per_character (of these under the model, before controls and rules,
but with held units). With --replay, changes and forced take the place of the controls."""


@click.command(epilog=_EXAMPLES)
@click.argument("model", type=MODEL, required=False)
@click.option(
    "--prompt",
    "prompts",
    multiple=True,
    metavar="TEXT",
    help="Beginning of the text; - reads it from standard input. Repeatable.  [default: start a new text]",
)
@click.option(
    "--temperature",
    "temperatures",
    multiple=True,
    type=float,
    metavar="T",
    help="Below 1 more predictable, above 1 more random. Repeatable.  [default: 1]",
)
@click.option("--greedy", is_flag=True, help="Always take the most probable character.")
@filter_options
@rule_options
@click.option(
    "--seed",
    type=SEED,
    metavar="N",
    help="Random seed; makes the text repeatable.  [default: random; printed on standard error]",
)
@click.option(
    "--samples",
    type=click.IntRange(1, _SAMPLES_AT_MOST),
    default=1,
    show_default=True,
    metavar="N",
    help="Texts for each prompt and temperature.",
)
@click.option(
    "--best",
    type=click.IntRange(1, 10_000),
    default=1,
    metavar="N",
    help="Write N texts for each one asked for, and keep the best of them.",
)
@click.option(
    "--by",
    type=click.Choice(["bits", "length", "distinct"]),
    help="Which text is best: that with the fewest bits per character, the longest, or that with the fewest repeated "
    "sequences.  [default: bits]",
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
    help="When a text ends, start another on a new line, until Ctrl-C or --max-chars.",
)
@replay_option("Write a recording saved with s in the app again. It brings its model, prompt, seed and controls.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object per line.")
def sample(
    model: str | None,
    prompts: tuple[str, ...],
    temperatures: tuple[float, ...],
    greedy: bool,
    top_k: int | None,
    top_p: float | None,
    min_p: float | None,
    holds: tuple[str, ...],
    seed: int | None,
    samples: int,
    best: int,
    by: str | None,
    max_chars: int | None,
    endless: bool,
    replay: Path | None,
    as_json: bool,
    **rules: Any,
) -> None:
    """Write text with MODEL to standard output.

    MODEL is a name that `charrnn-tui models` lists, a checkpoint folder or a .keras file. Without it, the default
    model writes. A text begins with its prompt and ends where the model ends it, or after --max-chars. Headings and
    remarks go to standard error.
    """
    interrupts.watch()
    if replay is not None:
        from charrnn_tui.commands.sample_output import write_replay

        write_replay(*read_replay(replay, model, "as_json"), as_json=as_json)
        return
    if by is not None and best == 1:
        raise Refusal("--by needs --best N, the number of texts to choose from")
    _refuse_contradictions(prompts, temperatures, greedy, samples * best, max_chars, endless, as_json)

    from charrnn_engine import Controls, load
    from charrnn_engine.checkpoints.store import default_checkpoint
    from charrnn_engine.generation.holding import held_units
    from charrnn_engine.generation.prompts import random_seed
    from charrnn_engine.sampling.hold import Hold, parse_hold
    from charrnn_tui.commands.sample_output import write_json, write_texts
    from charrnn_tui.commands.sample_plan import Plan

    hold = Hold([parse_hold(each) for each in holds])
    controls = tuple(
        with_rules(Controls(t, greedy, top_k, top_p, min_p, hold), rules) for t in temperatures or (1.0,)
    )
    opened = load(default_checkpoint() if model is None else model)
    held_units(opened, hold)  # refused before anything is written
    check_rules(opened, controls[0])
    plan = Plan(
        starts=_starts(opened, prompts),
        controls=controls,
        seed=random_seed() if seed is None else seed,
        samples=samples * best,
        best=best,
        by=by or "bits",
        limit=None if endless and max_chars is None else max_chars or MAX_CHARS,
        endless=endless,
    )
    if as_json:
        write_json(opened, plan, show_seed=seed is None)
    elif write_texts(opened, plan) and max_chars is None:
        narrate(f"stopped after {MAX_CHARS} characters; --max-chars N goes further")


def _refuse_contradictions(
    prompts: tuple[str, ...],
    temperatures: tuple[float, ...],
    greedy: bool,
    samples: int,
    max_chars: int | None,
    endless: bool,
    as_json: bool,
) -> None:
    if greedy and (samples > 1 or len(temperatures) > 1):
        raise Refusal("--greedy makes all samples and temperatures the same text; leave it out")
    several = samples * max(1, len(prompts)) * max(1, len(temperatures)) > 1
    if endless and max_chars is None and (several or as_json):
        what = "JSON" if as_json else "several texts"
        raise Refusal(f"--endless never finishes its first text, so {what} can't be written; add --max-chars N")


def _starts(model: "CharRNN", prompts: tuple[str, ...]) -> "tuple[Start, ...]":
    """All prompts, each checked before any is used."""
    from charrnn_engine import PromptError
    from charrnn_engine.generation.prompts import card_prompt, default_prompt, encode_prompt
    from charrnn_tui.commands.sample_plan import Start

    if not prompts:
        return (Start(default_prompt(model), shown=card_prompt(model)),)
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
        narrate("type the prompt; end with Enter, Ctrl-D")
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise PromptError(
            f"the prompt on standard input isn't UTF-8 (byte {error.start}); convert it first"
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
