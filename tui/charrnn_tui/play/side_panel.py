"""Everything that is said beside the text: the sampler's controls, the figures, and what could come next."""

from dataclasses import dataclass
from statistics import fmean

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Sparkline

from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import entropy_bits
from charrnn_tui.models.cards import held_out
from charrnn_tui.play.alternatives import next_alternatives
from charrnn_tui.play.distribution import Distribution
from charrnn_tui.play.distribution_heading import DistributionHeading
from charrnn_tui.play.playback import Playback
from charrnn_tui.play.sampler_panel import SamplerPanel
from charrnn_tui.play.session import Session
from charrnn_tui.play.status_panel import Status, StatusPanel
from charrnn_tui.text.legend import Legend
from charrnn_tui.text.text_view import Colouring

_ENTROPIES_SHOWN = 300


@dataclass(frozen=True)
class Playing:
    """What the panel needs to know of a text at play."""

    session: Session
    playback: Playback

    @property
    def paused(self) -> bool:
        return not self.playback.playing

    @property
    def came(self) -> int | None:
        """The token that the text went on with where the reader has gone back to."""
        return self.session.future[0].id if self.paused and self.session.future else None


class SidePanel(Vertical):
    """Shows a text at play by `show`; the widgets in it say by messages what the reader wants."""

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
        """Only the figures that matter most, for a low screen."""
        self.status.compact = compact

    def set_colouring(self, colouring: Colouring) -> None:
        self._legend.colouring = colouring

    def opened(self, session: Session) -> None:
        """Another model may have longer tokens."""
        level = session.generation.model.vocabulary.level
        self.distribution.label_width = 2 if level == "char" else 12
        unit = "character" if level == "char" else "word"
        self._heading.title = f"next {unit}"
        self._entropies.tooltip = f"the entropy at each of the last {_ENTROPIES_SHOWN} {unit}s"

    def show(self, playing: Playing, controls: Controls) -> None:
        """Figures and bars as they are at the end of the text, or at the cursor."""
        session, playback = playing.session, playing.playback
        generation, model = session.generation, session.generation.model
        count = session.position
        self.sampler.show(controls, generation.seed)
        self.status.status = Status(
            speed=playback.speed,
            endless=playback.endless,
            has_eos=model.vocabulary.eos is not None,
            rate=0.0 if playing.paused else playback.meter.rate(),
            entropy=entropy_bits(generation.logits()),
            bits_per_character=session.surprise / session.characters if session.characters else None,
            held_out=held_out(model.card)[0],
            characters=count,
            branches=len(session.branches),
        )
        self._entropies.data = session.log.entropies(_ENTROPIES_SHOWN)
        self.distribution.numbered = playing.paused
        most = self.distribution.size.height
        # While it isn't seen, nothing can be chosen from it.
        self.distribution.alternatives = next_alternatives(generation, controls, most, playing.came) if most else ()
