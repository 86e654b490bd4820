"""What a model wrote after each epoch of its training, from the same prompt and seed, and what one of its units was.

The epochs of a run that goes on appear as they are saved.
"""

import asyncio
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Static

from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.prompts import random_seed
from charrnn_engine.inside import Property
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.text.colouring import marked, next_colouring
from charrnn_tui.text.text_view import TextView
from charrnn_tui.train.run.choose_unit import ChooseUnit
from charrnn_tui.train.run.epoch_curves import Curve, EpochCurves
from charrnn_tui.train.run.epoch_texts import written_by
from charrnn_tui.train.run.epoch_units import UnitScores, unit_marks
from charrnn_tui.train.run.history import Epoch
from charrnn_tui.train.run.run import Run
from charrnn_tui.train.run.screen import RunsUpdated
from charrnn_tui.train.run.training_runs import ToPlay
from charrnn_tui.ui.key_bar import KeyBar
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import hints_of, keys_of, shown_keys, those_there
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.prompt_bar import PromptBar
from charrnn_tui.ui.title_bar import TitleBar

_LENGTH = 1_200  # tokens: fills a large screen, and is written in a blink
_KEPT = 60  # texts
_TEMPERATURES = 0.05, 5.0  # the lowest and the highest

_key = keys_of("epochs")


class EpochsScreen(Screen[ToPlay | None]):
    """Shows the saved epochs of a run, one at a time; dismissed with the one to play, or None."""

    AUTO_FOCUS = ""
    HELP = (
        "Every epoch writes from the same prompt and seed, so the texts differ only by what the model has learnt. "
        "The colours show how surprised the model was by each character, or what a unit was there: blue for low, "
        "orange for high, on the scale of the last epoch. The curve shows how well the unit follows its property: "
        "the model of every epoch reads the same text, which the last one wrote."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("right", "step(1)", "Next", "the next epoch", "→"),
        _key("left", "step(-1)", "Previous", "the previous epoch", "←"),
        _key("home", "step(-1000000)", "First", "the first epoch: the untrained model"),
        _key("end", "step(1000000)", "Last", "the last epoch"),
        _key("up", "temperature(0.05)", "Hotter", "raise the temperature by 0.05", "↑"),
        _key("down", "temperature(-0.05)", "Colder", "lower the temperature by 0.05", "↓"),
        _key("g", "greedy", "Greedy", "greedy on and off: always the most probable character"),
        _key("r", "new_seed", "New seed", "another seed, the same one for every epoch"),
        _key("p", "prompt", "Prompt", "edit the prompt that every epoch starts from"),
        _key("i,slash", "unit", "Unit", "colour by a unit: by its name, or the one that follows a property", "i"),
        _key("h", "colouring", "Colour", "colour by the unit, by surprise, by temperature, or not at all"),
        _key("enter", "play", "Play", "play the model of this epoch"),
        _key("escape", "leave", "Leave", "back to the training screen", "esc"),
    ]

    DEFAULT_CSS = """
    EpochsScreen { layout: vertical; background: $background; }
    EpochsScreen #epochs-strip { height: 1; width: 1fr; padding: 0 2; background: $surface; }
    EpochsScreen TextView { height: 1fr; margin: 1 1 0 1; background: $background; color: $foreground; }
    EpochsScreen NoticeLine { color: $text-warning; }
    """

    def __init__(self, run: Run, prompt: str = "", controls: Controls = Controls(), seed: int = 1) -> None:
        super().__init__()
        self._run = run
        self._wanted_prompt = prompt
        self.controls, self.seed = controls, seed
        self._written = lru_cache(_KEPT)(written_by)
        self._epochs: tuple[Epoch, ...] = ()
        self._at = -1
        self.unit = ""
        """The unit that texts are coloured by, once one is chosen."""
        self._property: Property | None = None  # that was asked for last
        self._scores = UnitScores()
        # Kept by name: a text written in a thread may arrive while the screen is taken down.
        self._title = TitleBar(id="title")
        self._strip = Static("", id="epochs-strip")
        self._curves = EpochCurves(id="epochs-curves")
        self._text = TextView(id="epochs-text")
        self._notice = NoticeLine(id="epochs-note")
        # Any prompt will do: an epoch that can't start from it writes without it, and says so.
        self._prompt = PromptBar(lambda prompt: None, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._strip
        yield self._curves
        yield self._text
        yield self._notice
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self._prompt.prompt = self._wanted_prompt
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._take_epochs()

    @property
    def epoch(self) -> Epoch | None:
        """The one shown."""
        return self._epochs[self._at] if 0 <= self._at < len(self._epochs) else None

    @on(RunsUpdated)
    def _take_epochs(self) -> None:
        """Takes what has been saved by now; some epochs may have been thinned out."""
        epochs = self._run.saved.epochs
        if epochs == self._epochs:
            return
        shown, self._epochs = self.epoch, epochs
        numbers = [epoch.number for epoch in epochs]
        last = len(epochs) - 1
        if shown is None:
            self._at = last
        else:
            self._at = numbers.index(shown.number) if shown.number in numbers else min(self._at, last)
        self._show()
        self._measure()

    def _show(self) -> None:
        epoch = self.epoch
        self._show_keys()
        if epoch is None:
            self._text.clear()
            self._notice.say("No epoch has been saved yet")
            return
        figure = "" if epoch.validation is None else f"  ·  {epoch.validation:.3f} bits"
        name = "untrained" if epoch.number == 0 else f"epoch {epoch.number}"
        self._title.title = f"{self._run.history.name}  ·  {name}{figure}"
        mode = "greedy" if self.controls.greedy else f"T {self.controls.temperature:.2f}"
        self._title.state = f"{mode}  ·  {self._at + 1} of {len(self._epochs)} saved"
        self._strip.update(self._strip_text())
        self._show_curves()
        self._write(epoch)

    def _strip_text(self) -> Text:
        """The numbers of as many epochs as fit around the one shown."""
        room = max(8, self.size.width - 8) // 5
        first = max(0, min(self._at - room // 2, len(self._epochs) - room))
        text = Text("‹ " if first else "  ", "dim", no_wrap=True)
        for at, epoch in enumerate(self._epochs[first : first + room], first):
            text.append(f" {epoch.number} ", "reverse bold" if at == self._at else "bold" if epoch.best else "dim")
            text.append(" ")
        return text.append(" ›" if first + room < len(self._epochs) else "", "dim")

    @work(exclusive=True)
    async def _write(self, epoch: Epoch) -> None:
        how = self._wanted_prompt, self.controls, self.seed, _LENGTH, self.unit
        written = await asyncio.to_thread(self._written, str(epoch.checkpoint), *how)
        page = self._text
        if self.unit:
            last = await asyncio.to_thread(self._written, str(self._epochs[-1].checkpoint), *how)
            marks = unit_marks(written, last.values or written.values) if written.tokens else b""
            page.unit_marks = lambda start, end: marks[start:end]
        page.clear()
        page.write_prompt(written.prompt)
        page.write(*marked(written.tokens, written.eos, written.scale))
        page.scroll_home(animate=False)
        self._notice.say(written.problem or (f"Without your prompt: {written.note}" if written.note else ""))

    # -- a unit --------------------------------------------------------------------------------------------------

    def _show_curves(self) -> None:
        """The loss, and how well the unit follows the property that was asked for last."""
        if not self.unit:
            return
        losses = Curve("bits", [epoch.validation for epoch in self._epochs])
        what = self._property
        if what is not None:
            scores = self._scores.course([str(epoch.checkpoint) for epoch in self._epochs], self.unit, what)
            name = f"{self.unit}  {what.name}, {'r' if what.is_count else 'AUROC'}"
            curve = Curve(name, scores, 0.0 if what.is_count else 0.5, 1.0)
        else:
            curve = Curve(self.unit, ())
        self._curves.curves = (losses, curve)
        self._curves.at = self._at

    @work(exclusive=True, group="units")
    async def _find(self, wanted: str | Property) -> None:
        """Colours by a unit, or by the one that follows a property best after the last epoch."""
        if not self._epochs:
            return
        last = str(self._epochs[-1].checkpoint)
        try:
            if isinstance(wanted, str):
                await asyncio.to_thread(self._scores.check, last, wanted)
                self.unit = wanted
            else:
                self._notice.say(f"Finding the unit for {wanted.description}…")
                self.unit = (await asyncio.to_thread(self._scores.best, last, wanted)).unit
                self._property = wanted
        except CharRNNError as error:
            self._notice.say(str(error), problem=True)
            return
        self._notice.say("")
        self._text.colouring = "unit"
        self._show()
        self._measure()

    @work(exclusive=True, group="measuring")
    async def _measure(self) -> None:
        """Measures the unit in the models of all epochs, the last one first: its sign is the curve's."""
        if not self.unit or self._property is None:
            return
        unit, what = self.unit, self._property
        for epoch in reversed(self._epochs):
            try:
                await asyncio.to_thread(self._scores.measure, str(epoch.checkpoint), unit, what)
            except CharRNNError:
                continue  # it has been thinned out by now
            self._show_curves()

    def _show_keys(self) -> None:
        keys = shown_keys(self)
        if self._prompt.editing:
            leave = KeyHint((keys["prompt.leave"],), "cancel", 9) if "prompt.leave" in keys else None
            self._keys.hints = those_there([KeyHint((("enter", "take_prompt"),), "use this prompt", 9), leave])
            return
        hint = hints_of(keys, "epochs")
        listed = [
            hint("epoch", 9, "previous", "next"),
            hint("temperature", 7, "hotter", "colder"),
            hint("greedy", 5, "greedy"),
            hint("new seed", 5, "new-seed"),
            hint("prompt", 6, "prompt"),
            hint("unit", 7, "unit"),
            hint("colour", 4 if self.unit else 1, "colour"),
            hint("play", 8, "play"),
            hint("close", 8, "leave"),
            hint("help", 10, "app.help"),
            hint("quit", 10, "app.quit"),
        ]
        self._keys.hints = those_there(listed)

    # -- keys ----------------------------------------------------------------------------------------------------

    def action_step(self, steps: int) -> None:
        if self._epochs:
            self._at = min(max(self._at + steps, 0), len(self._epochs) - 1)
            self._show()

    def action_temperature(self, step: float) -> None:
        lowest, highest = _TEMPERATURES
        moved = round(self.controls.temperature + step, 2)
        self.controls = replace(self.controls, temperature=min(highest, max(lowest, moved)))
        self._show()

    def action_greedy(self) -> None:
        self.controls = replace(self.controls, greedy=not self.controls.greedy)
        self._show()

    def action_new_seed(self) -> None:
        self.seed = random_seed()
        self._show()

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_take_prompt(self) -> None:
        self._prompt.take()

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        self._wanted_prompt = self._prompt.prompt = event.prompt
        self._show()

    def action_unit(self) -> None:
        self.app.push_screen(ChooseUnit(), self._chosen)

    def _chosen(self, wanted: str | Property | None) -> None:
        if wanted is not None:
            self._find(wanted)

    def action_colouring(self) -> None:
        self._text.colouring, notice = next_colouring(self._text.colouring, bool(self.unit))
        self.notify(notice, timeout=2)

    def action_play(self) -> None:
        if self.epoch is not None:
            self.dismiss(ToPlay(str(self.epoch.checkpoint), self._wanted_prompt or None, self.seed))

    def action_leave(self) -> None:
        self.dismiss(None)
