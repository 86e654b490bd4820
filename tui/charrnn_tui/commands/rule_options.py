"""The options that `sample` and `play` share: filters (--top-k, --top-p, --min-p), --hold, and rules (--ban, --bias,
--pattern, --repeat-penalty). Opens no model.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from charrnn_engine import CharRNN, Controls

_FROM = 12  # as PENALTY_FROM in charrnn_engine.sampling.rule_settings, which imports numpy

_FILTERS = (
    click.option("--top-k", type=int, metavar="K", help="Draw from the K most probable characters."),
    click.option(
        "--top-p",
        type=float,
        metavar="P",
        help="Draw from the fewest most probable characters that together have probability P.",
    ),
    click.option(
        "--min-p",
        type=float,
        metavar="P",
        help="Leave out characters less probable than P times the most probable one.",
    ),
    click.option(
        "--hold",
        "holds",
        multiple=True,
        metavar="UNIT=VALUE",
        help="Hold a unit of the network at a value (c2.145=3), or at standard deviations from its mean "
        "(c2.145=-2sd). May be repeated; `charrnn-tui units` finds units.",
    ),
)
_RULES = (
    click.option(
        "--ban", "bans", multiple=True, metavar="TEXT", help="A character or string never to write. Repeatable."
    ),
    click.option(
        "--bias",
        "biases",
        multiple=True,
        metavar="CHAR=LOGITS",
        help="More of a character (!=+2) or less of it (e=-1.5), added to its logit. Repeatable.",
    ),
    click.option(
        "--pattern",
        metavar="REGEX",
        help="A regular expression that the whole text after the prompt matches; each line, if the model never ends "
        "a text.",
    ),
    click.option("--pattern-lines", is_flag=True, help="Match --pattern to each line, not to the whole text."),
    click.option(
        "--repeat-penalty",
        type=click.IntRange(1, 1000),
        is_flag=False,
        flag_value=_FROM,
        metavar="[N]",
        help=f"Make it unlikely to repeat N characters or more that came before; ends loops.  [N: {_FROM}]",
    ),
)


def rule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The rules, as a decorator. The command gets them as keywords, for `with_rules`."""
    return _with(_RULES, command)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The filters and --hold, as a decorator: `top_k`, `top_p`, `min_p`, `holds`."""
    return _with(_FILTERS, command)


def _with(options: Sequence[Callable[..., Any]], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def with_rules(controls: "Controls", options: Mapping[str, Any]) -> "Controls":
    """Controls under the rules of the options. Raises ControlsError and Refusal."""
    from dataclasses import replace

    from charrnn_engine.sampling.rule_settings import parse_bias
    from charrnn_tui.commands.console import Refusal

    if options["pattern_lines"] and options["pattern"] is None:
        raise Refusal("--pattern-lines needs --pattern REGEX")
    if not any(options.values()):
        return controls
    return replace(
        controls,
        ban=options["bans"],
        bias=dict(map(parse_bias, options["biases"])),
        pattern=options["pattern"],
        pattern_lines=options["pattern_lines"],
        repeat_penalty=options["repeat_penalty"],
    )


def check_rules(model: "CharRNN", controls: "Controls") -> None:
    """Raises ControlsError for rules that the model can't follow."""
    from charrnn_engine.generation.rules_in_force import rules_for

    rules_for(model, controls)
