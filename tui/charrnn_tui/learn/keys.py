"""The keys of a lesson, which work on every screen while one is open."""

from charrnn_tui.ui.keys import keys_of

_key = keys_of("lesson")

LESSON_KEYS = [
    _key("f2", "app.lesson('next')", "Go on", "in a lesson: go on, or skip what isn't done"),
    _key("f3", "app.lesson('back')", "Go back", "in a lesson: one step back"),
    _key("f4", "app.lesson('leave')", "Leave", "in a lesson: leave it; it can be resumed"),
]
