"""A dialog that chooses a file on this machine, of a kind that the caller names. Opens none."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text, TextType
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DirectoryTree, Label

from charrnn_tui.text.escapes import one_line
from charrnn_tui.ui.dialog import Dialog
from charrnn_tui.ui.formats import shown_path
from charrnn_tui.ui.key_hints import KeyHint
from charrnn_tui.ui.keys import Shown, hints_of
from charrnn_tui.ui.path_completion import text_like


class TextTree(DirectoryTree):
    """Shows folders and the files that are wanted; hidden ones only if `hidden` is set."""

    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "
    hidden = False
    wanted: Callable[[Path], bool] = staticmethod(text_like)

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        # Called in a thread of the tree, so that reading files blocks nothing.
        return [
            path
            for path in paths
            if (self.hidden or not path.name.startswith(".")) and (self._safe_is_dir(path) or self.wanted(path))
        ]

    def process_label(self, label: TextType) -> Text:
        return super().process_label(one_line(str(label)))


class FilePicker(Dialog[str]):
    """Dismissed with the path of a file, or None. Begins in `folder`, or in the first folder above that exists.

    `wanted` says which files are shown. It is called in a thread.
    """

    DEFAULT_CSS = """
    FilePicker #dialog { width: 90%; max-width: 100; height: 90%; max-height: 40; padding: 1 1 0 1; }
    FilePicker #picker-folder { width: 1fr; color: $text-muted; padding: 0 1; margin-bottom: 1; }
    FilePicker TextTree {
        height: 1fr; background: $surface; background-tint: transparent; padding: 0 1; scrollbar-size-vertical: 1;
    }
    FilePicker TextTree:focus { background-tint: transparent; }
    FilePicker TextTree > .tree--cursor, FilePicker TextTree:focus > .tree--cursor {
        background: $primary 35%; color: $foreground; text-style: bold;
    }
    FilePicker TextTree > .directory-tree--folder { color: $text-accent; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,backspace", "up", "Folder above", id="picker.up", tooltip="the folder above"),
        Binding("right", "open", "Open folder", id="picker.open", tooltip="open the folder under the cursor"),
        Binding("tilde", "home", "Home", key_display="~", id="picker.home", tooltip="your home folder"),
        Binding("full_stop", "hidden", "Hidden", key_display=".", id="picker.hidden", tooltip="show hidden files"),
    ]

    def __init__(self, folder: str, title: str = "corpus", wanted: Callable[[Path], bool] = text_like) -> None:
        super().__init__(title)
        start = Path(folder)
        self._root = next((path for path in (start, *start.parents) if path.is_dir()), Path.cwd())
        self._folder = Label("", id="picker-folder", markup=False)
        self._tree = TextTree(self._root, id="picker-tree")
        self._tree.wanted = wanted

    def compose_box(self) -> ComposeResult:
        yield self._folder
        yield self._tree

    def hints(self, keys: Shown) -> Iterable[KeyHint | None]:
        hint = hints_of(keys, "picker")
        listed = [KeyHint((("enter", ""),), "choose"), hint("folder above", 0, "up"), hint("home", 0, "home")]
        return (*listed, hint("hidden files", 0, "hidden"))

    def on_mount(self) -> None:
        self._tree.show_root = False
        self._tree.guide_depth = 2
        self._tree.focus()
        self._show_folder()

    def _show_folder(self) -> None:
        self._folder.update(one_line(shown_path(self._root)))

    def _go_to(self, folder: Path) -> None:
        self._root = folder
        self._tree.path = folder
        self._show_folder()

    def action_up(self) -> None:
        """Closes the folder that the cursor is in, or shows the one above."""
        node = self._tree.cursor_node
        if node is not None and node.is_expanded and not node.is_root and node.allow_expand:
            node.collapse()
        elif node is not None and node.parent is not None and not node.parent.is_root:
            self._tree.move_cursor(node.parent)
            node.parent.collapse()
        else:
            self._go_to(self._root.parent)

    def action_open(self) -> None:
        node = self._tree.cursor_node
        if node is not None and node.allow_expand:
            node.expand()

    def action_home(self) -> None:
        home = Path(os.path.expanduser("~"))  # noqa: PTH111  # unlike Path.home, this never fails
        if home.is_dir():
            self._go_to(home)

    async def action_hidden(self) -> None:
        self._tree.hidden = not self._tree.hidden
        await self._tree.reload()

    @on(DirectoryTree.FileSelected)
    def _picked(self, event: DirectoryTree.FileSelected) -> None:
        event.stop()
        self.dismiss(str(event.path))
