"""Durations as people read them."""


def duration_text(seconds: float | None) -> str:
    """0:07, 2:31 or 1:02:31; a question mark for one that isn't known."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
