"""Texts made small: as they are held, kept, and handed from one process to another."""

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

HELD = 100
"""Lists that are held as they were read: those that were read last."""

_held = deque["Packed[Any]"]()


def packed(text: str | bytes) -> bytes:
    """The same bytes for the same text; what is packed stays as it is."""
    return text if isinstance(text, bytes) else zlib.compress(text.encode(), 1)


def all_packed(texts: Iterable[str]) -> bytes:
    """As one text, which need not be in memory whole."""
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(text.encode()) for text in texts), packer.flush()])


def unpacked(text: bytes) -> str:
    """What was `packed`."""
    return zlib.decompress(text).decode()


class Packed(Sequence[T]):
    """What a text lists, `packed`, which is read when somebody asks for it; of equal key is what is equal."""

    def __init__(self, key: str, text: bytes, read: Callable[[str], Sequence[T]]) -> None:
        self.key, self._text, self._read = key, text, read
        self._list: Sequence[T] | None = None

    @property
    def _items(self) -> Sequence[T]:
        if self._list is None:
            self._list = self._read(unpacked(self._text))
            _held.append(self)
            if len(_held) > HELD:
                _held.popleft()._list = None
        return self._list

    def __getitem__(self, place: Any) -> Any:
        return self._items[place]

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Packed) else self._items == other

    __hash__ = None  # type: ignore[assignment]


def sound(text: bytes) -> bytes:
    """What is `packed`, as it is; raises zlib.error where it is damaged."""
    zlib.decompress(text)
    return text
