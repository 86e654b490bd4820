"""Time travel: what a model wrote after each epoch of its training, from the same prompt with the same random draws.

New epochs of a run that goes on join as they are saved.
"""

import asyncio
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from charrnn_engine.generation.generation import random_seed
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.keys import PROMPT_HINTS
from charrnn_tui.race.lineup import warmer
from charrnn_tui.text.colouring import marked
from charrnn_tui.text.text_view import TextView
from charrnn_tui.train.run.desk import ToPlay
from charrnn_tui.train.run.epoch_texts import EpochTexts
from charrnn_tui.train.run.history import Epoch
from charrnn_tui.train.run.watched import WatchedRun, saved_epochs
from charrnn_tui.ui.key_bar import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of, keys_of, those_there
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.prompt_bar import PromptBar
from charrnn_tui.ui.prompted import PromptedScreen

_LENGTH = 1_200  # characters: fills a large screen, and is written in a blink
_LOOK_SECONDS = 0.5

_key = keys_of("epochs")


class EpochsScreen(PromptedScreen[ToPlay | None]):
    """Walks through the saved epochs of a run; dismissed with the one to play, or None."""

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

    PROMPT_HINTS = PROMPT_HINTS

    DEFAULT_CSS = """
    EpochsScreen { layout: vertical; background: $background; }
    EpochsScreen #epochs-strip { height: 1; width: 1fr; padding: 0 2; background: $surface; }
    EpochsScreen TextView { height: 1fr; margin: 1 1 0 1; background: $background; color: $foreground; }
    EpochsScreen NoticeLine { color: $text-warning; }
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
        self._strip = Static("", id="epochs-strip")
        self._text = TextView(id="epochs-text")
        self._note = NoticeLine(id="epochs-note")

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._strip
        yield self._text
        yield self._note
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self._prompt.prompt = self._wanted_prompt
        self._look()
        self.set_interval(_LOOK_SECONDS, self._look)

    @property
    def epoch(self) -> Epoch | None:
        """The one shown."""
        return self._epochs[self._at] if 0 <= self._at < len(self._epochs) else None

    def _look(self) -> None:
        """Takes in epochs that have been saved meanwhile; those thinned out are gone."""
        kept = saved_epochs(self._run)
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
            self._text.clear()
            self._note.say("no epoch has been saved yet")
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
        page = self._text
        page.clear()
        page.write_prompt(written.prompt)
        page.write(*marked(written.tokens, written.eos))
        page.scroll_home(animate=False)
        self._note.say(written.problem or (f"without your prompt: {written.note}" if written.note else ""))

    def _problem_with(self, prompt: str) -> str | None:
        """None: an epoch that doesn't know a prompt writes without it, and says so."""
        return None

    def _hints(self, keys: Shown) -> list[KeyHint]:
        hint = hints_of(keys, "epochs")
        listed = [
            hint("epoch", 9, "before", "next"),
            hint("temp", 7, "warmer", "colder"),
            hint("greedy", 5, "greedy"),
            hint("other draws", 5, "again"),
            hint("prompt", 6, "prompt"),
            hint("play this one", 8, "play"),
            hint("back", 8, "leave"),
            hint("help", 10, "app.help"),
            hint("quit", 10, "app.quit"),
        ]
        return those_there(listed)

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
        self.controls = warmer(self.controls, step)
        self._show()

    def action_greedy(self) -> None:
        self.controls = replace(self.controls, greedy=not self.controls.greedy)
        self._show()

    def action_again(self) -> None:
        self.seed = random_seed()
        self._show()

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        self._wanted_prompt = self._prompt.prompt = event.prompt
        self._show()

    def action_play(self) -> None:
        if self.epoch is not None:
            self.dismiss(ToPlay(str(self.epoch.checkpoint), self._wanted_prompt or None, self.seed))

    def action_leave(self) -> None:
        self.dismiss(None)
