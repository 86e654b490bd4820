"""Writes the Python standard library's own source as one text.

`python tools/standard_library.py > python.txt` makes the corpus of the model `python`. Tests,
vendored packages and files with characters beyond ASCII are left out.
"""

import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_LEFT_OUT = {"test", "tests", "idle_test", "site-packages", "dist-packages", "lib2to3", "idlelib", "pydoc_data",
             "ensurepip", "turtledemo", "__pycache__"}  # fmt: skip


def sources(root: Path) -> Iterator[str]:
    """The modules below a folder, in the order of their paths."""
    for path in sorted(root.rglob("*.py")):
        # Names with an underscore in front include tables that the build generates.
        if _LEFT_OUT.isdisjoint(path.relative_to(root).parts) and not path.name.startswith("_sysconfigdata"):
            content = path.read_bytes()
            if content.isascii() and content.strip():
                yield content.decode("ascii").replace("\r\n", "\n").strip("\n") + "\n\n\n"


if __name__ == "__main__":
    for source in sources(Path(sysconfig.get_path("stdlib"))):
        sys.stdout.write(source)
