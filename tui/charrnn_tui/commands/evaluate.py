"""`charrnn-tui evaluate`: how well a model predicts a text, in bits and nats per character and as perplexity."""

import json
from typing import Any

import click

_EPILOG = """\b
Examples:
  charrnn-tui evaluate headlines test.csv --column title --lines
  charrnn-tui evaluate shakespeare tinyshakespeare.txt --held-out 0.1

\b
Lines: the state starts fresh at each line; every token after the first and the <eos> that ends it is scored.
Windows: a running text is cut every N tokens, each piece starts fresh, and every token but the text's first is
scored. A token that the model doesn't know counts with p = 1/100."""


@click.command(epilog=_EPILOG)
@click.argument("model")
@click.argument("corpus")
@click.option("--column", help="Column (header, key or number) of a CSV, JSON lines or TFDS.")
@click.option("--lines", is_flag=True, help="Each line is a text of its own.")
@click.option("--window", type=click.IntRange(min=1), metavar="N",
              help="Length of the pieces of a running text.  [default: 256]")  # fmt: skip
@click.option("--carry-state", is_flag=True, help="Read a running text in one go, without a fresh state.")
@click.option("--held-out", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="FRACTION",
              help="Only the end of a running text, which train --validation FRACTION leaves out.")  # fmt: skip
@click.option("--record", is_flag=True, help="Write the figures into the model's card.")
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
    """Measure how well MODEL predicts CORPUS: a text, a CSV, JSON lines, - or tfds:NAME[:SPLIT]."""
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
    rows = [
        ("bits per character", f"{figures['bits_per_character']:.4f}"),
        ("nats per character", f"{figures['nats_per_character']:.4f}"),
    ]
    if level == "word":
        rows += [("bits per word", f"{figures['bits_per_token']:.4f}")]
    perplexity = figures["perplexity"]
    rows += [
        (f"perplexity per {'word' if level == 'word' else 'character'}",
         "infinite" if perplexity is None else f"{perplexity:.4g}"),
        (f"{'words' if level == 'word' else 'characters'} scored", f"{figures['tokens']:,}"),
        ("of them unknown", f"{figures['unknown']:,}, counted with p = 1/100"),
        ("texts", f"{figures['texts']:,}"),
    ]  # fmt: skip
    head = f"{figures['model']} on {figures['corpus']} ({figures['samples']}, {figures['state']} state)"
    return "\n".join([head, *(f"  {name:<24} {value}" for name, value in rows)])


def _record(model: str, figures: dict[str, Any]) -> None:
    """Puts figures into the card, in the place of older ones measured the same way."""
    from charrnn_engine.checkpoints.store import CARD_FILE, MODEL_FILE, find_checkpoint, load, write_checkpoint

    file = find_checkpoint(model)
    if file.name != MODEL_FILE:
        raise click.UsageError(f"{file} is no checkpoint folder; there is no {CARD_FILE} to record in")
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
