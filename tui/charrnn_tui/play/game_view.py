"""What the play screen shows of its game: the title, the text, the panels beside it, and notices."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from charrnn_engine.sampling.distribution import entropy_bits
from charrnn_tui.inside.screen import Inside
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.game import Game
from charrnn_tui.play.next_line import NextLine
from charrnn_tui.play.next_tokens import Alternative
from charrnn_tui.play.notices import TITLE_MEANING, dropped_notice, state_notice, title_state
from charrnn_tui.play.projector import Projector
from charrnn_tui.play.side_panel import SidePanel, offered
from charrnn_tui.play.text_page import TextPage
from charrnn_tui.text.colouring import Colouring, next_colouring
from charrnn_tui.ui.cards import display_name
from charrnn_tui.ui.notice_line import NoticeLine
from charrnn_tui.ui.title_bar import TitleBar

PANEL_RATE = 12  # updates of figures and bars a second while the text runs
TALL = 34  # lines from which there is room for all figures
_PROGRAM = 14  # columns of the program's name, and air
_LINE_MOST = 9  # next characters on one line


class GameView(Vertical):
    """Shows a Game, and changes nothing in it. `key` names the key of a binding, for the notices."""

    def __init__(self, game: Game, key: Callable[[str], str], *, id: str) -> None:
        super().__init__(id=id)
        self.game, self.key = game, key
        self.projector = Projector(game)
        self._shown = 0.0
        self._live_file: Path | None = None
        self._state_said = ""
        self._said_dropped = False
        self.kept_colouring: Colouring = "surprise"
        """The colouring that is remembered: the last one other than `unit`."""
        # Kept as attributes: they are drawn many times a second.
        self.title = TitleBar(id="title")
        self.title.tooltip = TITLE_MEANING
        self.page = TextPage(id="text")
        self.side = SidePanel(game.controls, id="side")
        self.inside = Inside(game, self.page, key, id="inside")
        self.notice = NoticeLine(id="notice")
        self._next_line = NextLine(id="next-line")

    def compose(self) -> ComposeResult:
        yield self.title
        with Horizontal(id="middle"):
            with Vertical(id="page"):
                yield self.page
            yield self.side
            yield self.inside
        yield self._next_line
        yield self.notice

    def open(self, text: BranchingText) -> None:
        """Shows a text that has just begun."""
        self.page.open(text)
        self.side.opened(text)
        self.inside.began()
        self._said_dropped = False

    def colour(self, colouring: Colouring) -> None:
        if colouring != "unit":
            self.kept_colouring = colouring
        self.page.colouring = colouring
        self.side.set_colouring(colouring)

    def next_colouring(self) -> str:
        """Switches to the next colouring; returns a notice that says what it shows."""
        colouring, said = next_colouring(self.page.colouring, self.inside.open)
        self.colour(colouring)
        return said

    def look_inside(self, what: str, step: int) -> None:
        """Opens or closes the inside of the network (`toggle`), or passes on what a key asks of it. While it is open,
        the text is coloured by a unit.
        """
        if what != "toggle":
            self.inside.do(what, step)
            return
        self.inside.toggle()
        self.screen.set_class(self.inside.open, "-inside")
        self.colour("unit" if self.inside.open else self.kept_colouring)
        self.show(self._live_file)

    def project(self, what: str) -> None:
        """Changes how the game is shown to a room: see Projector.do."""
        self.projector.do(what)
        if what == "predict":
            asks = f"Predict: while the text is paused, {self.key('play.reveal')} reveals what could come next"
            self.notice.say(asks if self.projector.predicting else "")
        self.screen.set_class(self.projector.on, "-projector")
        self.screen.set_class(not self.projector.panels, "-no-panels")
        self.side.distribution.big = self.projector.on

    def focus_controls(self) -> None:
        """Focuses the next control, or the field of units. In a narrow terminal, the controls appear first."""
        if self.inside.open:
            self.inside.focus_field()
        elif self.side.size:
            self.screen.focus_next()
        else:
            self.screen.add_class("-controlling")
            self.call_after_refresh(self.screen.focus_next)  # what isn't visible can't have the focus

    @property
    def _numbered(self) -> bool:
        """Whether the keys 1 to 9 take a character now: the text is paused, and they aren't typed anywhere."""
        return self.game.paused and (self.screen.focused is None or self.inside.has_focus_within)

    @property
    def offered(self) -> Sequence[Alternative]:
        """The next characters that are shown to choose from."""
        return self.side.distribution.alternatives or self._next_line.alternatives

    def show(self, live_file: Path | None) -> None:
        """Updates everything beside the text. `live_file` is the file that is being written."""
        self._live_file = live_file
        self._show_title()
        self._show_state()
        self.show_next()
        self.inside.show()

    def show_now_and_then(self) -> None:
        """As `show`, at most PANEL_RATE times a second: for a text that runs."""
        now = perf_counter()
        self.inside.frame()
        if now - self._shown >= 1 / PANEL_RATE:
            self._shown = now
            self.show(self._live_file)

    @on(Inside.Held)
    def show_controls(self) -> None:
        """Shows a change of the controls. While the text runs fast, figures and bars wait for its next frame."""
        game = self.game
        self._show_title()
        self._show_state()
        if game.text is None or game.paused or (game.speed is not None and game.speed < PANEL_RATE):
            self.show_next()
            self.inside.show()
        else:
            self.side.sampler.show(game.controls, game.text.seed)

    @on(Distribution.RoomChanged)
    @on(NextLine.RoomChanged)
    def show_next(self) -> None:
        """Shows figures and bars."""
        if not self.is_attached:  # the last frame comes while the screen is being removed
            return
        game, line, covered = self.game, self._next_line, self.projector.covered
        self.screen.set_class(covered, "-covered")
        self.side.show(game, self._numbered, covered)
        seen = game.text is not None and line.size.width > 0
        line.numbered, line.covered = self._numbered, covered
        line.alternatives = offered(game, _LINE_MOST if seen and not covered else 0)
        if seen and game.text is not None:
            line.entropy = entropy_bits(game.text.generation.logits())

    def _show_title(self) -> None:
        if self.game.model is not None:
            self.title.title = display_name(self.game.model)
            room = self.title.size.width - len(self.title.title) - _PROGRAM
            self.title.state = title_state(self.game, self._live_file, room)

    def _show_state(self) -> None:
        """A notice about the state of the game goes when the state changes. Other notices stay."""
        if self.page.page.dropped and not self._said_dropped:
            self._said_dropped = True
            self.notice.say(dropped_notice(self.key))
        said, self._state_said = self._state_said, state_notice(self.game, self.key)
        if self._state_said != said and (self._state_said or self.notice.said == said):
            self.notice.say(self._state_said)

    def on_resize(self) -> None:
        self.side.set_compact(self.screen.size.height < TALL)
        self.call_after_refresh(self.show_next)
