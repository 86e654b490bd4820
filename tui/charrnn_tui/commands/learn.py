"""`charrnn-tui learn`: reads the lessons, then opens the app with the list of them."""

from pathlib import Path

import click

from charrnn_tui.commands.console import narrate, require_terminal
from charrnn_tui.commands.play import answer_keys_soon, is_found, run_app

_EXAMPLES = """\b
Examples:
  charrnn-tui learn               the course that comes with the app
  charrnn-tui learn lessons/      your own lessons, in Markdown files

In the app, L shows the list. A lesson can be left at any time and resumed."""


@click.command(epilog=_EXAMPLES)
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def learn(folder: Path | None) -> int:
    """Open the course: short lessons beside the live text.

    FOLDER holds lessons of your own: Markdown files, taken in the order of their names. docs/course.md describes how
    to write one.
    """
    from charrnn_tui.learn.lesson import SHIPPED, read_lessons

    folder = folder or SHIPPED
    read_lessons(folder)  # a broken lesson is refused before the app opens
    answer_keys_soon()
    from charrnn_tui.settings import load_settings

    settings, problem = load_settings()
    require_terminal()
    if problem is not None:
        narrate(problem)

    from charrnn_tui.app import PlaygroundApp

    model = settings.model if settings.model is not None and is_found(settings.model) else None
    speeds = settings.speed, settings.word_speed
    return run_app(PlaygroundApp(model, None, settings.controls, None, *speeds, lessons=folder))
