"""The line at the bottom with the keys that work now: as many as fit, and the others on further pages. A click
presses a key, and pointing at one explains it.
"""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.events import Click, MouseMove
from textual.reactive import reactive
from textual.widget import Widget

from charrnn_tui.ui.key_hints import BETWEEN, KeyHint, pages
from charrnn_tui.ui.keys import shown_binding

MORE_KEYS = "app.more-keys"
"""The id of the app's binding that turns the pages."""


class KeyBar(Widget):
    """Shows `hints`; a click on one does what its key does."""

    COMPONENT_CLASSES = {"key-bar--key", "key-bar--label"}
    """A key, and what it does."""

    hints: reactive[Sequence[KeyHint]] = reactive(())
    more: reactive[KeyHint | None] = reactive(None)
    """The key that turns to the next page."""
    page: reactive[int] = reactive(0)

    def __init__(self, lead: str = "", *, paged: bool = True, id: str | None = None) -> None:
        """`lead` stands before the keys. Without pages, keys that don't fit are left out."""
        super().__init__(id=id)
        self._paged = paged
        self._lead = f" {lead} " if lead else " "

    def on_mount(self) -> None:
        for binding in type(self.app).BINDINGS if self._paged else ():
            if isinstance(binding, Binding) and binding.id == MORE_KEYS:
                self.more = KeyHint(((shown_binding(self.app, binding), "app.more_keys"),), "more", 10)

    @property
    def _pages(self) -> list[list[KeyHint]]:
        return pages(self.hints, self.size.width - len(self._lead) + 1, self.more)

    def turn(self) -> None:
        """Shows the next page, and after the last one the first."""
        self.page = (self.page + 1) % len(self._pages)

    def watch_hints(self, before: Sequence[KeyHint], now: Sequence[KeyHint]) -> None:
        if [hint.keys for hint in before] != [hint.keys for hint in now]:
            self.page = 0

    def render(self) -> Text:
        key_style, label_style = (self.get_component_rich_style(f"key-bar--{part}") for part in ("key", "label"))
        text = Text(self._lead, label_style, no_wrap=True, end="")
        shown = self._pages
        for hint in shown[min(self.page, len(shown) - 1)]:
            for key, action in hint.keys:
                text.append(key, key_style + Style(meta={"does": action}))
            text.append(f" {hint.label}", label_style + Style(meta={"does": hint.keys[0][1]}))
            text.append(" " * BETWEEN)
        return text

    def on_mouse_move(self, event: MouseMove) -> None:
        """Explains the key under the mouse in the words of its binding."""
        does = event.style.meta.get("does", "").removeprefix("app.").removeprefix("focused.")
        active = [one.binding for one in self.screen.active_bindings.values()]
        self.tooltip = next((one.tooltip for one in active if does and one.action.removeprefix("app.") == does), None)

    async def on_click(self, event: Click) -> None:
        # Not Textual's own "@click", which would draw every key as a link.
        action = event.style.meta.get("does")
        if action:
            await self.app.run_action(action, default_namespace=self.screen)
