"""What screens with a prompt share: the line at the top, the prompt with the actions that edit it, and the keys."""

from collections.abc import Sequence
from typing import ClassVar

from textual.screen import Screen, ScreenResultType

from charrnn_tui.ui.key_bar import KeyBar, KeyHint
from charrnn_tui.ui.keys import Shown, shown_keys
from charrnn_tui.ui.prompt_bar import PromptBar
from charrnn_tui.ui.title_bar import TitleBar


class PromptedScreen(Screen[ScreenResultType]):
    """Composed by its heirs, of these three and what is theirs."""

    AUTO_FOCUS = ""
    PROMPT_HINTS: ClassVar[list[KeyHint]] = []
    """The keys shown while the prompt is edited."""

    def __init__(self) -> None:
        super().__init__()
        # Kept by name: they are drawn to many times a second, and once more while the screen is taken down.
        self._title = TitleBar(id="title")
        self._prompt = PromptBar(self._problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())

    def _show_keys(self) -> None:
        """What matters now: other keys while the prompt is edited."""
        self._keys.hints = self.PROMPT_HINTS if self._prompt.editing else self._hints(shown_keys(self))

    def _hints(self, keys: Shown) -> Sequence[KeyHint]:
        raise NotImplementedError

    def _problem_with(self, prompt: str) -> str | None:
        """What is wrong with a prompt, in a line, or None."""
        raise NotImplementedError

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_take_prompt(self) -> None:
        self._prompt.take()

    def action_leave_prompt(self) -> None:
        self._prompt.leave()
