"""Durations, sizes, speeds, shares, heights and paths as people read them. Pure; knows no screen."""

import math
import os
from pathlib import Path


def duration_text(seconds: float | None) -> str:
    """0:07, 2:31 or 1:02:31; a question mark for one that isn't known."""
    if seconds is None:
        return "?"
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rough_duration(seconds: float) -> str:
    """`40 s`, `2 min 30 s`, `2 h 10 min` or `3 days`: two figures, which is as much as an estimate holds."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = seconds / 60
    if minutes < 10:
        whole, rest = divmod(round(seconds / 10) * 10, 60)
        return f"{whole} min {rest} s" if rest else f"{whole} min"
    if minutes < 100:
        return f"{round(minutes)} min"
    hours = minutes / 60
    if hours < 48:
        whole, rest = divmod(round(minutes / 10) * 10, 60)
        return f"{whole} h {rest} min" if rest and whole < 10 else f"{round(hours)} h"
    return f"{round(hours / 24)} days"


def size_text(size: int) -> str:
    """A size in decimal units, as disks are sold."""
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{math.ceil(size / 1e3)} kB"


def speed_text(speed: float | None, unit: str = "char") -> str:
    """`60 chars/s`, or `full speed` for None."""
    return "full speed" if speed is None else f"{speed:,.0f} {unit}s/s"


def hold_text(value: float | str) -> str:
    """What a unit is held at: `+3 sd` for standard deviations from its mean, `0.50` for the unit's own value."""
    if isinstance(value, str):
        return f"{float(value.removesuffix('sd')):+g} sd"
    return "0" if value == 0 else f"{value:.2f}"


def percent(probability: float) -> str:
    """Four columns: `100%`, ` 34%`, `1.2%`, or a dash for what can't be drawn."""
    if probability <= 0:
        return "   –"
    if probability < 0.0995:
        return f"{probability * 100:.1f}%"
    return f"{probability * 100:3.0f}%"


def bar(share: float) -> str:
    """One of eight bars, from `▁` for a share of 0 and below to `█` for 1 and above."""
    return "▁▂▃▄▅▆▇█"[min(7, max(0, int(share * 8)))]


def shown_path(path: Path) -> str:
    """A path as a user writes it, with `~` for their home folder."""
    home = os.path.expanduser("~")  # noqa: PTH111  # unlike Path.home, this never fails
    return f"~{str(path)[len(home) :]}" if str(path).startswith(home + os.sep) else str(path)
