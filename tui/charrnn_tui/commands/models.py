"""`charrnn-tui models`: the models that there are, what is known of them, and why some don't open."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from charrnn_tui.models.cards import corpus_of, held_out, network_text

_EXAMPLES = """\b
Examples:
  charrnn-tui models
  charrnn-tui models --json | jq -r .name

\b
Models are looked for in the folders of CHARRNN_CHECKPOINTS, then where
training writes them, then among those that ship; the first of a name counts.
Held out is what the model's card says of text that it wasn't trained on, in
bits per character; fewer is better. The * marks the model that opens when
none is named."""


@dataclass(frozen=True)
class Row:
    """A model as it is listed. `problem` says why it can't be opened; what it would tell is then None."""

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
    rows = list_models()
    if as_json:
        for row in rows:
            sys.stdout.write(json.dumps(asdict(row)) + "\n")
    elif rows:
        _print_table(rows)
    else:
        from charrnn_tui.commands.console import narrate

        narrate("there are no models yet; train one with: charrnn-tui train CORPUS")


def list_models() -> list[Row]:
    """Every model, opened to see whether it opens."""
    from charrnn_engine import CheckpointError, list_checkpoints
    from charrnn_engine.checkpoints.store import default_checkpoint

    try:
        default = default_checkpoint()
    except CheckpointError:
        default = ""
    return [
        _row(info.folder, info.name, info.card, info.problem, info.name == default) for info in list_checkpoints()
    ]


def _row(folder: Path, name: str, card: Mapping[str, Any], problem: str | None, default: bool) -> Row:
    from charrnn_engine import CheckpointError, load
    from charrnn_engine.checkpoints.store import MODEL_FILE

    network = parameters = None
    if problem is None:
        try:
            model = load(folder)
            network, parameters = network_text(model.network.cells), model.parameters
        except CheckpointError as error:
            problem = str(error)
    size = (folder / MODEL_FILE).stat().st_size
    return Row(name, default, network, parameters, corpus_of(card), *held_out(card), size, str(folder), problem)


def _print_table(rows: Sequence[Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from charrnn_tui.commands.console import one_line, stdout_is_terminal

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("", "name", "network"):
        table.add_column(heading, no_wrap=True)
    table.add_column("corpus")
    for heading in ("held out", "size"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("where", overflow="fold")
    for row in rows:
        cells = (
            "*" if row.default else "",
            row.name,
            row.network or "broken",
            row.corpus or "–",
            "–" if row.bits_per_character is None else f"{row.bits_per_character:.2f}",
            f"{row.bytes / 1e6:.1f} MB",
            _where(row.folder),
        )
        table.add_row(*(Text(one_line(cell)) for cell in cells), style="dim" if row.problem else "")
    # A pipe has no width: what reads it gets every row on a line.
    console = Console(file=sys.stdout, width=None if stdout_is_terminal() else 10_000)
    console.print(table)
    for row in rows:
        if row.problem:
            console.print(Text(one_line(f"{row.name} doesn't open: {row.problem}")), soft_wrap=True)


def _where(folder: str) -> str:
    home = str(Path.home())
    return f"~{folder[len(home) :]}" if folder.startswith(home + "/") else folder
