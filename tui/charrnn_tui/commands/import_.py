"""`charrnn-tui import`: a model saved by a notebook becomes a checkpoint that opens by name."""

from pathlib import Path
from typing import Any

import click

from charrnn_tui.commands.console import narrate

_EPILOG = """\b
Examples:
  charrnn-tui import model.keras --vocabulary tokenizer.json --name mine
  charrnn-tui import model.h5 --text poems.txt --lower --name mine
  charrnn-tui import x_weights.hdf5 --vocabulary x_vocab.json --name mine
  charrnn-tui import lstm.safetensors --vocabulary chars.json --out DIR
Then:
  charrnn-tui mine"""

_FILE = click.Path(path_type=Path)


@click.command("import", epilog=_EPILOG)
@click.argument("file", metavar="FILE", type=_FILE)
@click.argument("tokenizer", metavar="[VOCABULARY]", type=_FILE, required=False)
@click.option("--vocabulary", metavar="FILE", type=_FILE, help="JSON with the model's tokens.")
@click.option("--text", metavar="FILE", type=_FILE, help="Text the model was trained on.")
@click.option("--lower", is_flag=True, help="The text was lower-cased.")
@click.option("--slice", "span", metavar="A:B", help="Only these characters of the text.")
@click.option("--order", type=click.Choice(["sorted", "frequency"]), help="Order of the text's characters.")
@click.option("--window", metavar="N", type=click.IntRange(1, 1000), help="Length of the training windows.")
@click.option("--state", type=click.Choice(["carried", "window"]), help="Use of the state.  [default: measured]")
@click.option("--name", help="Name of the model, which then opens by it.")
@click.option("--out", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Folder to save in.")
@click.option("--force", is_flag=True, help="Replace a model of that name.")
def import_model(name: str | None, out: Path | None, force: bool, **options: Any) -> None:
    """Open your own model: FILE is a Keras .keras, .h5 or .hdf5, textgenrnn weights, or PyTorch .safetensors.

    Its vocabulary is a Keras Tokenizer's JSON, a char_to_idx or idx_to_char mapping, or a list of tokens. If it is
    lost, the text is enough: the usual orders of its characters are tried, then the vocabulary is solved for.
    """
    if (name is None) == (out is None):
        raise click.UsageError("say where to save: --name NAME or --out DIR")
    if name is not None and (Path(name).name != name or name.startswith(".") or not name or len(name) > 100):
        raise click.UsageError(f"{name[:60]!r} can't be the name of a model")
    from charrnn_engine.checkpoints.locations import user_checkpoints

    folder = out if out is not None else user_checkpoints() / str(name)
    if folder.exists() and not force:
        raise click.UsageError(f"{folder} exists already; --force replaces it")
    imported = _prepared(**options)
    model = imported.save(folder)
    narrate(f"vocabulary: {imported.how}")
    if imported.fit is not None:
        narrate(_figures(imported.fit))
    window = model.network.window
    narrate(
        f"state: {'carried on from token to token' if window is None else f'windows of the last {window} tokens'}"
    )
    for remark in imported.remarks:
        narrate(f"note: {remark}")
    narrate(f"saved in {folder}: {model.parameters:,} parameters, {len(model.vocabulary)} tokens")


def _prepared(
    file: Path,
    tokenizer: Path | None,
    vocabulary: Path | None,
    text: Path | None,
    lower: bool,
    span: str | None,
    order: str | None,
    window: int | None,
    state: Any,
) -> Any:
    """The model, opened and measured. Raises UsageError for options that don't go together."""
    from charrnn_engine.checkpoints.from_text import TextOptions
    from charrnn_engine.checkpoints.importing import prepare
    from charrnn_engine.checkpoints.orders import parse_slice

    if tokenizer is not None and vocabulary is not None:
        raise click.UsageError("name one vocabulary, not two")
    if text is None and (lower or span is not None or order is not None):
        raise click.UsageError("--lower, --slice and --order say how the text was read; add --text FILE")
    reading = None
    if text is not None:
        reading = TextOptions(text, lower or None, None if span is None else parse_slice(span), order)
    return prepare(
        file, vocabulary=vocabulary or tokenizer, text=reading, window=window, state=state,
        progress=lambda line: narrate(f"{line} …"),
    )  # fmt: skip


def _figures(fit: Any) -> str:
    """Bits per character of both ways of use, beside those of letters alone."""
    ways = (("state carried on", fit.carried), ("windows", fit.window))
    figures = ", ".join(f"{figure:.2f} ({name})" for name, figure in ways if figure is not None)
    return f"bits per character of the text: {figures}; letters alone {fit.letters:.2f}"
