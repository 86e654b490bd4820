"""The picker of models: all that can be found, what is known of each, and a sample of the one under the cursor as it
is written. Opens models in threads, and none for good: whoever asked does that.
"""

import asyncio
from collections import OrderedDict
from contextlib import aclosing
from dataclasses import replace
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from charrnn_engine.errors import CharRNNError, CheckpointError, PromptError
from charrnn_engine.generation.generation import default_prompt, encode_prompt, random_seed
from charrnn_engine.generation.stream import stream
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.models.listing import ShelfEntry, shelf
from charrnn_tui.models.model_card import ModelCard
from charrnn_tui.text.line_breaks import visible

SETTLE_SECONDS = 0.1
"""How long the cursor rests before a model is opened for its sample: a reader who runs down the list opens none."""
CHARACTER_SECONDS = 1 / 90

_KEPT_OPEN = 3
_PROMPT_SHOWN = 30


class ModelsScreen(ModalScreen[str | None]):
    """Dismissed with the name or path of the model chosen, or None.

    `current` is the name or path of the model that is open, `prompt` what the samples begin with where the model
    knows its characters; they are drawn with `controls`, and `seed`, or a random one.
    """

    AUTO_FOCUS = "#models-filter"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (66, "-normal"), (116, "-wide")]

    DEFAULT_CSS = """
    ModelsScreen { align: center middle; }
    ModelsScreen #models {
        width: 96%; max-width: 140; height: 92%; max-height: 42; background: $surface;
        border: round $primary; border-title-color: $text-accent; border-subtitle-color: $text-muted;
    }
    ModelsScreen #models-left { width: 30; height: 1fr; padding: 1 0 0 1; }
    ModelsScreen.-wide #models-left { width: 44; }
    ModelsScreen #models-filter {
        height: 1; border: none; padding: 0 1; background: $panel; color: $foreground;
    }
    ModelsScreen #models-heading { width: 1fr; text-align: right; padding: 0 1; color: $text-muted; }
    ModelsScreen #models-list {
        height: 1fr; border: none; padding: 0; background: $surface; background-tint: transparent;
        scrollbar-size-vertical: 1;
    }
    ModelsScreen #models-list > .option-list--option { padding: 0 1; }
    ModelsScreen #models-list > .option-list--option-highlighted {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    ModelsScreen ModelCard { width: 1fr; height: 1fr; padding: 1 2 0 2; }
    ModelsScreen.-narrow #models { layout: vertical; width: 100%; height: 100%; }
    ModelsScreen.-narrow #models-left { width: 1fr; height: 7; padding: 0 1; }
    ModelsScreen.-narrow ModelCard { padding: 0 2; }
    ModelsScreen.-narrow #models-facts { max-height: 3; margin-bottom: 0; }
    ModelsScreen.-narrow #models-note { margin-bottom: 0; max-height: 2; }
    ModelsScreen.-narrow #models-list { margin-bottom: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", priority=True, id="models.up", tooltip="the model above"),
        Binding("down", "move(1)", "Down", priority=True, id="models.down", tooltip="the model below"),
        Binding("pageup", "move(-10)", "Page up", priority=True, id="models.page-up", tooltip="ten models up"),
        Binding("pagedown", "move(10)", "Page down", priority=True, id="models.page-down", tooltip="ten models down"),
        Binding("escape", "leave", "Leave", id="models.leave", tooltip="leave the filter, or all as it was"),
    ]

    def __init__(
        self, current: str | None, prompt: str = "", controls: Controls = Controls(), seed: int | None = None
    ) -> None:
        super().__init__()
        self._current = current
        self._prompt = prompt
        self._controls = controls
        self._seed = random_seed() if seed is None else seed
        self._entries: dict[str, ShelfEntry] = {}
        self._shown: str | None = None
        self._clicked: str | None = None
        self._open: OrderedDict[str, CharRNN] = OrderedDict()
        # Kept by name: a model that has been opened in a thread is shown even while the screen is taken down.
        self._card = ModelCard()
        self._field = Input(placeholder="type to filter", compact=True, id="models-filter")
        self._list = OptionList(id="models-list")
        self._list.can_focus = False

    def compose(self) -> ComposeResult:
        with Horizontal(id="models") as box:
            box.border_title = "models"
            box.border_subtitle = "↑↓ look · enter opens · esc leaves"
            with Vertical(id="models-left"):
                yield self._field
                yield Label("bits/char", id="models-heading")
                yield self._list
            yield self._card

    def on_mount(self) -> None:
        self._look_around()

    @property
    def highlighted(self) -> ShelfEntry | None:
        """The model under the cursor."""
        option = self._list.highlighted_option
        return None if option is None or option.id is None else self._entries[option.id]

    # -- what there is -------------------------------------------------------------------------------------------

    @work(group="look")
    async def _look_around(self) -> None:
        """Lists the models, then opens one after the other to see whether it opens."""
        entries = await asyncio.to_thread(shelf, self._current)
        self._entries = {entry.key: entry for entry in entries}
        self._show_list(next((entry.key for entry in entries if entry.is_current), None))
        for entry in entries:
            if entry.problem is None:
                try:
                    await asyncio.to_thread(_load, entry)
                except CheckpointError as error:
                    self._found_broken(entry.key, str(error))

    def _found_broken(self, key: str, problem: str) -> None:
        self._entries[key] = broken = replace(self._entries[key], problem=problem)
        if any(option.id == key for option in self._list.options):
            self._list.replace_option_prompt(key, _row(broken))
        if self._shown == key:
            self._show(broken)

    @on(Input.Changed, "#models-filter")
    def _filter(self) -> None:
        self._show_list(self._shown)

    def _show_list(self, wanted: str | None) -> None:
        typed = self._field.value
        fitting = [entry for entry in self._entries.values() if entry.matches(typed)]
        listing = self._list
        listing.set_options([Option(_row(entry), id=entry.key) for entry in fitting])
        keys = [entry.key for entry in fitting]
        listing.highlighted = (keys.index(wanted) if wanted in keys else 0) if keys else None
        if not keys:
            none = "there is no model yet; train one with: charrnn-tui train CORPUS"
            self._show_nothing("no model fits" if self._entries else none)

    # -- the one under the cursor --------------------------------------------------------------------------------

    @on(OptionList.OptionHighlighted)
    def _moved(self) -> None:
        entry = self.highlighted
        if entry is not None and entry.key != self._shown:
            self._clicked = None
            self._show(entry)

    def _show(self, entry: ShelfEntry) -> None:
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
    async def _sample(self, entry: ShelfEntry) -> None:
        """Opens the model and writes with it until the room is full; ends where the cursor moves on."""
        await asyncio.sleep(SETTLE_SECONDS)
        card = self._card
        sample = card.sample
        try:
            model = await self._opened(entry)
            card.show(entry, model)
            prompt, note = self._fitting_prompt(model)
            card.note(note, f"a sample, {_controls_said(self._controls)}:")
            sample.begin(prompt)
            async with aclosing(stream(model, prompt, self._controls, seed=self._seed, endless=True)) as tokens:
                async for token in tokens:
                    if token.id == model.vocabulary.eos:
                        sample.end()
                    else:
                        sample.write(token.text)
                    if sample.full:
                        return
                    await asyncio.sleep(CHARACTER_SECONDS)
        except CharRNNError as error:
            self._found_broken(entry.key, str(error))

    async def _opened(self, entry: ShelfEntry) -> CharRNN:
        model = self._open.get(entry.key)
        if model is None:
            model = self._open[entry.key] = await asyncio.to_thread(_load, entry)
            if len(self._open) > _KEPT_OPEN:
                self._open.popitem(last=False)
        self._open.move_to_end(entry.key)
        return model

    def _fitting_prompt(self, model: CharRNN) -> tuple[str, str]:
        """The prompt where the model knows it, else what it starts from by itself, and a word about it."""
        try:
            encode_prompt(model, self._prompt)
        except PromptError as error:
            shown = visible(self._prompt).replace("\n", "⏎")
            shown = shown if len(shown) <= _PROMPT_SHOWN else f"{shown[:_PROMPT_SHOWN]}…"
            note = f"without your prompt “{shown}”: {str(error).split(';')[0]}" if self._prompt else ""
            return default_prompt(model), note
        return self._prompt, ""

    # -- keys and clicks -----------------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        listing = self._list
        if listing.option_count:
            at = (listing.highlighted or 0) + step
            # One step goes round, a page stops at the end.
            last = listing.option_count - 1
            listing.highlighted = at % (last + 1) if abs(step) == 1 else min(max(at, 0), last)

    @on(Input.Submitted, "#models-filter")
    def _choose(self) -> None:
        entry = self.highlighted
        if entry is None or entry.problem is not None:
            self.app.bell()
        else:
            self.dismiss(entry.key)

    @on(OptionList.OptionSelected)
    def _click(self, event: OptionList.OptionSelected) -> None:
        """The first click shows a model, a second one chooses it."""
        if self._clicked == event.option_id:
            self._choose()
        self._clicked = event.option_id

    def action_leave(self) -> None:
        field = self._field
        if field.value:
            field.value = ""
        else:
            self.dismiss(None)


def _load(entry: ShelfEntry) -> CharRNN:
    # Here, and not above: what reads a model takes a while to import, and the first paint needn't wait for it.
    from charrnn_engine.checkpoints.store import load

    return load(entry.key if entry.key != entry.name else entry.folder)


def _controls_said(controls: Controls) -> str:
    return "greedy" if controls.greedy else f"temperature {controls.temperature:g}"


def _row(entry: ShelfEntry) -> Table:
    """A line of the list: a mark, the name, and bits per character."""
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=1)
    row.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    row.add_column(no_wrap=True, justify="right")
    broken = entry.problem is not None
    mark = "✗" if broken else "●" if entry.is_current else "*" if entry.is_default else ""
    figure = "broken" if broken else "" if entry.bits is None else f"{entry.bits:.2f}"
    style = "dim" if broken else ""
    row.add_row(Text(mark, style), Text(visible(entry.name).replace("\n", "⏎"), style), Text(figure, "dim"))
    return row
