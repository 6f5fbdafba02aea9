"""What a page is made of, worked out no sooner than it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Values(Mapping[str, Any]):
    """Values by name, each made of the others at its first use. One of these is another's equal only if it is the same."""

    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(self, parts: tuple[object, ...], makers: Mapping[str, Callable[["Values"], Any]]) -> None:
        self.parts = parts
        """All that they follow from, besides what is the same for every page of an edition."""
        self._makers, self._made = makers, dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name](self)
        return self._made[name]

    def once(self, what: str, make: Callable[[], str]) -> str:
        """A part of a page, by a name of its own, that shows these values and nothing else: made at its first use."""
        if what not in self._made:
            self._made[what] = make()
        return str(self._made[what])

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)
