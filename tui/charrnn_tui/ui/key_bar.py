"""The line of keys at the bottom: as many of those that work now as fit. A click on one presses it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.reactive import reactive
from textual.widget import Widget

_BETWEEN = 2


@dataclass(frozen=True)
class KeyHint:
    """Some keys and what they do together, such as `↑` `↓` and "temp"."""

    keys: tuple[tuple[str, str], ...]
    """Each key as it is shown, and the action that a click on it runs."""
    label: str
    importance: int = 0
    """Where there isn't room for all, the least important are left out."""

    @property
    def width(self) -> int:
        return cell_len("".join(key for key, _ in self.keys)) + 1 + cell_len(self.label)


def fitting(hints: Sequence[KeyHint], width: int) -> list[KeyHint]:
    """The hints that fit into a width, in the order given."""
    kept = list(hints)
    while kept and sum(hint.width + _BETWEEN for hint in kept) > width:
        kept.remove(min(reversed(kept), key=lambda hint: hint.importance))
    return kept


class KeyBar(Widget):
    """Shows `hints`; a click on one does what its key does."""

    COMPONENT_CLASSES = {"key-bar--key", "key-bar--label"}
    """A key, and what it does."""

    hints: reactive[Sequence[KeyHint]] = reactive(())

    def render(self) -> Text:
        key_style, label_style = (self.get_component_rich_style(f"key-bar--{part}") for part in ("key", "label"))
        text = Text(" ", no_wrap=True, end="")
        for hint in fitting(self.hints, self.size.width):
            for key, action in hint.keys:
                text.append(key, key_style + Style(meta={"does": action}))
            text.append(f" {hint.label}", label_style + Style(meta={"does": hint.keys[0][1]}))
            text.append(" " * _BETWEEN)
        return text

    async def on_click(self, event: Click) -> None:
        # Not Textual's own "@click", which would draw every key as a link.
        action = event.style.meta.get("does")
        if action:
            await self.app.run_action(action, default_namespace=self.screen)
