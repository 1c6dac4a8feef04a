"""Plain values as Rust's ``{:?}`` writes them."""

from __future__ import annotations

import struct

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_LARGE, _SMALL = 1e16, 1e-5


def float_text(data: bytes) -> str:
    """Write a float of 4 or 8 bytes: the shortest digits that read back as the same number."""
    single = len(data) == 4
    (value,) = struct.unpack("<f" if single else "<d", data)
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    digits = repr(value)
    if single:
        for precision in range(1, 10):
            digits = f"{value:.{precision}g}"
            if _single(float(digits)) == value:
                break
    mantissa, exponent = _decimal(digits)
    if value != 0 and not _SMALL <= abs(value) < _LARGE:
        sign, body = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
        first, rest = body[0], body[1:]
        return f"{sign}{first}{'.' + rest if rest else ''}e{exponent + len(rest)}"
    return _plain(mantissa, exponent)


def _single(value: float) -> float:
    """Round to four bytes."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return float("inf")


def _decimal(digits: str) -> tuple[str, int]:
    """Split into all significant digits and the power of ten of the last one."""
    body, _, power = digits.lower().partition("e")
    whole, _, fraction = body.partition(".")
    exponent = int(power or 0) - len(fraction)
    sign = "-" if whole.startswith("-") else ""
    found = (whole.lstrip("-") + fraction).lstrip("0") or "0"
    while len(found) > 1 and found.endswith("0"):
        found, exponent = found[:-1], exponent + 1
    return sign + found, exponent


def _plain(mantissa: str, exponent: int) -> str:
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    if digits == "0":
        return f"{sign}0.0"
    if exponent >= 0:
        return f"{sign}{digits}{'0' * exponent}.0"
    digits = digits.rjust(1 - exponent, "0")
    return f"{sign}{digits[:exponent]}.{digits[exponent:]}"


def char_text(value: int) -> str:
    """Write a ``char``, or say that the number is none."""
    if value > 0x10FFFF or 0xD800 <= value < 0xE000:
        return f"not a char ({value:#x})"
    return "'" + _escaped(chr(value), "'") + "'"


def str_text(data: bytes, length: int, limit: int) -> str:
    """Write a ``str``; ``length`` is its own length in bytes, of which ``data`` may be the first part."""
    text = data[:limit].decode(errors="ignore" if length > limit else "replace")
    shown = '"' + "".join(_escaped(character, '"') for character in text) + '"'
    left = length - len(text.encode(errors="replace"))
    return f"{shown}… ({left:,} more bytes)" if length > limit and left > 0 else shown


def bytes_text(data: bytes, limit: int = 16) -> str:
    """Write bytes in hexadecimal."""
    shown = " ".join(f"{byte:02x}" for byte in data[:limit])
    return f"{shown} …" if len(data) > limit else shown


def _escaped(character: str, quote: str) -> str:
    if character == quote:
        return f"\\{quote}"
    if character in _ESCAPES:
        return _ESCAPES[character]
    return character if character.isprintable() else f"\\u{{{ord(character):x}}}"
