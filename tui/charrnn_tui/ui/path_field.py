"""A field for a path, typed or pasted, with completions below it. Reads names, never contents."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.events import Click, DescendantBlur, DescendantFocus, Paste
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_tui.text.escapes import visible
from charrnn_tui.ui.path_completion import cleaned, expanded, is_file, matches


class _Completion(Suggester):
    """Suggests the first match, and passes all of them on."""

    def __init__(self, found: Callable[[str, list[str]], None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._found = found

    async def get_suggestion(self, value: str) -> str | None:
        listed = await asyncio.to_thread(matches, value)
        self._found(value, listed)
        return next((match for match in listed if match.startswith(value) and match != value), None)


class PathInput(Input):
    """Accepts a pasted path in any quotes, and completes with Tab."""

    BINDINGS = [
        Binding(
            "tab",
            "complete",
            "Complete",
            id="path.complete",
            tooltip="accept the suggestion, or go to the next field",
        ),
        Binding("down", "move(1)", "Next match", id="path.next-match", tooltip="down in the list of matches"),
        Binding("up", "move(-1)", "Previous match", id="path.previous-match", tooltip="up in the list of matches"),
    ]

    @dataclass
    class Moved(Message):
        """The user wants another line of the list."""

        step: int

    def on_paste(self, event: Paste) -> None:
        event.prevent_default()
        if len(event.text.strip().splitlines()) > 1:
            return  # several lines are no path: whatever the field stands in may want them
        event.stop()
        path = cleaned(event.text)
        if path.startswith(("/", "~")):
            self.value = path
            self.cursor_position = len(path)
        else:
            self.insert_text_at_cursor(path)

    def action_complete(self) -> None:
        if self._suggestion and self.cursor_at_end:
            self.action_cursor_right()
        else:
            self.screen.focus_next()

    def action_move(self, step: int) -> None:
        self.post_message(self.Moved(step))


class PathField(Widget):
    """`value` is what was typed, `path` the path that it means."""

    DEFAULT_CSS = """
    PathField { height: auto; }
    PathField Horizontal { height: 1; }
    PathField #path-label { width: 9; color: $text-muted; }
    PathField PathInput, PathField PathInput:focus {
        width: 1fr; height: 1; border: none; padding: 0 1 !important; background: $panel; color: $foreground;
    }
    PathField PathInput:focus { background: $panel-lighten-1; }
    PathField #path-browse { width: auto; margin-left: 1; color: $text-accent; }
    PathField #path-browse:hover { text-style: reverse; }
    PathField #path-matches {
        display: none; height: auto; max-height: 9; margin-left: 9; border: none; padding: 0;
        background: $surface; background-tint: transparent; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    PathField #path-matches.-shown { display: block; }
    PathField #path-matches > .option-list--option { padding: 0 1; color: $text-muted; }
    PathField #path-matches > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    """

    @dataclass
    class Changed(Message):
        """The text has changed."""

        value: str

    class Submitted(Message):
        """Enter was pressed on a path."""

    @dataclass
    class BrowseWanted(Message):
        """The user wants to choose a file instead."""

        field: "PathField"

        @property
        def control(self) -> "PathField":
            return self.field

    def __init__(
        self,
        value: str = "",
        label: str = "corpus",
        placeholder: str = "path of a text, CSV or JSON lines: type, paste, or ↓",
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._label = label
        self._wanted = value
        self._input = PathInput(
            value,
            id="path-input",
            compact=True,
            select_on_focus=False,
            placeholder=placeholder,
        )
        self._input.suggester = _Completion(self._show_matches)  # now there is an app to call it
        self._matches = OptionList(id="path-matches", compact=True)
        self._matches.can_focus = False
        self._browse = Label("browse", id="path-browse")
        self._listed: list[str] = []

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(self._label, id="path-label")
            yield self._input
            yield self._browse
        yield self._matches

    @property
    def value(self) -> str:
        return self._input.value

    @property
    def path(self) -> str:
        """The path that was typed, made absolute."""
        return expanded(cleaned(self._input.value))

    def put(self, value: str) -> None:
        """Sets a path, as if it had been typed."""
        self._input.value = value
        self._input.cursor_position = len(value)

    def focus_input(self) -> None:
        self._input.focus()

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _look(self) -> None:
        self._find()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if not event.value:
            self._find()
        self.post_message(self.Changed(event.value))

    @work(group="matches", exclusive=True)
    async def _find(self) -> None:
        """Finds matches where the suggester isn't called: for an empty field, and on focus."""
        value = self._input.value
        self._show_matches(value, await asyncio.to_thread(matches, value) if self._input.has_focus else [])

    def _show_matches(self, value: str, listed: list[str]) -> None:
        if value != self._input.value:
            return  # the text has changed since
        if is_file(cleaned(value)) or not self._input.has_focus or listed == [value]:
            listed = []
        self._listed = listed
        self._matches.set_options(
            Option(Text(visible(_last(match)), no_wrap=True, overflow="ellipsis")) for match in listed
        )
        self._matches.highlighted = None
        self._matches.set_class(bool(listed), "-shown")

    @on(PathInput.Moved)
    def _move(self, event: PathInput.Moved) -> None:
        event.stop()
        if self._listed:
            at = self._matches.highlighted
            if at is None:
                at = -1 if event.step > 0 else 0
            self._matches.highlighted = (at + event.step) % len(self._listed)

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.put(self._listed[event.option_index])
        self._input.focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        at = self._matches.highlighted
        if at is not None and self._listed:
            self.put(self._listed[at])
        else:
            self.post_message(self.Submitted())

    def on_click(self, event: Click) -> None:
        if event.widget is self._browse:
            self.post_message(self.BrowseWanted(self))


def _last(match: str) -> str:
    """The last part of a path: the folders are in the field above."""
    head, _, name = match.rstrip("/").rpartition("/")
    return (name or head) + ("/" if match.endswith("/") else "")
