"""The line at the top: what is open, and its state."""

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget


class TitleBar(Widget):
    """`title` on the left, `aside` and `state` on the right."""

    COMPONENT_CLASSES = {"title-bar--name", "title-bar--title", "title-bar--state", "title-bar--aside"}
    """The program's name, what is open, the state of play, and what runs elsewhere."""

    title: reactive[str] = reactive("")
    state: reactive[str] = reactive("")
    aside: reactive[str] = reactive("")
    """What runs elsewhere, such as training."""

    def render(self) -> Text:
        style = self.get_component_rich_style
        aside = f"{self.aside}  ·  " if self.aside else ""
        right = Text.assemble((aside, style("title-bar--aside")), (f" {self.state}  ", style("title-bar--state")))
        left = Text.assemble((" charrnn ", style("title-bar--name")), ("  " + self.title, style("title-bar--title")))
        left.truncate(max(0, self.size.width - right.cell_len), overflow="ellipsis", pad=True)
        return Text("", no_wrap=True, end="").join((left, right))
