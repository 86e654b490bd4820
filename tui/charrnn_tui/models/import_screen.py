"""The dialog that opens a saved model: what its file holds, its vocabulary or its text, and a sample.

What it finds out, it finds out in threads. The model is saved as a checkpoint only when the user says so.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.models import model_files
from charrnn_tui.models.model_sample import ModelSample
from charrnn_tui.models.threads import in_thread
from charrnn_tui.text.escapes import one_line
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.file_picker import FilePicker
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of
from charrnn_tui.ui.path_field import PathField

if TYPE_CHECKING:
    from charrnn_engine.checkpoints.importing import Imported

_LONGEST = 600  # characters of a problem


class _Cancelled(Exception):
    """Ends a thread whose answer is no longer wanted."""


class ImportScreen(Dialog[str]):
    """Dismissed with the name of the checkpoint that the model of `file` was saved as, or None."""

    AUTO_FOCUS = "#import-text PathInput"

    DEFAULT_CSS = """
    ImportScreen > #dialog { width: 96%; max-width: 110; height: 92%; max-height: 34; }
    ImportScreen #import-found { width: 1fr; margin-bottom: 1; color: $text-muted; }
    ImportScreen PathField #path-label, ImportScreen .import--label { width: 11; color: $text-muted; }
    ImportScreen PathField #path-matches { margin-left: 11; max-height: 6; }
    ImportScreen Horizontal { height: 1; }
    ImportScreen #import-name, ImportScreen #import-name:focus {
        width: 1fr; height: 1; border: none; padding: 0 1; background: $panel; color: $foreground;
    }
    ImportScreen #import-name:focus { background: $panel-lighten-1; }
    ImportScreen #import-said { width: 1fr; height: auto; max-height: 4; margin-bottom: 1; color: $text-accent; }
    ImportScreen #import-said.-problem { color: $text-error; }
    ImportScreen #import-figures { width: 1fr; height: auto; max-height: 9; margin: 1 0; }
    ImportScreen .-empty { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+o", "browse", "Browse", id="import.browse", tooltip="look for the file in your folders"),
        Binding(
            "ctrl+t",
            "state",
            "State",
            id="import.state",
            tooltip="carry the state on, or use windows: whichever the import didn't choose",
        ),
    ]

    def __init__(self, file: Path, controls: Controls = Controls(), seed: int | None = None) -> None:
        super().__init__("open a model file")
        self._file, self._controls, self._seed = file, controls, seed
        self._own_vocabulary = False
        self._imported: Imported | None = None
        self._asked: tuple[str, str] | None = None
        self._stop = Event()
        self._found = Label("reading …", id="import-found", markup=False)
        self._vocabulary = PathField(
            "", "vocabulary", "a Tokenizer's JSON, char_to_idx, or a list of tokens", id="import-vocabulary"
        )
        self._text = PathField(
            "", "text", "the text that it was trained on, to find the vocabulary", id="import-text"
        )
        self._name_field = Input(id="import-name", compact=True, select_on_focus=False)
        self._said = Label("", id="import-said", markup=False, classes="-empty")
        self._figures = Static("", id="import-figures", classes="-empty")
        self._sample = ModelSample(id="import-sample")

    def compose_box(self) -> ComposeResult:
        yield self._found
        yield self._said
        yield self._vocabulary
        yield self._text
        with Horizontal():
            yield Label("name", classes="import--label")
            yield self._name_field
        yield self._figures
        yield self._sample

    def hints(self, keys: Shown) -> Iterable[KeyHint | None]:
        hint = hints_of(keys, "import")
        return (
            KeyHint((("enter", ""),), "save and play" if self._ready else "try"),
            KeyHint((("tab", ""),), "next"),
            hint("browse", 0, "browse"),
            hint("state", 0, "state"),
        )

    def on_mount(self) -> None:
        self._inspect()

    def on_unmount(self) -> None:
        self._stop.set()

    @property
    def _wanted(self) -> tuple[str, str]:
        """The paths of the vocabulary and of the text, as they are typed now."""
        return self._vocabulary.path, self._text.path

    @property
    def _ready(self) -> bool:
        """Whether the model on show was made from what is typed now."""
        return self._imported is not None and self._asked == self._wanted

    @property
    def _working(self) -> bool:
        return any(worker.group == "work" and not worker.is_finished for worker in self.workers)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Whether a key can do anything now."""
        return action != "state" or (
            self._imported is not None and model_files.other_state(self._imported) is not None
        )

    # -- what is found out ---------------------------------------------------------------------------------------

    @work(group="work", exclusive=True)
    async def _inspect(self) -> None:
        file = self._file
        try:
            self._name_field.value = await in_thread(partial(model_files.free_name, file))
            found, self._own_vocabulary = await in_thread(partial(model_files.inspected, file))
            self._found.update(f"{one_line(file.name)}\n{found}")
            beside = await in_thread(partial(model_files.vocabulary_beside, file))
        except (CharRNNError, OSError) as error:
            self._found.update(one_line(file.name))
            self._say(self._line(error), problem=True)
            return
        if beside and not any(self._wanted):
            self._vocabulary.put(beside)
        if self._own_vocabulary or beside:
            self._prepare()
        else:
            self._say("Which token is which? Name its vocabulary, or the text it was trained on.")

    @work(group="work", exclusive=True)
    async def _prepare(self) -> None:
        """Opens the model with what is typed, and shows what it is then."""
        self._imported, self._asked = None, self._wanted
        self._stop = stop = Event()
        self._show(None)
        vocabulary, text = self._asked
        if not (vocabulary or text or self._own_vocabulary):
            self._say("Name its vocabulary, or the text it was trained on.", problem=True)
            return
        self._say("opening …")

        def progress(line: str) -> None:
            if stop.is_set():
                raise _Cancelled
            self.app.call_later(lambda: None if stop.is_set() else self._say(f"{line} …"))

        try:
            self._imported = await in_thread(partial(_prepared, self._file, vocabulary, text, progress))
        except (CharRNNError, OSError) as error:
            self._say(self._line(error), problem=True)
        else:
            self._say("")
            self._show(self._imported)
            self._name_field.focus()
        finally:
            stop.set()
        self.refresh_bindings()
        self.show_hints()

    def _show(self, imported: "Imported | None") -> None:
        """Shows what was found out about a model, and its sample."""
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True, style="dim", min_width=10)
        table.add_column(overflow="fold")
        for name, value in model_files.figures(imported) if imported is not None else ():
            table.add_row(name, Text(one_line(value)))
        self._figures.update(table)
        self._figures.set_class(imported is None, "-empty")
        self._sample.begin("")
        self.workers.cancel_group(self, "sample")
        if imported is not None:
            self._draw(imported)
        self.refresh_bindings()
        self.show_hints()

    @work(group="sample", exclusive=True)
    async def _draw(self, imported: "Imported") -> None:
        try:
            await self._sample.draw(imported.model, default_prompt(imported.model), self._controls, self._seed)
        except CharRNNError as error:
            self._say(self._line(error), problem=True)

    def _say(self, line: str, *, problem: bool = False) -> None:
        self._said.update(one_line(line)[:_LONGEST])
        self._said.set_class(problem, "-problem")
        self._said.set_class(not line, "-empty")

    def _line(self, error: Exception) -> str:
        """An error without the folders of the files, which are on the screen already."""
        line = str(error)
        for path in (str(self._file), *self._wanted):
            line = line.replace(path, Path(path).name) if path else line
        return line

    # -- keys ----------------------------------------------------------------------------------------------------

    @on(PathField.Submitted)
    @on(Input.Submitted, "#import-name")
    def _enter(self) -> None:
        if self._working:
            return
        if self._ready and self._imported is not None:
            self._save(self._imported, self._name_field.value.strip())
        else:
            self._prepare()

    @on(PathField.Changed)
    def _typed(self) -> None:
        self.show_hints()

    @work(group="work", exclusive=True)
    async def _save(self, imported: "Imported", name: str) -> None:
        try:
            saved = await in_thread(partial(model_files.save_imported, imported, name))
        except (CharRNNError, OSError) as error:
            self._say(self._line(error), problem=True)
            self._name_field.focus()
        else:
            self.dismiss(saved)

    def action_state(self) -> None:
        other = model_files.other_state(self._imported) if self._imported is not None else None
        if other is not None:
            self._imported = other
            self._show(other)

    def action_browse(self) -> None:
        fields = [field for field in (self._vocabulary, self._text) if field.has_focus_within]
        self._browse(fields[0] if fields else self._text)

    @on(PathField.BrowseWanted)
    def _clicked(self, event: PathField.BrowseWanted) -> None:
        self._browse(event.field)

    def _browse(self, field: PathField) -> None:
        def picked(path: str | None) -> None:
            if path is not None:
                field.put(path)
            field.focus_input()

        title = "vocabulary" if field is self._vocabulary else "text"
        self.app.push_screen(FilePicker(field.path or str(self._file.parent), title), picked)

    def action_cancel(self) -> None:
        """Cancels what is being found out; otherwise closes the dialog."""
        if self._working:
            self._stop.set()
            self.workers.cancel_group(self, "work")
            self._imported = None
            self._say("cancelled")
        else:
            self.dismiss(None)


def _prepared(file: Path, vocabulary: str, text: str, progress: Callable[[str], None]) -> "Imported":
    from charrnn_engine.checkpoints.from_text import TextOptions
    from charrnn_engine.checkpoints.importing import prepare

    reading = TextOptions(Path(text)) if text else None
    return prepare(file, vocabulary=Path(vocabulary) if vocabulary else None, text=reading, progress=progress)
