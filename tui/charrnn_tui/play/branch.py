"""What a text left behind: branches to return to, and tails to undo. Knows no network."""

from dataclasses import dataclass, replace

from charrnn_tui.text.escapes import one_line
from charrnn_tui.text.token_log import Entry

BRANCH_TOKENS_AT_MOST = 5_000
NAMED_BEFORE, NAMED_AFTER = 12, 24
"""Tokens in the name of a branch, from before and from after the place where it differs."""


@dataclass(frozen=True)
class Branch:
    """A continuation that was left for another. It differs from the text from token `differs_at` on."""

    differs_at: int
    tail: tuple[Entry, ...]
    before: str
    after: str


@dataclass(frozen=True)
class Tail:
    """What a text was from a position on, where its cursor was, and what branches it had."""

    position: int
    entries: tuple[Entry, ...]
    cursor: int
    branches: tuple[Branch, ...]


def branch(differs_at: int, tail: tuple[Entry, ...], before: str) -> Branch:
    """A branch with its name; `before` is the text before it."""
    after = "".join(entry.text for entry in tail[:NAMED_AFTER])
    return Branch(differs_at, tail, one_line(before[-NAMED_BEFORE:]), one_line(after))


def rebased(branch: Branch, differs_at: int, trunk: tuple[Entry, ...]) -> Branch | None:
    """A branch that begins in a continuation `trunk` which is left itself: it takes that along. None where too little
    of it is kept.
    """
    between = branch.differs_at - differs_at
    if between <= 0:
        return branch
    tail = (*trunk[:between], *branch.tail)[:BRANCH_TOKENS_AT_MOST]
    return replace(branch, differs_at=differs_at, tail=tail) if between <= len(trunk) else None
