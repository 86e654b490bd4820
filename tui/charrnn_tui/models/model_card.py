"""What is known of one model, and a sample of its text. Shows what it is given; opens nothing."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label, Static

from charrnn_engine.network.model import CharRNN
from charrnn_tui.models.listing import ModelEntry, facts
from charrnn_tui.models.model_sample import ModelSample
from charrnn_tui.text.escapes import one_line, visible

_LOW = 24  # lines below which each fact is cut to one line, so that all of them fit
_NAMES = 8  # columns
_LONGEST = 1000  # characters of a problem


class ModelCard(Vertical):
    """Shows a model, with a note about its sample; the sample is written to `sample`."""

    DEFAULT_CSS = """
    ModelCard #models-name { color: $text-accent; text-style: bold; width: 1fr; }
    ModelCard #models-facts { height: auto; max-height: 55%; width: 1fr; margin-bottom: 1; }
    ModelCard #models-problem { width: 1fr; height: auto; color: $text-error; }
    ModelCard #models-note { width: 1fr; height: auto; color: $text-warning; margin-bottom: 1; }
    ModelCard #models-how { width: 1fr; height: auto; color: $text-muted; }
    ModelCard .-empty { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        # Kept by name: a model may have to be shown before they are mounted.
        self._heading = Label("", id="models-name", markup=False)
        self._facts = Static("", id="models-facts")
        lines = ("problem", "note", "how")
        self._shown: tuple[ModelEntry, CharRNN | None] | None = None
        self._lines = {what: Label("", id=f"models-{what}", markup=False, classes="-empty") for what in lines}
        self.sample = ModelSample(id="models-sample")

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._facts
        yield from self._lines.values()
        yield self.sample

    def show(self, entry: ModelEntry, model: CharRNN | None = None) -> None:
        """Shows what is known of a model; an open one is known better."""
        self._shown = entry, model
        heading = Text(one_line(entry.name))
        if entry.remarks:
            heading.append(f"  ·  {entry.remarks}", "not bold dim")
        self._heading.update(heading)
        self._facts.update(self._fitting(facts(entry, model)))
        self._say("problem", f"can't be opened: {visible(entry.problem[:_LONGEST])}" if entry.problem else "")

    def _fitting(self, known: list[tuple[str, str]]) -> Text:
        """As many facts as fit. The last line says how many are left out."""
        width, height = max(1, self.content_size.width - _NAMES - 1), self.content_size.height
        low = height < _LOW
        room = 3 if self.screen.has_class("-narrow") else max(3, height * 55 // 100)
        lines: list[Text] = []
        for place, (name, value) in enumerate(known):
            own = [Text(value)]
            if low:
                own[0].truncate(width, overflow="ellipsis")
            else:
                own = list(own[0].wrap(self.app.console, width))
            left = len(known) - place
            if len(lines) + len(own) > room - (left > 1):
                lines.append(Text(f"{'…':<{_NAMES}} {left} more; a larger window shows them", "dim"))
                break
            lines += [Text(f"{name:<{_NAMES}} ", "dim").append(own[0].plain, "not dim")]
            lines += [Text(" " * (_NAMES + 1)).append_text(more) for more in own[1:]]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)

    def note(self, note: str = "", how: str = "") -> None:
        """Shows a warning about the sample, and how it is drawn; without arguments, neither."""
        self._say("note", note)
        self._say("how", how)

    def on_resize(self) -> None:
        if self._shown is not None:
            self.show(*self._shown)

    def empty(self, why: str) -> None:
        """Shows no model, and why."""
        self._shown = None
        self._heading.update("")
        self._facts.update("")
        self._say("problem", "")
        self.note()
        self.sample.say(why)

    def _say(self, what: str, line: str) -> None:
        label = self._lines[what]
        label.update(line)
        label.set_class(not line, "-empty")
