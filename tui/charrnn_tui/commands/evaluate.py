"""`charrnn-tui evaluate`: how well a model predicts a text, in bits and nats per character and as perplexity."""

import json
from typing import Any

import click

from charrnn_tui.commands.arguments import MODEL
from charrnn_tui.text.escapes import escaped

DEFAULT_RATE = 0.003  # as in charrnn_engine.network.learning_head, which imports numpy

_EPILOG = """\b
Examples:
  charrnn-tui evaluate headlines test.csv --column title --lines
  charrnn-tui evaluate shakespeare tinyshakespeare.txt --held-out 0.1
  charrnn-tui evaluate shakespeare hamlet.txt --adapt
                              the model learns while it reads
  charrnn-tui evaluate shakespeare train.txt --adapt 0.001 --adapt 0.003
                              to choose a learning rate, on training text

\b
Lines: the state is reset before each line; every token after the first is
scored, and the <eos> that ends the line.
Windows: a running text is cut every N tokens and the state is reset before
each piece; every token but the text's first is scored.
A token that the model doesn't know counts with a probability of 1/100.
--adapt: each token is scored, and then the output layer takes one step of
gradient descent on it (dynamic evaluation, arXiv:1709.07432). The state is
carried; the model's file stays as it is."""


@click.command(epilog=_EPILOG)
@click.argument("model", type=MODEL)
@click.argument("corpus", nargs=-1, required=True)
@click.option("--column", help="Column of a CSV file, JSON lines file or TFDS data set: header, key or number.")
@click.option("--lines", is_flag=True, help="Treat each line as a text of its own.")
@click.option("--unescape", is_flag=True, help="Decode HTML entities and remove tags (&amp; #39; <b>).")
@click.option("--first", is_flag=True, help="Score the first token of each line, too, as from an empty prompt.")
@click.option("--window", type=click.IntRange(min=1), metavar="N",
              help="Length of the pieces of a running text.  [default: 256]")  # fmt: skip
@click.option("--carry-state", is_flag=True, help="Never reset the state while reading a running text.")
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="FRACTION",
              help="Score only the end of a running text, which train --validation FRACTION leaves out.")  # fmt: skip
@click.option("--adapt", "rates", is_flag=False, flag_value=DEFAULT_RATE, multiple=True, metavar="[RATE]",
              type=click.FloatRange(0, 1, min_open=True),
              help="Let the output layer learn while it reads a text. Repeatable.  [RATE: 0.003]")  # fmt: skip
@click.option("--record", is_flag=True, help="Write the figures to the model's card.")
@click.option("--json", "json_", is_flag=True, help="Write one JSON object.")
def evaluate(
    model: str,
    corpus: tuple[str, ...],
    column: str | None,
    lines: bool,
    unescape: bool,
    first: bool,
    window: int | None,
    carry_state: bool,
    held_out: float | None,
    rates: tuple[float, ...],
    record: bool,
    json_: bool,
) -> None:
    """Measure how well MODEL predicts CORPUS.

    CORPUS is a text, CSV or JSON lines file, - for standard input, or tfds:NAME[:SPLIT]. Several files, a folder or
    a pattern such as 'texts/*.txt' are read as one text.
    """
    if lines and window is not None:
        raise click.UsageError("--lines and --window exclude each other")
    if rates and (lines or window is not None or column is not None or first or unescape or record):
        raise click.UsageError(
            "--adapt reads a running text; leave out --lines, --first, --window, --column, --unescape and --record"
        )
    from charrnn_engine.checkpoints.store import load
    from charrnn_engine.evaluation.corpus import evaluate as measure
    from charrnn_engine.evaluation.corpus import evaluate_adapting

    opened = load(model)
    if rates:
        for each in evaluate_adapting(opened, corpus, rates, held_out=held_out):
            figures = {"model": opened.name, **each.figures()}
            click.echo(json.dumps(figures, ensure_ascii=False) if json_ else _line(figures))
        return
    found = measure(
        opened, corpus, column=column, lines=lines or None, first=first,
        window=window, carry_state=carry_state, held_out=held_out, unescape=unescape,
    )  # fmt: skip
    figures = {"model": opened.name, **found.figures()}
    if record:
        _record(model, found.figures())
    click.echo(json.dumps(figures, ensure_ascii=False) if json_ else _table(figures, opened.vocabulary.level))


def _table(figures: dict[str, Any], level: str) -> str:
    token = "word" if level == "word" else "character"
    perplexity = figures["perplexity"]
    unlike = " (not to be compared with a model of characters)" if token == "word" and figures["unknown"] else ""
    rows = [
        ("bits per character", f"{figures['bits_per_character']:.4f}{unlike}"),
        ("nats per character", f"{figures['nats_per_character']:.4f}"),
        *([("bits per word", f"{figures['bits_per_token']:.4f}")] if token == "word" else []),
        (f"perplexity per {token}", "infinite" if perplexity is None else f"{perplexity:.4g}"),
        (f"{token}s scored", f"{figures['tokens']:,}"),
        ("of them unknown", f"{figures['unknown']:,}, counted with p = 1/100"),
        ("texts", f"{figures['texts']:,}"),
    ]
    head = f"{figures['model']} on {figures['corpus']} ({figures['samples']}, {figures['state']} state)"
    return escaped("\n".join([head, *(f"  {name:<24} {value}" for name, value in rows)]))


def _line(figures: dict[str, Any]) -> str:
    """One of several ways to measure the same text, to be compared with the others."""
    how = f"rate {figures['adapt']:g}" if "adapt" in figures else "the model as it is"
    state = figures["state"] if "adapt" in figures else f"static, {figures['state']}"
    measured = f"{figures['bits_per_character']:.4f} bits, {figures['nats_per_character']:.4f} nats per character"
    return escaped(f"{state} state, {how}: {measured} ({figures['corpus']})")


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
