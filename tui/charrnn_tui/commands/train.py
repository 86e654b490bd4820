"""`charrnn-tui train`: starts a training process, and shows its events as a progress bar or as JSON lines. Imports no
TensorFlow."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.errors import CorpusError, SettingsError
from charrnn_engine.runs import failures, journal, launch
from charrnn_engine.runs.cluster import cluster_config
from charrnn_engine.runs.presets import PRESETS, resumed, settings_for
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import read_state
from charrnn_tui.train.setup.command_line import card_command, is_name, name_for, settings_fields

_EPILOG = """\b
Examples:
  charrnn-tui train notes.txt                    a model named "notes", sized for the text
  charrnn-tui train news.csv --column title      each title is a separate text
  charrnn-tui train poems.txt --lines --cell gru --units 256 --epochs 20
  charrnn-tui train essays/ letters.txt          a folder and a file
  charrnn-tui train notes.txt --resume           continue a run that was interrupted
  charrnn-tui train verse.txt --from headlines   fine-tune a model on another text

\b
Ctrl-C saves the run and quits. The model with the best validation loss is kept."""


@click.command(epilog=_EPILOG)
@click.argument("corpus", nargs=-1, required=True)
@click.option("--name", help="Name of the model; it is saved with your other models.  [default: name of the corpus]")
@click.option("--out", type=click.Path(file_okay=False), help="Folder to save the model in, instead of --name.")
@click.option("--preset", type=click.Choice(list(PRESETS)), help="A preset; other options override it.")
@click.option("--level", type=click.Choice(["char", "word"]), help="Characters or words as tokens.  [default: char]")
@click.option("--column", multiple=True, help="Column to learn from, by name or number; may be repeated."
              " Validation is on the first one.")  # fmt: skip
@click.option("--lines", is_flag=True, default=None, help="Treat each line as a separate text.")
@click.option("--unescape", is_flag=True, default=None, help="Decode HTML entities and remove tags (&amp; #39; <b>).")
@click.option("--window", type=int, metavar="N", help="Tokens in each piece that a running text is cut into.")
@click.option("--vocabulary", type=int, metavar="N", help="Maximum number of different tokens.")
@click.option("--cell", type=click.Choice(["lstm", "gru", "rnn"]), help="Type of recurrent layer.")
@click.option("--layers", type=int, metavar="N", help="Number of recurrent layers.")
@click.option("--units", type=int, metavar="N", help="Units per recurrent layer.")
@click.option("--embedding", type=int, metavar="N", help="Size of the embedding; 0 for one-hot input.")
@click.option("--dropout", type=float, metavar="P", help="Dropout after each recurrent layer.")
@click.option("--input-dropout", type=float, metavar="P", help="Dropout before the first recurrent layer.")
@click.option("--recurrent-dropout", type=float, metavar="P", help="Dropout of recurrent weights.")
@click.option("--epochs", type=int, metavar="N", help="Maximum number of passes through the corpus.")
@click.option("--batch", type=int, metavar="N", help="Texts or windows per batch.")
@click.option("--lr", type=float, metavar="R", help="Peak learning rate.")
@click.option("--patience", type=int, metavar="N", help="Stop after so many epochs without a better validation loss.")
@click.option("--validation", metavar="FILE|FRACTION", help="Validation file or fraction.  [default: 0.1]")
@click.option("--keep-epochs", type=int, metavar="N", help="Epochs to keep as checkpoints besides the best; 0 for"
              " none.  [default: 24]")  # fmt: skip
@click.option("--sample-every", type=int, metavar="N", help="Steps between samples.  [default: once an epoch]")
@click.option("--prompt", multiple=True, metavar="TEXT", help="Prompt of the samples; may be repeated.")
@click.option("--from", "from_", metavar="MODEL", help="Start from a model: its weights, network and vocabulary.")
@click.option("--half", is_flag=True, default=None, help="Store the weights as float16.")
@click.option("--licence", metavar="TEXT", help="Licence of the corpus, for the model's card.")
@click.option("--precision", type=click.Choice(["auto", "float32", "bfloat16"]),
              help="Precision of matrix products.  [default: auto]")  # fmt: skip
@click.option("--state", type=click.Choice(["fresh", "carried"]), help="Start each window of a running text"
              " from a fresh state, or carry on the state of the one before.  [default: fresh]")  # fmt: skip
@click.option("--workers", metavar="HOST:PORT,…", help="Share the run with other machines: the address of each"
              " worker. The first one saves the model.")  # fmt: skip
@click.option("--worker", type=int, metavar="N", help="Which of --workers this machine is, counted from 0.")
@click.option("--tensorboard", type=click.Path(file_okay=False), metavar="FOLDER",
              help="Write losses and learning rate to this folder for TensorBoard.")  # fmt: skip
@click.option("--nice", is_flag=True, default=None, help="Run at low priority.")
@click.option("--resume", is_flag=True, help="Continue the run that was interrupted.")
@click.option("--force", is_flag=True, help="Replace an existing model of that name.")
@click.option("--seed", type=int, metavar="N", help="Random seed.  [default: 0]")
@click.option("--json", "json_", is_flag=True, help="Write events as JSON, one per line.")
@click.pass_context
def train(context: click.Context, /, corpus: tuple[str, ...], **options: Any) -> int:
    """Train a model on CORPUS: a text, CSV or JSON lines file, - for standard input, or tfds:NAME[:SPLIT].

    Several files, a folder or a pattern such as 'texts/*.txt' are read as one text.
    """
    if options["lines"] and options["window"] is not None:
        raise click.UsageError("--lines and --window can't be combined")
    if options["name"] and options["out"]:
        raise click.UsageError("--name and --out can't be combined")
    name = options["name"] or (Path(options["out"]).name if options["out"] else name_for(corpus[0]))
    if not is_name(name):
        raise click.UsageError(f"{name!r} can't be the name of a model; --name sets another")
    if (options["workers"] is None) != (options["worker"] is None):
        raise click.UsageError("--workers and --worker need each other; give both")
    if options["workers"] is not None:
        os.environ["TF_CONFIG"] = cluster_config(options["workers"], options["worker"])
    out = Path(options["out"]) if options["out"] else user_checkpoints() / name
    settings = _settings(context, corpus, name, out, options)
    return follow(settings, as_json=options["json_"])


def _settings(
    context: click.Context, corpus: tuple[str, ...], name: str, out: Path, options: dict[str, Any]
) -> TrainingSettings:
    names = [str(parameter.name) for parameter in context.command.params]
    said = {
        name: context.params[name]
        for name in names
        if context.params.get(name) is not None and context.get_parameter_source(name) != ParameterSource.DEFAULT
    }
    given = settings_fields(said) | {"more": corpus[1:]}
    if options["resume"]:
        return resumed(read_state(out).settings, str(out), {**given, "path": corpus[0]})
    if out.exists() and not options["force"] and not options["worker"]:
        raise SettingsError(
            f"{out} already exists; --resume continues its training, --force replaces it, --name chooses another name"
        )
    given |= {"name": name, "command": card_command(said)}
    return settings_for(corpus[0], str(out), preset=options["preset"] or "", given=given)


def follow(settings: TrainingSettings, as_json: bool) -> int:
    """Runs the training process to its end and returns the exit code. Ctrl-C is passed on: once to save and quit,
    twice to quit at once."""
    with launch.open_log(settings) as log, _shown(as_json) as show:
        written = log.seek(0, os.SEEK_END)
        process = launch.start(settings, log)
        assert process.stdout is not None
        interrupts, failure = 0, ""
        while True:
            try:
                line = process.stdout.readline()
                if not line:
                    break
                event = journal.parse_event(line)
                if event is None:
                    continue
                failure = _failure(event) if event["event"] == "error" else failure
                show(event)
            except KeyboardInterrupt:
                interrupts += 1
                _interrupt(process, at_once=interrupts > 1)
            except BrokenPipeError:
                _interrupt(process)
                raise
        code = process.wait()
        if code and code != 130 and not failure:
            log.seek(written)
            failure = failures.last_words(code, log.read().decode("utf-8", "replace"))
    return _ended(code, failure, interrupts)


def _interrupt(process: subprocess.Popen[bytes], at_once: bool = False) -> None:
    """Asks the training process to save itself and end, or ends it. On Windows the terminal has asked it already."""
    if at_once:
        process.kill()
    elif sys.platform != "win32":
        process.send_signal(signal.SIGINT)


def _failure(error: dict[str, Any]) -> str:
    """Why training failed, and where the last good model is."""
    saved = error.get("checkpoint")
    kept = f"; the last good model is in {saved}" if saved and saved not in error["message"] else ""
    return f"{error['message']}{kept}"


def _ended(code: int, failure: str, interrupts: int) -> int:
    if interrupts:
        return 130
    if code == 2:
        raise CorpusError(failure)
    if code == 130:
        return 130
    if code:
        raise click.ClickException(failure)
    return 0


@contextlib.contextmanager
def _shown(as_json: bool) -> Any:
    if as_json:
        yield lambda event: click.echo(json.dumps(event, ensure_ascii=False))
        return
    from charrnn_tui.commands.train_progress import TrainProgress

    with TrainProgress() as progress:
        yield progress.show
