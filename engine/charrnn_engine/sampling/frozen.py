"""A mapping from strings that can't be changed, so that it can be part of Controls. Knows no values."""

from typing import NoReturn, TypeVar

Value = TypeVar("Value")


class FrozenMapping(dict[str, Value]):
    """A dict that is hashable, and refuses to be changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type, tuple[dict[str, Value]]]:
        return type(self), (dict(self),)  # pickle would fill an empty one

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} can't be changed; make another one")

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse
