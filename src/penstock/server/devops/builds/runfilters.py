"""The words by which lists of runs are filtered, as the columns of the store have them."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.server.devops.builds.views import variable_reason
from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import comma_list, number_in

_STATES = {
    "notStarted": ("queued",),
    "inProgress": ("running",),
    "cancelling": ("canceling",),
    "completed": ("finished",),
    "postponed": ("queued",),
}
_RESULTS = {
    "succeeded": ("succeeded", "skipped"),
    "partiallySucceeded": ("succeededWithIssues",),
    "failed": ("failed", "abandoned"),
    "canceled": ("canceled",),
}


_REASONS = (
    "manual",
    "individualCI",
    "batchedCI",
    "schedule",
    "pullRequest",
    "resourceTrigger",
    "buildCompletion",
    "triggered",
    "userCreated",
    "validateShelveset",
    "checkInShelveset",
    "scheduleForced",
)


def states_in(name: str, text: str) -> tuple[str, ...]:
    """The states that a parameter of that name lists; none means any. Raises `Refused`."""
    return _words(name, text, _STATES)


def results_in(name: str, text: str) -> tuple[str, ...]:
    """The results that a parameter of that name lists; none means any. Raises `Refused`."""
    return _words(name, text, _RESULTS)


def reasons_in(text: str) -> tuple[str, ...]:
    """The reasons that a parameter lists, as `Build.Reason` has them; none means any. Raises
    `Refused`."""
    words = {word: (variable_reason(word),) for word in _REASONS}
    return _words("reasonFilter", text, words)


def numbers_in(name: str, text: str) -> tuple[int, ...]:
    """The numbers that a parameter of that name lists. Raises `Refused`."""
    numbers = [number_in(part) for part in comma_list(text)]
    found = tuple(number for number in numbers if number is not None)
    if len(found) < len(numbers):
        raise bad_request(f'{name}: "{text[:100]}" is no list of numbers')
    return found


def _words(name: str, text: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    by_name = {key.lower(): values for key, values in known.items()}
    found: list[str] = []
    for word in comma_list(text):
        if word.lower() in ("all", "none"):
            return ()
        if word.lower() not in by_name:
            raise bad_request(f'{name}: "{word[:60]}" is none of {", ".join(known)}')
        found += by_name[word.lower()]
    return tuple(found)
