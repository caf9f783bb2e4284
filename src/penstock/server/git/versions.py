"""Version descriptors: which commit a request means by a branch, a tag or a commit."""

from __future__ import annotations

from penstock.server.devops.errors import bad_request
from penstock.server.errors import Refused
from penstock.server.git.context import Found
from penstock.store.git.repository import NotFound

_KINDS = ("branch", "tag", "commit")


def version_of(found: Found, *prefixes: str) -> str:
    """The commit that the query means; without a version, that of the default branch.

    `prefixes` are what stands before `version` and `versionType` (`versionDescriptor.`,
    `searchCriteria.itemVersion.`), tried in turn. Raises Refused.
    """
    call = found.call
    for prefix in prefixes:
        option = call.query(f"{prefix}versionOptions", "none")
        if option.lower() != "none":
            raise bad_request(f'"versionOptions" is none here, not "{option[:50]}"')
        if version := call.query(f"{prefix}version"):
            return resolved(found, version, call.query(f"{prefix}versionType", "branch"))
    return resolved(found, "", "branch")


def resolved(found: Found, version: str, kind: str) -> str:
    """The commit of a version descriptor. Raises Refused where there is none."""
    kind = kind.lower()
    if kind not in _KINDS:
        raise bad_request(f'a version is a branch, a tag or a commit, not "{kind[:50]}"')
    try:
        return found.git.resolve(version, kind)
    except NotFound as error:
        shown = version or found.git.default_branch().removeprefix("refs/heads/")
        raise Refused(
            404,
            "GitUnresolvableToCommitException",
            f"TF401175: The version descriptor <{kind.capitalize()}: {shown[:200]} > could not be"
            f" resolved to a version in the repository {found.repository.name}",
        ) from error
