"""A regular expression as an automaton over characters: what may come next, and whether the text may end. Knows no
vocabulary and draws nothing.

Expressions are parsed by the parser of Python's own `re`, and whether a character fits a part of one is asked of
`re` itself, so that both agree on every character of Unicode. Libraries of automata don't: in interegular `\\w`,
`\\d` and `\\s` are ASCII.
"""

import importlib
import re
from collections.abc import Iterable
from typing import Any

from charrnn_engine.errors import ControlsError, shown

# Private modules of the standard library, as they have been since Python 3.11; Hypothesis reads expressions so, too.
_parser: Any = importlib.import_module("re._parser")
_compiler: Any = importlib.import_module("re._compiler")

ACCEPT = 0
"""The node that stands for a whole match."""
_NODES_AT_MOST = 20_000
_STEPS_AT_MOST = 1_000_000  # from node to node, so that an expression is read in bounded time
_LENGTH_AT_MOST = 2_000  # characters of an expression

_REFUSED = {
    "ASSERT": "looks ahead or behind",
    "ASSERT_NOT": "looks ahead or behind",
    "GROUPREF": "refers back to a group",
    "GROUPREF_EXISTS": "refers back to a group",
    "ATOMIC_GROUP": "has an atomic group",
    "POSSESSIVE_REPEAT": "has a possessive repetition",
    "AT": "has an anchor in its middle",
}
_AT_THE_START = {"AT_BEGINNING", "AT_BEGINNING_STRING"}
_AT_THE_END = {"AT_END", "AT_END_STRING"}


class Pattern:
    """The automaton of an expression (Thompson 1968). A state is a set of nodes; each reads one character.

    Raises ControlsError for an expression that `re` refuses, one that needs more than a finite automaton, and one
    that is too large.
    """

    def __init__(self, expression: str) -> None:
        self._expression = expression
        if len(expression) > _LENGTH_AT_MOST:
            raise ControlsError(f"the pattern is longer than {_LENGTH_AT_MOST:,} characters")
        try:
            re.compile(expression)
            tree = _parser.parse(expression)
        except (re.error, RecursionError, OverflowError) as error:
            raise ControlsError(f"the pattern {shown(expression)} is not a regular expression: {error}") from None
        # For each node what it reads, and the node after it; or the nodes that it stands for.
        self._reads: list[tuple[int, int] | None] = [None]
        self._stands_for: list[tuple[int, ...]] = [()]
        self._parts: dict[tuple[str, int], int] = {}  # what reads one character, numbered
        self._matchers: list[re.Pattern[str]] = []
        self._fits: dict[tuple[int, str], bool] = {}
        self._closures: dict[int, frozenset[int]] = {}
        self._steps = 0
        items = list(tree)
        if items and str(items[0][0]) == "AT" and str(items[0][1]) in _AT_THE_START:
            del items[0]
        if items and str(items[-1][0]) == "AT" and str(items[-1][1]) in _AT_THE_END:
            del items[-1]
        self.start = self._closure(self._chain(items, ACCEPT, tree.state.flags))
        """The nodes before the first character."""

    def after(self, nodes: Iterable[int], character: str) -> frozenset[int]:
        """The nodes after a character; none if no match begins that way."""
        found: set[int] = set()
        for node in nodes:
            read = self._reads[node]
            if read is not None and self._fit(read[0], character):
                found |= self._closure(read[1])
        return frozenset(found)

    def fits(self, character: str) -> tuple[bool, ...]:
        """Which parts of the expression a character fits: characters that fit the same ones can be exchanged."""
        return tuple(self._fit(part, character) for part in range(len(self._matchers)))

    def _chain(self, items: Any, following: int, flags: int) -> int:
        for item in reversed(list(items)):
            following = self._node(item, following, flags)
        return following

    def _node(self, item: Any, following: int, flags: int) -> int:
        """The node where a part of the expression begins; after it comes the node `following`."""
        kind, value = str(item[0]), item[1]
        if kind in _REFUSED:
            raise ControlsError(
                f"the pattern {shown(self._expression)} {_REFUSED[kind]}, which can't be enforced; leave that out"
            )
        if kind == "SUBPATTERN":
            _, added, removed, inner = value
            if added & _parser.TYPE_FLAGS:  # ASCII takes the place of Unicode, and Unicode that of ASCII
                flags &= ~_parser.TYPE_FLAGS
            return self._chain(inner, following, (flags | added) & ~removed)
        if kind == "BRANCH":
            return self._new(*(self._chain(branch, following, flags) for branch in value[1]))
        if kind in ("MAX_REPEAT", "MIN_REPEAT"):
            least, most, repeated = value
            return self._repeat(least, most, repeated, following, flags)
        if kind == "FAILURE":
            return self._new()
        key = repr(item), flags
        if key not in self._parts:
            self._parts[key] = len(self._matchers)
            self._matchers.append(_one_character(item, flags))
        self._reads.append((self._parts[key], following))
        return self._counted(())

    def _repeat(self, least: int, most: Any, inner: Any, following: int, flags: int) -> int:
        at = following
        if least > _NODES_AT_MOST or (most != _parser.MAXREPEAT and most > _NODES_AT_MOST):
            raise self._too_large()
        if most == _parser.MAXREPEAT:
            at = self._new()
            self._stands_for[at] = (self._chain(inner, at, flags), following)
        else:
            for _ in range(int(most) - least):
                at = self._new(self._chain(inner, at, flags), following)
        for _ in range(least):
            at = self._chain(inner, at, flags)
        return at

    def _new(self, *nodes: int) -> int:
        self._reads.append(None)
        return self._counted(nodes)

    def _counted(self, nodes: tuple[int, ...]) -> int:
        self._stands_for.append(nodes)
        if len(self._stands_for) > _NODES_AT_MOST:
            raise self._too_large()
        return len(self._stands_for) - 1

    def _too_large(self) -> ControlsError:
        return ControlsError(f"the pattern {shown(self._expression)} is too large; repeat less in it")

    def _closure(self, node: int) -> frozenset[int]:
        """The nodes that read a character, or ACCEPT, which a node stands for."""
        if node in self._closures:
            return self._closures[node]
        found, seen, todo = set(), set(), [node]
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                if at == ACCEPT or self._reads[at] is not None:
                    found.add(at)
                todo += self._stands_for[at]
        self._steps += len(seen)
        if self._steps > _STEPS_AT_MOST:
            raise self._too_large()
        self._closures[node] = frozenset(found)
        return self._closures[node]

    def _fit(self, part: int, character: str) -> bool:
        key = part, character
        if key not in self._fits:
            self._fits[key] = self._matchers[part].fullmatch(character) is not None
        return self._fits[key]


def _one_character(item: Any, flags: int) -> re.Pattern[str]:
    """What `re` makes of a part that reads one character."""
    state = _parser.State()
    state.flags, state.str = flags, ""
    compiled: re.Pattern[str] = _compiler.compile(_parser.SubPattern(state, [item]), flags)
    return compiled
