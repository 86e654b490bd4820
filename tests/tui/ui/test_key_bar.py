"""The line of keys shows what matters most where not all fits."""

from charrnn_tui.ui.key_hints import KeyHint, fitting, pages

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


def test_what_does_not_fit_is_on_further_pages_each_with_the_key_for_the_next() -> None:
    more = KeyHint(((".", "more"),), "more", 10)
    assert pages(HINTS, 80, more) == [HINTS]
    first, second = pages(HINTS, 25, more)
    assert [hint.label for hint in first] == ["temp", "quit", "more"]
    assert [hint.label for hint in second] == ["colour", "more"]
    assert pages(HINTS, 12, more) == [[]]
    assert pages(HINTS, 20) == [fitting(HINTS, 20)]
