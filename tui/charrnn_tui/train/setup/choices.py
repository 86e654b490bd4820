"""What is to be done with a corpus: the preset, the model's name, and every other option, folded away.

Writes what is typed into the draft and says Changed; what it comes to is shown by whoever asks the engine.
"""

from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Collapsible, Input, Label

from charrnn_engine.runs.presets import PRESETS
from charrnn_tui.save.forms import shown_path
from charrnn_tui.text.line_breaks import visible
from charrnn_tui.train.setup.draft import Draft, Plan
from charrnn_tui.train.setup.option_form import OptionField, OptionForm
from charrnn_tui.train.setup.options import train_options
from charrnn_tui.train.setup.preset_list import PresetList, PresetRow


class SetupChoices(Widget):
    """The choices of a draft. `show` a plan and what presets cost."""

    SCOPED_CSS = False  # the size classes stand on the screen
    DEFAULT_CSS = """
    SetupChoices { height: auto; }
    SetupChoices .choices--row { height: auto; margin-bottom: 1; }
    SetupChoices .choices--label { width: 9; color: $text-muted; }
    SetupChoices PresetList { width: 1fr; }
    SetupChoices #setup-name, SetupChoices #setup-name:focus {
        width: 20; height: 1; border: none; padding: 0 1 !important; background: $panel; color: $foreground;
    }
    SetupChoices #setup-name:focus { background: $panel-lighten-1; }
    SetupChoices #setup-name > .input--placeholder { color: $foreground 80%; }
    SetupChoices #setup-where {
        width: 1fr; height: 1; margin-left: 2; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis;
    }
    SetupChoices Collapsible { border: none; padding: 0; background: $surface; background-tint: transparent; }
    SetupChoices Collapsible:focus-within { background-tint: transparent; }
    SetupChoices CollapsibleTitle { padding: 0; color: $text-muted; background: $surface; }
    SetupChoices CollapsibleTitle:hover { background: $surface; color: $foreground; }
    SetupChoices CollapsibleTitle:focus { background: $primary 25%; color: $foreground; }
    SetupChoices Collapsible Contents { padding: 0; }
    .-narrow SetupChoices #setup-where { display: none; }
    .-narrow SetupChoices #setup-name { width: 1fr; }
    """

    class Changed(Message):
        """The draft is another now."""

    class Taken(Message):
        """Enter said that this is it."""

    def __init__(self, draft: Draft, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draft = draft
        self._presets = PresetList(list(PRESETS), draft.preset, id="setup-presets")
        self._name_field = Input(draft.name, id="setup-name", compact=True, select_on_focus=False)
        self._where = Label("", id="setup-where", markup=False)
        self._form = OptionForm(train_options(), draft.options, id="setup-options")
        self._fold = Collapsible(self._form, title="more options", collapsed=not draft.unfolded, id="setup-fold")

    def compose(self) -> ComposeResult:
        with Horizontal(classes="choices--row"):
            yield Label("preset", classes="choices--label")
            yield self._presets
        with Horizontal(classes="choices--row"):
            yield Label("name", classes="choices--label")
            yield self._name_field
            yield self._where
        yield self._fold

    async def on_mount(self) -> None:
        if self._draft.unfolded:
            await self._form.unfold()

    def show(self, plan: Plan, proposed: str) -> None:
        """The plan that the draft makes, and the name proposed for its model."""
        if plan.defaults is not None:
            defaults = {option.name: option.shown(plan.defaults) for option in train_options()}
            self._form.show(defaults, plan.wrong)
        self._name_field.placeholder = proposed
        self._where.update(f"in {visible(shown_path(plan.out.parent))}" if plan.name else "")
        changed = len(self._draft.options)
        self._fold.title = "more options" + (f" · {changed} changed" if changed else "")

    def show_costs(self, rows: Mapping[str, PresetRow]) -> None:
        """What presets are and cost, the automatic one under the empty name."""
        self._presets.show(rows)

    def focus_presets(self) -> None:
        self._presets.focus()

    async def fold(self) -> None:
        """Shows the other options, or hides them."""
        self._fold.collapsed = not self._fold.collapsed
        if self._fold.collapsed:
            self._presets.focus()
        else:
            await self._form.unfold()
            self.call_after_refresh(self._form.focus_first)

    def reset(self) -> None:
        """The option that has the focus goes back to what the preset says; where none has it, all do."""
        focused = self.screen.focused
        inside = [node for node in focused.ancestors_with_self if isinstance(node, OptionField)] if focused else []
        if not inside and self._draft.options:
            self._draft.options.clear()
            self.post_message(self.Changed())
        self._form.reset(inside[0] if inside else None)

    @on(PresetList.Chosen)
    def _preset_chosen(self, event: PresetList.Chosen) -> None:
        event.stop()
        self._draft.preset = event.preset
        self.post_message(self.Changed())

    @on(Input.Changed, "#setup-name")
    def _name_typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._draft.name:
            self._draft.name = event.value
            self.post_message(self.Changed())

    @on(OptionField.Changed)
    def _option_typed(self, event: OptionField.Changed) -> None:
        event.stop()
        self._draft.options.pop(event.name, None)
        if event.typed:
            self._draft.options[event.name] = event.typed
        self.post_message(self.Changed())

    @on(Collapsible.Toggled)
    async def _folded(self, event: Collapsible.Toggled) -> None:
        event.stop()
        self._draft.unfolded = not self._fold.collapsed
        if self._draft.unfolded:
            await self._form.unfold()

    @on(PresetList.Taken)
    @on(Input.Submitted)
    def _taken(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Taken())
