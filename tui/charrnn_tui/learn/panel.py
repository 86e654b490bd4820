"""The panel beside a screen that shows a step of a lesson. Shows a Walk, and changes nothing in it."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Click
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input, Label, Static, TextArea

from charrnn_tui.learn.course import Walk
from charrnn_tui.learn.lesson import ANSWERS_AT_MOST
from charrnn_tui.learn.markdown import Styles, filled, inline, shown, table
from charrnn_tui.ui.focus import take_focus
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.key_hints import KeyHint


class LessonPanel(Vertical):
    """Has the focus while a question is open, so that a number answers it; every other key goes to the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(str(number), f"app.lesson({number})", f"Answer {number}", id=f"lesson.answer-{number}", show=False,
                tooltip=f"in a lesson: answer {number}")
        for number in range(1, ANSWERS_AT_MOST + 1)
    ]  # fmt: skip
    COMPONENT_CLASSES = {"lesson--text", "lesson--strong", "lesson--emphasis", "lesson--code", "lesson--muted",
                         "lesson--right"}  # fmt: skip
    DEFAULT_CSS = """
    LessonPanel { background: $surface; dock: bottom; width: 100%; height: 11; border-top: heavy $accent; }
    LessonPanel.-low { height: 7; }
    LessonPanel.-high { height: 12; }
    LessonPanel.-beside {
        dock: right; width: 44; height: 100%; border-top: none; border-left: outer $accent;
    }
    LessonPanel #lesson-title { height: 1; width: 1fr; padding: 0 2; color: $text-muted; }
    LessonPanel.-beside #lesson-title { height: auto; padding: 1 2 0 2; }
    LessonPanel #lesson-body { height: 1fr; padding: 0 2; scrollbar-size-vertical: 1; }
    LessonPanel.-beside #lesson-body { padding: 1 2; }
    LessonPanel Static { height: auto; width: 1fr; }
    LessonPanel.-beside .-later { margin-top: 1; }
    LessonPanel .-empty { display: none; }
    LessonPanel .lesson--text { color: $foreground; }
    LessonPanel .lesson--strong { color: $foreground; text-style: bold; }
    LessonPanel .lesson--emphasis { color: $foreground; text-style: italic; }
    LessonPanel .lesson--code { color: $text-accent; text-style: bold; }
    LessonPanel .lesson--muted { color: $text-muted; }
    LessonPanel .lesson--right { color: $text-success; text-style: bold; }
    """

    def __init__(self, key: Callable[[str], str]) -> None:
        """`key` gives the user's name of a key that a lesson names."""
        super().__init__()
        self._key = key
        self._has_asked = False
        self._focused_before: Widget | None = None
        self._title = Label("", id="lesson-title", markup=False)
        self._body = VerticalScroll(id="lesson-body", can_focus=False)
        self._told, self._ask, self._do, self._then = (
            Static("", id=f"lesson-{part}", classes="" if part == "text" else "-later")
            for part in ("text", "question", "task", "reveal")
        )
        self._keys = KeyBar(id="lesson-keys")

    def compose(self) -> ComposeResult:
        yield self._title
        with self._body:
            yield self._told
            yield self._ask
            yield self._do
            yield self._then
        yield self._keys

    def place(self, size: Size, beside: bool) -> None:
        """Stands beside the screen or at its bottom; `size` is the terminal's."""
        self.set_class(beside, "-beside")
        self.set_class(size.height < 20, "-low")
        self.set_class(size.height >= 34, "-high")

    def show(self, walk: Walk, heading: str, hints: Sequence[KeyHint]) -> None:
        """Shows the step as far as it has come."""
        self._title.update(self._heading(walk, heading))
        self._keys.hints = hints
        parts = (
            (self._told, self._part(walk, walk.step.text)),
            (self._ask, self._asked(walk)),
            (self._do, None if walk.asking else self._part(walk, walk.step.task)),
            (self._then, self._revealed(walk)),
        )
        newest = self._told
        for widget, content in parts:
            widget.set_class(content is None, "-empty")
            if content is not None:
                widget.update(content)
                newest = widget
        self.can_focus = walk.asking
        if not walk.asking:
            self._has_asked = False
            if self.has_focus:
                before = self._focused_before
                self.screen.set_focus(before if before is not None and before.is_attached else None)
        target = self._told if walk.asking and newest is self._ask else newest
        self.call_after_refresh(self._body.scroll_to_widget, target, animate=False, top=True)

    def ask(self) -> None:
        """Takes the focus where nothing has it; once for each question from another widget, unless it is typed in."""
        if not self.app.app_focus:
            return  # the focus comes back with the window
        focused = self.screen.focused
        if focused is None or not (self._has_asked or isinstance(focused, Input | TextArea)):
            self._focused_before = focused
            take_focus(self)
        self._has_asked = True

    def read_on(self) -> bool:
        """Scrolls on; False where the end is in view."""
        if self._body.scroll_y >= self._body.max_scroll_y:
            return False
        self._body.scroll_page_down(animate=False)
        return True

    def _heading(self, walk: Walk, heading: str) -> Text:
        """The lesson and the step, on two lines where the panel is narrow."""
        title = Text(f"{heading} · {walk.place + 1}/{len(walk.lesson.steps)}", self._styles["muted"])
        title.append("\n\n" if self.has_class("-beside") else "  ")
        return title.append(walk.step.title, self._styles["code"])

    # -- the parts of a step -------------------------------------------------------------------------------------

    @property
    def _styles(self) -> Styles:
        names = ("text", "strong", "emphasis", "code", "muted", "right")
        return {name: self.get_component_rich_style(f"lesson--{name}") for name in names}

    def _part(self, walk: Walk, text: str) -> RenderableType | None:
        return shown(filled(text, walk.facts or {}), self._styles, self._key) if text else None

    def _asked(self, walk: Walk) -> RenderableType | None:
        """The question with its answers; once one is chosen, that one alone."""
        question, styles = walk.step.question, self._styles
        if question is None:
            return None
        if walk.asking:
            rows = []
            for number, answer in enumerate(question.answers, 1):
                row = inline(answer, styles, self._key)
                row.stylize(Style(meta={"answer": number}))
                rows.append((str(number), row))
            return Group(inline(question.text, styles, self._key, "strong"), table(rows, styles))
        said = Text("You said: ", styles["muted"])
        return said.append(inline(question.answers[walk.answer - 1], styles))

    def _revealed(self, walk: Walk) -> RenderableType | None:
        """A mark, whether the prediction was right, and what is told now."""
        if not walk.revealed:
            return None
        question, styles = walk.step.question, self._styles
        told = self._part(walk, walk.step.reveal)
        if question is None or not question.right:
            return told and (table([("✓", told)], styles) if walk.step.check is not None else told)
        if walk.answer == question.right:
            mark = Text("✓ As you said.", styles["right"])
        else:
            mark = Text("Not quite: ", styles["muted"]).append(inline(question.answers[question.right - 1], styles))
        return mark if told is None else Group(mark, told)

    async def on_click(self, event: Click) -> None:
        if number := event.style.meta.get("answer"):
            await self.run_action(f"app.lesson({number})")
