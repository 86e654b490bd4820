"""The line of keys shows what matters most where not all fits."""

from charrnn_tui.ui.key_bar import KeyHint, fitting

HINTS = [
    KeyHint((("↑", "up"), ("↓", "down")), "temp", 8),
    KeyHint((("h", "colour"),), "colour", 1),
    KeyHint((("q", "quit"),), "quit", 10),
]


def test_all_are_shown_where_there_is_room() -> None:
    assert fitting(HINTS, 80) == HINTS


def test_the_least_important_goes_first_and_the_order_stays() -> None:
    assert [hint.label for hint in fitting(HINTS, 20)] == ["temp", "quit"]
    assert [hint.label for hint in fitting(HINTS, 10)] == ["quit"]
    assert fitting(HINTS, 3) == []
