"""The line at the top: what is open, and whether it plays."""

from rich.table import Table
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget


class TitleBar(Widget):
    """`title` on the left, `state` on the right."""

    COMPONENT_CLASSES = {"title-bar--name", "title-bar--title", "title-bar--state"}
    """The program's name, what is open, and the state of play."""

    title: reactive[str] = reactive("")
    state: reactive[str] = reactive("")

    def render(self) -> Table:
        style = self.get_component_rich_style
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        grid.add_column(no_wrap=True, justify="right")
        left = Text.assemble((" charrnn ", style("title-bar--name")), ("  " + self.title, style("title-bar--title")))
        grid.add_row(left, Text(self.state + " ", style("title-bar--state")))
        return grid
