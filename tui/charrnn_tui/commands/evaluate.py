"""`charrnn-tui evaluate`: how well a model predicts a text, in bits and nats per character and as perplexity."""

import json
from typing import Any

import click

from charrnn_tui.commands.arguments import MODEL
from charrnn_tui.text.escapes import escaped

_EPILOG = """\b
Examples:
  charrnn-tui evaluate headlines test.csv --column title --lines
  charrnn-tui evaluate shakespeare tinyshakespeare.txt --held-out 0.1

\b
Lines: the state is reset before each line; every token after the first is
scored, and the <eos> that ends the line.
Windows: a running text is cut every N tokens and the state is reset before
each piece; every token but the text's first is scored.
A token that the model doesn't know counts with a probability of 1/100."""


@click.command(epilog=_EPILOG)
@click.argument("model", type=MODEL)
@click.argument("corpus")
@click.option("--column", help="Column of a CSV file, JSON lines file or TFDS data set: header, key or number.")
@click.option("--lines", is_flag=True, help="Treat each line as a text of its own.")
@click.option("--window", type=click.IntRange(min=1), metavar="N",
              help="Length of the pieces of a running text.  [default: 256]")  # fmt: skip
@click.option("--carry-state", is_flag=True, help="Never reset the state while reading a running text.")
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="FRACTION",
              help="Score only the end of a running text, which train --validation FRACTION leaves out.")  # fmt: skip
@click.option("--record", is_flag=True, help="Write the figures to the model's card.")
@click.option("--json", "json_", is_flag=True, help="Write one JSON object.")
def evaluate(
    model: str,
    corpus: str,
    column: str | None,
    lines: bool,
    window: int | None,
    carry_state: bool,
    held_out: float | None,
    record: bool,
    json_: bool,
) -> None:
    """Measure how well MODEL predicts CORPUS.

    CORPUS is a text, CSV or JSON lines file, - for standard input, or tfds:NAME[:SPLIT].
    """
    if lines and window is not None:
        raise click.UsageError("--lines and --window exclude each other")
    from charrnn_engine.checkpoints.store import load
    from charrnn_engine.evaluation.corpus import evaluate as measure

    opened = load(model)
    found = measure(
        opened, corpus, column=column, lines=lines or None, window=window, carry_state=carry_state, held_out=held_out
    )
    figures = {"model": opened.name, **found.figures()}
    if record:
        _record(model, found.figures())
    click.echo(json.dumps(figures, ensure_ascii=False) if json_ else _table(figures, opened.vocabulary.level))


def _table(figures: dict[str, Any], level: str) -> str:
    token = "word" if level == "word" else "character"
    perplexity = figures["perplexity"]
    rows = [
        ("bits per character", f"{figures['bits_per_character']:.4f}"),
        ("nats per character", f"{figures['nats_per_character']:.4f}"),
        *([("bits per word", f"{figures['bits_per_token']:.4f}")] if token == "word" else []),
        (f"perplexity per {token}", "infinite" if perplexity is None else f"{perplexity:.4g}"),
        (f"{token}s scored", f"{figures['tokens']:,}"),
        ("of them unknown", f"{figures['unknown']:,}, counted with p = 1/100"),
        ("texts", f"{figures['texts']:,}"),
    ]
    head = f"{figures['model']} on {figures['corpus']} ({figures['samples']}, {figures['state']} state)"
    return escaped("\n".join([head, *(f"  {name:<24} {value}" for name, value in rows)]))


def _record(model: str, figures: dict[str, Any]) -> None:
    """Adds figures to the card; they replace older ones that were measured in the same way."""
    from charrnn_engine.checkpoints.store import CARD_FILE, MODEL_FILES, find_checkpoint, load, write_checkpoint

    file = find_checkpoint(model)
    if file.name not in MODEL_FILES:
        raise click.UsageError(f"{file} is not in a checkpoint folder, so there is no {CARD_FILE} to record in")
    opened = load(file.parent)
    same = ("corpus", "samples", "state")
    kept = [
        entry
        for entry in opened.card.get("held_out", [])
        if not isinstance(entry, dict) or any(entry.get(key) != figures[key] for key in same)
    ]
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    card = {**opened.card, "held_out": [*kept, rounded]}
    write_checkpoint(file.parent, file, opened.vocabulary, card)
