"""The page of the play screen: the text, the cursor, and dimmed after it the known future, and what is still to be
read.
"""

from collections.abc import Sequence

from charrnn_engine.generation.tokens import Token
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.text.colouring import marked, surprise_scale
from charrnn_tui.text.text_view import TextView
from charrnn_tui.text.token_log import Entry

_SHOWN_AT_MOST = 200_000
"""Tokens of a text that are shown when it is opened again."""
_UNREAD_SHOWN = 300
"""Tokens still to be read that a pause shows."""


class TextPage(TextView):
    """Shows one BranchingText, which others change: each change is followed by a call of the method that shows it."""

    _text: BranchingText | None = None

    def open(self, text: BranchingText) -> None:
        """Shows a text: its prompt, and what came after it, or the end of that where it is long."""
        self._text = text
        self.clear()
        self.cursor = None
        start = max(text.log.dropped, text.position - _SHOWN_AT_MOST)
        if start:
            self.page.dropped = len(text.prompt) + text.log.end_of(start)
        else:
            self.write_prompt(text.prompt)
        if text.position:
            self.write(*self._marked(list(text.log.entries(start))))

    def add(self, tokens: Sequence[Token | Entry]) -> None:
        """Writes tokens that the text has just got at its end, in the place of the future shown."""
        assert self._text is not None
        self.cut()
        self.write(*self._marked(tokens))

    def _marked(self, tokens: Sequence[Token | Entry]) -> tuple[str, bytes, bytes]:
        assert self._text is not None
        return marked(tokens, self._text.eos, surprise_scale(self._text.model.vocabulary))

    def cut(self) -> None:
        """Takes the future off the page: for a text that resumes."""
        if self.cursor is not None:
            self.truncate(max(0, self.cursor - self.page.dropped))
            self.cursor = None
            self.following = True

    def show_future(self) -> None:
        """Shows the known future, and what is to be read next: for a text that was paused."""
        text = self._text
        if text is None or self.cursor is not None:
            return
        if text.future:
            self.write(*self._marked(list(text.future)))
        if unread := text.unread(_UNREAD_SHOWN):
            self.write(unread, bytes(len(unread)), bytes(len(unread)))
        if text.future or unread:
            self.show_cursor()

    def show_cursor(self) -> None:
        """Shows where the cursor of the text is now."""
        text = self._text
        assert text is not None
        written = len(text.prompt) + text.log.end_of(text.position)
        ahead = sum([len(entry.text) for entry in text.future]) + len(text.unread(_UNREAD_SHOWN))
        self.cursor = written if ahead else None
        if self.page.dropped + len(self.page) > written + ahead:
            self.truncate(written + ahead - self.page.dropped)

    def took(self) -> None:
        """Shows a token that the user chose at the cursor."""
        text = self._text
        assert text is not None
        self.add(list(text.log.entries(text.position - 1)))
        self.show_future()

    def rewrite(self, position: int) -> None:
        """Shows a text that is another one from a position on."""
        text = self._text
        assert text is not None
        self.cursor = None
        self.truncate(len(text.prompt) + text.log.end_of(position) - self.page.dropped)
        self.write(*self._marked(list(text.log.entries(position))))
        self.show_future()

    def position_of(self, offset: int) -> int | None:
        """The position in the text of a character on the page; None for one that is too far back to resume from."""
        text = self._text
        assert text is not None
        position = _position_of(text, offset)
        return None if position <= text.earliest and text.earliest > 0 else position


def _position_of(text: BranchingText, offset: int) -> int:
    """The position of a character on the page, as a count of tokens."""
    character = offset - len(text.prompt)
    written = text.log.end_of(text.position)
    if character < written:
        return text.log.token_at(character) if character > 0 else 0
    position = text.position
    for entry in text.future:
        if written + len(entry.text) > character:
            break
        written += len(entry.text)
        position += 1
    return position
