"""`charrnn-tui units`: which units of a model follow a property of the text, and what holding them does."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from charrnn_tui.commands import interrupts
from charrnn_tui.commands.arguments import MODEL
from charrnn_tui.commands.console import Refusal, narrate, one_line

if TYPE_CHECKING:
    from charrnn_engine.inside.effects import Effect
    from charrnn_engine.inside.ranking import RankedUnit

_LARGEST = 50_000_000  # characters of a text
_READ_AT_MOST = 2_000_000

_EPILOG = """\b
Examples:
  charrnn-tui units shakespeare --property line-position --effect
  charrnn-tui units shakespeare plays.txt --regex '\\bthe\\b'
  charrnn-tui units headlines test.csv --column title --property digit
  charrnn-tui units --list

\b
A unit is h1.17, the hidden state of unit 17 of layer 1, or c2.145, the cell
state of unit 145 of layer 2. Units are chosen on one half of the text and
scored on the other: by AUROC for a flag (1 is best, 0.5 is nothing) and by
the correlation r for a count. "all units" is the score of a linear probe on
all of them. --effect writes texts with a unit held at 3 standard deviations
below its mean, free, and at 3 above it: a unit that follows a property may
have no effect on it. To hold one: charrnn-tui sample --hold c2.145=3

\b
--json writes an object a line for each unit: unit, measure ("auroc" or "r"),
score, direction (1 where the unit is high with the property, else -1), probe,
and effect (null, or figure, low, free, high, texts and tokens)."""


@click.command(epilog=_EPILOG)
@click.argument("model", required=False, type=MODEL)
@click.argument("text", required=False)
@click.option("--property", "name", metavar="NAME", help="A property of the text; --list names them.")
@click.option("--regex", metavar="RE", help="A property of your own: inside a match of this regular expression.")
@click.option("--top", type=click.IntRange(min=1, max=1000), default=10, show_default=True, metavar="N",
              help="Units to show.")  # fmt: skip
@click.option("--effect", is_flag=True, help="Measure what holding each unit does.")
@click.option("--column", metavar="NAME", help="Column (header, key or number) of a CSV or JSON lines file.")
@click.option("--unescape", is_flag=True, help="Decode HTML entities and remove tags (&amp; #39; <b>).")
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="FRACTION",
              help="Only the end of TEXT, which train --validation FRACTION leaves out.")  # fmt: skip
@click.option("--list", "list_", is_flag=True, help="List the properties.")
@click.option("--json", "json_", is_flag=True, help="Write one JSON object a line.")
def units(
    model: str | None,
    text: str | None,
    name: str | None,
    regex: str | None,
    top: int,
    effect: bool,
    column: str | None,
    unescape: bool,
    held_out: float | None,
    list_: bool,
    json_: bool,
) -> None:
    """Find the units of MODEL that follow a property of the text.

    They are looked for in TEXT, a file or - for standard input, or in text that the model writes itself.
    """
    interrupts.watch()
    if list_:
        _list_properties(json_)
        return
    if model is None:
        raise Refusal("name a MODEL; `charrnn-tui models` lists them")
    if (name is None) == (regex is None):
        raise Refusal("name one of --property NAME and --regex RE; --list shows the properties")
    if text is None and (column is not None or unescape or held_out is not None):
        raise Refusal("--column, --unescape and --held-out belong to a TEXT; name one")

    from charrnn_engine import load
    from charrnn_engine.inside.effects import measure_effects
    from charrnn_engine.inside.properties import property_named, regex_property
    from charrnn_engine.inside.ranking import rank_units

    what = property_named(name) if name is not None else regex_property(regex or "")
    opened = load(model)
    content = None if text is None else _read(text, column, unescape, held_out)
    if not json_:
        where = f"in {one_line(Path(text).name)}" if text is not None else "in text that it writes itself"
        narrate(f"{one_line(opened.name)} · {what.name}, {what.description} · {where}")
    ranked = rank_units(opened, content, what, top=top)
    effects = measure_effects(opened, [each.unit for each in ranked], what) if effect else None
    if json_:
        _write_json(ranked, effects)
    else:
        click.echo(_table(ranked, effects))


def _list_properties(as_json: bool) -> None:
    from charrnn_engine.inside.properties import PROPERTIES

    for each in PROPERTIES.values():
        line = {"property": each.name, "description": each.description, "measure": "r" if each.is_count else "auroc"}
        click.echo(json.dumps(line) if as_json else f"{each.name:<18} {each.description}")


def _read(path: str, column: str | None, unescape: bool, held_out: float | None) -> str:
    """The text, or its end; the cells of a column as lines."""
    from charrnn_engine.corpus.reading import Source

    pieces, length = [], 0
    for piece in Source(path, () if column is None else (column,), unescape).chunks():
        pieces.append(piece)
        length += len(piece)
        if length > _LARGEST:
            raise Refusal(f"{path} has more than {_LARGEST:,} characters; name a smaller text")
    text = "".join(pieces)
    if held_out is not None:
        text = text[int(len(text) * (1 - held_out)) :]
    return text[:_READ_AT_MOST]


def _write_json(ranked: "list[RankedUnit]", effects: "list[Effect] | None") -> None:
    for place, each in enumerate(ranked):
        line = {
            "unit": each.unit,
            "measure": each.measure,
            "score": round(each.score, 4),
            "direction": each.direction,
            "probe": round(each.probe, 4),
            "effect": None if effects is None else effects[place].to_json(),
        }
        sys.stdout.write(json.dumps(line, allow_nan=False) + "\n")


def _table(ranked: "list[RankedUnit]", effects: "list[Effect] | None") -> str:
    """A line for each unit, best first, under a heading."""
    measure = "AUROC" if ranked[0].measure == "auroc" else "r"
    rows = [["unit", measure, "sign", "all units"]]
    if effects is not None:
        rows[0] += ["held at -3 sd", "free", "held at +3 sd"]
    for place, each in enumerate(ranked):
        rows.append([each.unit, f"{each.score:.3f}", "+" if each.direction > 0 else "-", f"{each.probe:.3f}"])
        if effects is not None:
            effect = effects[place]
            rows[-1] += [_figure(part.mean, part.spread) for part in (effect.low, effect.free, effect.high)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    if effects is not None:
        first = effects[0]
        lines.append(f"Effect: {first.figure}; {first.texts} texts of {first.tokens} tokens, ± spread between texts")
    return "\n".join(lines)


def _figure(mean: float, spread: float) -> str:
    return f"{mean:.3g} ± {spread:.2g}"
