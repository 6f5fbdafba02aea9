"""What a page is made of, worked out no sooner than it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, TypeGuard


class Once:
    """What is shown on pages, with what was made to show it."""

    @cached_property
    def _made(self) -> dict[str, Any]:
        return {}

    def once(self, what: str, make: Callable[[], Any]) -> Any:
        """A part of pages, by a name of its own, that shows this and nothing else: made at its first use."""
        if what not in self._made:
            self._made[what] = make()
        return self._made[what]


class Values(Once, Mapping[str, Any]):
    """Values by name, each made of the others at its first use. One of these is another's equal only if it is the same."""

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(self, parts: tuple[object, ...], makers: Mapping[str, Callable[["Values"], Any]]) -> None:
        self.parts = parts
        """All that they follow from, besides what is the same for every page of an edition."""
        self._makers, self.listed = makers, self

    def seen(self, listed: bool) -> list[object]:
        """The parts; of rows what differs where the page that shows these may, or one that has them `listed`."""
        told = attrgetter("face" if listed else "key")
        return [[*map(told, it)] if _are_rows(it) else it for it in self.parts]

    def __getitem__(self, name: str) -> Any:
        return self.once(name, lambda: self._makers[name](self))

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def _are_rows(part: object) -> TypeGuard[tuple[Any, ...]]:
    return type(part) is tuple and bool(part) and hasattr(part[0], "face")
