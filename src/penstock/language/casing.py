"""Comparison of text the way .NET's OrdinalIgnoreCase does it, which is how the services match names."""

from __future__ import annotations

_DOTLESS_I = "\u0131"


def fold_case(text: str) -> str:
    """The text in the form in which two texts that differ only in case are equal.

    Each character is mapped to its own upper case; those that would become several (`ß`) stay,
    and so does the dotless i, as in .NET's invariant culture.
    """
    if text.isascii():
        return text.upper()
    return "".join(map(_fold_character, text))


def same_text(left: str, right: str) -> bool:
    """Whether the texts are equal when case is ignored."""
    return left == right or fold_case(left) == fold_case(right)


def _fold_character(character: str) -> str:
    upper = character.upper()
    return upper if len(upper) == 1 and character != _DOTLESS_I else character
