"""The rules of Controls for one vocabulary: what they add to the logits of each next token, given the text so far.
Draws nothing and knows no network.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import ControlsError, shown
from charrnn_engine.sampling.banned_strings import BannedStrings
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import Float64
from charrnn_engine.sampling.patterns import ACCEPT, Pattern
from charrnn_engine.sampling.repetition_penalty import RepetitionPenalty
from charrnn_engine.vocabulary import EOS, Vocabulary
from charrnn_engine.word_spacing import After

_PLACES_AT_MOST = 50_000  # of a pattern, times those of the banned strings
_STATES_BYTES_AT_MOST = 64_000_000

_pattern = lru_cache(16)(Pattern)

_Place = tuple[int, int, After]
"""A node of the pattern, a state of the banned strings, and the kind of the last token."""


class State:
    """A text's place in the pattern and in the banned strings, and the kind of its last token. `nodes` is None if
    there is no pattern, and empty if the text has left it, because the user chose a token against it.
    """

    __slots__ = ("banned", "following", "kind", "loose", "nodes", "strict")

    def __init__(self, nodes: frozenset[int] | None, banned: int, kind: After) -> None:
        self.nodes, self.banned, self.kind = nodes, banned, kind
        self.strict: Float64 | None = None
        self.loose: Float64 | None = None
        self.following: dict[int, State] = {}


class Rules:
    """Raises ControlsError for rules that leave no text: an unknown character in the bias, no token that may come, or
    a pattern that can't be fulfilled with the vocabulary and without the banned strings.
    """

    def __init__(self, vocabulary: Vocabulary, controls: Controls) -> None:
        self.vocabulary, self._eos = vocabulary, vocabulary.eos
        self._texts_after, self._kinds = vocabulary.texts_after, vocabulary.kinds
        self.pattern, self._by_lines = controls.pattern, controls.pattern_lines
        self._penalty = controls.repeat_penalty, controls.repeat_multiplier, controls.repeat_base
        self._fixed = np.zeros(len(vocabulary))
        for text, logits in controls.bias.items():
            index = vocabulary.eos if text == EOS else vocabulary.lookup(text)
            if index is None:
                raise ControlsError(f"the bias names {shown(text)}, which the model doesn't know; leave it out")
            self._fixed[index] += logits
        self._fixed[list(vocabulary.never_drawn)] = -np.inf
        for index, text in enumerate(vocabulary.texts):
            if any(banned in text for banned in controls.ban):
                self._fixed[index] = -np.inf
        if not (self._fixed > -np.inf).any():
            raise ControlsError("every token of the model is banned; ban fewer")
        self._strings = BannedStrings([string for string in controls.ban if len(string) > 1])
        self.can_go_back = len(self._strings) > 1
        self.longest = max(map(len, controls.ban), default=0)
        self._nodes = None if controls.pattern is None else _pattern(controls.pattern)
        by_lines = self._nodes is not None and (controls.pattern_lines or vocabulary.eos is None)
        self._newline = vocabulary.ids.get("\n") if by_lines else None
        self._pieces = {kind: self._group(texts) for kind, texts in self._texts_after.items()}
        self._states: dict[tuple[frozenset[int] | None, int, After], State] = {}
        self._live: set[_Place] = set()
        if self._nodes is not None:
            self._find_live(self._nodes)

    @property
    def is_fixed(self) -> bool:
        """Whether the same is added to the logits of all tokens of a text."""
        return self._nodes is None and not self.can_go_back and self._penalty[0] is None

    def follows_as(self, other: "Rules") -> bool:
        """Whether both have the same pattern, so that a text goes on in it."""
        return (self.pattern, self._by_lines) == (other.pattern, other._by_lines)

    def state(self, nodes: frozenset[int] | None, ids: Sequence[int]) -> State:
        """The state at these nodes of the pattern, or at its start, after the ids that came before."""
        banned = 0
        for character in "".join(self.vocabulary.pieces(ids)):
            banned = self._strings.after(banned, character)
        if nodes is None and self._nodes is not None:
            nodes = self._nodes.start
        return self._state(nodes, banned, self._kinds[ids[-1]] if ids else "start")

    def after(self, state: State, index: int) -> State:
        """The state after one more token."""
        found = state.following.get(index)
        if found is None:
            nodes, banned, _ = self._walk(state.nodes, state.banned, self._texts_after[state.kind][index])
            if index == self._eos:
                banned = 0
            if self._nodes and index in (self._eos, self._newline):
                nodes = self._nodes.start
            found = state.following[index] = self._state(nodes, banned, self._kinds[index])
        return found

    def found(self, state: State) -> int:
        """The length of the banned string that the text ends with, in characters; 0 if there is none."""
        return self._strings.found[state.banned]

    def begun(self, state: State) -> int:
        """How many of the last characters may still become a banned string."""
        return self._strings.begun[state.banned]

    def addend(self, state: State, strict: bool) -> Float64:
        """What is added to the logits (V,): -inf for what must not come. If `strict`, that is also the token that
        would end a banned string.
        """
        known = state.strict if strict else state.loose
        if known is None:
            known = self._masked(state, strict)
            known.flags.writeable = False
            if strict:
                state.strict = known
            else:
                state.loose = known
        return known

    def penalty(self, ids: Iterable[int]) -> RepetitionPenalty | None:
        """The penalty on repetitions after a text, or None if it is off."""
        length, multiplier, base = self._penalty
        return None if length is None else RepetitionPenalty(length, multiplier, base, ids)

    def _state(self, nodes: frozenset[int] | None, banned: int, kind: After) -> State:
        key = nodes, banned, kind
        found = self._states.get(key)
        if found is None:
            if len(self._states) * self._fixed.nbytes > _STATES_BYTES_AT_MOST:
                for state in self._states.values():
                    state.following.clear()
                self._states.clear()
            found = self._states[key] = State(*key)
        return found

    def _walk(self, nodes: frozenset[int] | None, banned: int, text: str) -> tuple[frozenset[int] | None, int, bool]:
        """The nodes and the state of the banned strings after some text, and whether it ends one of them."""
        ends = False
        for character in text:
            if nodes and self._nodes:
                nodes = self._nodes.after(nodes, character)
            banned = self._strings.after(banned, character)
            ends = ends or self._strings.found[banned] > 0
        return nodes, banned, ends

    def _group(self, texts: Sequence[str]) -> list[tuple[str, After, NDArray[np.intp]]]:
        """The tokens that may come, except ends of texts, in groups that pattern and banned strings can't tell apart:
        the text of one of them, their kind, and their ids.
        """
        alike: dict[object, str] = {}
        groups: dict[tuple[str, After], list[int]] = {}
        for index, text in enumerate(texts):
            if self._fixed[index] == -np.inf or index in (self._eos, self._newline):
                continue
            if self._newline is not None and "\n" in text:  # no line holds it
                self._fixed[index] = -np.inf
                continue
            key = "".join(alike.setdefault(self._fits(character), character) for character in text)
            groups.setdefault((key, self._kinds[index]), []).append(index)
        return [(*key, np.array(ids, np.intp)) for key, ids in groups.items()]

    def _fits(self, character: str) -> object:
        fits = None if self._nodes is None else self._nodes.fits(character)
        return fits, character if self._strings.holds(character) else None

    def _masked(self, state: State, strict: bool) -> Float64:
        addend = self._fixed.copy()
        follows = bool(state.nodes)
        if strict and self._newline is not None and self._walk(None, state.banned, "\n")[2]:
            addend[self._newline] = -np.inf
        for text, kind, ids in self._pieces[state.kind] if follows or (strict and self.can_go_back) else ():
            nodes, banned, ends = self._walk(state.nodes, state.banned, text)
            allowed = not ends or not strict
            if follows and nodes is not None:
                allowed &= bool(nodes) if ends else any((node, banned, kind) in self._live for node in nodes)
            if not allowed:
                addend[ids] = -np.inf
        if state.nodes is not None and follows and ACCEPT not in state.nodes:
            addend[[index for index in (self._eos, self._newline) if index is not None]] = -np.inf
        return addend

    def _find_live(self, pattern: Pattern) -> None:
        """Finds the places from which a match can be spelt with tokens."""
        ends = [i for i in (self._eos, self._newline) if i is not None and self._fixed[i] > -np.inf]
        if not ends:
            raise ControlsError(
                "the model has no <eos> and no newline that may come, so a pattern can't end; leave it out"
            )
        todo: list[_Place] = [
            (node, banned, kind)
            for node in pattern.start
            for banned in range(len(self._strings))
            for kind in self._pieces
        ]
        before: dict[_Place, list[_Place]] = {place: [] for place in todo}
        while todo:
            place = todo.pop()
            node, banned, kind = place
            if node == ACCEPT:
                continue
            reached = set()
            for text, following_kind, _ in self._pieces[kind]:
                nodes, after, ended = self._walk(frozenset((node,)), banned, text)
                if not ended and nodes:
                    reached |= {(following, after, following_kind) for following in nodes}
            for following in reached:
                if following not in before:
                    before[following] = []
                    todo.append(following)
                before[following].append(place)
            if len(before) > _PLACES_AT_MOST:
                raise ControlsError(f"the pattern {shown(self.pattern)} is too large with these banned strings")
        todo = [place for place in before if place[0] == ACCEPT]
        self._live = set(todo)
        while todo:
            for place in before[todo.pop()]:
                if place not in self._live:
                    self._live.add(place)
                    todo.append(place)
        if not any((node, 0, "start") in self._live for node in pattern.start):
            raise ControlsError(
                f"no text that the model can write follows the pattern {shown(self.pattern)}; does it need characters"
                " that the model doesn't know, or that are banned?"
            )


class Follower:
    """A text under rules, whose tokens are given as they come, from position `start` of the text on."""

    def __init__(
        self, rules: Rules, start: int, ids: Sequence[int], nodes: frozenset[int] | None, eos: int | None
    ) -> None:
        """`ids` are those before, the prompt's too, as far as they are known; `nodes` where the pattern goes on."""
        self.rules, self.start = rules, start
        self.penalty = rules.penalty(ids)
        recent = [*ids[-rules.longest - 1 :]]
        if eos in recent:
            recent = recent[len(recent) - recent[::-1].index(eos) :]
        self._states = [rules.state(nodes, recent)]

    @property
    def state(self) -> State:
        return self._states[-1]

    def append(self, index: int) -> None:
        if not self.rules.is_fixed:
            self._states.append(self.rules.after(self._states[-1], index))
        if self.penalty is not None:
            self.penalty.append(index)

    def return_to(self, length: int, ids: Sequence[int]) -> None:
        """Goes back to the first `length` tokens of the text; `ids` are then all before, as for a new Follower."""
        del self._states[length - self.start + 1 :]
        self.penalty = self.rules.penalty(ids)

    def drop_before(self, position: int) -> None:
        """Frees memory: the text won't go back before this position."""
        if position > self.start:
            del self._states[: min(position - self.start, len(self._states) - 1)]
            self.start = position

    def addend(self, strict: bool) -> Float64:
        """What is added to the logits of the next token: see `Rules.addend`."""
        addend = self.rules.addend(self._states[-1], strict)
        losses = self.penalty.losses() if self.penalty is not None else None
        if losses:
            addend = addend.copy()
            for index, loss in losses.items():
                addend[index] -= loss
        return addend
