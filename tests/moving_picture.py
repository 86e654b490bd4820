"""A moving picture of the app: pictures of its screen, one after the other, as one SVG that needs no script.

A piece of the screen that stays in place for several frames is drawn once and shown for that long. Without animation,
and for readers who ask for reduced motion, the last frame is shown.
"""

import re
from dataclasses import dataclass, field
from html import escape, unescape

_CELL, _LINE, _FONT = 10, 20, 16.6  # pixels: a column, a row, and the size of letters that are a column wide
_MARGIN, _BASELINE = 12, 15
_RICH_CELL, _RICH_LINE = 12.2, 24.4  # in the pictures by rich
_LEFT, _LOW = "▏▎▍▌▋▊▉█", "▁▂▃▄▅▆▇█"
_RECTANGLE = re.compile(r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"[^>]*/>')
_TEXT = re.compile(
    r'<text class="[\w-]+-(r\d+)" x="([\d.]+)"[^>]* clip-path="url\(#[\w-]+-line-(\d+)\)">(.*?)</text>'
)
_STYLE = re.compile(r"\.[\w-]+-(r\d+) \{ ([^}]*) \}")
_COLOUR = re.compile(r"fill: (#\w+)")

Piece = tuple[int, str]
"""What is drawn, after the layer that it is in: backgrounds, blocks, text."""


@dataclass
class MovingPicture:
    """`add` takes a picture of the screen by `export_screenshot`; `svg` is all of them in turn."""

    columns: int
    rows: int
    _frames: list[tuple[dict[Piece, None], float]] = field(default_factory=list)
    _styles: dict[str, str] = field(default_factory=dict)

    def add(self, picture: str, seconds: float, caption: str) -> None:
        """The caption stands below the screen."""
        pieces = dict.fromkeys(self._pieces(picture))
        pieces.update(dict.fromkeys(self._run(1, self.rows + 0.3, caption, "fill: #f6c667; font-weight: bold")))
        self._frames.append((pieces, seconds))

    def _pieces(self, picture: str) -> list[Piece]:
        pieces = []
        for colour, x, y, width in _RECTANGLE.findall(picture):
            row = round((float(y) - 1.5) / _RICH_LINE)
            column, columns = (round(float(value) / _RICH_CELL) for value in (x, width))
            pieces.append((0, self._rectangle(column * _CELL, row * _LINE, columns * _CELL, _LINE, colour)))
        styles = dict(_STYLE.findall(picture))
        for style, x, row, text in _TEXT.findall(picture):
            pieces += self._run(round(float(x) / _RICH_CELL), int(row), unescape(text), styles[style])
        return pieces

    def _run(self, column: int, row: float, text: str, style: str) -> list[Piece]:
        """Text in one style. Blocks are drawn as rectangles, which meet whatever the font is."""
        pieces = []
        colour = _COLOUR.search(style)
        for part in re.finditer(
            rf"([{_LEFT}{_LOW}])\1*|[^\s{_LEFT}{_LOW}]+(?: [^\s{_LEFT}{_LOW}]+)*", text.replace("\xa0", " ")
        ):
            at, words = (column + part.start()) * _CELL, part[0]
            if part[1]:
                pieces.append((1, self._blocks(at, row, words, colour[1] if colour else "")))
                continue
            width = f' textLength="{len(words) * _CELL}"' if len(words) > 1 else ""
            y = round(row * _LINE) + _BASELINE
            shown = escape(words, quote=False)
            pieces.append((2, f'<text class="{self._style(style)}" x="{at}" y="{y}"{width}>{shown}</text>'))
        return pieces

    def _blocks(self, x: int, row: float, blocks: str, colour: str) -> str:
        """A run of the same block."""
        width, y = len(blocks) * _CELL, row * _LINE
        if blocks[0] in _LEFT:
            share = (_LEFT.index(blocks[0]) + 1) / 8
            return self._rectangle(x, y, width * share if len(blocks) == 1 else width, _LINE, colour)
        height = _LINE * (_LOW.index(blocks[0]) + 1) / 8
        return self._rectangle(x, y + _LINE - height, width, height, colour)

    def _rectangle(self, x: float, y: float, width: float, height: float, colour: str) -> str:
        name = self._style(f"fill: {colour}")
        return f'<rect class="{name}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"/>'

    def _style(self, style: str) -> str:
        return self._styles.setdefault(style, f"s{len(self._styles)}")

    def svg(self, title: str) -> str:
        length = sum(seconds for _, seconds in self._frames)
        groups: dict[tuple[int, int, int], list[str]] = {}
        for (layer, drawn), first, last in self._spans():
            groups.setdefault((layer, first, last), []).append(drawn)
        names = {span: f"f{number}" for number, span in enumerate(dict.fromkeys(key[1:] for key in groups))}
        body = [f'<g class="{names[key[1:]]}">{"".join(groups[key])}</g>' for key in sorted(groups)]
        width, height = self.columns * _CELL + 2 * _MARGIN, self.rows * _LINE + 2 * _LINE + 2 * _MARGIN
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f"<title>{title}</title>",
            "<style>",
            f"text {{ font: {_FONT}px Menlo, 'DejaVu Sans Mono', Consolas, monospace; white-space: pre; }}",
            "rect { shape-rendering: crispEdges; }",
            *(f".{name} {{ {style} }}" for style, name in self._styles.items()),
            *(self._shown(name, *span, length) for span, name in names.items()),
            "@media (prefers-reduced-motion: reduce) { g { animation: none !important; } }",
            "</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#0e1118"/>',
            f'<g transform="translate({_MARGIN} {_MARGIN})">',
            *body,
            "</g>",
            "</svg>",
            "",
        ])  # fmt: skip

    def _spans(self) -> list[tuple[Piece, int, int]]:
        """Each piece with the first frame that shows it and the first that no longer does, sorted by the former."""
        spans, since = [], {}
        for at, (pieces, _) in enumerate([*self._frames, ({}, 0.0)]):
            spans += [(piece, since.pop(piece), at) for piece in list(since) if piece not in pieces]
            for piece in pieces:
                since.setdefault(piece, at)
        return sorted(spans, key=lambda span: span[1])

    def _shown(self, name: str, first: int, last: int, length: float) -> str:
        """The rule that shows a group from one frame up to another."""
        if last - first == len(self._frames):
            return ""
        start, end = (100 * sum(seconds for _, seconds in self._frames[:at]) / length for at in (first, last))
        steps = [(0.0, first == 0), (start, True), (end, False)]
        rules = {f"{at:.2f}%": "visible" if seen else "hidden" for at, seen in steps if at < 99.995}
        keys = "".join(f"{at}{{visibility:{seen}}}" for at, seen in rules.items())
        base = "visible" if last == len(self._frames) else "hidden"
        return (
            f".{name}{{visibility:{base};animation:{name} {length:g}s step-end infinite}}@keyframes {name}{{{keys}}}"
        )
