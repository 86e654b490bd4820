"""The last look at every line before it goes to the terminal: what a terminal would obey is left out.

Widgets show such characters as symbols where they know of them (see `escapes.visible`). This is for where they
don't: a name in a notification, or a line pasted into a field.
"""

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from charrnn_tui.text.escapes import OBEYED

# None of them takes a cell, so that a line stays as wide as it was laid out. Half a surrogate pair takes one, and has
# no bytes.
_OBEYED = re.compile(f"[{re.escape(''.join(map(chr, sorted(OBEYED))))}]")
_HALF = re.compile("[\ud800-\udfff]")


class HarmlessLines(LineFilter):
    """A filter of lines that drops what would drive the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [_harmless(segment) for segment in segments]


def _harmless(segment: Segment) -> Segment:
    text = segment.text
    if text.isprintable() or segment.control:
        return segment
    return Segment(_HALF.sub("\ufffd", _OBEYED.sub("", text)), segment.style)
