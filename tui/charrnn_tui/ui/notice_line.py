"""A line for notices. It takes no room while there is none."""

from textual.widgets import Label


class NoticeLine(Label):
    """Shows what it is given by `say`; nothing for an empty text."""

    DEFAULT_CSS = """
    NoticeLine { display: none; height: auto; width: 1fr; padding: 0 2; background: $panel; color: $foreground; }
    NoticeLine.-shown { display: block; }
    NoticeLine.-problem { color: $text-error; background: $error 20%; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.said = ""
        """The notice shown."""

    def say(self, text: str, problem: bool = False) -> None:
        """Shows a notice, in red if it is a problem."""
        self.said = text
        self.update(text)
        self.set_class(bool(text), "-shown")
        self.set_class(problem, "-problem")
