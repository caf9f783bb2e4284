"""Comparison of text as .NET's OrdinalIgnoreCase does it, which is how the services match names."""

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


def upper_case(text: str) -> str:
    """The text in upper case, character by character, in .NET's invariant culture."""
    return fold_case(text)


def lower_case(text: str) -> str:
    """The text in lower case, character by character, in .NET's invariant culture."""
    if text.isascii():
        return text.lower()
    lowered = ((character, character.lower()) for character in text)
    return "".join(lower if len(lower) == 1 else character for character, lower in lowered)
