"""The line at the bottom where the seed prompt stands and is edited."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Label

from charrnn_tui.text.line_breaks import visible

_PLAIN = {"n": "\n", "t": "\t", "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:([nt\\])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}))")


def unescape(typed: str) -> str:
    r"""What was typed, with `\n`, `\t`, `\\` and `\x1b` or `\u202e` read as the characters meant: a line has no other
    way."""
    return _ESCAPE.sub(lambda found: _PLAIN.get(found[1]) or chr(int(found[2] or found[3] or found[4], 16)), typed)


def escape(prompt: str) -> str:
    """The other way round: a prompt as it is typed."""
    return typeable(prompt.replace("\\", "\\\\"))


def typeable(text: str) -> str:
    """Text for a line, with escapes in the place of what can't stand there: what ends it or what a terminal obeys."""
    if text.isprintable():
        return text
    return "".join([_spelled(character) for character in text])


def _spelled(character: str) -> str:
    if character in "\n\t":
        return {"\n": "\\n", "\t": "\\t"}[character]
    if visible(character) == character:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class PromptInput(Input):
    """Leaves on Escape."""

    BINDINGS = [
        Binding("escape", "leave", "Leave", show=True, id="prompt.leave", tooltip="Leave the prompt as it was")
    ]

    def action_leave(self) -> None:
        self.post_message(PromptBar.Left())

    def replace(self, text: str, start: int, end: int) -> None:
        """Also what is pasted arrives here."""
        super().replace(typeable(text), start, end)


class PromptBar(Widget):
    """Shows the running prompt; `edit` opens it. What was typed is kept until it is taken, also past Escape."""

    @dataclass
    class Submitted(Message):
        """A prompt that passed the check."""

        prompt: str

    class Left(Message):
        """Escape was pressed."""

    prompt: reactive[str] = reactive("")
    """The prompt that runs now."""

    def __init__(self, check: Callable[[str], str | None], *, id: str | None = None) -> None:
        """`check` says what is wrong with a prompt, in a line, or None."""
        super().__init__(id=id)
        self._check = check
        self._draft: str | None = None
        self._input = PromptInput(
            id="prompt-input", compact=True, select_on_focus=False, placeholder="p to type the text to start from"
        )
        self._problem = Label("", id="prompt-problem", markup=False)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label("prompt", id="prompt-label")
            yield self._input
        yield self._problem

    def on_mount(self) -> None:
        self._input.can_focus = False

    @property
    def editing(self) -> bool:
        return self._input.has_focus

    def edit(self) -> None:
        """Opens the line, with what was typed last time and not taken."""
        field = self._input
        field.can_focus = True
        if self._draft is not None:
            field.value = self._draft
        field.cursor_position = len(field.value)
        field.focus()
        self.set_class(True, "-editing")

    def watch_prompt(self, prompt: str) -> None:
        if self.is_mounted and not self.editing:
            self._input.value = escape(prompt)

    def on_click(self) -> None:
        if not self.editing:
            self.edit()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.editing:
            self._draft = event.value
            self._say(self._check(unescape(event.value)) if event.value else None)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.take()

    def take(self) -> None:
        """Starts from what was typed, or says what is wrong with it."""
        prompt = unescape(self._input.value)
        problem = self._check(prompt)
        self._say(problem)
        if problem is None:
            self._draft = None
            self._close()
            self.post_message(self.Submitted(prompt))

    @on(Left)
    def _left(self, event: Left) -> None:
        event.stop()
        self.leave()

    def leave(self) -> None:
        """Closes the line; the prompt that runs stands there again."""
        self._say(None)
        self._close()
        self._input.value = escape(self.prompt)

    def _close(self) -> None:
        field = self._input
        self.screen.set_focus(None)
        field.can_focus = False
        self.set_class(False, "-editing")

    def _say(self, problem: str | None) -> None:
        self._problem.update(problem or "")
        self.set_class(problem is not None, "-refused")
