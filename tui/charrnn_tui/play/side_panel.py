"""The panel beside the text: the controls, the figures, and what could come next."""

from statistics import fmean

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Sparkline

from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import entropy_bits
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.distribution_heading import DistributionHeading
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.game import Game
from charrnn_tui.play.next_tokens import Alternative, next_alternatives
from charrnn_tui.play.sampler_panel import SamplerPanel
from charrnn_tui.play.status_panel import Status, StatusPanel
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.text.legend import Legend
from charrnn_tui.ui.cards import held_out

_ENTROPIES_SHOWN = 300


def offered(game: Game, most: int) -> list[Alternative]:
    """The tokens that could come next, at the end of the text or at the cursor of a paused one."""
    text = game.text
    if text is None or not most:
        return []
    came = text.future[0].id if game.paused and text.future else None
    return next_alternatives(text.generation, game.controls, most, came)


class SidePanel(Vertical):
    """Shows a game by `show`; the widgets in it post messages where the user wants something else."""

    def __init__(self, controls: Controls, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.sampler = SamplerPanel(controls, id="sampler")
        self.status = StatusPanel(id="status")
        self.distribution = Distribution(id="distribution")
        self._entropies = Sparkline((), id="entropy-line", summary_function=fmean)
        self._legend = Legend(id="legend")
        self._heading = DistributionHeading(id="next-label")

    def compose(self) -> ComposeResult:
        yield self.sampler
        yield self.status
        yield self._entropies
        yield self._heading
        yield self.distribution
        yield self._legend

    def set_compact(self, compact: bool) -> None:
        """Shows only the figures that matter most: for a low screen."""
        self.status.compact = compact

    def set_colouring(self, colouring: Colouring) -> None:
        self._legend.colouring = colouring

    def opened(self, text: BranchingText) -> None:
        """Takes the width of labels and the name of a token from another model."""
        level = text.model.vocabulary.level
        self.distribution.label_width = 2 if level == "char" else 12
        unit = "character" if level == "char" else "word"
        self._heading.title = f"next {unit}"
        self._entropies.tooltip = f"entropy of the last {_ENTROPIES_SHOWN} {unit}s"

    def show(self, game: Game) -> None:
        """Figures and bars as they are at the end of the text, or at the cursor."""
        text = game.text
        if text is None:
            self.sampler.show(game.controls, None)
            return
        self.sampler.show(game.controls, text.seed)
        self.status.status = Status(
            speed=game.speed,
            endless=game.endless,
            has_eos=text.eos is not None,
            rate=0.0 if game.paused else game.meter.rate(),
            entropy=entropy_bits(text.generation.logits()),
            bits_per_character=text.surprise / text.characters if text.characters else None,
            held_out=held_out(text.model.card)[0],
            characters=text.position,
            branches=len(text.branches),
        )
        self._entropies.data = text.log.entropies(_ENTROPIES_SHOWN)
        self.distribution.numbered = game.paused
        # Nothing can be chosen from it while it isn't seen.
        self.distribution.alternatives = offered(game, self.distribution.size.height)
