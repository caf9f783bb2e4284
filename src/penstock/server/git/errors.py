"""What the stores raise, as the service words it: one conversion for every handler of Git."""

from __future__ import annotations

from penstock.server.devops.errors import devops_error
from penstock.server.errors import Refused
from penstock.server.routes import Answer
from penstock.store.git.merging import CannotRebase, Conflicts
from penstock.store.git.names import BadPath, BadRef
from penstock.store.git.program import GitFailed, TooMuch
from penstock.store.git.repository import NotFound
from penstock.store.git.writing import ChangeRefused, RefMoved
from penstock.store.hosting.repositories import RepositoryMissing
from penstock.store.projects import BadName, NameTaken, ProjectMissing
from penstock.store.pullrequests.records import PullRequestMissing, PullRequestRefused


def git_error(error: Exception) -> Answer:
    """The answer to a failed request."""
    return devops_error(_refusal(error))


def _refusal(error: Exception) -> Exception:
    text = str(error)
    match error:
        case NotFound():
            return Refused(404, "GitItemNotFoundException", f"TF401174: {text}")
        case ProjectMissing():
            return Refused(404, "ProjectDoesNotExistWithNameException", f"TF200016: {text}")
        case RepositoryMissing():
            return Refused(404, "GitRepositoryNotFoundException", f"TF401019: {text}")
        case BadPath():
            return Refused(400, "InvalidPathException", text)
        case BadRef():
            return Refused(400, "InvalidGitRefNameException", text)
        case BadName():
            return Refused(400, "InvalidArgumentValueException", text)
        case NameTaken():
            return Refused(409, "GitRepositoryNameAlreadyExistsException", f"TF400948: {text}")
        case ChangeRefused():
            return Refused(409, "GitChangeRefusedException", text)
        case RefMoved():
            return stale(error.ref)
        case Conflicts() | CannotRebase():
            return Refused(409, "GitPullRequestCannotBeMergedException", text)
        case PullRequestMissing():
            return Refused(404, "GitPullRequestNotFoundException", f"TF401180: {text}")
        case PullRequestRefused():
            return Refused(409, "GitPullRequestNotEditableException", text)
        case TooMuch():
            return Refused(413, "GitResultTooLargeException", text)
        case GitFailed():
            return Refused(400, "GitObjectRejectedException", text)
    return error


def stale(ref: str) -> Refused:
    """The refusal of a change to a ref that somebody else changed first."""
    return Refused(
        409,
        "GitReferenceStaleException",
        f"TF401028: The reference '{ref}' has already been updated by another client, so you cannot"
        " update it. Please try again.",
    )


def missing_object(id: str) -> Refused:
    """The refusal for an object that is not there."""
    return Refused(
        404, "GitObjectDoesNotExistException", f"TF401035: The object '{id}' does not exist."
    )
