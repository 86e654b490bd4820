"""The lanes of a race side by side, one of them selected."""

from collections.abc import Sequence
from itertools import groupby

from textual.containers import Horizontal
from textual.reactive import var

from charrnn_engine.generation.race import Lane, Stretch
from charrnn_tui.race.lane_output import LaneOutput
from charrnn_tui.race.lane_view import LaneView
from charrnn_tui.text.colouring import Colouring

_NARROWEST = 16  # columns that a lane needs
_GAP_FROM = 24  # columns of a lane from which there is room for a gap beside it


class Lanes(Horizontal):
    """Gives all lanes the same width; where that would be too little, as many as can be read, and the rest scroll."""

    DEFAULT_CSS = """
    Lanes {
        height: 1fr; overflow-x: auto; overflow-y: hidden; scrollbar-size-horizontal: 1;
        scrollbar-color: $panel-lighten-2; scrollbar-background: $background;
    }
    """

    colouring: var[Colouring] = var("surprise")

    def __init__(self, outputs: Sequence[LaneOutput]) -> None:
        self._views = [LaneView(output) for output in outputs]
        super().__init__(*self._views)
        self._place = 0

    @property
    def selected(self) -> LaneView:
        return self._views[self._place]

    def watch_colouring(self, colouring: Colouring) -> None:
        for view in self._views:
            view.page.colouring = colouring

    def show(self, outputs: Sequence[LaneOutput], place: int) -> None:
        """Shows these lanes, with the one at `place` selected."""
        kept = {view.output for view in self._views} & set(outputs)
        if len(outputs) < len(self._views):
            for view in [view for view in self._views if view.output not in kept]:
                self._views.remove(view)
                view.remove()
        for at, output in enumerate(outputs):
            if len(outputs) > len(self._views) and output not in kept:
                self._insert(at, output)
            elif self._views[at].output is not output:
                self._views[at].show(output)
        self._select(place)
        self._share_width()

    def _insert(self, place: int, output: LaneOutput) -> None:
        view = LaneView(output)
        view.page.colouring = self.colouring
        self.mount(view, after=self._views[place - 1])
        self._views.insert(place, view)

    def _select(self, place: int) -> None:
        self._place = place
        for number, view in enumerate(self._views):
            view.selected = number == place
        self._keep_in_view()

    # -- what they show ------------------------------------------------------------------------------------------

    def write(self, stretches: Sequence[Stretch]) -> None:
        """Adds what lanes have drawn; what lanes drew that are gone is dropped."""
        views = {view.lane: view for view in self._views}
        by_lane = sorted(stretches, key=lambda stretch: id(stretch.lane))
        for lane, own in groupby(by_lane, lambda stretch: stretch.lane):
            if lane in views:
                views[lane].write([*own])

    def show_differences(self, positions: Sequence[int | None]) -> None:
        """Shows where each lane first differs from the one on its left; None while they agree."""
        left: Lane | None = None
        for view, position in zip(self._views, positions, strict=True):
            view.show_difference(left, position)
            left = view.lane

    def show_headings(self, names: Sequence[Sequence[str]]) -> None:
        for number, (view, its_names) in enumerate(zip(self._views, names, strict=True), 1):
            view.show_heading(number, its_names)

    def show_figures(self) -> None:
        for view in self._views:
            view.show_figures()

    def scroll_texts(self, *, to_end: bool) -> None:
        """Scrolls all texts to their beginning or to their end."""
        for view in self._views:
            view.page.scroll_end(animate=False) if to_end else view.page.scroll_home(animate=False)

    # -- room ----------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._share_width()

    def _share_width(self) -> None:
        width = self.container_size.width
        if not width:
            return
        shown = min(len(self._views), max(1, width // _NARROWEST))
        gaps = shown - 1 if width // shown >= _GAP_FROM else 0
        each, rest = divmod(width - gaps, shown)
        for place, view in enumerate(self._views):
            view.styles.width = each + (1 if place < rest else 0)
            view.styles.margin = (0, 1 if gaps and place < len(self._views) - 1 else 0, 0, 0)
        self.call_after_refresh(self._keep_in_view)

    def _keep_in_view(self) -> None:
        self.selected.scroll_visible(animate=False)
