"""Finds strings in a text that comes a character at a time (Aho and Corasick 1975). Knows no vocabulary."""

from collections.abc import Sequence


class BannedStrings:
    """The automaton of some strings. A state says how much of them the text ends with; the first is 0."""

    def __init__(self, strings: Sequence[str]) -> None:
        self._characters = frozenset("".join(strings))
        self._edges: list[dict[str, int]] = [{}]
        self.found = [0]
        """For each state the length of the longest string that the text ends with; 0 if there is none."""
        self._depths = [0]
        for string in strings:
            at = 0
            for character in string:
                if character not in self._edges[at]:
                    self._edges[at][character] = len(self._edges)
                    self._edges.append({})
                    self.found.append(0)
                    self._depths.append(self._depths[at] + 1)
                at = self._edges[at][character]
            self.found[at] = len(string)
        self._shorter = [0] * len(self._edges)
        self.begun = [0] * len(self._edges)
        """For each state the length of the longest end of the text that a string begins with, and goes on from."""
        for at in sorted(range(len(self._edges)), key=self._depths.__getitem__):
            for character, longer in self._edges[at].items():
                self._shorter[longer] = self.after(self._shorter[at], character) if at else 0
            self.found[at] = self.found[at] or self.found[self._shorter[at]]
            self.begun[at] = self._depths[at] if self._edges[at] else self.begun[self._shorter[at]]

    def holds(self, character: str) -> bool:
        """Whether any of the strings has this character."""
        return character in self._characters

    def after(self, state: int, character: str) -> int:
        """The state after one more character."""
        while state and character not in self._edges[state]:
            state = self._shorter[state]
        return self._edges[state].get(character, 0)

    def __len__(self) -> int:
        """The number of states."""
        return len(self._edges)
