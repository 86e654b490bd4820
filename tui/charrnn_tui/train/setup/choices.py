"""What is to be trained: the preset, the model's name, and the few options that a learner changes.

Writes what is typed into the draft and posts Changed; shows the plan that the screen has made of it.
"""

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option as Row

from charrnn_engine.runs.presets import PRESETS
from charrnn_tui.text.escapes import one_line
from charrnn_tui.train.setup.choice_row import ChoiceRow
from charrnn_tui.train.setup.draft import Draft, Plan
from charrnn_tui.train.setup.options import NETWORK, OPTIONS, TRAINING, Option
from charrnn_tui.train.setup.summary import network_text
from charrnn_tui.ui.formats import shown_path

AUTOMATIC = "automatic"
_ABOUT = {
    AUTOMATIC: "sized for this text",
    "notebook": "the network of the notebook",
    "quick": "a few epochs, to try things out",
    "headlines": "for many short texts",
    "shakespeare": "for books",
    "words": "writes word by word",
    "python": "for large texts, one pass",
}
_HINT = "More options in a shell: charrnn-tui train --help"


class SetupChoices(Widget):
    """The choices of a draft. `show` takes the plan, and what each preset costs."""

    SCOPED_CSS = False  # the size classes are set on the screen
    DEFAULT_CSS = """
    SetupChoices, SetupChoices Horizontal { height: auto; }
    SetupChoices Horizontal { margin-bottom: 1; }
    SetupChoices .choices--label { width: 9; height: 1; }
    SetupChoices Label { color: $text-muted; }
    SetupChoices Input { width: 6; margin-right: 1; }
    SetupChoices Input.-changed { color: $text-accent; text-style: bold; }
    SetupChoices Input.-wrong { color: $text-error; }
    SetupChoices ChoiceRow { margin-right: 2; }
    SetupChoices #setup-presets { max-height: 7; }
    SetupChoices #setup-name { width: 22; }
    SetupChoices #setup-where, SetupChoices #setup-more {
        width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    SetupChoices #setup-more { margin-left: 9; }
    .-short SetupChoices Horizontal, SetupChoices .choices--network { margin: 0; }
    .-narrow SetupChoices #setup-where { display: none; }
    .-narrow SetupChoices .choices--fields { layout: vertical; }
    """

    class Changed(Message):
        """The draft has changed."""

    class Taken(Message):
        """Enter: the choice is made."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(id="setup-choices", classes="-empty")
        self._draft = draft
        self._presets = OptionList(
            *(Row(_preset_row(name, "", ""), id=name) for name in (AUTOMATIC, *PRESETS)),
            id="setup-presets", compact=True,
        )  # fmt: skip
        self._name_field = Input(draft.name, id="setup-name", compact=True, select_on_focus=False)
        self._where = Label("", id="setup-where", markup=False)
        self._fields = {option.name: _field(option, draft.options.get(option.name, "")) for option in OPTIONS}

    def compose(self) -> ComposeResult:
        yield Horizontal(Label("preset", classes="choices--label"), self._presets)
        yield Horizontal(Label("name", classes="choices--label"), self._name_field, self._where)
        yield self._row("network", NETWORK)
        yield self._row("training", TRAINING)
        yield Label(_HINT, id="setup-more")

    def _row(self, title: str, options: Sequence[Option]) -> Widget:
        row: list[Widget] = [Label(title, classes="choices--label")]
        for option in options:
            # Its choices name an option well enough.
            row += [] if option.choices else [Label(f"{option.name} ")]
            row.append(self._fields[option.name])
        return Horizontal(*row, classes=f"choices--fields choices--{title}")

    def on_mount(self) -> None:
        names = ["", *PRESETS]
        self._presets.highlighted = names.index(self._draft.preset) if self._draft.preset in names else 0

    def show(self, plan: Plan, costs: Mapping[str, str]) -> None:
        """`costs` are by preset, the automatic one under the empty name."""
        self._name_field.placeholder = plan.proposed
        self._where.update(f"in {one_line(shown_path(plan.out.parent))}" if plan.out.name else "")
        for name, shown in self._fields.items():
            typed, default = self._draft.options.get(name, ""), plan.defaults.get(name, "")
            if isinstance(shown, Input):
                shown.placeholder = default
            else:
                shown.value = typed or default
            shown.set_class(bool(typed), "-changed")
            shown.set_class(name in plan.wrong, "-wrong")
        for name, settings in plan.presets.items():
            row = _preset_row(name or AUTOMATIC, costs.get(name, ""), network_text(settings))
            if row != self._presets.get_option(name or AUTOMATIC).prompt:
                self._presets.replace_option_prompt(name or AUTOMATIC, row)

    def focus_presets(self) -> None:
        self._presets.focus()

    def reset(self) -> None:
        """Puts all options back to the values of the preset."""
        self._draft.options.clear()
        for shown in self._fields.values():
            if isinstance(shown, Input):
                shown.value = ""
        self.post_message(self.Changed())

    @on(OptionList.OptionHighlighted)
    def _preset_chosen(self, event: OptionList.OptionHighlighted) -> None:
        preset = "" if event.option_id == AUTOMATIC else event.option_id or ""
        if preset != self._draft.preset:
            self._draft.preset = preset
            self.post_message(self.Changed())

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if event.input is not self._name_field:
            self._set(event.input.id, event.value)
        elif event.value != self._draft.name:
            self._draft.name = event.value
            self.post_message(self.Changed())

    @on(ChoiceRow.Changed)
    def _chosen(self, event: ChoiceRow.Changed) -> None:
        self._set(event.row.id, event.value)

    def _set(self, id: str | None, typed: str) -> None:
        name = (id or "").removeprefix("option-")
        if typed != self._draft.options.get(name, ""):
            self._draft.options[name] = typed
            if not typed:
                del self._draft.options[name]
            self.post_message(self.Changed())

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _taken(self) -> None:
        self.post_message(self.Taken())


def _field(option: Option, typed: str) -> Input | ChoiceRow:
    field: Input | ChoiceRow
    if option.choices:
        field = ChoiceRow({choice: choice for choice in option.choices}, id=f"option-{option.name}")
    else:
        field = Input(typed, id=f"option-{option.name}", compact=True, select_on_focus=False)
    field.tooltip = option.help
    return field


def _preset_row(name: str, cost: str, network: str) -> Content:
    """A preset in one line: name, cost, and what it is; a narrow screen cuts it at the end."""
    about = " · ".join(filter(None, (_ABOUT.get(name, ""), network)))
    return Content.assemble((f"{name:<12}", ""), (f"{cost:<26}", ""), (about, "dim"))
