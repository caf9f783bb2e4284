"""What to say of a command that is not in the table: misspelt, not finished, not here yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from penstock.cli.az.failures import Failed, Misused
from penstock.cli.az.table import COMMANDS, NOT_YET, NOT_YET_VERBS, OF_AZURE, OF_DEVOPS


def raise_unknown(arguments: Sequence[str], count: int, environ: Mapping[str, str]) -> NoReturn:
    """End a command line of which the first `count` arguments are words. Never returns.

    The real `az` may take over where there is one; `az ml` never leaves this machine.
    """
    words = list(arguments[:count])
    if words and words[0] == "ml":
        _refuse_ml(words)
    if " ".join(words[:2]) in OF_DEVOPS and words[1:2] and not _is_group(words):
        _refuse_devops(words, arguments, environ)
    groups = {command.split()[0] for command in COMMANDS}
    if words and words[0] in groups:
        _refuse_in_group(words)
    from penstock.cli.az.outside import hand_over, real_az

    if real_az(environ.get("PATH", "")) is not None or (words and words[0] in OF_AZURE):
        hand_over(arguments, environ)
    _misspelt(words[0] if words else arguments[0], groups | OF_AZURE)


def _refuse_in_group(words: list[str]) -> NoReturn:
    """The group is known, what follows is not."""
    known = ""
    for word in words:
        below = _below(known)
        if word not in below:
            _misspelt(word, below)
        known = f"{known} {word}".strip()
    raise Misused("the following arguments are required: _subcommand")


def _refuse_ml(words: list[str]) -> NoReturn:
    group, verb = [*words[1:3], "", ""][:2]
    if group in NOT_YET or verb in NOT_YET_VERBS.get(group, ()):
        name = f"az ml {group}" if group in NOT_YET else f"az ml {group} {verb}"
        raise Failed(f"{name} is not supported here yet; az ml --help lists what is")
    _refuse_in_group(words)


def _is_group(words: list[str]) -> bool:
    """Whether the words are only the beginning of a command of ours."""
    return any(command.startswith(f"{' '.join(words)} ") for command in COMMANDS)


def _refuse_devops(
    words: list[str], arguments: Sequence[str], environ: Mapping[str, str]
) -> NoReturn:
    """A command of Azure DevOps that only the real `az` has; it can ask our server as well."""
    from penstock.cli.az.outside import hand_over, real_az

    if real_az(environ.get("PATH", "")) is not None:
        hand_over(arguments, environ)
    instead = OF_DEVOPS[" ".join(words[:2])]
    raise Failed(f"az {' '.join(words)} is not supported here: {instead}")


def _below(known: str) -> set[str]:
    """The words that may follow the words known so far."""
    depth = len(known.split())
    begin = f"{known} " if known else ""
    return {command.split()[depth] for command in COMMANDS if command.startswith(begin)}


def _misspelt(word: str, known: set[str]) -> NoReturn:
    from difflib import get_close_matches

    message = f"'{word}' is misspelled or not recognized by the system."
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    if close:
        message += f"\nDid you mean '{close[0]}' ?"
    raise Misused(message)
