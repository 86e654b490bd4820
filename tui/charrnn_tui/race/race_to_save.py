"""A race to save: all texts under headings, or a JSON line for each lane. Knows no screen."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from charrnn_tui.race.game import RaceGame
from charrnn_tui.race.titles import lane_names, title
from charrnn_tui.save.screen import Kind, file_stem
from charrnn_tui.text.escapes import one_line


class RaceToSave:
    """The texts of all lanes as they are now; `picture` is an SVG."""

    kinds: Mapping[Kind, str] = {
        Kind.TEXT: "all texts, each under a heading",
        Kind.JSON_LINES: "a line for each lane: its text and its controls",
        Kind.PICTURE: Kind.PICTURE.content,
    }

    def __init__(self, game: RaceGame, picture: str) -> None:
        self.stem = file_stem(f"race-{game.model.name}")
        self._title, self._picture = title(game), picture
        # The headings name the controls at the end, the JSON lines all changes of them.
        self._headings = [one_line(lane_names(game, lane)[0]) for lane in game.lanes]
        self._lanes = [
            {
                "lane": number,
                "model": output.lane.model.name,
                "prompt": output.lane.prompt,
                "seed": output.lane.seed,
                "changes": [{"at": at, **asdict(controls)} for at, controls in output.changes],
                "tokens": len(output.lane),
                "bits_per_character": output.figures().bits_per_character,
                "text": output.page.text(),
            }
            for number, output in enumerate(game.outputs, 1)
        ]

    def pieces(self, kind: Kind) -> Iterable[str]:
        """The content of the file. Each text begins with its prompt."""
        if kind is Kind.PICTURE:
            return [self._picture]
        if kind is Kind.JSON_LINES:
            return (json.dumps(lane) + "\n" for lane in self._lanes)
        return self._text()

    def _text(self) -> Iterator[str]:
        yield f"{self._title}\n"
        for lane, heading in zip(self._lanes, self._headings, strict=True):
            bits = lane["bits_per_character"]
            figure = "" if bits is None else f"  ·  {bits:.2f} bits/char"
            yield f"\n=== {lane['lane']}  ·  {heading}{figure} ===\n\n{lane['text']}\n"
