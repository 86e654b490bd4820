"""The play screen: the text, the next character's distribution, what is set and measured, the prompt and the keys."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Label

from charrnn_engine.errors import CharRNNError
from charrnn_engine.model import CharRNN
from charrnn_engine.sampler import Controls, entropy_bits, model_distribution
from charrnn_engine.stream import Generation, Token, default_prompt, encode_prompt, random_seed
from charrnn_tui.alternatives import next_alternatives
from charrnn_tui.marks import bits, marked
from charrnn_tui.playback import DEFAULT_SPEED, SPEEDS, Playback
from charrnn_tui.widgets.distribution import Distribution
from charrnn_tui.widgets.key_bar import KeyBar, KeyHint
from charrnn_tui.widgets.prompt_bar import PromptBar
from charrnn_tui.widgets.status_panel import Status, StatusPanel, speed_text
from charrnn_tui.widgets.text_view import COLOURINGS, TextView
from charrnn_tui.widgets.title_bar import TitleBar

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 5.0
_PANEL_SECONDS = 1 / 12  # how often figures and bars change while the text runs


@dataclass
class Settings:
    """What the app is opened with. `model` None is the default one, `seed` None a random one."""

    model: str | None = None
    prompt: str | None = None
    controls: Controls = field(default_factory=Controls)
    seed: int | None = None
    speed: float | None = DEFAULT_SPEED


def _key(key: str, action: str, description: str, tooltip: str, shown: str | None = None) -> Binding:
    name = description.lower().replace(" ", "-")
    return Binding(key, action, description, id=f"play.{name}", tooltip=tooltip, key_display=shown)


class PlayScreen(Screen[None]):
    """Plays one model."""

    AUTO_FOCUS = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-normal"), (120, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (22, "-tall")]

    BINDINGS = [
        _key("up", "temperature(0.05)", "Warmer", "temperature up by 0.05", "↑"),
        _key("down", "temperature(-0.05)", "Colder", "temperature down by 0.05", "↓"),
        _key("shift+up", "temperature(0.25)", "Much warmer", "temperature up by 0.25", "⇧↑"),
        _key("shift+down", "temperature(-0.25)", "Much colder", "temperature down by 0.25", "⇧↓"),
        _key("g", "greedy", "Greedy", "greedy on and off: always the most probable character"),
        _key("space", "pause", "Pause", "pause and go on"),
        _key("right", "forward", "One on", "paused: one character on", "→"),
        _key("left", "back", "One back", "paused: one character back", "←"),
        _key("r", "again", "Again", "again from the same prompt, with a new random seed"),
        _key("p", "prompt", "Prompt", "edit the prompt; Enter restarts with it, Escape leaves it"),
        _key("left_square_bracket", "speed(-1)", "Slower", "slower", "["),
        _key("right_square_bracket", "speed(1)", "Faster", "faster, up to as fast as it goes", "]"),
        _key("e", "endless", "End", "at the end of a text (∎): stop, or go on with the next"),
        _key("h", "colouring", "Colour", "colour by surprise, by temperature, or not at all"),
        _key("pageup", "page(-1)", "Page up", "read back; the text is followed again at its end", "pgup"),
        _key("pagedown", "page(1)", "Page down", "read on", "pgdn"),
        _key("home", "top", "Top", "to the beginning of the text"),
        _key("end", "bottom", "Bottom", "to the end of the text, and follow it"),
    ]

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.controls = settings.controls
        self.endless = True
        self.model: CharRNN | None = None
        self.playback: Playback | None = None
        self._speed = settings.speed
        self._player: asyncio.Task[None] | None = None
        self._surprise = 0.0  # bits, summed over the text
        self._panels_drawn = 0.0

        # Kept by name: they are drawn to many times a second, and once more while the app is taken down.
        self._title = TitleBar(id="title")
        self._page = TextView(id="text")
        self._status = StatusPanel(id="status")
        self._distribution = Distribution(id="distribution")
        self._notice_line = Label("", id="notice", markup=False)
        self._prompt = PromptBar(self._problem_with, id="prompt")
        self._keys = KeyBar(id="keys")

    def compose(self) -> ComposeResult:
        yield self._title
        with Horizontal(id="middle"):
            with Vertical(id="page"):
                yield self._page
            with Vertical(id="side"):
                yield self._status
                yield Label("next character", id="next-label")
                yield self._distribution
        yield self._notice_line
        yield self._prompt
        yield self._keys

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, lambda _: self._show_keys())
        self._page.clear()
        self._show_state()
        self._show_status()
        self._open()

    def on_unmount(self) -> None:
        self._stop()

    # -- opening and starting ------------------------------------------------------------------------------------

    @work(exclusive=True)
    async def _open(self) -> None:
        """Opens the model in a thread, so that the screen stays alive, and plays."""
        title = self._title
        title.title, title.state = "opening …", ""
        try:
            self.model = await asyncio.to_thread(_load, self._settings.model)
        except CharRNNError as error:
            title.title = "no model"
            self._notice(f"{error}", problem=True)
            return
        wanted = self._settings.prompt
        prompt = default_prompt(self.model) if wanted is None else wanted
        problem = self._problem_with(prompt)
        if problem is not None:
            self._notice(f"{problem}; starting without it", problem=True)
            prompt = default_prompt(self.model)
        self._start(prompt, random_seed() if self._settings.seed is None else self._settings.seed)

    def _start(self, prompt: str, seed: int) -> None:
        """Plays from the beginning of a prompt that is known to be good."""
        assert self.model is not None
        self._stop()
        generation = Generation(self.model, prompt, seed=seed)
        self.playback = Playback(generation, self.controls, self._on_frame, speed=self._speed, endless=self.endless)
        self._surprise = 0.0
        page = self._page
        page.clear()
        page.write_prompt(prompt)
        self._prompt.prompt = prompt
        self._show_state()
        self._show_panels()
        self._player = asyncio.create_task(self.playback.run(), name="playback")
        self._player.add_done_callback(self._player_done)

    def _stop(self) -> None:
        if self._player is not None:
            self._player.cancel()
            self._player = None

    def _player_done(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._notice(str(error), problem=True)

    def _problem_with(self, prompt: str) -> str | None:
        if self.model is None:
            return "the model isn't open yet"
        try:
            encode_prompt(self.model, prompt)
        except CharRNNError as error:
            return str(error)
        return None

    # -- what arrives --------------------------------------------------------------------------------------------

    def _on_frame(self, tokens: list[Token]) -> None:
        if self.model is None:
            return
        self._page.write(*marked(tokens, self.model.vocabulary.eos))
        self._surprise += sum([bits(token.model_probability) for token in tokens])
        playback = self.playback
        now = perf_counter()
        if playback is None or not playback.playing or now - self._panels_drawn >= _PANEL_SECONDS:
            self._show_panels(now)
        if playback is not None and playback.ended:
            self._show_state()

    def _show_panels(self, now: float = 0.0) -> None:
        self._panels_drawn = now
        self._show_status()
        distribution = self._distribution
        if self.playback is not None and distribution.size.height:
            distribution.alternatives = next_alternatives(
                self.playback.generation, self.controls, distribution.size.height
            )

    def _show_status(self) -> None:
        playback, model, controls = self.playback, self.model, self.controls
        count = len(playback.generation) if playback else 0
        self._status.status = Status(
            model=model.name if model else "–",
            temperature=controls.temperature,
            greedy=controls.greedy,
            filters=_filters(controls),
            seed=playback.generation.seed if playback else self._settings.seed,
            speed=self._speed,
            endless=self.endless,
            has_eos=model is None or model.vocabulary.eos is not None,
            rate=playback.meter.rate() if playback and playback.playing else 0.0,
            entropy=entropy_bits(playback.generation.logits()) if playback else None,
            bits_per_character=self._surprise / count if count else None,
            characters=count,
        )

    def _show_state(self) -> None:
        self._show_keys()
        title, playback = self._title, self.playback
        if playback is None or self.model is None:
            return
        title.title = self.model.name
        mode = "greedy" if self.controls.greedy else f"T {self.controls.temperature:.2f}"
        playing = "■ ended" if playback.ended else "▶ playing" if playback.playing else "‖ paused"
        title.state = f"{mode}  ·  {speed_text(self._speed)}  ·  {playing}"

    def _show_keys(self) -> None:
        """What matters now: other keys while paused, at an end, or in the prompt."""
        keys = {
            active.binding.id: (self.app.get_key_display(active.binding), _addressed(active))
            for active in self.active_bindings.values()
        }

        def hint(label: str, importance: int, *ids: str) -> KeyHint | None:
            shown = tuple(keys[name] for name in ids if name in keys)
            return KeyHint(shown, label, importance) if shown else None

        playback = self.playback
        playing = playback is None or playback.playing
        hints = [
            hint("temp", 8, "play.warmer", "play.colder"),
            hint("greedy", 7, "play.greedy"),
            hint("pause" if playing else "go on", 9, "play.pause"),
            None if playing else hint("step", 6, "play.one-back", "play.one-on"),
            hint("again", 5, "play.again"),
            hint("prompt", 9, "play.prompt"),
            hint("speed", 4, "play.slower", "play.faster"),
            hint("stop at ∎" if self.endless else "go on at ∎", 2, "play.end"),
            hint("colour", 1, "play.colour"),
            hint("help", 10, "app.help"),
            hint("quit", 10, "app.quit"),
        ]
        if self._prompt.editing:
            hints = [
                KeyHint((("enter", "screen.take_prompt"),), "start from this", 9),
                KeyHint((("esc", "screen.leave_prompt"),), "leave it", 9),
                KeyHint((("\\n", ""),), "for a new line", 1),
            ]
        self._keys.hints = [shown for shown in hints if shown is not None]

    def _notice(self, text: str, problem: bool = False) -> None:
        label = self._notice_line
        label.update(text)
        label.set_class(bool(text), "-shown")
        label.set_class(problem, "-problem")

    # -- keys ----------------------------------------------------------------------------------------------------

    def _set_controls(self, controls: Controls) -> None:
        self.controls = controls
        if self.playback is not None:
            self.playback.controls = controls
        self._show_state()
        self._show_panels()

    def action_temperature(self, step: float) -> None:
        moved = round(self.controls.temperature + step, 2)
        self._set_controls(replace(self.controls, temperature=min(MAX_TEMPERATURE, max(MIN_TEMPERATURE, moved))))

    def action_greedy(self) -> None:
        self._set_controls(replace(self.controls, greedy=not self.controls.greedy))

    def action_pause(self) -> None:
        self._with_playback(lambda playback: playback.pause() if playback.playing else playback.play())

    def action_forward(self) -> None:
        self._with_playback(lambda playback: None if playback.playing else playback.step())

    def action_back(self) -> None:
        playback = self.playback
        if playback is None or playback.playing or not len(playback.generation):
            return
        vocabulary = playback.generation.model.vocabulary
        taken = playback.back()
        # The prediction that the character was drawn from is the one that stands at the end again.
        self._surprise -= bits(float(model_distribution(playback.generation.logits())[taken]))
        gone = 1 if taken == vocabulary.eos else len(vocabulary.texts[taken])
        page = self._page
        page.truncate(len(page.page) - gone)
        self._show_state()
        self._show_panels()

    def action_again(self) -> None:
        self._with_playback(lambda playback: self._start(playback.generation.prompt, random_seed()))

    def action_prompt(self) -> None:
        self._prompt.edit()

    def action_take_prompt(self) -> None:
        self._prompt.take()

    def action_leave_prompt(self) -> None:
        self._prompt.leave()

    def action_speed(self, step: int) -> None:
        speeds = [float("inf") if speed is None else speed for speed in SPEEDS]
        now = float("inf") if self._speed is None else self._speed
        if step > 0:
            chosen = next((speed for speed in speeds if speed > now), speeds[-1])
        else:
            chosen = next((speed for speed in reversed(speeds) if speed < now), speeds[0])
        self._speed = None if chosen == float("inf") else chosen
        if self.playback is not None:
            self.playback.speed = self._speed
        self._show_state()
        self._show_panels()

    def action_endless(self) -> None:
        self.endless = not self.endless
        playback = self.playback
        if playback is not None:
            playback.endless = self.endless
            if playback.ended and self.endless:
                playback.play()
        self._show_state()
        self._show_panels()

    def action_colouring(self) -> None:
        page = self._page
        page.colouring = COLOURINGS[(COLOURINGS.index(page.colouring) + 1) % len(COLOURINGS)]
        names = {"surprise": "how surprised the model was", "temperature": "the temperature it was drawn at"}
        self.notify(f"coloured by {names[page.colouring]}" if page.colouring in names else "not coloured", timeout=2)

    def action_page(self, direction: int) -> None:
        page = self._page
        page.scroll_relative(y=direction * max(1, page.size.height - 2), animate=False)

    def action_top(self) -> None:
        self._page.scroll_home(animate=False)

    def action_bottom(self) -> None:
        self._page.scroll_end(animate=False)

    def _with_playback(self, act: Callable[[Playback], object]) -> None:
        if self.playback is not None:
            act(self.playback)
            self._show_state()
            self._show_panels()

    @on(PromptBar.Submitted)
    def _new_prompt(self, event: PromptBar.Submitted) -> None:
        if self.playback is not None:
            self._notice("")
            self._start(event.prompt, self.playback.generation.seed)


def _load(name: str | None) -> CharRNN:
    # Here, and not above: reading a model needs h5py, which the first paint needn't wait for.
    from charrnn_engine.checkpoint import default_checkpoint, load

    return load(name or default_checkpoint())


def _addressed(active: ActiveBinding) -> str:
    """The action of a binding, with the app named where it is the app's."""
    action = active.binding.action
    return f"app.{action}" if isinstance(active.node, App) else action


def _filters(controls: Controls) -> str:
    named = (("top-k", controls.top_k), ("top-p", controls.top_p), ("min-p", controls.min_p))
    return " ".join(f"{name} {value:g}" for name, value in named if value is not None)
