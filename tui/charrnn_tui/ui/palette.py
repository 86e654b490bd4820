"""What the command palette offers: what a key can do now, and those of Textual's commands that make sense here."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from textual.actions import parse
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from charrnn_tui.ui.keys import key_shown

_KEPT = ("Theme", "Quit", "Screenshot")


def system_commands(
    app: App[Any], screen: Screen[Any], bindings: Sequence[Binding], textuals: Iterable[SystemCommand]
) -> Iterator[SystemCommand]:
    """Those of `textuals` that are kept, and the `bindings` of the screen that work now. Keys that count places, such
    as those for the next characters, aren't shown.
    """
    yield from (command for command in textuals if command.title in _KEPT)
    for binding in bindings:
        where, name, parameters = parse(binding.action)
        if binding.show and (app if where == "app" else screen).check_action(name, parameters):
            title, _, more = binding.tooltip.partition(": ")
            yield SystemCommand(
                title[:1].upper() + title[1:],  # `capitalize` would make small letters of all the others
                f"{more}{' · ' if more else ''}key: {key_shown(app, binding)}",
                partial(app.run_action, binding.action, default_namespace=screen),
            )
