"""Tunes are split whole, and every tenth is held out."""

import json
from pathlib import Path

from split_tunes import split, tunes


def test_a_tune_that_an_empty_line_cuts_stays_one_tune() -> None:
    assert tunes("X:1\nABc|\n\nX:2\nGAB|\n\ndef|\n\n\nX:3\nc|\n") == ["X:1\nABc|", "X:2\nGAB|\ndef|", "X:3\nc|"]


def test_every_tenth_tune_is_held_out(tmp_path: Path) -> None:
    file = tmp_path / "tunes.abc"
    file.write_text("\n\n".join(f"X:{n}\nA|" for n in range(1, 26)), encoding="utf-8")
    training, held_out = split(file)
    assert [json.loads(line)["tune"][:4] for line in held_out.read_text().splitlines()] == ["X:10", "X:20"]
    assert len(training.read_text().splitlines()) == 23
