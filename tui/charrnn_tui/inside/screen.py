"""The front door of the inside: the panel that shows a network while it plays, and its keys.

It changes the game's text only as everything does: by Controls.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from charrnn_engine.generation.holding import unit_statistics
from charrnn_engine.inside import connectivity
from charrnn_engine.inside.ranking import Ranking
from charrnn_engine.network.model import CharRNN
from charrnn_tui.inside.field import Field
from charrnn_tui.inside.find import FindScreen, read_own_text
from charrnn_tui.inside.heading import Heading
from charrnn_tui.inside.looking import LINKS, Hold, Looking
from charrnn_tui.inside.report import ReportView
from charrnn_tui.text.text_view import TextView

if TYPE_CHECKING:
    from charrnn_tui.play.game import Game

_LINKED, _STRONGLY = 0.025, 0.07
"""Shares of what the next character depends on, from which a character is underlined."""
_SLICE = 0.004  # seconds
_SHOWN_SECONDS, _FULL_SPEED_SECONDS = 0.25, 0.6
"""While the text runs, between two reports; the field is shown three times as often."""
_SETTLE_SECONDS = 0.08  # while the user walks or turns the dial, nothing long is computed
_KEYS = ("hold-higher", "hold-lower", "ablate", "release", "next-named-unit", "find-unit")


class Inside(Vertical):
    """Shows the network of a game while it is `open`, and colours `page` by the chosen unit.

    `key` names the key of a binding.
    """

    class Held(Message):
        """Other units are held."""

    def __init__(self, game: "Game", page: TextView, key: Callable[[str], str], *, id: str) -> None:
        super().__init__(id=id)
        self._game, self._page, self._key = game, page, key
        self.open = False
        self._looking = Looking(game)
        self._model: CharRNN | None = None
        self._ranking: Ranking | None = None
        self._shown = self._shown_field = 0.0
        self._paused_at: tuple[object, int] | None = None
        self._heading, self._field, self._report = Heading(), Field(), ReportView()
        page.unit_marks = self._looking.marks

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._field
        yield self._report

    def on_mount(self) -> None:
        self._field.plain = self.app.no_color or self.app.console.color_system not in ("truecolor", "256")

    # -- what the screen tells -----------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Opens or closes it."""
        self.open = not self.open
        if self.open:
            self.began()
        else:
            self._game.watch = None
            self._page.underlined, self._paused_at = (0, b""), None

    def began(self) -> None:
        """For a text that has just begun."""
        model = self._game.model
        if not self.open or model is None:
            return
        if model is not self._model:
            self._model, self._ranking = model, None
            self._looking.open(model)
            self._field.blocks = self._looking.blocks
            self._heading.units = model.network.units
            self._measure(model)
            self._chose()
        else:
            self._chose(self._looking.values.place)

    def frame(self) -> None:
        """For new characters, and a few times a second for `show`."""
        if self.open:
            self._looking.look()

    def show(self) -> None:
        """Shows the state after the last character, or at the cursor of a paused text."""
        if not self.open:
            return
        looking, text = self._looking, self._game.text
        looking.look()
        paused_at = (text, text.position) if text is not None and self._game.paused else None
        if paused_at != self._paused_at:
            self._paused_at = paused_at
            self._page.underlined = (0, b"")
            if paused_at is not None:
                looking.forget_contexts()
                self._read_again()
                self._link()
        now = perf_counter()
        seconds = 0.0 if self._game.paused else _FULL_SPEED_SECONDS if self._game.speed is None else _SHOWN_SECONDS
        if now - self._shown >= seconds:
            self._shown = now
            self._report.report = looking.report({name: self._key(f"play.{name}") for name in _KEYS})
        if now - self._shown_field >= seconds / 3:
            self._shown_field = now
            self._field.shades = looking.shades()

    def focus_field(self) -> None:
        """Lets the arrows choose a unit; where they do already, gives them back."""
        self.screen.set_focus(None if self.screen.focused is self._field else self._field)

    # -- choosing and holding ------------------------------------------------------------------------------------

    def _hold(self, hold: Hold) -> None:
        self._game.controls = replace(self._game.controls, hold=hold)
        self._shown = self._shown_field = 0.0
        self.post_message(self.Held())

    def do(self, what: str, step: int = 0) -> None:
        """What a key does: `turn`, `ablate`, `release`, `next` or `find`."""
        looking = self._looking
        if self._field.chosen != looking.values.place:
            self._chose(self._field.chosen)
        if what == "turn" and not self.measured:
            self.notify("The units are still being measured; try again in a moment", timeout=3)
        elif what == "turn":
            self._hold(looking.turned(step))
        elif what == "ablate":
            self._hold(looking.ablated())
        elif what == "release":
            self._hold(looking.released())
        elif what == "next":
            self._choose(looking.next_known())
        else:
            self._find()

    @on(Field.Chosen)
    def _pointed(self, event: Field.Chosen) -> None:
        if event.place != self._looking.values.place:
            self._choose(event.place)

    @on(ReportView.Named)
    def _named(self, event: ReportView.Named) -> None:
        self._choose(event.unit)

    def _choose(self, unit: str | int | None) -> None:
        if unit is not None:
            self._chose(unit)

    def _chose(self, unit: str | int | None = None) -> None:
        looking = self._looking
        if unit is not None:
            looking.choose(unit)
        self._shown = self._shown_field = 0.0
        self._field.chosen = looking.values.place
        self._game.watch = looking.values
        self.show()
        self._page.redraw()
        self._read_again()

    def _find(self) -> None:
        assert self._model is not None
        self.app.push_screen(FindScreen(partial(self._rank_on, self._model), self._looking.known), self._choose)

    def _rank_on(self, model: CharRNN, progress: Callable[[float], None]) -> Ranking:
        """What to rank on; kept, so that the next question is answered at once."""
        if self._ranking is None or self._ranking.sample.model is not model:
            self._ranking = read_own_text(model, progress)
        return self._ranking

    # -- what takes longer ---------------------------------------------------------------------------------------

    @work(exclusive=True, group="measuring")
    async def _measure(self, model: CharRNN) -> None:
        statistics = await asyncio.to_thread(unit_statistics, model)
        if model is self._model:
            self._looking.measured(statistics)
            self.show()
            self._page.redraw()

    @property
    def measured(self) -> bool:
        """Whether the units' means and standard deviations are known, by which they are held."""
        return self._looking.statistics is not None

    @work(exclusive=True, group="reading again")
    async def _read_again(self) -> None:
        """Reads again what was written before the unit was chosen, a few milliseconds at a time: a thread would slow
        the text down much more.
        """
        await asyncio.sleep(_SETTLE_SECONDS)
        until = perf_counter() + _SLICE
        for _ in self._looking.read_again():
            if perf_counter() >= until:
                await asyncio.sleep(3 * _SLICE if self._game.playing and self._game.speed is None else 0)
                until = perf_counter() + _SLICE
        self.show()
        self._page.redraw()

    @work(exclusive=True, group="linking")
    async def _link(self) -> None:
        """Underlines the characters that the next one depends on."""
        await asyncio.sleep(_SETTLE_SECONDS)
        if not self._game.paused or self._game.text is None or self._model is None:
            return
        ids, target = self._looking.links()
        shares = await asyncio.to_thread(connectivity, self._model, ids, target, last=LINKS)
        if self._game.paused:
            offsets = self._looking.offsets_of(len(shares))
            lengths = np.diff(offsets)
            strengths = np.digitize(shares, (_LINKED, _STRONGLY)).astype(np.uint8)
            self._page.underlined = (offsets[0], np.repeat(strengths, lengths).tobytes())
