"""Options of a command as lines to fill in, each with what holds where nothing is typed and what is wrong with it.

Shows what it is told and says what was typed; checks nothing itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.options import TrainOption

_NOTHING = {
    "vocabulary": "all there are", "prompt": "of the corpus", "sample_every": "an epoch", "from_": "random weights",
    "out": "where models are found", "licence": "not said",
}  # fmt: skip
"""What an option without a value comes to."""


class OptionField(Widget):
    """One option. `typed` is empty where the preset's value holds."""

    SCOPED_CSS = False  # the size classes stand on the screen
    DEFAULT_CSS = """
    OptionField { height: auto; }
    OptionField Horizontal { height: 1; }
    OptionField .option--mark { width: 2; color: $text-accent; }
    OptionField .option--label { width: 19; color: $text-muted; }
    OptionField.-changed .option--label { color: $text-accent; text-style: bold; }
    OptionField Input, OptionField Input:focus {
        width: 24; height: 1; border: none; padding: 0 1 !important; background: $panel; color: $foreground;
    }
    OptionField Input:focus { background: $panel-lighten-1; }
    OptionField .option--help {
        width: 1fr; color: $text-muted; padding-left: 2; text-wrap: nowrap; text-overflow: ellipsis;
    }
    OptionField ChoiceRow { width: auto; min-width: 24; padding: 0 1; }
    OptionField .option--problem { display: none; color: $text-error; padding-left: 2; height: auto; width: 1fr; }
    OptionField.-wrong .option--problem { display: block; }
    .-narrow OptionField .option--help { display: none; }
    .-narrow OptionField Input { width: 1fr; }
    """

    @dataclass
    class Changed(Message):
        """Something else was typed; empty is the preset's value."""

        name: str
        typed: str

    def __init__(self, option: TrainOption, typed: str) -> None:
        super().__init__(id=f"option-{option.name.replace('_', '-').strip('-')}", name=option.name)
        self._option = option
        self._default = ""
        self._mark = Label("", classes="option--mark", markup=False)
        self._problem = Label("", classes="option--problem", markup=False)
        self._input: Input | None = None
        self._choice: ChoiceRow | None = None
        if option.choices:
            self._choice = ChoiceRow([(choice, choice) for choice in option.choices])
        else:
            self._input = Input(typed, compact=True, select_on_focus=False)
        self._typed = typed
        self.tooltip = f"{option.flag}: {option.help}"

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._mark
            yield Label(self._option.label, classes="option--label", markup=False)
            if self._choice is not None:
                yield self._choice
            if self._input is not None:
                yield self._input
            yield Label(self._option.help, classes="option--help", markup=False)
        yield self._problem

    def show(self, default: str, problem: str) -> None:
        """The preset's value, and what is wrong with the one that was typed."""
        self._default = default
        if self._input is not None:
            self._input.placeholder = default or _NOTHING.get(self._option.name, "")
        if self._choice is not None:
            self._choice.value = self._typed or default or "no"
        self.set_class(bool(self._typed), "-changed")
        self._mark.update("●" if self._typed else "")
        self._problem.update(problem)
        self.set_class(bool(problem), "-wrong")

    def focus_value(self) -> None:
        (self._input or self._choice or self).focus()

    def reset(self) -> None:
        """Back to the preset's value."""
        if self._input is not None:
            self._input.value = ""
        else:
            self._take("")

    @on(Input.Changed)
    def _input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._take(event.value)

    @on(ChoiceRow.Changed)
    def _choice_changed(self, event: ChoiceRow.Changed) -> None:
        event.stop()
        # A switch can be put on and not off, as on the command line: off is what the preset says.
        switch = self._option.parameter.is_flag
        self._take("" if event.value == self._default or (switch and event.value == "no") else event.value)

    def on_click(self, event: Click) -> None:
        if event.widget is self._mark and self._typed:
            self.reset()

    def _take(self, typed: str) -> None:
        if typed != self._typed:
            self._typed = typed
            self.post_message(self.Changed(self._option.name, typed))


class OptionForm(Widget):
    """All options in their groups. The lines are made when they are first to be seen: there are many."""

    DEFAULT_CSS = """
    OptionForm { height: auto; padding-bottom: 1; }
    OptionForm .option-form--group { color: $text-muted; text-style: bold; padding-left: 2; margin-top: 1; }
    """

    def __init__(self, options: Sequence[TrainOption], typed: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._options = options
        self._typed = typed
        self._fields: dict[str, OptionField] = {}
        self._shown: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})

    async def unfold(self) -> None:
        """Makes the lines, once."""
        if self._fields:
            return
        group = ""
        rows: list[Widget] = []
        for option in self._options:
            if option.group != group:
                group = option.group
                rows.append(Label(group, classes="option-form--group", markup=False))
            field = self._fields[option.name] = OptionField(option, self._typed.get(option.name, ""))
            rows.append(field)
        await self.mount_all(rows)
        self.show(*self._shown)

    def show(self, defaults: Mapping[str, str], wrong: Mapping[str, str]) -> None:
        """The preset's values, and what is wrong with what was typed, by the options' names."""
        self._shown = defaults, wrong
        for name, field in self._fields.items():
            field.show(defaults.get(name, ""), wrong.get(name, ""))

    def reset(self, field: OptionField | None = None) -> None:
        """Puts one option, or all that are seen, back to what the preset says."""
        for each in self._fields.values() if field is None else (field,):
            each.reset()

    def focus_first(self) -> None:
        """Puts the cursor on the first option."""
        next(iter(self._fields.values())).focus_value()
