"""ArchiveFiles@2 and ExtractFiles@1 for zip and tar; what an archive may not do is refused."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from penstock.agent import files
from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.patterns import find_files, lines
from penstock.agent.tasks.contract import Input, Task

_MOST_BYTES = 50 << 30
_MOST_MEMBERS = 1_000_000
_BOMB_RATIO = 200
_BOMB_BYTES = 1 << 30
_CHUNK = 1 << 20
_LATEST = 1 << 33
"""A time, in the year 2242, that a header must not go beyond to be believed."""
# `RuntimeError` is what zipfile says of an encrypted member and of a method it does not know.
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, RuntimeError)


class ArchiveRefused(Exception):
    """the archive is not extracted"""


def archive_files(step: StepContext) -> Outcome:
    """Make a zip or tar of a file or folder."""
    source = step.path(step.input("rootFolderOrFile"))
    target = step.path(step.input("archiveFile"))
    kind = step.input("archiveType").lower()
    if kind in ("7z", "wim"):
        return failed(f'archiveType "{kind}" is not supported; use zip or tar')
    if not source.exists():
        return failed(f'there is nothing to archive at "{source}"')
    if target.exists():
        if not step.flag("replaceExistingArchive"):
            return failed(f'"{target}" exists; adding to an archive is not supported')
        target.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f"{source.name}/" if step.flag("includeRootFolder") and source.is_dir() else ""
    members = list(_members(step, source, prefix, target))
    if kind == "zip":
        _write_zip(target, members)
    else:
        _write_tar(target, members, step.input("tarCompression").lower())
    step.log.line(f"Archived {len(members)} files in {target}")
    return SUCCEEDED


def _members(
    step: StepContext, source: Path, prefix: str, target: Path
) -> Iterator[tuple[str, str]]:
    """The names and paths of what goes into the archive; reading a pipe would never end."""
    if source.is_file():
        yield source.name, str(source)
        return
    for relative, entry in files.walk(source):
        if not entry.is_symlink() and not entry.is_file():
            step.log.line(f'left out "{prefix}{relative}": it is neither a file nor a link')
        elif Path(entry.path) != target:
            yield prefix + relative, entry.path


def _write_zip(target: Path, members: list[tuple[str, str]]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        for name, path in members:
            if os.path.islink(path):  # noqa: PTH114
                link = zipfile.ZipInfo(name)
                link.create_system = 3
                link.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(link, os.readlink(path))  # noqa: PTH115
            else:
                archive.write(path, name)


def _write_tar(target: Path, members: list[tuple[str, str]], compression: str) -> None:
    import io

    mode = {"gz": "w:gz", "bz2": "w:bz2", "xz": "w:xz"}.get(compression, "w")
    with target.open("wb") as raw:
        buffer: io.BufferedWriter = raw
        with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
            for name, path in members:
                archive.add(path, name, recursive=False)


def extract_files(step: StepContext) -> Outcome:
    """Extract the archives that patterns choose into one folder."""
    root = step.workspace.default_directory
    archives = find_files(root, lines(step.input("archiveFilePatterns")))
    target = step.path(step.input("destinationFolder"))
    if not archives:
        return failed(f'no archive fits "{step.input("archiveFilePatterns")}"')
    if step.flag("cleanDestinationFolder"):
        files.empty(os.path.realpath(target))
    target.mkdir(parents=True, exist_ok=True)
    overwrite = step.flag("overwriteExistingFiles") or step.flag("cleanDestinationFolder")
    for archive in archives:
        step.log.line(f"Extracting file: {archive}")
        try:
            extract(archive, target, overwrite=overwrite)
        except ArchiveRefused as error:
            return failed(f"{archive.name}: {error}")
    return SUCCEEDED


def extract(archive: Path, target: Path, *, overwrite: bool) -> None:
    """Extract a zip or tar. Nothing is written outside of `target`, and no bomb is unpacked.

    Raises `ArchiveRefused`.
    """
    try:
        if zipfile.is_zipfile(archive):
            _extract_zip(archive, target, overwrite)
        elif tarfile.is_tarfile(archive):
            _extract_tar(archive, target, overwrite)
        else:
            raise ArchiveRefused("only zip and tar archives can be extracted here")
    except _UNREADABLE as error:
        raise ArchiveRefused(f"it cannot be read: {error}") from error


def _extract_zip(path: Path, target: Path, overwrite: bool) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_size(len(members), sum(member.file_size for member in members), path)
        for member in members:
            place = _place(target, member.filename)
            mode = member.external_attr >> 16
            if stat.S_ISLNK(mode):
                raise ArchiveRefused(f'"{member.filename}" is a link, which a zip may not bring')
            if member.is_dir():
                files.make_folder(str(place), str(target))
                continue
            _check_free(place, member.filename, overwrite)
            files.make_folder(str(place.parent), str(target))
            files.remove(place)
            left = member.file_size
            with archive.open(member) as source, place.open("wb") as copy:
                while data := source.read(_CHUNK):
                    left -= len(data)
                    if left < 0:
                        raise ArchiveRefused(f'"{member.filename}" is larger than it says')
                    copy.write(data)
            if mode:
                place.chmod(stat.S_IMODE(mode) & 0o777)


def _extract_tar(path: Path, target: Path, overwrite: bool) -> None:
    """By hand: `extractall` and its filters judge a path by following links, which a long chain of
    them can mislead (CVE-2025-4517). Here no link is ever followed while there is writing."""
    with tarfile.open(path) as archive:
        total = count = 0
        for member in archive:
            count, total = count + 1, total + member.size
            _check_size(count, total, path)
            _place_of(target, member)
            if not member.isdir():
                _check_free(_place(target, member.name), member.name, overwrite)
        for member in archive.getmembers():
            _put(archive, member, target)


def _place_of(target: Path, member: tarfile.TarInfo) -> Path:
    """Where a member goes. Raises `ArchiveRefused` for what leads out, and for what is no file,
    folder or link."""
    if member.isdir() and not Path(member.name).parts:  # "./", as in `tar c .`
        return target
    place = _place(target, member.name)
    if member.issym() and not _stays_inside(place.relative_to(target), member.linkname):
        raise ArchiveRefused(f'"{member.name}" is a link to a place outside of the folder')
    if member.islnk():
        _place(target, member.linkname)
    elif not (member.isdir() or member.isreg() or member.issym()):
        raise ArchiveRefused(f'"{member.name}" is a device or a pipe')
    return place


def _stays_inside(link: Path, goal: str) -> bool:
    """Whether a link leads inside, wherever the links on its way lead inside: up by no more folders
    than it lies in, and from there only down."""
    parts = goal.split("/")
    up = next((n for n, part in enumerate(parts) if part not in ("", ".", "..")), len(parts))
    climbed = parts[:up].count("..")
    return not goal.startswith("/") and climbed < len(link.parts) and ".." not in parts[up:]


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    place = _place_of(target, member)
    if place == target or member.isdir():
        files.make_folder(str(place), str(target))
        return
    files.make_folder(str(place.parent), str(target))
    files.remove(place)
    if member.issym():
        place.symlink_to(member.linkname)
        return
    source = _content(archive, member, target)
    with source, place.open("xb") as copy:
        while data := source.read(_CHUNK):
            copy.write(data)
    place.chmod((member.mode & 0o755) | 0o600)
    if 0 <= member.mtime < _LATEST:
        os.utime(place, (member.mtime, member.mtime))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> IO[bytes]:
    """The content of a file, or of the file that a hard link names, which must be there already."""
    if not member.islnk():
        found = archive.extractfile(member)
        assert found is not None
        return found
    original = _place(target, member.linkname)
    if original.parent.resolve() != target.resolve().joinpath(
        *original.relative_to(target).parts[:-1]
    ):
        raise ArchiveRefused(f'"{member.name}" is a link through another link')
    try:
        descriptor = os.open(original, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise ArchiveRefused(f'"{member.name}" is a link to no file of the archive') from error
    return os.fdopen(descriptor, "rb")


def _check_size(members: int, size: int, path: Path) -> None:
    if members > _MOST_MEMBERS:
        raise ArchiveRefused(f"it holds more than {_MOST_MEMBERS} files")
    packed = max(path.stat().st_size, 1)
    if size > _MOST_BYTES or (size > _BOMB_BYTES and size / packed > _BOMB_RATIO):
        raise ArchiveRefused(f"it would unpack to {size} bytes from {packed}")


def _place(target: Path, name: str) -> Path:
    parts = Path(name.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or "\0" in name:
        raise ArchiveRefused(f'"{name}" would be written outside of the folder')
    return target.joinpath(*parts)


def _check_free(place: Path, name: str, overwrite: bool) -> None:
    if not overwrite and os.path.lexists(place):
        raise ArchiveRefused(f'"{name}" exists; set overwriteExistingFiles to replace it')


ARCHIVE_FILES = Task(
    name="ArchiveFiles",
    major=2,
    id="d8b84976-e99a-4b86-b885-4849694435b0",
    friendly_name="Archive files",
    description="Make a zip or tar of a file or folder",
    inputs=(
        Input(
            name="rootFolderOrFile",
            type="filePath",
            default="$(Build.BinariesDirectory)",
            required=True,
        ),
        Input(name="includeRootFolder", type="boolean", default="true", required=True),
        Input(
            name="archiveType",
            type="pickList",
            default="zip",
            required=True,
            choices=("zip", "7z", "tar", "wim"),
        ),
        Input(name="sevenZipCompression", type="pickList", default="normal"),
        Input(
            name="tarCompression",
            type="pickList",
            default="gz",
            choices=("gz", "bz2", "xz", "none"),
        ),
        Input(
            name="archiveFile",
            type="filePath",
            default="$(Build.ArtifactStagingDirectory)/$(Build.BuildId).zip",
            required=True,
        ),
        Input(name="replaceExistingArchive", type="boolean", default="true", required=True),
        Input(name="verbose", type="boolean", default="false"),
        Input(name="quiet", type="boolean", default="false"),
    ),
    run=archive_files,
    restricted=True,
    settable=(),
)
EXTRACT_FILES = Task(
    name="ExtractFiles",
    major=1,
    id="5e1e3830-fbfb-11e5-aab1-090c92bc4988",
    friendly_name="Extract files",
    description="Extract zip and tar archives",
    inputs=(
        Input(name="archiveFilePatterns", type="multiLine", default="**/*.zip", required=True),
        Input(name="destinationFolder", type="filePath", required=True),
        Input(name="cleanDestinationFolder", type="boolean", default="true", required=True),
        Input(name="overwriteExistingFiles", type="boolean", default="false", required=True),
        Input(name="pathToSevenZipTool"),
    ),
    run=extract_files,
    restricted=True,
    settable=(),
)
