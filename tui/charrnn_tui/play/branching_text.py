"""A text with a cursor: what is before it, the known future after it, and its branches.

Knows no widgets and no clock. The Generation is the text up to the cursor; `future` is what came after it before the
user went back. Playing on follows the future as long as the same tokens are drawn again. Where another token comes,
the rest of the future becomes a branch.
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from math import inf

from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.prompts import encode_prompt
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder, ReplayedGeneration
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls, in_state
from charrnn_tui.play.branch import BRANCH_TOKENS_AT_MOST, Branch, Tail, rebased
from charrnn_tui.play.reading import Reading
from charrnn_tui.text.token_log import Entry, TokenLog

BRANCHES_AT_MOST = 20
FUTURE_AT_MOST = 50_000
"""Tokens kept after the cursor. Going back further drops the last ones."""


class BranchingText:
    """What a model writes after one prompt with one seed, or a text that it reads."""

    def __init__(
        self,
        model: CharRNN,
        prompt: str = "",
        seed: int = 0,
        replay: Recording | None = None,
        reading: Reading | None = None,
    ) -> None:
        """`replay` brings its own prompt and seed, and `reading` its own prompt. Raises RecordingError for a
        recording of another model, and UnknownTokenError or PromptError for a prompt that the model can't start from.
        """
        self.reading = reading
        if reading is not None:
            prompt = reading.prompt
        self._replay: ReplayedGeneration | None = None
        if replay is None:
            self.generation = Generation(model, prompt, seed=seed)
        else:
            self.generation = self._replay = ReplayedGeneration(model, replay)
            prompt, seed = replay.prompt, replay.seed
        self.prompt, self.seed, self.model, self.eos = prompt, seed, model, model.vocabulary.eos
        self.recorded_length = replay.length if replay is not None else None
        """The length in tokens of the recording that is replayed; None where there is none, or the text left it."""
        self._recorder = Recorder(model, prompt, seed)
        self.log = TokenLog(model.vocabulary, encode_prompt(model, prompt)[-1])
        self.future: deque[Entry] = deque()
        self.branches: list[Branch] = []
        self.changed_from: float = inf
        """The lowest position that was rewritten since this was last set to infinity."""
        self.surprise = self.static_surprise = 0.0
        """Bits of all tokens, summed: under the model, and under the model without what it has learnt."""
        self._recast = False  # known tokens must be recorded as chosen: see _pass
        self.on_replace: Callable[[Tail], None] = lambda tail: None
        """Called with the end of the text that is about to be replaced."""

    @property
    def ids(self) -> Sequence[int]:
        """The generated ids before the cursor: all of them, or the last ones that are kept."""
        return self.generation.ids

    @property
    def characters(self) -> int:
        """Characters before the cursor, without the prompt; an `<eos>` counts as one."""
        return self.log.end_of(len(self.log))

    @property
    def position(self) -> int:
        """Tokens before the cursor."""
        return len(self.generation)

    @property
    def earliest(self) -> int:
        """The first position that can still be gone back to."""
        return max(self.generation.earliest, self.log.dropped)

    def unread(self, most: int) -> str:
        """The text still to be read after the known future: at most `most` tokens of it."""
        reading = self.reading
        if reading is None or reading.writing:
            return ""
        ids = reading.rest(sum([entry.read for entry in self.future]), most)
        before = self.future[-1].id if self.future else self.ids[-1] if len(self.ids) else None
        return "".join(self.model.vocabulary.pieces(ids, before, "\n"))

    @property
    def replaying(self) -> bool:
        """Whether the next token is a recording's."""
        return self._replay is not None and self._replay.replaying

    def leave_recording(self) -> None:
        """From the cursor on, the controls given count, and not those of the recording."""
        self.recorded_length = None
        if self._replay is not None:
            self._replay.leave()

    def replace_model(self, model: CharRNN) -> None:
        """Continues with other weights of the same network: see Generation."""
        self.leave_recording()
        self.generation.replace_model(model)
        self.model = model
        self._recorder.model_replaced()

    def recording(self, controls: Controls) -> Recording:
        """The text up to the cursor as a recording; `controls` are for one that is still empty."""
        return self._recorder.recording(self.generation.ids, controls)

    def _log(
        self,
        tokens: Sequence[Token | Entry],
        forced: bool = False,
        static: Sequence[float] | None = None,
        read: int | None = None,
    ) -> None:
        """Adds tokens at the end. For new ones, `read` is how many tokens of the text being read each used up."""
        if not self.future:
            self.changed_from = min(self.changed_from, len(self.log))
        used = None if read is None else [read] * len(tokens)
        if used and self.reading is not None and self.reading.left_out:
            used[0], self.reading.left_out = used[0] + self.reading.left_out, 0
        self.log.extend(tokens, forced, static, used)
        self._recorder.extend(tokens, forced)
        self._count(len(self.log) - len(tokens), 1)

    def _count(self, start: int, sign: int) -> None:
        """Adds the figures of the tokens from `start` on, or takes them away."""
        self.surprise += sign * float(self.log.surprises(start).sum())
        self.static_surprise += sign * float(self.log.surprises(start, static=True).sum())
        if self.reading is not None:
            self.reading.read += sign * self.log.read(start)

    def drawn(
        self,
        tokens: Sequence[Token],
        static: Sequence[float] | None = None,
        read: bool = False,
        forced: bool = False,
    ) -> None:
        """Adds tokens that the generation has just drawn, that it has `read`, or that the app has `forced`. `static`
        are their probabilities without what the model has learnt; None where it has learnt nothing.
        """
        replay, used = self._replay, int(read)
        forced = forced or read
        if not self.future and replay is None:
            self._log(tokens, forced, static, used)
            return
        for place, token in enumerate(tokens):
            if self.future and self.future[0].id != token.id:
                self._replace()
                self._branch()
            elif self.future:
                self._pass(token.controls)
            chosen = forced or (replay is not None and replay.forced_at(token.index))
            self._log([token], chosen, None if static is None else static[place : place + 1], used)

    def go_to(self, position: int) -> int:
        """Moves the cursor to a position, or to the nearest one between the earliest kept and the end of the known
        future; returns by how many tokens it moved.
        """
        generation = self.generation
        before = self.position
        if self.reading is not None:
            self.reading.left_out = 0
        position = max(self.earliest, min(position, before + len(self.future)))
        if position < before:
            self._count(position, -1)
            left = list(self.log.entries(position, min(before, position + FUTURE_AT_MOST)))
            if before - position >= FUTURE_AT_MOST:
                self.future.clear()  # no room for what comes after them
            self.future.extendleft(reversed(left))
            while len(self.future) > FUTURE_AT_MOST:
                self.future.pop()
            self.log.truncate(position)
            self._recorder.truncate(position)
            generation.rewind(position)
        else:
            self._follow([self.future.popleft() for _ in range(position - before)])
        return abs(position - before)

    def _follow(self, entries: Sequence[Entry]) -> None:
        """Moves the cursor on over known tokens."""
        self.generation.resume((entry.id, entry.controls) for entry in entries)
        self._log(entries, forced=self._recast)

    def take(self, token_id: int, controls: Controls, insert: bool = False) -> Token:
        """Adds a token that the user chose at the cursor. If another one came here before, that continuation becomes
        a branch. While a text is read, `insert` puts the token before the next one to read, even if both are equal.

        Raises ValueError for an id that can't be drawn.
        """
        self.leave_recording()
        token = self.generation.take(token_id, controls)  # first of all: it may be refused
        static = self.generation.static_probability()
        reads, used = self.reading is not None and not self.reading.writing, 0
        if self._comes_next(token_id) and not (insert and reads):
            used = self._pass(controls) if self.future else 1
        else:
            self._replace()
            self._branch()
        self._log([token], True, None if static is None else [static], used)
        return token

    def _pass(self, controls: Controls) -> int:
        """Drops the first known token, which has come again under these controls; returns how many tokens it used up
        of a text that is read. Under other rules, the known tokens after it might not be drawn again, so they must
        be recorded as chosen.
        """
        entry = self.future.popleft()
        self._recast |= in_state(entry.controls) != in_state(controls)
        return entry.read

    def _comes_next(self, token_id: int) -> bool:
        """Whether this is the next token of the known future, or else of the text that is read."""
        if self.future or self.reading is None:
            return bool(self.future) and self.future[0].id == token_id
        return list(self.reading.rest(most=1)) == [token_id]

    def erase(self, ahead: bool = False) -> None:
        """Removes the token before the cursor, or the one after it. What came after it becomes a branch. Reading then
        skips a token that was removed.
        """
        reading, cursor = self.reading, self.position
        left_out = reading.left_out if reading is not None else 0
        if ahead and self.future:
            self._replace()
            left_out += self.future[0].read
        elif ahead:
            left_out += int(reading is not None and reading.remain() > 0)
        elif cursor <= self.earliest:
            return
        else:
            self.leave_recording()
            self.go_to(cursor - 1)
            self._replace(cursor)
            left_out += self.future[0].read
            self.changed_from = min(self.changed_from, self.position)
        self._branch(kept=ahead or len(self.future) > 1)  # a typing error at the end is worth no branch
        if reading is not None:
            reading.left_out = left_out

    def return_to(self, number: int) -> None:
        """Goes to the end of a branch. The current continuation becomes a branch in its place.

        Raises ValueError where the beginning of the branch is no longer kept.
        """
        chosen, cursor = self.branches[number], self.position
        if chosen.differs_at < self.earliest:
            raise ValueError("that branch begins too far back to resume from")
        self.go_to(chosen.differs_at)
        self._replace(cursor)
        del self.branches[number]
        self._branch()
        self._follow(chosen.tail)

    def _replace(self, cursor: int | None = None) -> None:
        """Tells that the known future is about to be replaced; `cursor` is where the user was, if elsewhere."""
        at = len(self.log)
        self.on_replace(Tail(at, tuple(self.future), at if cursor is None else cursor, tuple(self.branches)))

    def swap(self, tail: Tail) -> Tail:
        """Replaces the end of the text by one that it had before; returns the current one.

        Raises ValueError where its position is no longer kept.
        """
        if tail.position < self.earliest:
            raise ValueError("that is too far back to undo")
        cursor = self.position
        self.leave_recording()
        self.go_to(tail.position)
        now = Tail(tail.position, tuple(self.future), cursor, tuple(self.branches))
        self.future, self.branches = deque(tail.entries), list(tail.branches)
        self.changed_from = min(self.changed_from, tail.position)
        self.go_to(tail.cursor)
        return now

    def _branch(self, kept: bool = True) -> None:
        """Turns the known future, if there is one, into a branch that begins at the cursor, or drops it."""
        if not self.future:
            return
        differs_at = len(self.log)
        tail = tuple(islice(self.future, BRANCH_TOKENS_AT_MOST))
        self.future.clear()
        # Branches that begin further on begin within this future, and get its beginning as theirs.
        others = [rebased(other, differs_at, tail) for other in self.branches]
        self.branches = [other for other in others if other is not None]
        if kept:
            self.branches.append(Branch(differs_at, tail))
        del self.branches[:-BRANCHES_AT_MOST]
