"""What is to be trained: the preset, the model's name, and the few options that a learner changes.

Writes what is typed into the draft and posts Changed; shows the plan that the screen has made of it.
"""

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalGroup
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label

from charrnn_engine.runs.presets import PRESETS
from charrnn_tui.text.escapes import visible
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.draft import Draft, Plan
from charrnn_tui.train.setup.options import NETWORK, TRAINING, Option
from charrnn_tui.train.setup.preset_list import PresetList, PresetRow
from charrnn_tui.ui.formats import shown_path

_HINT = "Changes the preset. More options in a shell: charrnn-tui train --help"


class SetupChoices(Widget):
    """The choices of a draft. Call `show` with the plan, and `show_costs` with what presets cost."""

    SCOPED_CSS = False  # the size classes are set on the screen
    DEFAULT_CSS = """
    SetupChoices, SetupChoices .choices--row, SetupChoices .choices--options { height: auto; }
    SetupChoices .choices--row { margin-bottom: 1; }
    SetupChoices .choices--label { width: 9; color: $text-muted; }
    SetupChoices PresetList { width: 1fr; }
    SetupChoices Input, SetupChoices Input:focus {
        width: 6; height: 1; border: none; padding: 0 1 !important; background: $panel; color: $foreground;
        margin-right: 1;
    }
    SetupChoices Input:focus { background: $panel-lighten-1; }
    SetupChoices Input.-changed { color: $text-accent; text-style: bold; }
    SetupChoices Input.-wrong { color: $text-error; }
    SetupChoices #setup-name { width: 22; }
    SetupChoices .option--label { width: auto; color: $text-muted; }
    SetupChoices ChoiceRow { width: auto; margin-right: 1; }
    SetupChoices #setup-where, SetupChoices #setup-more {
        width: 1fr; height: 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis;
    }
    SetupChoices #setup-more { margin: 1 0 0 9; }
    .-short SetupChoices .choices--row { margin: 0; }
    .-short SetupChoices #setup-more { margin-top: 0; }
    SetupChoices .choices--fields { height: 1; }
    .-narrow SetupChoices #setup-where { display: none; }
    .-narrow SetupChoices .choices--options Horizontal { layout: vertical; height: auto; }
    .-narrow SetupChoices .choices--options .choices--label { height: 1; }
    """

    class Changed(Message):
        """The draft has changed."""

    class Taken(Message):
        """Enter: the choice is made."""

    def __init__(self, draft: Draft, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draft = draft
        self._presets = PresetList(list(PRESETS), draft.preset, id="setup-presets")
        self._name_field = Input(
            draft.name, id="setup-name", compact=True, select_on_focus=False,
        )  # fmt: skip
        self._where = Label("", id="setup-where", markup=False)
        self._fields: dict[str, Input | ChoiceRow] = {}
        for option in (*NETWORK, *TRAINING):
            typed = draft.options.get(option.name, "")
            made: Input | ChoiceRow
            if option.choices:
                made = ChoiceRow([(choice, choice) for choice in option.choices], id=f"option-{option.name}")
            else:
                made = Input(typed, id=f"option-{option.name}", compact=True, select_on_focus=False)
            made.tooltip = option.help
            self._fields[option.name] = made

    def compose(self) -> ComposeResult:
        with Horizontal(classes="choices--row"):
            yield Label("preset", classes="choices--label")
            yield self._presets
        with Horizontal(classes="choices--row"):
            yield Label("name", classes="choices--label")
            yield self._name_field
            yield self._where
        with VerticalGroup(classes="choices--options"):
            yield self._row("network", NETWORK)
            yield self._row("training", TRAINING)
        yield Label(_HINT, id="setup-more", markup=False)

    def _row(self, title: str, options: Sequence[Option]) -> Widget:
        row: list[Widget] = [Label(title, classes="choices--label")]
        for option in options:
            # Its choices name an option well enough.
            row += [] if option.choices else [Label(option.name, classes="option--label")]
            row.append(self._fields[option.name])
        return Horizontal(*row, classes="choices--fields")

    def show(self, plan: Plan) -> None:
        self._name_field.placeholder = plan.proposed
        self._where.update(f"in {visible(shown_path(plan.out.parent))}" if plan.out.name else "")
        for name, shown in self._fields.items():
            typed, default = self._draft.options.get(name, ""), plan.defaults.get(name, "")
            if isinstance(shown, Input):
                shown.placeholder = default
            else:
                shown.value = typed or default
            shown.set_class(bool(typed), "-changed")
            shown.set_class(name in plan.wrong, "-wrong")

    def show_costs(self, rows: Mapping[str, PresetRow]) -> None:
        """What each preset is and costs, the automatic one under the empty name."""
        self._presets.show(rows)

    def focus_presets(self) -> None:
        self._presets.focus()

    def reset(self) -> None:
        """Puts all options back to the values of the preset."""
        self._draft.options.clear()
        for shown in self._fields.values():
            if isinstance(shown, Input):
                shown.value = ""
        self.post_message(self.Changed())

    @on(PresetList.Chosen)
    def _preset_chosen(self, event: PresetList.Chosen) -> None:
        event.stop()
        self._draft.preset = event.preset
        self.post_message(self.Changed())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input is self._name_field:
            if event.value != self._draft.name:
                self._draft.name = event.value
                self.post_message(self.Changed())
        else:
            self._set(event.input.id, event.value)

    @on(ChoiceRow.Changed)
    def _chosen(self, event: ChoiceRow.Changed) -> None:
        event.stop()
        self._set(event.row.id, event.value)

    def _set(self, id: str | None, typed: str) -> None:
        name = (id or "").removeprefix("option-")
        if typed != self._draft.options.get(name, ""):
            self._draft.options[name] = typed
            if not typed:
                del self._draft.options[name]
            self.post_message(self.Changed())

    @on(PresetList.Taken)
    @on(Input.Submitted)
    def _taken(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Taken())
