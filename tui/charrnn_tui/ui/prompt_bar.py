"""The line at the bottom with the prompt, and where it is edited."""

from collections.abc import Callable
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.events import Paste
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Label

from charrnn_tui.text.escapes import as_typed, typeable, unescape
from charrnn_tui.ui.focus import has_focus, take_focus
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown

_REMEMBERED = 100


def prompt_hints(keys: Shown) -> list[KeyHint]:
    """The keys to name while the prompt is edited."""
    cancel = (keys["prompt.leave"],) if "prompt.leave" in keys else ()
    earlier = "prompt.earlier" in keys and "prompt.later" in keys
    return [
        KeyHint((("enter", "focused.submit"),), "start", 9),
        *([KeyHint(cancel, "cancel", 9)] if cancel else []),
        *([KeyHint((keys["prompt.earlier"], keys["prompt.later"]), "earlier prompts", 2)] if earlier else []),
        KeyHint((("\\n", ""),), "for a new line", 1),
    ]


class PromptInput(Input):
    """A field of one line: other lines and control characters in it are escapes."""

    BINDINGS = [
        Binding("escape", "leave", "Cancel", id="prompt.leave", tooltip="leave the prompt as it was"),
        Binding("up", "recall(-1)", "Earlier", show=False, id="prompt.earlier", tooltip="an earlier prompt"),
        Binding("down", "recall(1)", "Later", show=False, id="prompt.later", tooltip="a later prompt"),
    ]

    def on_paste(self, event: Paste) -> None:
        """Keeps all lines, where Textual keeps the first."""
        event.prevent_default()
        event.stop()
        start, end = self.selection
        self.replace(as_typed(event.text.replace("\r\n", "\n").replace("\r", "\n")), start, end)

    def action_leave(self) -> None:
        self.post_message(PromptBar.Left())

    def action_recall(self, step: int) -> None:
        self.post_message(PromptBar.Recalled(step))

    def replace(self, text: str, start: int, end: int) -> None:
        """Whatever is typed or pasted arrives here."""
        super().replace(typeable(text), start, end)


class PromptBar(Widget):
    """Shows the running prompt; `edit` opens it. What was typed is kept until it is submitted, also if cancelled."""

    @dataclass
    class Submitted(Message):
        """A prompt that passed the check."""

        prompt: str

    class Left(Message):
        """Escape was pressed."""

    @dataclass
    class Recalled(Message):
        """An earlier prompt is wanted (-1), or a later one (1)."""

        step: int

    prompt: reactive[str] = reactive("")
    """The prompt of the text that runs now."""

    def __init__(self, check: Callable[[str], str | None], *, id: str | None = None) -> None:
        """`check` returns what is wrong with a prompt, in a line, or None."""
        super().__init__(id=id)
        self._check = check
        self.draft: str | None = None
        """What was typed and not submitted."""
        self._history: list[str] = []  # prompts that ran, as they are typed; the latest last
        self._recalled: list[str] = []  # those to walk through, and after them what was being typed
        self._place = 0
        self._input = PromptInput(
            id="prompt-input", compact=True, select_on_focus=False, placeholder="the text to start from"
        )
        self._problem = Label("", id="prompt-problem", markup=False)

    def compose(self) -> ComposeResult:
        with Horizontal():
            label = Label("prompt", id="prompt-label")
            label.tooltip = "The text that the model starts from. A click edits it."
            yield label
            yield self._input
        yield self._problem

    def on_mount(self) -> None:
        self._input.can_focus = False

    @property
    def editing(self) -> bool:
        return has_focus(self._input)

    def edit(self) -> None:
        """Opens the line, with what was typed last time and not submitted."""
        field = self._input
        if self.draft is not None:
            field.value = self.draft
        field.cursor_position = len(field.value)
        self._recalled = []
        take_focus(field)
        self.set_class(True, "-editing")

    def watch_prompt(self, prompt: str) -> None:
        if typed := as_typed(prompt):
            self._history = [*(each for each in self._history if each != typed), typed][-_REMEMBERED:]
        if self.is_mounted and not self.editing:
            self._input.value = as_typed(prompt)

    def on_click(self) -> None:
        if not self.editing:
            self.edit()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.editing:
            self.draft = event.value
            self._say(self._check(unescape(event.value)) if event.value else None)

    @on(Recalled)
    def _recall(self, event: Recalled) -> None:
        event.stop()
        field = self._input
        if not self._recalled:
            # The prompt that runs stands in the line already.
            self._recalled = [*(each for each in self._history if each != field.value), field.value]
            self._place = len(self._recalled) - 1
        self._place = min(max(0, self._place + event.step), len(self._recalled) - 1)
        field.value = self._recalled[self._place]
        field.cursor_position = len(field.value)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.take()

    def take(self) -> None:
        """Submits what was typed, or says what is wrong with it."""
        prompt = unescape(self._input.value)
        problem = self._check(prompt)
        self._say(problem)
        if problem is None:
            self.draft = None
            self._close()
            self.post_message(self.Submitted(prompt))

    @on(Left)
    def _left(self, event: Left) -> None:
        event.stop()
        self.leave()

    def leave(self) -> None:
        """Closes the line and shows the running prompt again."""
        self._say(None)
        self._close()
        self._input.value = as_typed(self.prompt)

    def _close(self) -> None:
        field = self._input
        self.screen.set_focus(None)
        field.can_focus = False
        self.set_class(False, "-editing")

    def _say(self, problem: str | None) -> None:
        self._problem.update(problem or "")
        self.set_class(problem is not None, "-refused")
