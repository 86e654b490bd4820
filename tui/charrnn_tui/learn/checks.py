"""The checks of a lesson: when a step counts as done. Knows the names of what can be noticed, and no screen."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from charrnn_tui.learn.facts import FACTS, Facts, fact_named

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_FLAGS = {"": True, "on": True, "open": True, "off": False, "closed": False}


@dataclass(frozen=True)
class Condition:
    """One part of a check: the value of a thing, compared with one that the lesson names."""

    name: str
    compare: Callable[[Any, Any], bool]
    wanted: Any
    negated: bool = False

    def holds(self, facts: Facts) -> bool:
        """Something that isn't there now, such as a lane outside of a race, holds in no comparison."""
        value = facts.get(self.name)
        return (value is not None and self.compare(value, self.wanted)) is not self.negated


@dataclass(frozen=True)
class Check:
    """Holds where all its conditions hold."""

    text: str
    conditions: tuple[Condition, ...]

    def holds(self, facts: Facts) -> bool:
        return all(condition.holds(facts) for condition in self.conditions)


def read_check(text: str) -> Check:
    """`greedy on and loop`, `temperature >= 1.5`, `written 200`, `not paused`. Raises ValueError otherwise."""
    return Check(text, tuple(_condition(part.strip()) for part in re.split(r"\s+and\s+", text)))


def _condition(text: str) -> Condition:
    negated = text.startswith("not ")
    found = fact_named(text.removeprefix("not "))
    if found is None:
        raise ValueError(f"{text!r} is nothing that a lesson can notice; these are: {', '.join(FACTS)}")
    name, rest = found
    kind = FACTS[name].kind
    if kind == "flag":
        if rest not in _FLAGS:
            raise ValueError(f"{name!r} is on or off, not {rest!r}")
        return Condition(name, lambda value, wanted: bool(value) is wanted, _FLAGS[rest], negated)
    if kind == "number":
        return _number(name, rest, negated)
    if kind == "keys":
        if not rest:
            raise ValueError("name a key after 'pressed'")
        return Condition(name, lambda value, wanted: wanted in value, rest, negated)
    if not rest:
        return Condition(name, lambda value, _: bool(value), None, negated)
    return Condition(name, _is_word, rest.strip('" ').lower(), negated)


def _is_word(value: object, wanted: str) -> bool:
    return str(value).strip().lower() == wanted


def _number(name: str, rest: str, negated: bool) -> Condition:
    """`written 200` is at least 200; without a number, any above 0."""
    found = re.fullmatch(r"(>=|<=|=|>|<)?\s*(-?\d+(?:\.\d+)?)", rest or "> 0")
    if found is None:
        raise ValueError(f"{name!r} is compared with a number, as in '{name} >= 2', not with {rest!r}")
    return Condition(name, _COMPARE[found[1] or ">="], float(found[2]), negated)
