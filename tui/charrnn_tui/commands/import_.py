"""`charrnn-tui import`: a Keras model and its tokenizer become a checkpoint that opens by name."""

from pathlib import Path

import click

from charrnn_tui.commands.console import narrate

_EPILOG = """\b
In the notebook, after training:
  model.save("model.keras")
  open("tokenizer.json", "w").write(tokenizer.to_json())   # or json.dump(tokenizer.word_index, file)
Then:
  charrnn-tui import model.keras tokenizer.json --name mine
  charrnn-tui mine"""


@click.command("import", epilog=_EPILOG)
@click.argument("model", metavar="MODEL.keras", type=click.Path(path_type=Path))
@click.argument("tokenizer", metavar="TOKENIZER.json", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the model, saved where models are found by name.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to save in, instead of a name.")
@click.option("--force", is_flag=True, help="Replace a model of that name.")
def import_model(model: Path, tokenizer: Path, name: str | None, out: Path | None, force: bool) -> None:
    """Make a checkpoint of MODEL.keras (Masking, Embedding, recurrent layers, Dense) and its Keras TOKENIZER.json."""
    if (name is None) == (out is None):
        raise click.UsageError("say where to: --name NAME or --out DIR")
    if name is not None and (Path(name).name != name or name.startswith(".") or not name):
        raise click.UsageError(f"{name!r} is no name for a model")
    from charrnn_engine.checkpoints.importing import import_keras
    from charrnn_engine.checkpoints.locations import user_checkpoints

    folder = out if out is not None else user_checkpoints() / str(name)
    if folder.exists() and not force:
        raise click.UsageError(f"{folder} exists already; --force replaces it")
    imported = import_keras(model, tokenizer, folder)
    for remark in imported.remarks:
        narrate(f"note: {remark}")
    network = imported.model
    narrate(f"saved in {folder}: {network.parameters:,} parameters, {len(network.vocabulary)} tokens")
