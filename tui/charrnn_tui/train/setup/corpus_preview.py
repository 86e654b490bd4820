"""What a corpus looks like: its kind, size, alphabet and first lines, and how it is to be read. Reads no file."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalGroup
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from charrnn_engine.corpus.survey import Survey
from charrnn_tui.text.escapes import visible
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.corpus_reading import Column, Look, Reading
from charrnn_tui.ui.formats import size_text

_LONGEST_LINE = 400
_MOST_COLUMNS = 6
_DATA_SET = "a data set of TensorFlow Datasets: it is loaded when training starts, and can't be measured before"
_KINDS = {"text": "running text", "lines": "lines, each a separate text", "table": "a table"}


class CorpusPreview(Widget):
    """Call `show` with what a look has found."""

    SCOPED_CSS = False  # the size classes stand on the screen
    DEFAULT_CSS = """
    CorpusPreview { height: auto; }
    CorpusPreview > * { height: auto; width: 1fr; }
    CorpusPreview .-empty { display: none; }
    CorpusPreview #preview-said { color: $text-muted; }
    CorpusPreview.-problem #preview-said { color: $text-error; }
    CorpusPreview #preview-figures { color: $text-accent; }
    CorpusPreview #preview-lines {
        height: auto; max-height: 2; color: $foreground; background: $boost; padding: 0 1; border-left: vkey $primary;
    }
    .-tall CorpusPreview #preview-lines { max-height: 8; }
    .-wide CorpusPreview #preview-lines { max-height: 20; margin: 1 0; }
    .-wide.-short CorpusPreview #preview-lines { max-height: 8; }
    CorpusPreview #preview-alphabet { color: $text-muted; max-height: 2; }
    .-tall CorpusPreview #preview-alphabet { max-height: 6; }
    CorpusPreview Horizontal { height: 1; }
    CorpusPreview .preview--label { width: 9; color: $text-muted; }
    CorpusPreview #preview-columns {
        border: none; padding: 0; background: $surface; background-tint: transparent;
        scrollbar-size-vertical: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    CorpusPreview .preview--hint { color: $text-muted; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    CorpusPreview #preview-columns > .option-list--option { padding: 0 1; }
    CorpusPreview #preview-columns > .option-list--option-highlighted { background: $surface; }
    CorpusPreview #preview-columns:focus > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    CorpusPreview #preview-column, CorpusPreview #preview-column:focus {
        width: 1fr; height: 1; border: none; padding: 0 1 !important; background: $panel;
    }
    CorpusPreview #preview-column:focus { background: $panel-lighten-1; }
    """

    @dataclass
    class LinesWanted(Message):
        """Each line is to be a separate text, or not."""

        lines: bool

    @dataclass
    class ColumnsWanted(Message):
        """The columns to learn from; the first is the one measured."""

        columns: tuple[str, ...]

    def __init__(self) -> None:
        super().__init__()
        self._said = Label("", id="preview-said", markup=False)
        self._figures = Static("", id="preview-figures", markup=False)
        self._lines = Static("", id="preview-lines", markup=False)
        self._alphabet = Static("", id="preview-alphabet", markup=False)
        self._kind = ChoiceRow((("no", "one running text"), ("yes", "separate lines")), id="preview-kind")
        self._kind_row = Horizontal(Label("read as", classes="preview--label"), self._kind)
        self._list = OptionList(id="preview-columns", compact=True)
        self._list_row = VerticalGroup(Label("learn from (space selects; ● is measured, + is learned too)",
                                        classes="preview--hint", markup=False), self._list)  # fmt: skip
        self._column = Input(id="preview-column", compact=True, placeholder="the column to learn from, such as title")
        self._column_row = Horizontal(Label("column", classes="preview--label"), self._column)
        self._names: tuple[str, ...] = ()
        self._chosen: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield self._said
        yield self._figures
        yield self._lines
        yield self._alphabet
        yield self._kind_row
        yield self._list_row
        yield self._column_row

    def on_mount(self) -> None:
        self.show(Look())

    def show(self, seen: Look) -> None:
        """Shows what was found, which may be nothing."""
        if seen.problem or seen.reading is None:
            self._show(said=bool(seen.problem))
            self._said.update(visible(seen.problem))
        elif seen.survey is None:
            self._show(said=True, column=True)
            self._said.update(_DATA_SET)
            if not self._column.has_focus:
                self._column.value = ",".join(seen.reading.columns)
        else:
            self._show_survey(seen.survey, seen.reading, seen.columns)
        self.set_class(bool(seen.problem), "-problem")

    def _show_survey(self, survey: Survey, reading: Reading, columns: Sequence[Column]) -> None:
        table = survey.kind == "table"
        self._show(figures=True, lines=True, alphabet=True, kind=not table, columns=table)
        kind = _KINDS["table" if table else "lines" if reading.lines else "text"]
        counted = f"{'about ' if survey.partial else ''}{survey.characters:,} characters"
        different = f"{len(survey.alphabet)}{'+' if survey.partial else ''} different"
        self._figures.update(f"{kind} · {size_text(survey.size_bytes)} · {counted}, {different}")
        lines = [visible(line[:_LONGEST_LINE]).replace("\n", "⏎") for line in survey.first_lines if line.strip()]
        self._lines.update(Text("\n".join(lines), no_wrap=True, overflow="ellipsis"))
        self._alphabet.update(Text(_alphabet(survey.alphabet), overflow="fold"))
        self._kind.value = "yes" if reading.lines else "no"
        if table:
            self._show_columns(columns, reading.columns)

    def _show(self, **shown: bool) -> None:
        rows = {
            "said": self._said, "figures": self._figures, "lines": self._lines, "alphabet": self._alphabet,
            "kind": self._kind_row, "columns": self._list_row, "column": self._column_row,
        }  # fmt: skip
        for name, row in rows.items():
            row.set_class(not shown.get(name), "-empty")

    def _show_columns(self, columns: Sequence[Column], chosen: tuple[str, ...]) -> None:
        names = tuple(column.name for column in columns)
        rows = [_column_row(column.name, column.sample, chosen) for column in columns]
        if names == self._names:
            for place, row in enumerate(rows):
                self._list.replace_option_prompt_at_index(place, row)
        else:
            self._list.set_options(Option(row) for row in rows)
            # The list would count wrapped lines; these are cut instead.
            self._list.styles.height = min(len(rows), _MOST_COLUMNS)
            self._list.highlighted = names.index(chosen[0]) if chosen and chosen[0] in names else 0
        self._names, self._chosen = names, chosen

    @on(ChoiceRow.Changed)
    def _kind_wanted(self, event: ChoiceRow.Changed) -> None:
        event.stop()
        self.post_message(self.LinesWanted(event.value == "yes"))

    @on(OptionList.OptionSelected)
    def _toggled(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        name = self._names[event.option_index]
        chosen = tuple(other for other in self._chosen if other != name)
        self.post_message(self.ColumnsWanted(chosen if name in self._chosen else (*chosen, name)))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.ColumnsWanted(tuple(part.strip() for part in event.value.split(",") if part.strip())))


def _alphabet(characters: str) -> str:
    """Characters, the invisible ones as symbols."""
    return "".join({" ": "␣", "\n": "⏎"}.get(char, visible(char)) for char in characters)


def _column_row(name: str, sample: str, chosen: tuple[str, ...]) -> Text:
    mark = "○" if name not in chosen else "●" if chosen[0] == name else "+"
    text = Text(f"{mark} {visible(name)}  ", "bold" if name in chosen else "", no_wrap=True, overflow="ellipsis")
    return text.append(visible(sample[:_LONGEST_LINE]).replace("\n", "⏎"), "dim")
