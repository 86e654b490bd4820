"""Which rules are in force from which position of a text on, and how far the text has come in them. Draws nothing."""

from collections.abc import Callable, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from charrnn_engine.generation.tokens import Begun
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import NO_RULES, Controls, rules_of
from charrnn_engine.sampling.rules import Follower, Rules

_KEPT_AT_MOST = 64  # sets of rules of one model

_known: WeakKeyDictionary[CharRNN, dict[tuple[object, ...], Rules]] = WeakKeyDictionary()


def rules_for(model: CharRNN, controls: Controls) -> Rules | None:
    """The rules of some controls for a model, or None if there are none. Raises ControlsError for rules that leave no
    text.
    """
    key = rules_of(controls)
    if key == NO_RULES:
        return None
    of_model = _known.setdefault(model, {})
    if key not in of_model:
        if len(of_model) >= _KEPT_AT_MOST:
            of_model.clear()
        of_model[key] = Rules(model.vocabulary, controls)
    return of_model[key]


class _Part(NamedTuple):
    start: int
    key: tuple[object, ...]
    follower: Follower | None


class RulesInForce:
    """The rules of one text. `before` gives the ids before a position, those of the prompt included."""

    def __init__(self, model: CharRNN, before: Callable[[int], Sequence[int]], begun: Begun | None = None) -> None:
        """`begun` is a text that was started elsewhere, to be continued in the same pattern."""
        self._model, self._before, self._begun = model, before, begun
        self._parts = [_Part(0 if begun is None else begun.length, NO_RULES, None)]

    @property
    def follower(self) -> Follower | None:
        return self._parts[-1].follower

    def take(self, controls: Controls, position: int) -> None:
        """The token at this position comes under these controls, and all after it. A pattern that was in force goes
        on, and another one begins here. Raises ControlsError.
        """
        key, parts = rules_of(controls), self._parts
        if key == parts[-1].key:
            return
        rules = rules_for(self._model, controls)
        if len(parts) > 1 and parts[-1].start == position:
            parts.pop()
        if key == parts[-1].key:
            return
        follower = None
        if rules is not None:
            last = parts[-1].follower
            same = last is not None and last.rules.follows_as(rules)
            nodes = last.state.nodes if same and last is not None else None
            if self._begun is not None and position == self._begun.length:
                nodes = self._begun.nodes
            follower = Follower(rules, position, self._before(position), nodes, self._model.vocabulary.eos)
        parts.append(_Part(position, key, follower))

    def rewind(self, length: int) -> None:
        """The text has gone back to its first `length` tokens."""
        while len(self._parts) > 1 and self._parts[-1].start > length:
            self._parts.pop()
        if (follower := self.follower) is not None:
            follower.return_to(length, self._before(length))

    def drop_before(self, position: int) -> None:
        """Frees memory: the text won't go back before this position."""
        if self.follower is not None:
            self.follower.drop_before(position)
