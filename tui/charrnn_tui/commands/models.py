"""`charrnn-tui models`: the models that there are, what is known of each, and why some don't open."""

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from charrnn_tui.ui.cards import corpus_of, held_out, network_of, network_text, number_text, part_of
from charrnn_tui.ui.formats import shown_path, size_text

_EXAMPLES = """\b
Examples:
  charrnn-tui models
  charrnn-tui models --json | jq -r .name

\b
Models are looked for in the folders of CHARRNN_CHECKPOINTS, then where
training writes them, then among those that ship; a name hides the same name
further on. "Held out" is the bits per character that the model's card reports
on text it wasn't trained on; fewer is better. The * marks the model that opens
when none is named. Each model is opened to see whether it can be; if there are
more than 500, only their cards are read."""

MOST_OPENED = 500
_HEADINGS = ("", "name", "network", "corpus", "held out", "size", "where")
_CORPUS = _HEADINGS.index("corpus")
_GAP = 2
_WIDEST = 40
_LONGEST = 1000


@dataclass(frozen=True)
class Row:
    """A model as it is listed. `problem` says why it can't be opened; what isn't known is None."""

    name: str
    default: bool
    network: str | None
    parameters: int | None
    corpus: str | None
    bits_per_character: float | None
    held_out: str | None
    bytes: int
    folder: str
    problem: str | None


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object a line.")
def models(as_json: bool) -> None:
    """List the models that can be opened by name, and what is wrong with those that can't."""
    if as_json:
        for row in list_models():
            sys.stdout.write(json.dumps(asdict(row)) + "\n")
    elif rows := [*list_models()]:
        _print_table(rows)
    else:
        from charrnn_tui.commands.console import narrate

        narrate("there are no models yet; train one with: charrnn-tui train CORPUS")


def list_models() -> Iterator[Row]:
    """Every model; each is opened unless there are too many. Models that vanish meanwhile are left out."""
    from charrnn_engine import CheckpointError
    from charrnn_engine.checkpoints.store import default_checkpoint, find_checkpoints, model_file

    found = find_checkpoints()
    try:
        default = default_checkpoint()
    except CheckpointError:
        default = ""
    for name, folder in found.items():
        card, problem = _read_card(folder)
        network, parameters = network_of(card) or None, part_of(card, "network").get("parameters")
        if problem is None and len(found) <= MOST_OPENED:
            network, parameters, problem = _open(folder)
        try:
            size = (model_file(folder) or folder).stat().st_size
        except OSError:
            continue
        count = parameters if isinstance(parameters, int) and number_text(parameters) else None
        where = str(folder)
        yield Row(name, name == default, network, count, corpus_of(card), *held_out(card), size, where, problem)


def _read_card(folder: Path) -> tuple[dict[str, Any], str | None]:
    """A model's card, or what is wrong with it."""
    from charrnn_engine import CheckpointError
    from charrnn_engine.checkpoints.store import read_card

    try:
        return read_card(folder), None
    except CheckpointError as error:
        return {}, str(error)


def _open(folder: Path) -> tuple[str | None, int | None, str | None]:
    """A model's network and number of parameters, or why it can't be opened."""
    from charrnn_engine import CheckpointError, load

    try:
        model = load(folder)
    except CheckpointError as error:
        return None, None, str(error)
    return network_text(model.network.cells), model.parameters, None


def _print_table(rows: Sequence[Row]) -> None:
    from charrnn_tui.commands.console import one_line, stdout_is_terminal

    table = [_HEADINGS, *(tuple(one_line(cell[:_LONGEST]) for cell in _cells(row)) for row in rows)]
    *widths, longest_path = [max(map(len, column)) for column in zip(*table, strict=True)]
    widths = [min(_WIDEST, width) for width in widths]
    # A pipe has no width: each model gets one line.
    columns = shutil.get_terminal_size().columns if stdout_is_terminal() else None
    used = sum(widths) + _GAP * len(widths)
    before_path = ""
    if columns is not None and used + longest_path > columns:  # the path goes to a line of its own
        widths[_CORPUS] = min(widths[_CORPUS], max(len("corpus"), columns - used + widths[_CORPUS]))
        before_path = "\n" + " " * (widths[0] + _GAP)
    for *cells, where in table:
        line = "".join(_fitted(cell, width) for cell, width in zip(cells, widths, strict=True))
        sys.stdout.write(f"{line}{before_path}{where}\n")
    for row in rows:
        if row.problem:
            sys.stdout.write(one_line(f"{row.name} can't be opened: {row.problem}"[:_LONGEST]) + "\n")


def _cells(row: Row) -> tuple[str, ...]:
    return (
        "*" if row.default else "",
        row.name,
        "broken" if row.problem else row.network or "–",
        row.corpus or "–",
        "–" if row.bits_per_character is None else f"{row.bits_per_character:.2f}",
        size_text(row.bytes),
        shown_path(Path(row.folder)),
    )


def _fitted(text: str, width: int) -> str:
    return (text if len(text) <= width else f"{text[: width - 1]}…").ljust(width + _GAP)
