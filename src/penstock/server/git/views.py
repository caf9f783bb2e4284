"""Projects and what repositories hold, in the wire format of Azure DevOps REST 7.1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from mimetypes import guess_type

from penstock.server.devops.wire import project_reference
from penstock.server.git.context import Address, Found
from penstock.store.git.records import Change, ChangeKind, Commit, Entry, Kind, Ref, Signature
from penstock.store.hosting.pushes import Pusher, PushRecord, RefUpdate
from penstock.store.hosting.repositories import Repository
from penstock.store.projects import Project

Json = dict[str, object]
COMMENT_LENGTH = 4000


def moment(at: float, zone: int = 0) -> str:
    """A time (seconds since 1970) as the area `git` has it: to the second, in its own zone (minutes
    east of UTC) where it has one. A commit may say any number; one that is no time is 1970."""
    try:
        found = datetime.fromtimestamp(at, timezone(timedelta(minutes=zone)) if zone else UTC)
    except (ValueError, OverflowError):
        found = datetime.fromtimestamp(0, UTC)
    return found.isoformat(timespec="seconds").replace("+00:00", "Z")


def repository_view(
    address: Address, project: Project, repository: Repository, default_branch: str, size: int = 0
) -> Json:
    """A `GitRepository`. One without a commit has no default branch yet, as on the service."""
    web = address.web(project, repository)
    view: Json = {
        "id": repository.id,
        "name": repository.name,
        "url": address.repository(project, repository),
        "project": project_reference(address.root, project),
        "size": size,
        "remoteUrl": web,
        "webUrl": web,
        "isDisabled": False,
        "isInMaintenance": False,
    }
    return {**view, "defaultBranch": default_branch} if default_branch else view


def person_view(address: Address, pusher: Pusher) -> Json:
    """An `IdentityRef`."""
    return {
        "id": pusher.id,
        "displayName": pusher.name,
        "uniqueName": pusher.name,
        "descriptor": f"penstock.{pusher.id}",
        "url": f"{address.root}/_apis/Identities/{pusher.id}",
    }


def ref_view(found: Found, ref: Ref, peel: bool = False) -> Json:
    """A `GitRef`."""
    view: Json = {
        "name": ref.name,
        "objectId": ref.object,
        "url": f"{found.url}/refs?filter={ref.name.removeprefix('refs/')}",
    }
    return {**view, "peeledObjectId": ref.commit} if peel and ref.is_annotated else view


def signature_view(signature: Signature) -> Json:
    """A `GitUserDate`."""
    return {
        "name": signature.name,
        "email": signature.email,
        "date": moment(signature.at, signature.zone),
    }


def commit_view(found: Found, commit: Commit, *, whole: bool = False) -> Json:
    """A `GitCommitRef`; `whole`: a `GitCommit` with its tree and all of its message."""
    comment = commit.message if whole else commit.message[:COMMENT_LENGTH]
    view: Json = {
        "commitId": commit.id,
        "author": signature_view(commit.author),
        "committer": signature_view(commit.committer),
        "comment": comment,
        "parents": list(commit.parents),
        "url": f"{found.url}/commits/{commit.id}",
        "remoteUrl": f"{found.address.web(found.project, found.repository)}/commit/{commit.id}",
    }
    if len(comment) < len(commit.message):
        view["commentTruncated"] = True
    return {**view, "treeId": commit.tree} if whole else view


def change_view(found: Found, change: Change, commit: str) -> Json:
    """A `GitChange` of that commit."""
    is_file = (change.new_mode or change.old_mode) & 0o170000 != 0o160000
    item: Json = {
        "objectId": change.new_id or change.old_id,
        "gitObjectType": "blob" if is_file else "commit",
        "commitId": commit,
        "path": f"/{change.path}",
        "url": f"{found.url}/items/{change.path}?versionType=Commit&version={commit}",
    }
    if change.old_id:
        item["originalObjectId"] = change.old_id
    kind = str(change.kind)
    if change.kind is ChangeKind.RENAME and change.edited:
        kind = "edit, rename"
    view: Json = {"item": item, "changeType": kind}
    if change.kind is ChangeKind.RENAME:
        view["sourceServerItem"] = f"/{change.old_path}"
    return view


def change_counts(changes: Sequence[Change]) -> dict[str, int]:
    """How many changes there are of each kind."""
    return dict(Counter(str(change.kind).capitalize() for change in changes))


def item_view(found: Found, entry: Entry, commit: str, last: Commit | None = None) -> Json:
    """A `GitItem`, without content."""
    view: Json = {
        "objectId": entry.id,
        "gitObjectType": str(entry.kind),
        "commitId": commit,
        "path": f"/{entry.path}",
        "url": f"{found.url}/items/{entry.path}?versionType=Commit&version={commit}",
    }
    if entry.kind is Kind.FOLDER:
        view["isFolder"] = True
    if entry.is_symlink:
        view["isSymLink"] = True
    if entry.size is not None:
        view["size"] = entry.size
    if last is not None:
        view["latestProcessedChange"] = commit_view(found, last)
    return view


def content_metadata(path: str, is_binary: bool) -> Mapping[str, object]:
    """A `FileContentMetadata`."""
    name = path.rpartition("/")[2]
    kind = guess_type(name)[0] or ("application/octet-stream" if is_binary else "text/plain")
    return {
        "fileName": name,
        "extension": name.rpartition(".")[2] if "." in name else "",
        "contentType": kind,
        "isBinary": is_binary,
        "isImage": kind.startswith("image/"),
        **({} if is_binary else {"encoding": 65001}),
    }


def update_view(found: Found, update: RefUpdate) -> Json:
    """A `GitRefUpdate`."""
    return {
        "repositoryId": found.repository.id,
        "name": update.ref,
        "oldObjectId": update.old,
        "newObjectId": update.new,
    }


def push_view(found: Found, push: PushRecord) -> Json:
    """A `GitPush` with its ref updates, without commits."""
    return {
        "pushId": push.id,
        "date": moment(push.at),
        "pushedBy": person_view(found.address, push.pusher),
        "url": f"{found.url}/pushes/{push.id}",
        "refUpdates": [update_view(found, one) for one in push.updates],
    }
