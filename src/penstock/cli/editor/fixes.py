"""What a diagnostic proposes to write instead: its `did you mean "X"?` as an edit."""

from __future__ import annotations

import re

_GUESS = re.compile(r'did you mean "([^"\n]+)"\?')
_QUOTED = re.compile(r'"([^"\n]+)"')


def replacement(message: str, written: str) -> str | None:
    """What to write for the text at a diagnostic's place; None where nothing is proposed.

    `message` is all that was said. Only the word that it complains about is replaced: what stands
    around it, such as quotes or `parameters.`, is kept.
    """
    guess = _GUESS.search(message)
    if guess is None:
        return None
    blamed = [word for word in _QUOTED.findall(message[: guess.start()]) if word in written]
    if not blamed or written.count(blamed[0]) != 1:
        return None
    return written.replace(blamed[0], guess[1])
