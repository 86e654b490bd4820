"""Whether the app may use the files of its machine. A visitor of `charrnn-tui serve` may not.

There are two safeguards: screens ask `allowed` before an action, and `seal` refuses whatever gets past them.
"""

import os
import sys
from typing import Any

from textual.app import App

VISITOR_VARIABLE = "CHARRNN_TUI_VISITOR"
"""Set in the environment of a visitor's app, by `charrnn-tui serve`."""

NEEDS_FILES = frozenset({"save", "train", "app.train", "file", "import", "read", "delete", "suspend_process"})
"""The actions that read or write files which the user names, start processes, or delete what is there."""

NOTICE = "You are a visitor: saving, training and opening files are off here"

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED = frozenset({
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.chmod", "os.chown",
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "subprocess.Popen",
})  # fmt: skip


def visiting() -> bool:
    """Whether this process is the app of a visitor."""
    return VISITOR_VARIABLE in os.environ


def allowed(app: App[Any], action: str) -> bool:
    """Whether the user of the app may do this."""
    return action not in NEEDS_FILES or bool(getattr(app, "files_allowed", True))


def seal() -> None:
    """From now on this process writes, renames and deletes no file, and starts no other process: PermissionError."""
    sys.dont_write_bytecode = True
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _REFUSED or (event == "open" and _would_write(*arguments)):
        raise PermissionError(f"visitors may not use this machine's files ({event})")


def _would_write(path: object, mode: object, flags: object) -> bool:
    return isinstance(flags, int) and bool(flags & _WRITES) and isinstance(path, str | bytes) and path != os.devnull
