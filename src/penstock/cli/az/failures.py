"""How a command ends when it does not end well; `main` prints these as `az` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Failed(Exception):
    """the command failed

    `code` is the exit code: 1, or 3 where what should be shown is not there.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class Misused(Exception):
    """the command line is not one that `az` understands (exit code 2)

    `hint` stands on the line after the message.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Refused(Exception):
    """the service refused a request"""

    def __init__(self, status: int, error: Mapping[str, object]) -> None:
        self.status = status
        self.code = str(error.get("code") or status)
        self.message = str(error.get("message") or "the service gave no reason")
        details = error.get("details")
        self.details: Sequence[Mapping[str, object]] = details if isinstance(details, list) else ()
        self.target = str(error.get("target") or "")
        super().__init__(f"({self.code}) {self.message}")

    @property
    def is_missing_workspace(self) -> bool:
        """Whether it is the workspace itself that is not there."""
        return (
            self.status == 404
            and "MachineLearningServices/workspaces/" in self.message
            and ("under resource group" in self.message)
        )
