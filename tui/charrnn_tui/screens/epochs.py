"""Time travel: what a model wrote after each epoch of its training, from the same prompt with the same random draws.

New epochs of a run that goes on join as they are saved.
"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.widgets import Label, Static

from charrnn_engine.sampler import Controls
from charrnn_engine.stream import random_seed
from charrnn_tui.epoch_texts import EpochTexts
from charrnn_tui.run_history import Epoch
from charrnn_tui.screens.keys import keys_of, shown_keys
from charrnn_tui.training_desk import ToPlay
from charrnn_tui.watched_run import WatchedRun
from charrnn_tui.widgets.key_bar import KeyBar, KeyHint
from charrnn_tui.widgets.prompt_bar import PromptBar
from charrnn_tui.widgets.title_bar import TitleBar
from charrnn_tui.widgets.written_text import WrittenText

_LENGTH = 1_200  # characters: fills a large screen, and is written in a blink
_COLDEST, _HOTTEST = 0.05, 5.0
_LOOK_SECONDS = 0.5

_key = keys_of("epochs")


class EpochsScreen(Screen[ToPlay | None]):
    """Walks through the saved epochs of a run; dismissed with the one to play, or None."""

    AUTO_FOCUS = ""
    HELP = (
        "Every epoch writes from the same prompt with the same random draws: what differs is what it has learnt. "
        "The colours say how surprised the model was by each character."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        _key("right", "walk(1)", "Next", "the next epoch: what it wrote when it had learnt more", "→"),
        _key("left", "walk(-1)", "Before", "the epoch before: what it wrote when it had learnt less", "←"),
        _key("home", "first", "First", "the first one: before it had learnt anything"),
        _key("end", "last", "Last", "the last one"),
        _key("up", "temperature(0.05)", "Warmer", "temperature up by 0.05", "↑"),
        _key("down", "temperature(-0.05)", "Colder", "temperature down by 0.05", "↓"),
        _key("g", "greedy", "Greedy", "greedy on and off: always the most probable character"),
        _key("r", "again", "Again", "other random draws, the same for every epoch"),
        _key("p", "prompt", "Prompt", "edit the prompt that every epoch starts from"),
        _key("enter", "play", "Play", "play the model of this epoch"),
        _key("escape", "leave", "Leave", "back to the training", "esc"),
    ]

    DEFAULT_CSS = """
    EpochsScreen { layout: vertical; background: $background; }
    EpochsScreen #epochs-strip { height: 1; width: 1fr; padding: 0 2; background: $surface; }
    EpochsScreen #epochs-note { display: none; height: auto; padding: 0 2; background: $panel; color: $text-warning; }
    EpochsScreen #epochs-note.-shown { display: block; }
    """

    def __init__(self, run: WatchedRun, prompt: str = "", controls: Controls = Controls(), seed: int = 1) -> None:
        super().__init__()
        self._run = run
        self._wanted_prompt = prompt
        self.controls, self.seed = controls, seed
        self._texts = EpochTexts()
        self._epochs: list[Epoch] = []
        self._at = -1
        # Kept by name: a text written in a thread is shown even while the screen is taken down.
        self._title = TitleBar(id="title")
        self._strip = Static("", id="epochs-strip")
        self._text = WrittenText(id="epochs-text")
        self._note = Label("", id="epochs-note", markup=False)
        self._prompt = PromptBar(lambda _: None, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._strip
        yield self._text
        yield self._note
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._prompt.prompt = self._wanted_prompt
        self._look()
        self.set_interval(_LOOK_SECONDS, self._look)

    @property
    def epoch(self) -> Epoch | None:
        """The one shown."""
        return self._epochs[self._at] if 0 <= self._at < len(self._epochs) else None

    def _look(self) -> None:
        """Takes in epochs that have been saved meanwhile; those thinned out are gone."""
        kept = [epoch for epoch in self._run.history.playable if Path(str(epoch.checkpoint)).is_dir()]
        if kept == self._epochs:
            return
        shown = self.epoch
        self._epochs = kept
        numbers = [epoch.number for epoch in kept]
        if shown is None:
            self._at = len(kept) - 1
        elif shown.number in numbers:
            self._at = numbers.index(shown.number)
        else:
            self._at = min(self._at, len(kept) - 1)
        self._show()

    def _show(self) -> None:
        epoch = self.epoch
        if epoch is None:
            self._text.say("No epoch has been saved yet.")
            return
        figure = "" if epoch.validation is None else f"  ·  {epoch.validation:.3f} bits"
        name = "before it had learnt anything" if epoch.number == 0 else f"epoch {epoch.number}"
        self._title.title = f"{self._run.history.name}  ·  {name}{figure}"
        mode = "greedy" if self.controls.greedy else f"T {self.controls.temperature:.2f}"
        self._title.state = f"{mode}  ·  {self._at + 1} of {len(self._epochs)} saved"
        self._strip.update(self._strip_text())
        self._show_keys()
        self._write(epoch)

    def _strip_text(self) -> Text:
        """The numbers of the epochs, the one shown among them; as many as fit around it."""
        room = max(8, self.size.width - 8) // 5
        first = max(0, min(self._at - room // 2, len(self._epochs) - room))
        text = Text("‹ " if first else "  ", "dim", no_wrap=True)
        for at, epoch in enumerate(self._epochs[first : first + room], first):
            label = f" {epoch.number} "
            text.append(label, "reverse bold" if at == self._at else "bold" if epoch.best else "dim")
            text.append(" ")
        return text.append(" ›" if first + room < len(self._epochs) else "", "dim")

    @work(exclusive=True)
    async def _write(self, epoch: Epoch) -> None:
        written = await asyncio.to_thread(
            self._texts.write, str(epoch.checkpoint), self._wanted_prompt, self.controls, self.seed, _LENGTH
        )
        self._text.show(written)
        self._note.update(f"without your prompt: {written.note}" if written.note else "")
        self._note.set_class(bool(written.note), "-shown")

    def _show_keys(self) -> None:
        if self._prompt.editing:
            self._keys.hints = [
                KeyHint((("enter", "screen.take_prompt"),), "start from this", 9),
                KeyHint((("esc", "screen.leave_prompt"),), "leave it", 9),
            ]
            return
        keys = shown_keys(self)

        def hint(label: str, importance: int, *names: str) -> list[KeyHint]:
            shown = tuple(keys[name] for name in names if name in keys)
            return [KeyHint(shown, label, importance)] if shown else []

        self._keys.hints = [
            *hint("epoch", 9, "epochs.before", "epochs.next"),
            *hint("temp", 7, "epochs.warmer", "epochs.colder"),
            *hint("greedy", 5, "epochs.greedy"),
            *hint("other draws", 5, "epochs.again"),
            *hint("prompt", 6, "epochs.prompt"),
            *hint("play this one", 8, "epochs.play"),
            *hint("back", 8, "epochs.leave"),
            *hint("help", 10, "app.help"),
            *hint("quit", 10, "app.quit"),
        ]

    # -- keys ----------------------------------------------------------------------------------------------------

    def _go(self, at: int) -> None:
        if self._epochs:
            self._at = min(max(at, 0), len(self._epochs) - 1)
            self._show()

    def action_walk(self, step: int) -> None:
        self._go(self._at + step)

    def action_first(self) -> None:
        self._go(0)

    def action_last(self) -> None:
        self._go(len(self._epochs) - 1)

    def action_temperature(self, step: float) -> None:
        moved = round(self.controls.temperature + step, 4)
        self.controls = replace(self.controls, temperature=min(_HOTTEST, max(_COLDEST, moved)))
        self._show()

    def action_greedy(self) -> None:
        self.controls = replace(self.controls, greedy=not self.controls.greedy)
        self._show()

    def action_again(self) -> None:
        self.seed = random_seed()
        self._show()

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_take_prompt(self) -> None:
        self._prompt.take()

    def action_leave_prompt(self) -> None:
        self._prompt.leave()

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        self._wanted_prompt = self._prompt.prompt = event.prompt
        self._show()

    def action_play(self) -> None:
        if self.epoch is not None:
            self.dismiss(ToPlay(str(self.epoch.checkpoint), self._wanted_prompt or None, self.seed))

    def action_leave(self) -> None:
        self.dismiss(None)
