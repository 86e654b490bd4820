"""The panel beside the text: the controls, the figures, and what could come next."""

from statistics import fmean

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, Sparkline

from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import entropy_bits
from charrnn_tui.play.branching_text import BranchingText
from charrnn_tui.play.distribution_heading import DistributionHeading
from charrnn_tui.play.distribution_panel import Distribution
from charrnn_tui.play.game import Game
from charrnn_tui.play.learning_curve import LearningCurve, curve_of
from charrnn_tui.play.next_tokens import Alternative, next_alternatives
from charrnn_tui.play.sampler_panel import SamplerPanel
from charrnn_tui.play.status_panel import NAMES, Status, StatusPanel
from charrnn_tui.text.colouring import Colouring
from charrnn_tui.text.legend import Legend
from charrnn_tui.text.token_names import token_word
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
        self._learning = LearningCurve()
        self._legend = Legend(id="legend")
        self._legend.tooltip = "The colours of the text. The key for colouring takes the next kind."
        self._heading = DistributionHeading(id="next-label")

    def compose(self) -> ComposeResult:
        yield self.sampler
        yield self.status
        with Horizontal(id="entropies"):
            yield Label(f"{f'  last {_ENTROPIES_SHOWN}':<{NAMES}}", id="entropy-name")
            yield self._entropies
        yield self._learning
        yield self._heading
        yield self.distribution
        yield self._legend

    def set_compact(self, compact: bool) -> None:
        """Shows only the figures that matter most: for a low screen."""
        self.status.compact = compact

    def set_colouring(self, colouring: Colouring) -> None:
        self._legend.colouring = colouring

    def opened(self, text: BranchingText) -> None:
        """Takes the width of the labels and the word for a token from the model of a text."""
        level = text.model.vocabulary.level
        self.distribution.label_width = 2 if level == "char" else 12
        unit = token_word(text.model.vocabulary)
        self._heading.title = f"next {unit}"
        self._entropies.tooltip = (
            f"The entropy of the last {_ENTROPIES_SHOWN} {unit}s: how undecided the model was before each. "
            f"It is high where a word begins, and low where only one {unit} fits."
        )

    def show(self, game: Game, numbered: bool, covered: bool) -> None:
        """Shows figures and bars at the end of the text, or at the cursor of a paused one. The first nine bars may be
        `numbered`, and all of them `covered`.
        """
        text = game.text
        if text is None:
            self.sampler.show(game.controls, None)
            return
        self.sampler.show(game.controls, text.seed)
        level = text.model.vocabulary.level
        length = text.characters if level == "char" else text.position
        self.status.status = Status(
            speed=game.speed,
            at_end="prompt again" if game.repeat_prompt else "continue" if game.endless else "stop",
            has_eos=text.eos is not None,
            rate=0.0 if game.paused else game.meter.rate(),
            entropy=entropy_bits(text.generation.logits()),
            bits=text.surprise / length if length else None,
            held_out=held_out(text.model.card, level)[0],
            characters=text.position,
            unit=level,
            branches=len(text.branches),
        )
        self._learning.curve = curve_of(text, self._learning.points) if game.learnt else None
        self._entropies.data = text.log.entropies(_ENTROPIES_SHOWN)
        self.distribution.numbered, self.distribution.covered = numbered, covered
        self.distribution.alternatives = () if covered else offered(game, self.distribution.places)
