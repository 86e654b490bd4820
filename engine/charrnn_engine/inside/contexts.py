"""Where in a text a unit is highest and lowest. Knows no models."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from charrnn_engine.network.products import Array


class Context(NamedTuple):
    """A place in a text: the token's index, the unit's value there, and the text before, at and after it."""

    index: int  # type: ignore[assignment]  # hides tuple's method of that name
    value: float
    before: str
    at: str
    after: str


def contexts(
    values: Array, texts: Sequence[str], count: int = 5, *, width: int = 20
) -> tuple[list[Context], list[Context]]:
    """The `count` places where `values` (T,) are highest, highest first, and those where they are lowest.

    `texts` are the T tokens' own. Two places of a list are at least `width` tokens apart, and each is shown with up
    to `width` tokens on either side.
    """
    lists = []
    for order in (np.argsort(-values, kind="stable"), np.argsort(values, kind="stable")):
        free = np.ones(len(values), np.bool_)
        found: list[Context] = []
        for index in order.tolist():
            if len(found) == count:
                break
            if free[index]:
                free[max(0, index - width + 1) : index + width] = False
                before, after = texts[max(0, index - width) : index], texts[index + 1 : index + 1 + width]
                found.append(Context(index, float(values[index]), "".join(before), texts[index], "".join(after)))
        lists.append(found)
    return lists[0], lists[1]
