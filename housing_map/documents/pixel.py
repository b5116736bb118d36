"""A picture of one pixel in one colour, which a bar is stretched from."""

from __future__ import annotations

import struct
import zlib
from typing import Final

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
"""Width 1, height 1, 8 bits a channel, red, green and blue."""


def pixel(colour: str) -> bytes:
    """Return a PNG (ISO/IEC 15948) of one pixel of a colour such as ``#12436D``.

    >>> pixel("#12436D")[1:4]
    b'PNG'
    """
    row = b"\x00" + bytes.fromhex(colour.removeprefix("#"))
    parts = ((b"IHDR", _HEADER), (b"IDAT", zlib.compress(row, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
