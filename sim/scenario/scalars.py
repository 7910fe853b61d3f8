"""What a YAML scalar is, by the YAML 1.2 core schema, decided on its text.

only true/false/null, whole numbers and floats are not text: `no`, `on`, 1:30 and 2026-11-22 are text
"""

from __future__ import annotations

import re

_NULL = re.compile(r"|~|null|Null|NULL")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_NUMBER = re.compile(
    r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)


class Scalar(str):
    """The text of a scalar as written; `plain` when it stood without quotes."""

    __slots__ = ("plain",)
    plain: bool

    def __new__(cls, text: str, plain: bool = True) -> Scalar:
        """Keep the text and whether it stood without quotes."""
        scalar = super().__new__(cls, text)
        scalar.plain = plain
        return scalar


def sort_of(text: str) -> str:
    """`nothing`, `a truth value`, `a number` or `text`: what a plain scalar with this text is."""
    if _NULL.fullmatch(text):
        return "nothing"
    if _BOOL.fullmatch(text):
        return "a truth value"
    return "a number" if _NUMBER.fullmatch(text) else "text"


def described(value: object) -> str:
    """A value for a message: what it is, and its beginning."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        sort = sort_of(value) if getattr(value, "plain", False) else "text"
        return f"{sort} '{value[:40]}'"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, (list, tuple)):
        return "a list"
    return f"{type(value).__name__} {str(value)[:40]}"
