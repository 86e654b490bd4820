"""The page of a session: what was written, the cursor, and dimmed after it what is known of the future."""

from collections.abc import Callable, Sequence

from charrnn_engine.generation.generation import Token
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.play.session import Session
from charrnn_tui.text.colouring import marked
from charrnn_tui.text.text_view import TextView
from charrnn_tui.text.token_log import Entry


class SessionPage(TextView):
    """A TextView that shows one Session and moves its cursor. Everything but `drawn` is for while it is paused."""

    session: Session | None = None

    def open(self, session: Session) -> None:
        """Begins a page with the session's prompt."""
        self.session = session
        self.clear()
        self.cursor = None
        self.write_prompt(session.generation.prompt)

    def drawn(self, tokens: Sequence[Token]) -> None:
        """Takes in tokens that the generation has just drawn, and writes them."""
        assert self.session is not None
        self._write(tokens)
        self.session.drawn(tokens)

    def show_future(self) -> None:
        """Writes what is known to come, for a text that has been stopped."""
        assert self.session is not None
        if self.session.future:
            self._write(list(self.session.future))
        self._place_cursor()

    def cut(self) -> None:
        """Takes what stands after the cursor off the page, for a text that goes on."""
        if self.cursor is not None:
            self.truncate(max(0, self.cursor - self.page.let_go))
            self.cursor = None
        self.following = True

    def walk(self, move: Callable[[Session], int]) -> None:
        """Moves the cursor to the position that `move` names."""
        if self.session is not None:
            self.session.go_to(move(self.session))
            self._place_cursor()

    def walk_lines(self, count: int) -> None:
        """Moves the cursor to the beginning of a line above or below."""
        self.walk_to(self.offset_of_line(self.cursor_line + count))

    def walk_to(self, offset: int) -> None:
        """Moves the cursor to a character, given by its offset on the page.

        Raises ValueError for one that can only be read any more.
        """
        session = self.session
        if session is None:
            return
        position = _position_of(session, offset)
        if position <= session.earliest > 0:
            raise ValueError("this is too long ago to go back to; it can only be read")
        self.walk(lambda _: position)

    def take(self, token_id: int, controls: Controls) -> None:
        """Takes a token at the cursor, in the place of the one that came or would come."""
        session = self.session
        assert session is not None
        self.cut()
        self._write([session.take(token_id, controls)])
        self.show_future()

    def return_to(self, branch: int) -> None:
        """Goes back to a branch. Raises ValueError where the text before it has been let go."""
        session = self.session
        assert session is not None
        parts_at = session.branches[branch].parts_at
        session.return_to(branch)
        # Only what comes after the place where the ways part is written anew.
        parts = len(session.generation.prompt) + session.log.end_of(parts_at)
        self.cursor = None
        self.truncate(parts - self.page.let_go)
        self._write(list(session.log.entries(parts_at)))
        self._place_cursor()

    def _write(self, tokens: Sequence[Token | Entry]) -> None:
        assert self.session is not None
        self.write(*marked(tokens, self.session.generation.model.vocabulary.eos))

    def _place_cursor(self) -> None:
        session = self.session
        assert session is not None
        written = len(session.generation.prompt) + session.log.end_of(session.position)
        ahead = sum([len(entry.text) for entry in session.future])
        self.cursor = written if ahead else None
        if self.page.let_go + len(self.page) > written + ahead:
            self.truncate(written + ahead - self.page.let_go)


def _position_of(session: Session, offset: int) -> int:
    """The position of a character on the page, as a count of tokens."""
    character = offset - len(session.generation.prompt)
    written = session.log.end_of(session.position)
    if character < written:
        return session.log.token_at(character) if character > 0 else 0
    position = session.position
    for entry in session.future:
        if written + len(entry.text) > character:
            break
        written += len(entry.text)
        position += 1
    return position
