"""What the lists of keys of all screens share."""

from collections.abc import Mapping
from typing import Protocol

from textual.binding import Binding

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
