"""What a corpus looks like: its kind, size, alphabet and first lines, and how it is to be read. Reads no file.

Writes into the draft how the corpus is to be read, and posts Changed.
"""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, SelectionList, Static

from charrnn_engine.corpus.survey import Column, Survey
from charrnn_tui.text.escapes import NEWLINE, SPACE, one_line, visible
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.corpus_reading import Look, Reading
from charrnn_tui.train.setup.draft import Draft
from charrnn_tui.ui.formats import size_text

_LONGEST_LINE = 400
_DATA_SET = "a data set of TensorFlow Datasets: it is loaded when training starts, and can't be measured before"
_KINDS = {"text": "running text", "lines": "lines, each a separate text", "table": "a table"}


class CorpusPreview(Widget):
    """Call `show` with what a look has found."""

    SCOPED_CSS = False  # the size classes are set on the screen
    DEFAULT_CSS = """
    CorpusPreview, CorpusPreview > * { height: auto; }
    CorpusPreview .preview--label { width: 9; color: $text-muted; }
    CorpusPreview #preview-said, CorpusPreview #preview-alphabet { color: $text-muted; }
    CorpusPreview.-problem #preview-said { color: $text-error; }
    CorpusPreview #preview-figures { color: $text-accent; }
    CorpusPreview #preview-lines {
        max-height: 2; background: $boost; padding: 0 1; border-left: vkey $primary;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    CorpusPreview #preview-alphabet { max-height: 2; text-overflow: fold; }
    .-tall CorpusPreview #preview-lines { max-height: 8; }
    .-tall CorpusPreview #preview-alphabet { max-height: 6; }
    .-wide.-tall CorpusPreview #preview-lines { max-height: 20; margin: 1 0; }
    CorpusPreview #preview-hint { color: $text-muted; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    CorpusPreview #preview-columns { max-height: 6; }
    CorpusPreview #preview-column { width: 1fr; }
    """

    class Changed(Message):
        """The corpus is to be read otherwise."""

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self._draft = draft
        self._said = Static("", id="preview-said", markup=False)
        self._figures = Static("", id="preview-figures", markup=False)
        self._lines = Static("", id="preview-lines", markup=False)
        self._alphabet = Static("", id="preview-alphabet", markup=False)
        self._kind = ChoiceRow({"no": "one text", "yes": "separate lines"}, id="preview-kind")
        self._kind_row = Horizontal(Label("read as", classes="preview--label"), self._kind)
        self._hint = Label("", id="preview-hint", markup=False)
        self._columns = SelectionList[str](id="preview-columns", compact=True)
        self._columns_row = VerticalGroup(self._hint, self._columns)
        self._column = Input(id="preview-column", compact=True, placeholder="the column to learn from, such as title")
        self._column_row = Horizontal(Label("column", classes="preview--label"), self._column)
        self._names: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield from (self._said, self._figures, self._lines, self._alphabet)
        yield from (self._kind_row, self._columns_row, self._column_row)

    def on_mount(self) -> None:
        self.show(Look())

    def show(self, seen: Look) -> None:
        """Shows what was found, which may be nothing."""
        reading = None if seen.problem else seen.reading
        data_set = reading is not None and seen.survey is None
        survey = seen.survey if reading is not None else None
        table = survey is not None and survey.kind == "table"
        self._said.update(_DATA_SET if data_set else visible(seen.problem))
        self._said.display = bool(seen.problem) or data_set
        self._figures.display = self._lines.display = self._alphabet.display = survey is not None
        self._kind_row.display, self._columns_row.display = survey is not None and not table, table
        self._column_row.display = data_set
        self.set_class(bool(seen.problem), "-problem")
        if reading is not None and data_set and not self._column.has_focus:
            self._column.value = ",".join(reading.columns)
        if reading is not None and survey is not None:
            self._show_survey(survey, reading)
        if reading is not None and table:
            self._show_columns(seen.columns, reading.columns)

    def _show_survey(self, survey: Survey, reading: Reading) -> None:
        kind = _KINDS["table" if survey.kind == "table" else "lines" if reading.lines else "text"]
        counted = f"{'about ' if survey.partial else ''}{survey.characters:,} characters"
        different = f"{len(survey.alphabet)}{'+' if survey.partial else ''} different"
        self._figures.update(f"{kind} · {size_text(survey.size_bytes)} · {counted}, {different}")
        lines = [one_line(line[:_LONGEST_LINE]) for line in survey.first_lines if line.strip()]
        self._lines.update("\n".join(lines))
        self._alphabet.update(one_line(survey.alphabet.replace("\n", NEWLINE).replace(" ", SPACE)))
        self._kind.value = "yes" if reading.lines else "no"

    def _show_columns(self, columns: Sequence[Column], chosen: tuple[str, ...]) -> None:
        validated = f"validation is on {one_line(chosen[0])}" if chosen else "none is selected"
        self._hint.update(f"learn from (space selects; {validated})")
        names = tuple(column.name for column in columns)
        with self.prevent(SelectionList.SelectedChanged):
            if names != self._names:
                self._names = names
                self._columns.clear_options()
                self._columns.add_options((_column_row(column), column.name) for column in columns)
                self._columns.highlighted = names.index(chosen[0]) if chosen and chosen[0] in names else 0
            if tuple(self._columns.selected) != chosen:
                self._columns.deselect_all()
                for name in chosen:
                    self._columns.select(name)

    @on(ChoiceRow.Changed)
    def _kind_wanted(self, event: ChoiceRow.Changed) -> None:
        event.stop()
        self._draft.lines = event.value == "yes"
        self.post_message(self.Changed())

    @on(SelectionList.SelectedChanged)
    def _selected(self) -> None:
        self._take(self._columns.selected)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._take([part.strip() for part in event.value.split(",") if part.strip()])

    def _take(self, columns: Sequence[str]) -> None:
        """Takes the columns to learn from; the first is the one validated on."""
        if tuple(columns) != (self._draft.columns or ()):
            self._draft.columns = tuple(columns)
            self.post_message(self.Changed())


def _column_row(column: Column) -> Content:
    return Content.assemble(one_line(column.name), "  ", (one_line(column.sample[:_LONGEST_LINE]), "dim"))
