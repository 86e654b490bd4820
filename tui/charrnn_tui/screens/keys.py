"""What the lists of keys of all screens share."""

from collections.abc import Mapping
from typing import Any, Protocol

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

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


def shown_keys(screen: Screen[Any]) -> Shown:
    """The bindings of a screen that hold now, its own and the app's, as they may have been re-mapped."""
    return {
        active.binding.id or "": (
            screen.app.get_key_display(active.binding),
            # A click runs the action in the name of the screen: the app's own are named as such.
            f"app.{active.binding.action}" if isinstance(active.node, App) else active.binding.action,
        )
        for active in screen.active_bindings.values()
    }
