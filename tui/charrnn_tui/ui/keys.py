"""Bindings with ids, the keys that users have mapped them to, and the hints that name those keys."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from textual.app import App
from textual.binding import Binding, BindingType
from textual.screen import Screen

from charrnn_tui.ui.key_hints import KeyHint

Shown = Mapping[str, tuple[str, str]]
"""For each binding's id, the key as it is shown and the action that it runs."""


class Key(Protocol):
    def __call__(
        self, key: str, action: str, description: str, tooltip: str, shown: str | None = None
    ) -> Binding: ...


def keys_of(screen: str) -> Key:
    """Makes the bindings of a screen; the id of each is the screen's name and the description."""

    def key(key: str, action: str, description: str, tooltip: str, shown: str | None = None) -> Binding:
        name = description.lower().replace(" ", "-")
        return Binding(key, action, description, id=f"{screen}.{name}", tooltip=tooltip, key_display=shown)

    return key


def remapped(bindings: Iterable[BindingType], keys: Mapping[str, str]) -> list[Binding]:
    """The bindings, under the keys that the user has chosen for them by their ids."""
    own = [binding for binding in bindings if isinstance(binding, Binding)]
    chosen = ((binding, keys.get(binding.id or "")) for binding in own)
    return [binding if key is None else binding.with_key(key) for binding, key in chosen]


def key_shown(app: App[Any], binding: Binding) -> str:
    """All keys of a binding, as they are shown."""
    if binding.key_display:
        return binding.key_display
    return " ".join(app.get_key_display(Binding(key.strip(), "")) for key in binding.key.split(","))


def key_name(app: App[Any], bindings: Iterable[BindingType], name: str) -> str:
    """The first key of the binding with that id, as the user has mapped it: for text that names a key."""
    return shown_binding(app, next(one for one in bindings if isinstance(one, Binding) and one.id == name))


def hint_of(app: App[Any], bindings: Iterable[BindingType], name: str, label: str, importance: int = 0) -> KeyHint:
    """A hint for the binding with that id, whether its key works now or not."""
    binding = next(one for one in bindings if isinstance(one, Binding) and one.id == name)
    return KeyHint(((shown_binding(app, binding), binding.action),), label, importance)


def shown_binding(app: App[Any], binding: Binding) -> str:
    """The first key of a binding, as the user has mapped it."""
    keys: Mapping[str, str] = getattr(app, "user_keys", {})
    (binding,) = remapped((binding,), keys)
    return binding.key_display or app.get_key_display(Binding(binding.key.split(",")[0].strip(), ""))


def shown_keys(screen: Screen[Any]) -> Shown:
    """The bindings of a screen that work now, its own and the app's, under the keys that the user has mapped."""
    shown: dict[str, tuple[str, str]] = {}
    for active in screen.active_bindings.values():
        action = active.binding.action
        # A click runs the action on the screen: the actions of others are named as theirs.
        if isinstance(active.node, App):
            action = f"app.{action}"
        elif active.node is screen.focused:
            action = f"focused.{action}"
        shown.setdefault(active.binding.id or "", (screen.app.get_key_display(active.binding), action))
    return shown


def hints_of(keys: Shown, screen: str) -> Callable[..., KeyHint | None]:
    """Makes hints: called with a label, its importance and the ids of some bindings, without the screen's name where
    they are its own. None where none of the keys works now.
    """

    def hint(label: str, importance: int, *names: str) -> KeyHint | None:
        ids = [name if "." in name else f"{screen}.{name}" for name in names]
        shown = tuple(keys[name] for name in ids if name in keys)
        return KeyHint(shown, label, importance) if shown else None

    return hint


def those_there(hints: Iterable[KeyHint | None]) -> list[KeyHint]:
    """The hints that there are."""
    return [hint for hint in hints if hint is not None]
