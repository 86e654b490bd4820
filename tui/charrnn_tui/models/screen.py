"""The picker of models: all that can be found, what is known of each, and a sample of the one under the cursor while
it is drawn. Opens models in threads, and only for their samples.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList

from charrnn_engine.errors import CharRNNError, PromptError
from charrnn_engine.generation.prompts import default_prompt, encode_prompt, random_seed
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.models.import_screen import ImportScreen
from charrnn_tui.models.listing import ModelEntry, find_models
from charrnn_tui.models.model_card import ModelCard
from charrnn_tui.models.model_files import is_checkpoint, may_be_model
from charrnn_tui.models.model_list import MOST, ModelList
from charrnn_tui.models.threads import in_thread
from charrnn_tui.text.escapes import one_line
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.file_picker import FilePicker
from charrnn_tui.ui.host_files import allowed
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of
from charrnn_tui.ui.path_completion import cleaned, expanded, is_file

SETTLE_SECONDS = 0.1
"""How long the cursor rests on a model before it is opened: running down the list opens none."""

_READ_AT_ONCE = 50  # cards, before the list is shown again
_KEPT_OPEN = 3
_PROMPT_SHOWN = 30


class ModelsScreen(Dialog[str]):
    """Dismissed with the name or path of the chosen model, or None.

    `current` is the name or path of the model that is open. The samples start from `prompt` if the model knows its
    characters, and are drawn with `controls` and `seed`, or a random one.
    """

    AUTO_FOCUS = "#models-filter"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (66, "-normal"), (116, "-wide")]

    DEFAULT_CSS = """
    ModelsScreen > #dialog {
        layout: horizontal; width: 96%; max-width: 140; height: 92%; max-height: 42; padding: 0;
    }
    ModelsScreen #models-left { width: 30; height: 1fr; padding: 1 0 0 1; }
    ModelsScreen.-wide #models-left { width: 44; }
    ModelsScreen #models-filter {
        height: 1; border: none; padding: 0 1; background: $panel; color: $foreground;
    }
    ModelsScreen #models-heading { width: 1fr; text-align: right; padding: 0 1; color: $text-muted; }
    ModelsScreen ModelCard { width: 1fr; height: 1fr; padding: 1 2 0 2; }
    ModelsScreen.-narrow > #dialog { layout: vertical; width: 100%; height: 100%; }
    ModelsScreen.-narrow #models-left { width: 1fr; height: 7; padding: 0 1; }
    ModelsScreen.-narrow ModelCard { padding: 0 2; }
    ModelsScreen.-narrow #models-facts { max-height: 3; margin-bottom: 0; }
    ModelsScreen.-narrow #models-note { margin-bottom: 0; max-height: 2; }
    ModelsScreen.-narrow ModelList { margin-bottom: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", priority=True, id="models.up", tooltip="the previous model"),
        Binding("down", "move(1)", "Down", priority=True, id="models.down", tooltip="the next model"),
        Binding("pageup", "move(-10)", "Page up", priority=True, id="models.page-up", tooltip="ten models up"),
        Binding("pagedown", "move(10)", "Page down", priority=True, id="models.page-down", tooltip="ten models down"),
        Binding("ctrl+o", "file", "Open a file", priority=True, id="models.file",
                tooltip="open a model from a file: Keras, textgenrnn or PyTorch"),
    ]  # fmt: skip

    def __init__(
        self, current: str | None, prompt: str = "", controls: Controls = Controls(), seed: int | None = None
    ) -> None:
        super().__init__("models")
        self._current = current
        self._prompt = prompt
        self._controls = controls
        self._seed = random_seed() if seed is None else seed
        self._entries: dict[str, ModelEntry] = {}
        self._shown: str | None = None
        self._clicked: str | None = None
        self._open: OrderedDict[str, CharRNN] = OrderedDict()
        # Kept by name: a model opened in a thread may be shown while the screen is taken down.
        self._card = ModelCard()
        self._field = Input(placeholder="type to filter", compact=True, id="models-filter")
        self._list = ModelList()

    def compose_box(self) -> ComposeResult:
        with Vertical(id="models-left"):
            yield self._field
            yield Label("bits/char", id="models-heading")
            yield self._list
        yield self._card

    def on_mount(self) -> None:
        self._find()

    def hints(self, keys: Shown) -> Iterable[KeyHint | None]:
        hint = hints_of(keys, "models")
        return hint("move", 0, "up", "down"), KeyHint((("enter", ""),), "open"), hint("a file", 0, "file")

    @property
    def highlighted(self) -> ModelEntry | None:
        """The model under the cursor."""
        return self._list.highlighted

    # -- the list ------------------------------------------------------------------------------------------------

    @work
    async def _find(self) -> None:
        entries = await asyncio.to_thread(find_models, self._current)
        self._entries = {entry.key: entry for entry in entries}
        self._show_list(next((entry.key for entry in entries if entry.is_current), None))
        self._read_cards()

    @on(Input.Changed, "#models-filter")
    def _filter(self) -> None:
        self._show_list(None if self._field.value else self._shown)
        self._read_cards()

    def _show_list(self, wanted: str | None) -> None:
        """Lists the models that match the filter, with the cursor on the one wanted if it does."""
        typed = self._field.value
        ranked = [(entry.match(typed), entry) for entry in self._entries.values()]
        matching = [entry for rank in range(3) for match, entry in ranked if match == rank]
        self._list.show(matching, self._entries.get(wanted or ""))
        if not matching:
            none = "there is no model yet; train one with: charrnn-tui train CORPUS"
            typed_file = (
                "enter opens this file" if self._may_open_files and is_file(cleaned(typed)) else "no model matches"
            )
            self._show_nothing(typed_file if typed or self._entries else none)

    @work(exclusive=True, group="cards")
    async def _read_cards(self) -> None:
        """Reads the cards of the models listed; with a filter, all of them, since any may match."""
        wanted = self._entries.values() if self._field.value else self._list.entries
        unread = [entry for entry in wanted if not entry.is_read]
        for at in range(0, len(unread), _READ_AT_ONCE):
            some = unread[at : at + _READ_AT_ONCE]
            await asyncio.to_thread(_read, some)
            if self._field.value:
                self._list_matches_among(some)
            for entry in some:
                self._changed(entry)

    def _list_matches_among(self, entries: Sequence[ModelEntry]) -> None:
        """Lists the models again if some that have just been read match by their cards."""
        typed, listed = self._field.value, self._list.entries
        if len(listed) < MOST and any(entry not in listed and entry.match(typed) is not None for entry in entries):
            self._show_list(self._shown)

    def _changed(self, entry: ModelEntry) -> None:
        """Shows an entry again, with what has been found out about it."""
        self._list.show_again(entry)
        if self._shown == entry.key and entry.problem is None:
            self._card.show(entry, self._open.get(entry.key))
        elif self._shown == entry.key:
            self._show(entry)

    # -- the one under the cursor --------------------------------------------------------------------------------

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        entry = self.highlighted
        if entry is not None and entry.key != self._shown:
            self._clicked = None
            self._show(entry)

    def _show(self, entry: ModelEntry) -> None:
        self._shown = entry.key
        card = self._card
        card.show(entry, self._open.get(entry.key))
        card.note()
        if entry.problem is None:
            card.sample.say("opening …")
            self._sample(entry)
        else:
            self.workers.cancel_group(self, "sample")
            card.sample.begin("")

    def _show_nothing(self, why: str) -> None:
        self.workers.cancel_group(self, "sample")
        self._shown = None
        self._card.empty(why)

    @work(group="sample", exclusive=True)
    async def _sample(self, entry: ModelEntry) -> None:
        """Opens the model and draws until the room is full; moving the cursor cancels this."""
        await asyncio.sleep(SETTLE_SECONDS)
        card = self._card
        try:
            model = await self._opened(entry)
            if not card.is_attached:
                return  # the app is being left
            card.show(entry, model)
            prompt, note = self._prompt_for(model)
            card.note(note, f"sample, {_controls_text(self._controls)}:")
            await card.sample.draw(model, prompt, self._controls, self._seed)
        except CharRNNError as error:
            entry.problem = str(error)
            self._changed(entry)

    async def _opened(self, entry: ModelEntry) -> CharRNN:
        model = self._open.get(entry.key)
        if model is None:
            model = self._open[entry.key] = await asyncio.to_thread(entry.open)
            if len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        self._open.move_to_end(entry.key)
        return model

    def _prompt_for(self, model: CharRNN) -> tuple[str, str]:
        """The prompt if the model knows it, otherwise the model's default prompt and a note that says so."""
        try:
            encode_prompt(model, self._prompt)
        except PromptError as error:
            shown = one_line(self._prompt[: _PROMPT_SHOWN + 1])
            shown = shown if len(shown) <= _PROMPT_SHOWN else f"{shown[:_PROMPT_SHOWN]}…"
            note = f"without your prompt “{shown}”: {str(error).split(';')[0]}" if self._prompt else ""
            return default_prompt(model), note
        return self._prompt, ""

    # -- keys and clicks -----------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        self._list.move(step)

    @on(Input.Submitted, "#models-filter")
    def _choose(self) -> None:
        entry, typed = self.highlighted, cleaned(self._field.value)
        if entry is None and self._may_open_files and is_file(typed):
            self._open_file(Path(expanded(typed)))
        elif entry is None or entry.problem is not None:
            self.app.bell()
        else:
            self.dismiss(entry.key)

    @property
    def _may_open_files(self) -> bool:
        return allowed(self.app, "file")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return allowed(self.app, action) and super().check_action(action, parameters)

    def action_file(self) -> None:
        def picked(path: str | None) -> None:
            if path is not None:
                self._open_file(Path(path))

        self.app.push_screen(FilePicker(str(Path.cwd()), "model file", may_be_model), picked)

    @work(exclusive=True, group="file")
    async def _open_file(self, path: Path) -> None:
        """Opens a checkpoint's file; any other is imported first."""
        if await in_thread(lambda: is_checkpoint(path)):
            self.dismiss(str(path))
        else:
            self.app.push_screen(ImportScreen(path, self._controls, self._seed), self._imported)

    def _imported(self, name: str | None) -> None:
        if name is not None:
            self.dismiss(name)

    @on(OptionList.OptionSelected)
    def _click(self, event: OptionList.OptionSelected) -> None:
        """The first click on a model shows it, the second one chooses it."""
        if self._clicked == event.option_id:
            self._choose()
        self._clicked = event.option_id

    def action_cancel(self) -> None:
        """Clears the filter; without one, cancels."""
        if self._field.value:
            self._field.value = ""
        else:
            self.dismiss(None)


def _read(entries: Iterable[ModelEntry]) -> None:
    for entry in entries:
        entry.read()


def _controls_text(controls: Controls) -> str:
    return "greedy" if controls.greedy else f"temperature {controls.temperature:g}"
