"""The REST of files and folders at a version: lists, contents, archives, trees and blobs."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from penstock.server.devops.errors import bad_request
from penstock.server.devops.queries import flag
from penstock.server.devops.wire import listed
from penstock.server.errors import Refused
from penstock.server.git.context import Found, GitHttp
from penstock.server.git.errors import missing_object
from penstock.server.git.paths import git_route
from penstock.server.git.versions import version_of
from penstock.server.git.views import Json, content_metadata, item_view
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.server.streams import streamed
from penstock.store.git.names import is_object_id
from penstock.store.git.records import Entry, Kind
from penstock.store.git.repository import NotFound

CONTENT_LIMIT = 10 * 1024 * 1024
_AT_ONCE = 4 * 1024 * 1024
_LEVELS = ("none", "oneLevel", "oneLevelPlusNestedEmptyFolders", "full")
_KINDS = {
    "json": "application/json",
    "text": "text/plain",
    "octetstream": "application/octet-stream",
    "zip": "application/zip",
}
# What comes from a repository may never run as a page of this server.
_HARMLESS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "cache-control": "no-cache",
}
_IMAGES = frozenset(
    ("image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp", "image/svg+xml")
)


def item_routes(http: GitHttp) -> tuple[Route, ...]:
    """The routes of items, trees and blobs."""
    rest, read = _Items(http), Permission.CODE_READ
    return (
        *git_route(http, "GET", "/items", read, rest.items),
        *git_route(http, "GET", "/items/{path:path}", read, rest.items),
        *git_route(http, "GET", "/trees/{id}", read, rest.tree),
        *git_route(http, "GET", "/blobs/{id}", read, rest.blob),
    )


class _Items:
    def __init__(self, http: GitHttp) -> None:
        self._http = http

    def items(self, call: Call) -> Reply | Response:
        """A file, a folder, or what is below one."""
        found = self._http.found(call)
        commit = version_of(found, "versionDescriptor.", "")
        scope = call.query("scopePath")
        path = call.parameters.get("path") or call.query("path") or scope or "/"
        try:
            entry = found.git.entry(commit, path)
        except NotFound as error:
            raise self._missing(found, path, commit) from error
        level = call.query("recursionLevel", "none").lower()
        if level not in {one.lower() for one in _LEVELS}:
            raise bad_request(f'"recursionLevel" is {", ".join(_LEVELS)}, not "{level[:50]}"')
        # `path` with no level asks for one item; everything else for a list.
        is_list = level != "none" or not (call.parameters.get("path") or call.query("path"))
        kind = self._kind(call, entry, is_list)
        if kind == "application/zip":
            self._http.shares.archives.take(call)
            return _archive(call, found, entry, commit)
        if entry.kind is Kind.FILE and kind != "application/json":
            return _content(self._http, call, found, entry, kind)
        if is_list:
            return listed(self._list(found, entry, commit, level))
        return self._one(found, entry, commit)

    def _kind(self, call: Call, entry: Entry, is_list: bool) -> str:
        """The media type to answer with: `$format`, or the first that is accepted."""
        if form := call.query("$format"):
            if form.lower() not in _KINDS:
                raise bad_request(f'"$format" is json, text, octetStream or zip, not "{form[:50]}"')
            return _KINDS[form.lower()]
        for part in call.header("accept").split(","):
            media = part.partition(";")[0].strip().lower()
            if media in _KINDS.values():
                return media
        is_file = entry.kind is Kind.FILE and not is_list
        return "application/octet-stream" if is_file else "application/json"

    def _one(self, found: Found, entry: Entry, commit: str) -> Json:
        last = None
        if flag(found.call, "latestProcessedChange") and entry.path:
            folder, _, name = entry.path.rpartition("/")
            last = found.git.last_changes(commit, folder, [name]).get(name)
        view = item_view(found, entry, commit, last)
        if entry.kind is not Kind.FILE:
            return view
        wants = flag(found.call, "includeContent")
        if wants or flag(found.call, "includeContentMetadata"):
            view.update(_with_content(found, entry, wants))
        return view

    def _list(self, found: Found, entry: Entry, commit: str, level: str) -> list[Json]:
        """The item itself, then what is below it."""
        if entry.kind is not Kind.FOLDER or level == "none":
            return [item_view(found, entry, commit)]
        if level == "full":
            below = found.git.walk(commit, entry.path)
            return [item_view(found, one, commit) for one in (entry, *below)]
        below = found.git.tree(commit, entry.path, sizes=True)
        last = {}
        if flag(found.call, "latestProcessedChange"):
            last = found.git.last_changes(commit, entry.path, [one.name for one in below])
        views = [item_view(found, one, commit, last.get(one.name)) for one in below]
        return [item_view(found, entry, commit), *views]

    def _missing(self, found: Found, path: str, commit: str) -> Refused:
        return Refused(
            404,
            "GitItemNotFoundException",
            f"TF401174: The item '{path[:300]}' could not be found in the repository"
            f" '{found.repository.name}' at the version specified by"
            f" '<{_described(found.call)}>' (resolved to commit '{commit}')",
        )

    def tree(self, call: Call) -> Reply:
        """The entries of a tree by its id."""
        found, id = self._http.found(call), call.parameters["id"]
        entries = found.git.tree_by_id(id) if is_object_id(id) else None
        if entries is None:
            raise missing_object(id[:100])
        return {
            "objectId": id,
            "url": f"{found.url}/trees/{id}",
            "treeEntries": [_tree_entry(found, one) for one in entries],
        }

    def blob(self, call: Call) -> Reply | Response:
        """A file by its id: its size, or its content."""
        found, id = self._http.found(call), call.parameters["id"]
        try:
            size = found.git.blob_size(id if is_object_id(id) else "")
        except NotFound as error:
            raise missing_object(id[:100]) from error
        name = call.query("fileName") or id
        entry = Entry(path=name, kind=Kind.FILE, id=id, mode=0o100644, size=size)
        kind = self._kind(call, entry, is_list=False)
        if kind == "application/json":
            return {"objectId": id, "size": size, "url": f"{found.url}/blobs/{id}"}
        return _content(self._http, call, found, entry, kind)


def _tree_entry(found: Found, entry: Entry) -> Json:
    kind = "trees" if entry.kind is Kind.FOLDER else "blobs"
    return {
        "objectId": entry.id,
        "relativePath": entry.path,
        "mode": f"{entry.mode:06o}",
        "gitObjectType": str(entry.kind),
        "size": entry.size or 0,
        "url": f"{found.url}/{kind}/{entry.id}",
    }


def is_binary(data: bytes) -> bool:
    """Whether the beginning of a file is no text, as git sees it."""
    return b"\0" in data[:8000]


def _with_content(found: Found, entry: Entry, wants: bool) -> Json:
    size = entry.size or 0
    if size > CONTENT_LIMIT:
        start = next(found.git.stream(entry.id), b"")
        return {"contentMetadata": content_metadata(entry.path, is_binary(start))}
    data = found.git.blob(entry.id, CONTENT_LIMIT)
    binary = is_binary(data)
    view: Json = {"contentMetadata": content_metadata(entry.path, binary)}
    if wants and not binary:
        view["content"] = data.decode("utf-8", "replace")
    return view


def _content(http: GitHttp, call: Call, found: Found, entry: Entry, kind: str) -> Response:
    """A file as it is. Only pictures have a type of their own, and nothing in one may run."""
    media = kind
    guessed = str(content_metadata(entry.path, is_binary=True)["contentType"])
    if kind == "application/octet-stream" and guessed in _IMAGES:
        media = guessed
    if kind == "text/plain":
        media = "text/plain; charset=utf-8"
    headers = dict(_HARMLESS)
    if flag(call, "download") or media == "application/octet-stream":
        headers["content-disposition"] = _attachment(entry.name)
    size = entry.size or 0
    if size <= _AT_ONCE:
        return Response(found.git.blob(entry.id, _AT_ONCE), media_type=media, headers=headers)
    # A reader that takes its time keeps a process from all others.
    http.shares.archives.take(call)
    headers["content-length"] = str(size)
    return streamed(call, found.git.stream(entry.id), media_type=media, headers=headers)


def _archive(call: Call, found: Found, entry: Entry, commit: str) -> Response:
    if entry.kind is Kind.SUBMODULE:
        raise bad_request(f'"/{entry.path}" is a submodule, whose files are elsewhere')
    name = entry.name or found.repository.name
    headers = {**_HARMLESS, "content-disposition": _attachment(f"{name}.zip")}
    chunks = found.git.archive(commit, entry)
    return streamed(call, chunks, media_type="application/zip", headers=headers)


def _attachment(name: str) -> str:
    return f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"


def _described(call: Call) -> str:
    version = call.query("versionDescriptor.version") or call.query("version")
    kind = call.query("versionDescriptor.versionType") or call.query("versionType", "branch")
    return f"{kind.capitalize()}: {version[:200] or 'default'}"
