"""Going back and on in a text that rests, what else could have come, the branches, and the loops that a text gets
into. Part of the play screen.
"""

from collections.abc import Callable

from textual import on

from charrnn_engine.generation.repetition import LoopDetector
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.branches import BranchesScreen
from charrnn_tui.play.distribution import Distribution
from charrnn_tui.play.loop_notice import loop_notice
from charrnn_tui.play.next_line import NextLine
from charrnn_tui.play.playback import Playback
from charrnn_tui.play.session import Session
from charrnn_tui.play.side_panel import SidePanel
from charrnn_tui.play.text_page import SessionPage
from charrnn_tui.text.text_view import TextView
from charrnn_tui.ui.played import PlayedScreen


class WalkedScreen(PlayedScreen):
    """A played text that can be paused, walked through and sent another way."""

    def __init__(self, controls: Controls) -> None:
        super().__init__("notice")
        self.controls = controls
        self.session: Session | None = None
        self.playback: Playback | None = None
        self._replaying = False
        self._loops = LoopDetector()
        self._loop_said = ""
        self._page = SessionPage(id="text")
        self._side = SidePanel(controls, id="side")
        self._next_line = NextLine(id="next-line")

    def _show_state(self) -> None:
        """Everything that is shown beside the text, after a change."""
        raise NotImplementedError

    def _leave_recording(self) -> None:
        """From here on the text goes the reader's way."""
        if self._replaying and self.session is not None and self.playback is not None:
            self._replaying = False
            self.session.leave_recording()
            self.playback.stop_at = None
            self._notice("")

    # -- loops ---------------------------------------------------------------------------------------------------

    def _look_for_loops(self, ids: list[int]) -> None:
        loop = self._loops.extend(ids)
        if self._loops.current is None:
            self._unsay_loop()
        elif loop is not None and self.session is not None:
            way_out = "g leaves greedy, r begins again" if self.controls.greedy else "↑ warms it, r begins again"
            self._loop_said = loop_notice(loop, self.session.generation.model.vocabulary, way_out)
            self._notice(self._loop_said)

    def _unsay_loop(self) -> None:
        """The text has left the loop that it was in; what else has been said since stays."""
        if self._loop_said and self._notice_line.said == self._loop_said:
            self._notice("")
        self._loop_said = ""

    # -- pausing and walking -------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        if self.playback is not None and self.playback.playing:
            self._pause()
        else:
            self._go_on()

    def _pause(self) -> None:
        """Stops; what is known of the future stands dimmed after the cursor."""
        if self.playback is None or not self.playback.playing:
            return
        self.playback.pause()
        self._page.show_future()
        self._show_state()

    def _go_on(self) -> None:
        """The text goes on from the cursor; what stood after it is known until another character comes."""
        if self.playback is None:
            return
        self._page.cut()
        self.playback.play()
        self._show_state()

    def _resting(self) -> SessionPage | None:
        """The page, while the text on it rests and can be walked through."""
        playback = self.playback
        if playback is None or playback.playing:
            return None
        playback.ended = False
        return self._page

    def _walk(self, move: Callable[[SessionPage], None]) -> None:
        if (page := self._resting()) is not None:
            try:
                move(page)
            except ValueError as error:  # it is too long ago
                self._notice(str(error), problem=True)
                return
            self._loops.clear()
            self._show_state()

    def action_forward(self) -> None:
        if self.session is not None and self.session.future:
            self._walk(lambda page: page.walk(lambda session: session.position + 1))
        elif self.playback is not None and not self.playback.playing:
            self.playback.step()

    def action_back(self) -> None:
        self._walk(lambda page: page.walk(lambda session: session.position - 1))

    def action_word(self, direction: int) -> None:
        self._walk(lambda page: page.walk(lambda s: s.word_on() if direction > 0 else s.word_back()))

    def action_line(self, direction: int) -> None:
        self._walk(lambda page: page.walk_lines(direction))

    @on(TextView.Pointed)
    def _pointed(self, event: TextView.Pointed) -> None:
        self._pause()
        self._walk(lambda page: page.walk_to(event.offset))

    def action_take(self, place: int) -> None:
        """Goes on with the alternative that has this number, and stays paused."""
        shown = self._side.distribution.alternatives or self._next_line.alternatives
        if place <= len(shown):
            self._leave_recording()
            self._walk(lambda page: page.take(shown[place - 1].id, self.controls))

    @on(Distribution.Picked)
    @on(NextLine.Picked)
    def _picked(self, event: Distribution.Picked | NextLine.Picked) -> None:
        self._pause()
        self._leave_recording()
        self._walk(lambda page: page.take(event.id, self.controls))

    def action_branches(self) -> None:
        session = self.session
        if session is None or not session.branches:
            self.notify("There are no branches yet: pause, walk back, and take another way.", timeout=3)
            return
        self._pause()

        def chosen(number: int | None) -> None:
            if number is not None:
                self._walk(lambda page: page.return_to(number))

        self.app.push_screen(BranchesScreen(session.branches), chosen)
