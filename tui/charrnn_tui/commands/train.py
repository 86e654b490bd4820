"""`charrnn-tui train`: options in, a training process beside, its events as a progress bar or as JSON lines. No
TensorFlow in this process."""

import contextlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.runs import launch
from charrnn_engine.runs.errors import CorpusError, SettingsError
from charrnn_engine.runs.presets import PRESETS, resumed, settings_for
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import read_state
from charrnn_tui.train.setup.command_line import command_text, is_name, name_for, settings_fields

_EPILOG = """\b
Examples:
  charrnn-tui train notes.txt                    a model "notes" of a text, in a minute or so
  charrnn-tui train news.csv --column title      each title a text of its own
  charrnn-tui train poems.txt --lines --cell gru --units 256 --epochs 20
  charrnn-tui train notes.txt --resume           go on where a run was interrupted

\b
Ctrl-C saves the run and leaves. The best model on the validation part is kept."""


@click.command(epilog=_EPILOG)
@click.argument("corpus")
@click.option("--name", help="Name of the model, saved where models are found by name. Default: the corpus' name.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder to save the model in, instead of a name.")
@click.option("--preset", type=click.Choice(list(PRESETS)), help="Named settings, on which other options lie.")
@click.option("--level", type=click.Choice(["char", "word"]), help="What a token is.  [default: char]")
@click.option("--column", multiple=True, help="Column (header, key or number) of a CSV, JSON lines or TFDS; the first"
              " is measured, further ones are learnt from too.")  # fmt: skip
@click.option("--lines", is_flag=True, default=None, help="Each line is a text of its own.")
@click.option("--window", type=int, metavar="N", help="Length of the pieces that a running text is cut into.")
@click.option("--vocabulary", type=int, metavar="N", help="At most so many different tokens.")
@click.option("--cell", type=click.Choice(["lstm", "gru", "rnn"]), help="Kind of recurrent layer.")
@click.option("--layers", type=int, metavar="N", help="Recurrent layers.")
@click.option("--units", type=int, metavar="N", help="Units of a layer.")
@click.option("--embedding", type=int, metavar="N", help="Width of the embedding; 0 for one-hot.")
@click.option("--dropout", type=float, metavar="P", help="After each recurrent layer.")
@click.option("--input-dropout", type=float, metavar="P", help="Before the first one.")
@click.option("--recurrent-dropout", type=float, metavar="P", help="Of recurrent weights.")
@click.option("--epochs", type=int, metavar="N", help="Times through the corpus.")
@click.option("--batch", type=int, metavar="N", help="Texts or windows in a minibatch.")
@click.option("--lr", type=float, metavar="R", help="Highest learning rate.")
@click.option("--patience", type=int, metavar="N", help="Epochs without a better validation before it ends.")
@click.option("--validation", metavar="FILE|FRACTION", help="What validates.  [default: 0.1 of the corpus]")
@click.option("--keep-epochs", type=int, metavar="N", help="Epochs kept as checkpoints beside the best; 0 for none."
              "  [default: 24]")  # fmt: skip
@click.option("--sample-every", type=int, metavar="N", help="Steps between samples.  [default: an epoch]")
@click.option("--prompt", multiple=True, metavar="TEXT", help="What samples go on from; may be repeated.")
@click.option("--from", "from_", metavar="MODEL", help="Start from the weights of a model.")
@click.option("--half", is_flag=True, default=None, help="Store the weights as float16.")
@click.option("--licence", metavar="TEXT", help="The corpus' licence, for the model's card.")
@click.option("--precision", type=click.Choice(["auto", "float32", "bfloat16"]), help="Of the matrix products.")
@click.option("--nice", is_flag=True, default=None, help="Give way to other processes.")
@click.option("--resume", is_flag=True, help="Go on with the run that was interrupted.")
@click.option("--force", is_flag=True, help="Replace a model of that name.")
@click.option("--seed", type=int, metavar="N", help="Of everything random.  [default: 0]")
@click.option("--json", "json_", is_flag=True, help="Write events as JSON, one a line.")
@click.pass_context
def train(context: click.Context, /, corpus: str, **options: Any) -> int:
    """Train a model on CORPUS: a text, a CSV, JSON lines, - or tfds:NAME[:SPLIT]."""
    if options["lines"] and options["window"] is not None:
        raise click.UsageError("--lines and --window exclude each other")
    if options["name"] and options["out"]:
        raise click.UsageError("--name and --out exclude each other")
    name = options["name"] or (Path(options["out"]).name if options["out"] else name_for(corpus))
    if not is_name(name):
        raise click.UsageError(f"{name!r} is no name for a model")
    out = Path(options["out"]) if options["out"] else user_checkpoints() / name
    settings = _settings(context, corpus, name, out, options)
    return follow(settings, as_json=options["json_"])


def _settings(context: click.Context, corpus: str, name: str, out: Path, options: dict[str, Any]) -> TrainingSettings:
    said = {
        key: value
        for key, value in context.params.items()
        if value is not None and context.get_parameter_source(key) != ParameterSource.DEFAULT
    }
    given = settings_fields(said)
    command = command_text(context.command.params, said)
    if options["resume"]:
        return resumed(read_state(out).settings, str(out), {**given, "path": corpus})
    if out.exists() and not options["force"]:
        raise SettingsError(
            f"{out} exists already; --resume goes on with its training, --force replaces it, --name names another"
        )
    return settings_for(
        corpus, str(out), preset=options["preset"] or "", given={**given, "name": name, "command": command}
    )


def follow(settings: TrainingSettings, as_json: bool) -> int:
    """Runs the training process to its end and returns the exit code; Ctrl-C is passed on to it, once to save and
    leave, twice to end it at once."""
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
                event = launch.parse(line)
                if event is None:
                    continue
                failure = _told(event) if event["event"] == "error" else failure
                show(event)
            except KeyboardInterrupt:
                interrupts += 1
                process.send_signal(signal.SIGINT if interrupts == 1 else signal.SIGKILL)
            except BrokenPipeError:
                process.send_signal(signal.SIGINT)
                raise
        code = process.wait()
        if code and code != 130 and not failure:
            log.seek(written)
            failure = launch.last_words(code, log.read().decode("utf-8", "replace"))
    return _ended(code, failure, interrupts)


def _told(error: dict[str, Any]) -> str:
    """What the process has failed of, with what is left of its work."""
    stands = error.get("checkpoint")
    kept = f"; what it has learnt so far stands in {stands}" if stands and stands not in error["message"] else ""
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
