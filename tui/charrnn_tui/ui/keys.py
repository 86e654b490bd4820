"""What the lists of keys of all screens share."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

from charrnn_tui.ui.key_bar import KeyHint

Shown = Mapping[str, tuple[str, str]]
"""For each binding's id, the key as it is shown and the action that it runs."""


class Key(Protocol):
    def __call__(
        self, key: str, action: str, description: str, tooltip: str, shown: str | None = None
    ) -> Binding: ...


def keys_of(screen: str) -> Key:
    """Makes the bindings of a screen; the id of each is the screen's name and its description."""

    def key(key: str, action: str, description: str, tooltip: str, shown: str | None = None) -> Binding:
        name = description.lower().replace(" ", "-")
        return Binding(key, action, description, id=f"{screen}.{name}", tooltip=tooltip, key_display=shown)

    return key


def remapped(bindings: Iterable[Binding], keys: Mapping[str, str]) -> list[Binding]:
    """Bindings with the keys that a reader has put, by a binding's id, in the place of their own."""
    wanted = ((binding, keys.get(binding.id or "")) for binding in bindings)
    return [binding if key is None else binding.with_key(key) for binding, key in wanted]


def key_shown(app: App[Any], binding: Binding) -> str:
    """All keys of a binding as a reader knows them."""
    if binding.key_display:
        return binding.key_display
    return " ".join(app.get_key_display(Binding(key.strip(), "")) for key in binding.key.split(","))


def shown_keys(screen: Screen[Any]) -> Shown:
    """The bindings of a screen that hold now, its own and the app's, as they may have been re-mapped."""
    return {
        active.binding.id or "": (
            screen.app.get_key_display(active.binding),
            # A click runs the action in the name of the screen: those of others are named as such.
            f"app.{active.binding.action}"
            if isinstance(active.node, App)
            else f"focused.{active.binding.action}"
            if active.node is screen.focused
            else active.binding.action,
        )
        for active in screen.active_bindings.values()
    }


def hints_of(keys: Shown, screen: str) -> Callable[..., KeyHint | None]:
    """Makes hints: called with a label, its importance and the names of some keys, which are the ids of their
    bindings, without the screen's name where they are its own. None for keys that don't hold now.
    """

    def hint(label: str, importance: int, *names: str) -> KeyHint | None:
        ids = [name if "." in name else f"{screen}.{name}" for name in names]
        shown = tuple(keys[name] for name in ids if name in keys)
        return KeyHint(shown, label, importance) if shown else None

    return hint


def those_there(hints: Iterable[KeyHint | None]) -> list[KeyHint]:
    """Without those that aren't there."""
    return [hint for hint in hints if hint is not None]
