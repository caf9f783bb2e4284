"""Reads the values of options, with the texts of `az` where they are wrong."""

from __future__ import annotations

import sys

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed, Misused

SURE = "Are you sure you want to perform this operation?"
"""What Azure's client asks before it deletes."""


def pairs(call: Call, option: str) -> dict[str, str]:
    """The `name=value` pairs of an option. Raises Failed where one is none."""
    found = {}
    for text in call.texts(option):
        name, equals, value = text.partition("=")
        if not equals:
            raise Failed(
                f'The {option} argument should consist of space separated "name=value" pairs.'
            )
        found[name] = value
    return found


def number(call: Call, option: str) -> int | None:
    """The whole number of an option, or None where it was not given."""
    text = call.text(option)
    if text is None:
        return None
    check_numbers(option, [text])
    return int(text)


def check_numbers(option: str, texts: list[str]) -> None:
    """Raise Misused unless all are whole numbers."""
    for text in texts:
        if not (text.isascii() and text.isdigit()):
            raise Misused(f"argument {option}: invalid int value: {text!r}")


def choice(call: Call, option: str, known: tuple[str, ...]) -> str:
    """The chosen word as it is written properly, or empty where the option was not given."""
    text = call.text(option)
    if text is None:
        return ""
    for word in known:
        if word.lower() == text.lower():
            return word
    message = f"az {call.words}: '{text}' is not a valid value for '{option}'."
    raise Misused(f"{message} Allowed values: {', '.join(known)}.")


def is_on(call: Call, option: str) -> bool:
    """An option that stands alone or with true or false."""
    if option not in call.options:
        return False
    words = [word.lower() for word in call.texts(option)] or ["true"]
    if words[1:] or words[0] not in ("true", "false", "t", "f", "yes", "no", "1", "0"):
        message = f"az {call.words}: '{' '.join(words)}' is not a valid value for '{option}'."
        raise Misused(f"{message} Allowed values: false, true.")
    return words[0] in ("true", "t", "yes", "1")


def refuse(call: Call, option: str, instead: str) -> None:
    """Raise Failed where an option was given that is not supported; `instead` is the next step."""
    if option in call.options:
        raise Failed(f"{option} is not supported here: {instead}")


def refuse_open(call: Call) -> None:
    """Raise Failed where a browser should be opened."""
    refuse(call, "--open", "no browser is opened; penstock up --open shows the portal")


def confirm(call: Call, question: str) -> None:
    """Ask, unless `--yes` was given. Raises Failed for a no, and where nobody can answer."""
    if call.flag("--yes"):
        return
    if not sys.stdin.isatty():
        raise Failed("Unable to prompt for confirmation as no tty available. Use --yes.")
    sys.stderr.write(f"{question} (y/n): ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Failed("Operation cancelled.")
