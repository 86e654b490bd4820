"""The branches of a text, and the tails that undo puts back. Knows no network."""

from dataclasses import dataclass, replace

from charrnn_tui.text.token_log import Entry

BRANCH_TOKENS_AT_MOST = 5_000


@dataclass(frozen=True)
class Branch:
    """A continuation that another one took the place of. It differs from the text from token `differs_at` on."""

    differs_at: int
    tail: tuple[Entry, ...]


@dataclass(frozen=True)
class Tail:
    """The end of a text from a position on, with the cursor and the branches that the text had."""

    position: int
    entries: tuple[Entry, ...]
    cursor: int
    branches: tuple[Branch, ...]


def rebased(branch: Branch, differs_at: int, trunk: tuple[Entry, ...]) -> Branch | None:
    """The same branch, made to begin at `differs_at`: for one that begins further on, in a continuation `trunk` that
    becomes a branch itself. None where too little of `trunk` is kept.
    """
    between = branch.differs_at - differs_at
    if between <= 0:
        return branch
    tail = (*trunk[:between], *branch.tail)[:BRANCH_TOKENS_AT_MOST]
    return replace(branch, differs_at=differs_at, tail=tail) if between <= len(trunk) else None
