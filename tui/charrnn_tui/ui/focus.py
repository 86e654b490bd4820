"""The focus of a widget that takes the keys while it is open, and can't have the focus otherwise."""

from textual.widget import Widget


def take_focus(widget: Widget) -> None:
    """Gives a widget the focus at once. `Widget.focus` would do that later, after keys that are waiting already."""
    widget.can_focus = True
    widget.screen.set_focus(widget)


def has_focus(widget: Widget) -> bool:
    """Whether a widget has the focus: its screen knows at once, the widget itself only when an event comes."""
    return widget.is_attached and widget.screen.focused is widget


def closes(widget: Widget) -> bool:
    """For the blur of a widget that is open: whether it closes, and then it can't have the focus any more. It stays
    open if it has the focus again by now, or if the whole app has lost it, to another window.
    """
    if has_focus(widget) or not widget.app.app_focus:
        return False
    widget.can_focus = False
    return True
