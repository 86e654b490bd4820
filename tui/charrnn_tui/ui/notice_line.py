"""The line in which a screen says what its reader should know; it takes no room while there is nothing to say."""

from textual.widgets import Label


class NoticeLine(Label):
    """`say` something, or nothing any more."""

    DEFAULT_CSS = """
    NoticeLine { display: none; height: auto; width: 1fr; padding: 0 2; background: $panel; color: $foreground; }
    NoticeLine.-shown { display: block; }
    NoticeLine.-problem { color: $text-error; background: $error 20%; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.said = ""

    def say(self, text: str, problem: bool = False) -> None:
        """Shows a text, as a problem where it is one."""
        self.said = text
        self.update(text)
        self.set_class(bool(text), "-shown")
        self.set_class(problem, "-problem")
