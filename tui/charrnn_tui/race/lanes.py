"""The lanes of a race side by side, one of them selected."""

from collections.abc import Sequence
from itertools import groupby

from textual.containers import Horizontal

from charrnn_engine.generation.race import Lane, Stretch
from charrnn_tui.race.lane import LaneView
from charrnn_tui.race.lane_figures import LONG_NAMES
from charrnn_tui.text.text_view import Colouring

_NARROWEST = 16  # columns that a lane needs


class Lanes(Horizontal):
    """As wide as there is room for all, or else for as many as can be read; the rest is a scroll away."""

    DEFAULT_CSS = """
    Lanes {
        height: 1fr; overflow-x: auto; overflow-y: hidden; scrollbar-size-horizontal: 1;
        scrollbar-color: $panel-lighten-2; scrollbar-background: $background;
    }
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self._views = [LaneView(lane) for lane in lanes]
        super().__init__(*self._views)
        self.place = 0
        """Of the lane that is selected."""
        self._colouring: Colouring = "surprise"

    def on_mount(self) -> None:
        self.select(0)

    def __len__(self) -> int:
        return len(self._views)

    @property
    def selected(self) -> LaneView:
        return self._views[self.place]

    @property
    def colouring(self) -> Colouring:
        return self._colouring

    @colouring.setter
    def colouring(self, colouring: Colouring) -> None:
        self._colouring = colouring
        for view in self._views:
            view.page.colouring = colouring

    def select(self, place: int) -> None:
        """The lane at a place, or the one nearest to it."""
        self.place = max(0, min(place, len(self._views) - 1))
        for number, view in enumerate(self._views):
            view.selected = number == self.place
        self._keep_in_view()

    def place_of(self, lane: Lane) -> int:
        """Where a lane stands; where the selected one does if it isn't here any more."""
        return next((place for place, view in enumerate(self._views) if view.lane is lane), self.place)

    # -- what they show ------------------------------------------------------------------------------------------

    def show(self, lanes: Sequence[Lane]) -> None:
        """Other lanes in the place of those there are, as many."""
        for view, lane in zip(self._views, lanes, strict=True):
            if view.lane is not lane:
                view.show(lane)

    async def insert(self, place: int, lane: Lane) -> None:
        view = LaneView(lane)
        view.page.colouring = self._colouring
        after = self._views[place - 1]
        self._views.insert(place, view)
        await self.mount(view, after=after)
        self._share_out()

    async def take_out(self, place: int) -> None:
        view = self._views.pop(place)
        self.select(self.place)
        await view.remove()
        self._share_out()

    def write(self, stretches: Sequence[Stretch]) -> None:
        """What lanes have drawn; of lanes that aren't here any more it is dropped."""
        views = {view.lane: view for view in self._views}
        by_lane = sorted(stretches, key=lambda stretch: id(stretch.lane))
        for lane, own in groupby(by_lane, lambda stretch: stretch.lane):
            if lane in views:
                views[lane].write([*own])

    def show_partings(self, partings: Sequence[int | None]) -> None:
        """Where each lane parts from the one on its left; None while they agree."""
        left: Lane | None = None
        for view, parting in zip(self._views, partings, strict=True):
            view.show_parting(left, parting)
            left = view.lane

    def show_headings(self, names: Sequence[str]) -> None:
        for number, (view, name) in enumerate(zip(self._views, names, strict=True), 1):
            view.show_heading(number, name)

    def show_figures(self) -> None:
        for view in self._views:
            view.show_figures()

    def scroll_texts(self, *, to_end: bool) -> None:
        """All texts to their beginning or to their end."""
        for view in self._views:
            view.page.scroll_end(animate=False) if to_end else view.page.scroll_home(animate=False)

    # -- room ----------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._share_out()

    def _share_out(self) -> None:
        """Gives each lane its width."""
        width = self.container_size.width
        if not width:
            return
        shown = min(len(self._views), max(1, width // _NARROWEST))
        gaps = shown - 1 if width // shown >= LONG_NAMES else 0
        each, rest = divmod(width - gaps, shown)
        for place, view in enumerate(self._views):
            view.styles.width = each + (1 if place < rest else 0)
            view.styles.margin = (0, 1 if gaps and place < len(self._views) - 1 else 0, 0, 0)
        self.call_after_refresh(self._keep_in_view)

    def _keep_in_view(self) -> None:
        self.selected.scroll_visible(animate=False)
