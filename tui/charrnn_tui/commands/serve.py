"""`charrnn-tui serve`: the app in browsers, for a class. Needs the extra `web`."""

import os
import shlex
import site
import socket
import sys
from collections.abc import Sequence
from ipaddress import ip_address

import click

from charrnn_tui.commands.console import Refusal, narrate
from charrnn_tui.ui.host_files import VISITOR_VARIABLE

_EXAMPLES = """\b
Examples:
  charrnn-tui serve                        on this machine, at http://127.0.0.1:8000
  charrnn-tui serve shakespeare            each visitor begins with this model
  charrnn-tui serve --host 0.0.0.0         for everyone who reaches this machine
  charrnn-tui serve --limit 30 -- --speed 10 --temperature 0.6

Options after -- go to `charrnn-tui play`, for every visitor. A visitor takes
about 80 MB of memory, and a sixth of a core while the text runs. Visitors
can't save, train, open files or change your settings; they can open your
models by name. Ctrl-C stops."""


@click.command(epilog=_EXAMPLES)
@click.argument("play_arguments", metavar="[MODEL] [-- OPTIONS OF PLAY]", nargs=-1, type=click.UNPROCESSED)
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", show_default=True,
              help="Address to listen on; 0.0.0.0 is every address of this machine.")  # fmt: skip
@click.option("--port", default=8000, type=click.IntRange(0, 65535), metavar="N", show_default=True,
              help="Port to listen on.")  # fmt: skip
@click.option("--limit", default=20, type=click.IntRange(1), metavar="N", show_default=True,
              help="Maximum number of visitors at a time.")  # fmt: skip
@click.option("--allow-files", is_flag=True,
              help="Let visitors save, train and open files on this machine, as you can.")  # fmt: skip
def serve(play_arguments: tuple[str, ...], host: str, port: int, limit: int, allow_files: bool) -> None:
    """Open the app in browsers, a process for each visitor.

    Visitors share this machine and nothing else. There is no password.
    """
    _check(play_arguments)
    try:
        from charrnn_tui.commands.web_server import VisitorServer
    except ModuleNotFoundError:
        raise Refusal("serve needs textual-serve; install it with: pip install 'charrnn-tui[web]'") from None
    _refuse_taken(host, port)
    if not _is_loopback(host):
        do = "use the app, save and train, and read your files" if allow_files else "use the app"
        narrate(f"warning: everyone who reaches this machine at {host} can {do}; there is no password")
    if not allow_files:
        os.environ.update(_visitor_environment())
    shown = f"[{host}]" if ":" in host else host
    greeting = f"serving http://{shown}:{port} to {limit} visitors at most; Ctrl-C stops"
    command = shlex.join([sys.executable, "-m", "charrnn_tui", "play", *play_arguments])
    VisitorServer(command, host, port, limit, greeting).serve()
    raise KeyboardInterrupt  # it ends by Ctrl-C


def _check(play_arguments: Sequence[str]) -> None:
    """Raises what `charrnn-tui play` would raise, before a visitor comes."""
    from charrnn_engine.checkpoints.store import default_checkpoint, find_checkpoint
    from charrnn_tui.commands.play import play

    with play.make_context("charrnn-tui play", list(play_arguments)) as context:
        model = context.params["model"]
    if model is None:
        default_checkpoint()
    else:
        find_checkpoint(model)


def _visitor_environment() -> dict[str, str]:
    """Variables that tell the app that a visitor uses it, and that hide the home folder of this machine's user with
    their settings and texts. The models are found all the same.
    """
    from charrnn_engine.checkpoints.locations import CHECKPOINTS_VARIABLE, checkpoint_folders

    nowhere = "/nonexistent"  # the home of nobody, by custom
    hidden = ["HOME", *(f"XDG_{kind}_HOME" for kind in ("CONFIG", "DATA", "STATE", "CACHE"))]
    return {
        VISITOR_VARIABLE: "1",
        CHECKPOINTS_VARIABLE: os.pathsep.join(str(folder.absolute()) for folder in checkpoint_folders()),
        "PYTHONUSERBASE": site.getuserbase(),  # it would be sought in the home folder
        **dict.fromkeys(hidden, nowhere),
    }


def _refuse_taken(host: str, port: int) -> None:
    """Raises Refusal where nothing can listen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refusal(
            f"can't listen on {host}, port {port}: {reason}; choose others with --host and --port"
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
