"""A text while it is played with: its past, the future it had where the reader went back, and its branches.

Knows no widgets. The Generation is the text up to the cursor; `future` is what came after it before the reader went
back. Going on from there consumes the future as long as the same tokens are drawn again; where another one comes,
what is left of it becomes a branch, named by where they part.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from charrnn_engine.generation.generation import Generation, Token
from charrnn_engine.generation.recording import Recording
from charrnn_engine.generation.replay import Recorder, ReplayedGeneration
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.save.live_file import OngoingText
from charrnn_tui.text.token_log import Entry, TokenLog

BRANCHES_AT_MOST = 20
BRANCH_TOKENS_AT_MOST = 5_000
FUTURE_AT_MOST = 50_000
"""Tokens kept ahead of the cursor; who goes back further loses the end."""
_NAMED_BEFORE, NAMED_AFTER = 12, 24
"""Tokens of a branch that its name is made of, from before and from after the place where they part."""
_WORD_AT_MOST = 200


@dataclass(frozen=True)
class Branch:
    """The way a text went on before it was sent another. `parts_at` counts tokens."""

    parts_at: int
    tail: tuple[Entry, ...]
    before: str
    after: str

    @property
    def name(self) -> str:
        """`…of the |rose` — the text before the parting and after it."""
        return f"{self.before}│{self.after}"


class Session:
    """One prompt and seed, and everything that was made of them."""

    def __init__(self, model: CharRNN, prompt: str, seed: int, recording: Recording | None = None) -> None:
        """With a recording, the text goes as it went; prompt and seed are then the recording's."""
        if recording is None:
            self.generation = Generation(model, prompt, seed=seed)
        else:
            prompt, seed = recording.prompt, recording.seed
            self.generation = ReplayedGeneration(model, recording)
        self._recorder = Recorder(model, prompt, seed)
        vocabulary = model.vocabulary
        texts = ["\n" if index == vocabulary.eos else text for index, text in enumerate(vocabulary.texts)]
        self.log = TokenLog(texts)
        self.future: deque[Entry] = deque()
        self.branches: list[Branch] = []
        self.ongoing: OngoingText | None = None
        """What keeps a file equal to the text, if the reader wants one."""
        self.surprise = 0.0
        """Bits of all tokens under the model, summed."""

    @property
    def characters(self) -> int:
        """Characters before the cursor, each `<eos>` counted as one, the prompt not."""
        return self.log.end_of(len(self.log))

    @property
    def position(self) -> int:
        """Tokens before the cursor."""
        return len(self.generation)

    @property
    def earliest(self) -> int:
        """The first position that can still be gone back to."""
        return max(self.generation.earliest, self.log.let_go)

    @property
    def replaying(self) -> bool:
        """Whether the next token is a recording's."""
        return isinstance(self.generation, ReplayedGeneration) and self.generation.replaying

    def leave_recording(self) -> None:
        """From here on the text is the reader's."""
        if isinstance(self.generation, ReplayedGeneration):
            self.generation.leave()

    def recording(self, controls: Controls) -> Recording:
        """The text up to the cursor as a recording; `controls` are for one that is still empty."""
        return self._recorder.recording(self.generation.ids, controls)

    def keep_in_a_file(self) -> OngoingText:
        """What will keep a file equal to the text from here on: see there."""
        self.ongoing = OngoingText(self.generation.prompt, self.log)
        return self.ongoing

    def _log(self, tokens: Sequence[Token | Entry], forced: bool = False) -> None:
        if self.ongoing is not None and not self.future:
            self.ongoing.parting()
        self.log.extend(tokens, forced)
        self._recorder.extend(tokens, forced)
        self.surprise += self.log.surprise(len(self.log) - len(tokens))

    def drawn(self, tokens: Sequence[Token]) -> None:
        """Takes in tokens that the generation has just been extended by."""
        replayed = self.generation if isinstance(self.generation, ReplayedGeneration) else None
        if not self.future and replayed is None:
            self._log(tokens)
            return
        for token in tokens:
            if self.future and self.future[0].id != token.id:
                self._branch()
            elif self.future:
                self.future.popleft()
            self._log([token], forced=replayed is not None and replayed.forced_at(token.index))

    def back(self, count: int = 1) -> int:
        """Moves the cursor back, as far as it goes; returns by how many tokens."""
        return self.go_to(self.position - count)

    def forward(self, count: int = 1) -> int:
        """Moves the cursor on along the known future; returns by how many tokens."""
        return self.go_to(min(self.position + count, self.position + len(self.future)))

    def go_to(self, position: int) -> int:
        """Moves the cursor to a position between the earliest kept and the end; returns by how many tokens."""
        generation = self.generation
        before = self.position
        position = max(self.earliest, min(position, before + len(self.future)))
        if position < before:
            self.surprise -= self.log.surprise(position)
            left = list(self.log.entries(position, min(before, position + FUTURE_AT_MOST)))
            if before - position >= FUTURE_AT_MOST:
                self.future.clear()  # there is no room for what comes after them
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
        """Goes along a way that is known."""
        self.generation.resume(entry.id for entry in entries)
        self._log(entries)

    def take(self, token_id: int, controls: Controls) -> Token:
        """Takes another token than the one that came, or would come; what came before becomes a branch."""
        if self.future and self.future[0].id != token_id:
            self._branch()
        elif self.future:
            self.future.popleft()
        self.leave_recording()
        token = self.generation.take(token_id, controls)
        self._log([token], forced=True)
        return token

    def return_to(self, number: int) -> None:
        """Goes back to a branch, to its end; the way the text goes now becomes a branch in its place.

        Raises ValueError where the text has grown so long that the place where they part is no longer kept.
        """
        branch = self.branches[number]
        if branch.parts_at < self.earliest:
            raise ValueError("the text before that branch has been let go: it is too long ago")
        del self.branches[number]
        self.go_to(branch.parts_at)
        if self.future:
            self._branch()
        self._follow(branch.tail)

    def word_back(self) -> int:
        """The position where the word before the cursor begins."""
        return self._word(list(self.log.entries(max(self.log.let_go, self.position - _WORD_AT_MOST)))[::-1], -1)

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
        """Keeps the future as a branch that parts at the end of the log."""
        parts_at = len(self.log)
        tail = tuple(islice(self.future, BRANCH_TOKENS_AT_MOST))
        self.future.clear()
        lead = [entry.text for entry in self.log.entries(max(0, parts_at - _NAMED_BEFORE))]
        before = (self.generation.prompt + "".join(lead))[-_NAMED_BEFORE:]
        after = "".join(entry.text for entry in tail[:NAMED_AFTER])
        # Branches that part further on part from the way that is left here: they take it with them.
        kept = [_rebased(branch, parts_at, tail) for branch in self.branches]
        self.branches = [branch for branch in kept if branch is not None]
        self.branches.append(Branch(parts_at, tail, _one_line(before), _one_line(after)))
        del self.branches[:-BRANCHES_AT_MOST]


def _rebased(branch: Branch, parts_at: int, trunk: tuple[Entry, ...]) -> Branch | None:
    between = branch.parts_at - parts_at
    if between <= 0:
        return branch
    tail = (*trunk[:between], *branch.tail)[:BRANCH_TOKENS_AT_MOST]
    return replace(branch, parts_at=parts_at, tail=tail) if between <= len(trunk) else None


def _one_line(text: str) -> str:
    return text.replace("\n", "⏎").replace("\t", "→")
