"""Splits a file of ABC tunes, parted by empty lines, into two files of JSON lines: to train on, and held out.

`python tools/split_tunes.py irish.abc` writes `tunes-train.jsonl` and `tunes-test.jsonl` beside it, an object
`{"tune": TEXT}` a line; every tenth tune is held out.
"""

import json
import sys
from pathlib import Path


def tunes(text: str) -> list[str]:
    """The tunes of a file. A piece without an `X:` line belongs to the tune before it, which an empty line cut."""
    found: list[str] = []
    for piece in filter(None, (piece.strip("\n") for piece in text.split("\n\n"))):
        if piece.startswith("X:") or not found:
            found.append(piece)
        else:
            found[-1] += "\n" + piece
    return found


def split(file: Path) -> tuple[Path, Path]:
    """Writes the two files, and returns their paths."""
    found = tunes(file.read_text(encoding="utf-8"))
    held_out = found[9::10]
    training = [tune for number, tune in enumerate(found, 1) if number % 10]
    written = []
    for name, some in (("tunes-train.jsonl", training), ("tunes-test.jsonl", held_out)):
        path = file.parent / name
        path.write_text("".join(json.dumps({"tune": tune}) + "\n" for tune in some), encoding="utf-8")
        written.append(path)
    return written[0], written[1]


if __name__ == "__main__":
    for path in split(Path(sys.argv[1])):
        print(path)
