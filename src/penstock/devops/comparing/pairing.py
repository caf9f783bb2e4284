"""Finds which parts of two lists are the same part: by name, by content, by likeness."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from difflib import SequenceMatcher

from penstock.devops.comparing.parts import Part
from penstock.records import record

_ALIKE = 0.5


@record(kw_only=False)
class Pairs:
    """What became of the parts, which are known by `id`: the old part of a new one, new ones that
    stand in another order than before, and old ones that are gone."""

    old_of: dict[int, Part]
    moved: frozenset[int]
    removed: frozenset[int]


def meaning(part: Part) -> str:
    """A text that is equal for parts that mean the same, whatever they are called."""
    said = sorted((name, one.key) for name, one in part.properties.items())
    inner = [(child.kind, child.key, meaning(child)) for child in part.children]
    return repr((said, inner))


def pair_by_key(old: tuple[Part, ...], new: tuple[Part, ...]) -> Pairs:
    """Parts of equal name; then those that are equal but for the name. Order does not matter."""
    pairing = _Pairing(old, new)
    pairing.by(lambda part: part.key)
    pairing.by(lambda part: (part.kind, meaning(part)) if part.children else None)
    return pairing.done(ordered=False)


def pair_steps(old: tuple[Part, ...], new: tuple[Part, ...]) -> Pairs:
    """Steps by their name, by equality, by display name and task, then the like ones of a task
    between two steps that are known."""
    pairing = _Pairing(old, new)
    pairing.by(lambda part: part.id.casefold() or None)
    pairing.by(meaning)
    pairing.by(lambda part: (_task(part), part.name) if "displayName" in part.properties else None)
    pairing.by(_titled)
    pairing.alike()
    return pairing.done(ordered=True)


class _Pairing:
    """Pairs in the making."""

    def __init__(self, old: Sequence[Part], new: Sequence[Part]) -> None:
        self.old, self.new = old, new
        self.old_of: dict[int, int] = {}
        """Positions of old parts by those of the new ones."""

    def by(self, key: Callable[[Part], Hashable | None]) -> None:
        """Pair what has the same key, in order."""
        waiting = defaultdict(list)
        taken = set(self.old_of.values())
        for position, part in enumerate(self.old):
            if position not in taken:
                waiting[key(part)].append(position)
        for position, part in enumerate(self.new):
            wanted = key(part)
            if position not in self.old_of and wanted is not None and waiting.get(wanted):
                self.old_of[position] = waiting[wanted].pop(0)

    def alike(self) -> None:
        """Pair steps of the same task that share most of their text, if they stand in one gap."""
        for position, part in enumerate(self.new):
            if position in self.old_of:
                continue
            first, last = self._gap(position)
            taken = set(self.old_of.values())
            for candidate in range(first, last):
                if candidate not in taken and _are_alike(self.old[candidate], part):
                    self.old_of[position] = candidate
                    break

    def _gap(self, position: int) -> tuple[int, int]:
        before = [self.old_of[at] for at in range(position) if at in self.old_of]
        after = [self.old_of[at] for at in range(position, len(self.new)) if at in self.old_of]
        return (before[-1] + 1 if before else 0), (after[0] if after else len(self.old))

    def done(self, *, ordered: bool) -> Pairs:
        """The pairs; with `ordered` also the fewest parts whose moving explains the order."""
        positions = sorted(self.old_of)
        stayed = _longest_rising([self.old_of[position] for position in positions])
        moved = {p for index, p in enumerate(positions) if index not in stayed} if ordered else ()
        taken = set(self.old_of.values())
        return Pairs(
            old_of={id(self.new[p]): self.old[was] for p, was in self.old_of.items()},
            moved=frozenset(id(self.new[position]) for position in moved),
            removed=frozenset(id(one) for at, one in enumerate(self.old) if at not in taken),
        )


def _task(part: Part) -> str:
    """The task without its version, which may have changed."""
    task = part.properties.get("task")
    return task.key.partition("@")[0] if task else "checkout"


def _titled(part: Part) -> Hashable | None:
    return None if "displayName" in part.properties else (_task(part), part.name)


def _are_alike(old: Part, new: Part) -> bool:
    if _task(old) != _task(new):
        return False
    left, right = _words(old), _words(new)
    return SequenceMatcher(None, left, right, autojunk=False).ratio() >= _ALIKE


def _words(part: Part) -> list[str]:
    said = (f"{name} {one.key}" for name, one in sorted(part.properties.items()) if name != "task")
    return [word for text in said for word in text.split()][:400]


def _longest_rising(numbers: Iterable[int]) -> set[int]:
    """The indexes of a longest rising part of the numbers."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        place = bisect_left(tails, number)
        before.append(ends[place - 1] if place else -1)
        tails[place : place + 1] = [number]
        ends[place : place + 1] = [index]
    chosen: set[int] = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        chosen.add(index)
        index = before[index]
    return chosen
