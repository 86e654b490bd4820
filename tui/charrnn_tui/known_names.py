"""The names that a settings file may use: themes, colourings, bindings and keys.

Imports the screens only when it is asked, and knows nothing of the file.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import charrnn_tui

QUIT = "app.quit"
_MODIFIERS = {"ctrl", "shift", "alt", "meta", "super", "hyper"}


def themes() -> set[str]:
    """Textual's themes and the app's own."""
    from textual.theme import BUILTIN_THEMES, Theme

    from charrnn_tui.ui import theme

    return {*BUILTIN_THEMES, *(own.name for own in vars(theme).values() if isinstance(own, Theme))}


def colourings() -> tuple[str, ...]:
    from charrnn_tui.text.colouring import COLOURINGS

    return COLOURINGS


def bindings() -> dict[str, str]:
    """The keys of every binding of the app, by the binding's id. Takes about half a second."""
    from textual.binding import Binding
    from textual.dom import DOMNode

    for module in pkgutil.walk_packages(charrnn_tui.__path__, "charrnn_tui."):
        if ".commands" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    own = [node for node in _subclasses(DOMNode) if node.__module__.startswith("charrnn_tui.")]
    listed = [binding for node in own for binding in vars(node).get("BINDINGS", ())]
    return {binding.id: binding.key for binding in listed if isinstance(binding, Binding) and binding.id}


def key_names(keys: object) -> str | None:
    """`?` or `f5, ctrl+g` as Textual names them, with commas between them. None if one of them is not a key."""
    from textual.binding import Binding, InvalidBinding

    if not isinstance(keys, str) or len(keys) > 100:
        return None
    try:
        names = [binding.key for binding in Binding.make_bindings([Binding(keys, "")])]
    except InvalidBinding:
        return None
    return ",".join(names) if all(map(_is_key, names)) else None


def without_a_way_out(keys: Mapping[str, str], defaults: Mapping[str, str]) -> list[str]:
    """The bindings in a reader's `keys` that would leave no key to quit, or to close one of the other screens.

    Both map a binding's id to its keys; `defaults` holds all bindings.
    """
    refused: list[str] = []
    ways_out = [binding for binding in defaults if binding == QUIT or binding.endswith((".leave", ".close"))]
    others = {"play.", "app.", *map(_screen, ways_out)}
    others |= {_screen(binding) for binding in defaults if "escape" in _split(defaults[binding])}
    dialogs = ("dialog.", *({*map(_screen, defaults)} - others))  # screens that close with the dialogs' key alone
    for way_out in ways_out:
        screen = {QUIT: ("play.", "app."), "dialog.close": dialogs}.get(way_out, (_screen(way_out),))
        free = _split(keys.get(way_out, defaults[way_out]))
        there = [binding for binding in defaults if binding.startswith(screen) and binding != way_out]
        taken = {binding: _split(keys.get(binding, defaults[binding])) for binding in there}
        if free <= set().union(*taken.values()):
            # Where default keys alone take them, the reader's key for the way out is at fault.
            refused += [binding for binding in taken if binding in keys and taken[binding] & free] or [way_out]
    return refused


def _screen(binding: str) -> str:
    return binding.partition(".")[0] + "."


def _split(keys: str) -> set[str]:
    return set(keys.split(","))


def _is_key(name: str) -> bool:
    from textual.keys import Keys, key_to_character

    *modifiers, base = name.split("+")
    character = key_to_character(base)
    printable = character is not None and character.isprintable()
    return (printable or base in {key.value for key in Keys}) and _MODIFIERS.issuperset(modifiers)


def _subclasses(of: type[Any]) -> Iterator[type[Any]]:
    children: Iterable[type[Any]] = of.__subclasses__()
    for child in children:
        yield child
        yield from _subclasses(child)
