"""Texts made small: as they are held, kept, and handed from one process to another."""

import zlib


def packed(text: str | bytes) -> bytes:
    """The same bytes for the same text; what is packed stays as it is."""
    return text if isinstance(text, bytes) else zlib.compress(text.encode(), 1)


def unpacked(text: bytes) -> str:
    """What was `packed`."""
    return zlib.decompress(text).decode()


def sound(text: bytes) -> bytes:
    """What is `packed`, as it is; raises zlib.error where it is damaged."""
    zlib.decompress(text)
    return text
