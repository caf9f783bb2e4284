"""The words of a commit message that keep a push from starting runs.

The list and where it is looked for: https://learn.microsoft.com/azure/devops/pipelines/repos/
azure-repos-git#skipping-ci-for-individual-pushes (any commit of the push, its whole message).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SKIP = re.compile(
    r"\[(?:skip (?:ci|azurepipelines|azpipelines|azp)|(?:ci|azurepipelines|azpipelines|azp) skip)\]"
    r"|skip-checks: ?true\b|\*\*\*NO_CI\*\*\*",
    re.IGNORECASE,
)


def skip_word(messages: Iterable[str]) -> str | None:
    """The words that skip, as they are written in one of the messages; None where there are none.

    Upper and lower case make no difference here.
    """
    for message in messages:
        found = _SKIP.search(message)
        if found:
            return found.group()
    return None
