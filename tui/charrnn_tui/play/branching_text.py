"""A text with a cursor: what is before it, the known future after it, and the branches that were left.

Knows no widgets and no clock. The Generation is the text up to the cursor; `future` is what came after it before the
user went back. Playing on uses the future up as long as the same tokens are drawn again. Where another token comes,
the rest of the future becomes a branch, named by where the two texts differ.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import inf

from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder, ReplayedGeneration
from charrnn_engine.generation.tokens import Token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.text.escapes import one_line
from charrnn_tui.text.token_log import Entry, TokenLog

BRANCHES_AT_MOST = 20
BRANCH_TOKENS_AT_MOST = 5_000
FUTURE_AT_MOST = 50_000
"""Tokens kept after the cursor. Going back further drops the last ones."""
_NAMED_BEFORE, NAMED_AFTER = 12, 24
"""Tokens in the name of a branch, from before and from after the place where it differs."""
_WORD_AT_MOST = 200


@dataclass(frozen=True)
class Branch:
    """A continuation that was left for another. It differs from the text from token `differs_at` on."""

    differs_at: int
    tail: tuple[Entry, ...]
    before: str
    after: str


class BranchingText:
    """What a model writes after one prompt with one seed."""

    def __init__(self, model: CharRNN, prompt: str = "", seed: int = 0, replay: Recording | None = None) -> None:
        """With a recording to replay, prompt and seed are the recording's. Raises RecordingError where the recording
        was made with another model, UnknownTokenError and PromptError for a prompt that the model can't start from.
        """
        self._replay: ReplayedGeneration | None = None
        if replay is None:
            self.generation = Generation(model, prompt, seed=seed)
        else:
            self.generation = self._replay = ReplayedGeneration(model, replay)
            prompt, seed = replay.prompt, replay.seed
        self.prompt, self.seed, self.model, self.eos = prompt, seed, model, model.vocabulary.eos
        self.recorded_length = replay.length if replay is not None else None
        """Where the recording that is replayed ends, in tokens; None where there is none, or it was left."""
        self._recorder = Recorder(model, prompt, seed)
        vocabulary = model.vocabulary
        self.log = TokenLog(
            ["\n" if index == vocabulary.eos else text for index, text in enumerate(vocabulary.texts)]
        )
        self.future: deque[Entry] = deque()
        self.branches: list[Branch] = []
        self.changed_from: float = inf
        """The lowest position that was rewritten since this was last set to infinity."""
        self.surprise = 0.0
        """Bits of all tokens under the model, summed."""

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

    @property
    def replaying(self) -> bool:
        """Whether the next token is a recording's."""
        return self._replay is not None and self._replay.replaying

    def leave_recording(self) -> None:
        """From the cursor on, the text is drawn under the controls that it is asked for."""
        self.recorded_length = None
        if self._replay is not None:
            self._replay.leave()

    def recording(self, controls: Controls) -> Recording:
        """The text up to the cursor as a recording; `controls` are for one that is still empty."""
        return self._recorder.recording(self.generation.ids, controls)

    def _log(self, tokens: Sequence[Token | Entry], forced: bool = False) -> None:
        if not self.future:
            self.changed_from = min(self.changed_from, len(self.log))
        self.log.extend(tokens, forced)
        self._recorder.extend(tokens, forced)
        self.surprise += self.log.surprise(len(self.log) - len(tokens))

    def drawn(self, tokens: Sequence[Token]) -> None:
        """Takes in tokens that the generation has just drawn."""
        replay = self._replay
        if not self.future and replay is None:
            self._log(tokens)
            return
        for token in tokens:
            if self.future and self.future[0].id != token.id:
                self._branch()
            elif self.future:
                self.future.popleft()
            self._log([token], forced=replay is not None and replay.forced_at(token.index))

    def go_to(self, position: int) -> int:
        """Moves the cursor to a position, or to the nearest one between the earliest kept and the end of the known
        future; returns by how many tokens it moved.
        """
        generation = self.generation
        before = self.position
        position = max(self.earliest, min(position, before + len(self.future)))
        if position < before:
            self.surprise -= self.log.surprise(position)
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
        self._log(entries)

    def take(self, token_id: int, controls: Controls) -> Token:
        """Puts a token that the user chose at the cursor. Another one that came here before becomes a branch.

        Raises ValueError for an id that can't be drawn.
        """
        if self.future and self.future[0].id != token_id:
            self._branch()
        elif self.future:
            self.future.popleft()
        self.leave_recording()
        token = self.generation.take(token_id, controls)
        self._log([token], forced=True)
        return token

    def return_to(self, number: int) -> None:
        """Goes to the end of a branch; the continuation left for it becomes a branch in its place.

        Raises ValueError where the place at which it begins is no longer kept.
        """
        branch = self.branches[number]
        if branch.differs_at < self.earliest:
            raise ValueError("that branch begins too far back to resume from")
        del self.branches[number]
        self.go_to(branch.differs_at)
        if self.future:
            self._branch()
        self._follow(branch.tail)

    def word_back(self) -> int:
        """The position where the word before the cursor begins."""
        return self._word(list(self.log.entries(max(self.log.dropped, self.position - _WORD_AT_MOST)))[::-1], -1)

    def word_on(self) -> int:
        """The position where the word after the cursor ends."""
        return self._word(list(islice(self.future, _WORD_AT_MOST)), 1)

    def _word(self, entries: Sequence[Entry], step: int) -> int:
        count = 0
        while count < len(entries) and entries[count].text.isspace():
            count += 1
        while count < len(entries) and not entries[count].text.isspace():
            count += 1
        return self.position + step * count

    def _branch(self) -> None:
        """Turns the known future into a branch that begins at the cursor."""
        differs_at = len(self.log)
        tail = tuple(islice(self.future, BRANCH_TOKENS_AT_MOST))
        self.future.clear()
        lead = [entry.text for entry in self.log.entries(max(0, differs_at - _NAMED_BEFORE))]
        before = (self.prompt + "".join(lead))[-_NAMED_BEFORE:]
        after = "".join(entry.text for entry in tail[:NAMED_AFTER])
        # A branch that begins further on begins in the continuation that is left here: it takes that along.
        kept = [_rebased(branch, differs_at, tail) for branch in self.branches]
        self.branches = [branch for branch in kept if branch is not None]
        self.branches.append(Branch(differs_at, tail, one_line(before), one_line(after)))
        del self.branches[:-BRANCHES_AT_MOST]


def _rebased(branch: Branch, differs_at: int, trunk: tuple[Entry, ...]) -> Branch | None:
    between = branch.differs_at - differs_at
    if between <= 0:
        return branch
    tail = (*trunk[:between], *branch.tail)[:BRANCH_TOKENS_AT_MOST]
    return replace(branch, differs_at=differs_at, tail=tail) if between <= len(trunk) else None
