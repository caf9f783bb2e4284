"""Lists of blobs, as the XML of Azure Storage's "List Blobs"."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from penstock.server.ml.blobfacts import BlobFacts, blob_facts
from penstock.store.files import FileEntry, walk


def list_blobs(
    root: Path,
    *,
    service: str,
    container: str,
    prefix: str,
    delimiter: str,
    marker: str,
    limit: int,
    with_metadata: bool,
) -> str:
    """One page of the blobs whose names start with `prefix`, in order of their names.

    With a delimiter, what follows it is folded into prefixes. `marker` is the first name of this
    page, as the page before gave it.
    """
    names = sorted({shown for shown in _names(root, prefix, delimiter) if shown >= marker})
    page, rest = names[: max(limit, 1)], names[max(limit, 1) :]
    entries = "".join(_entry(root, name, delimiter, with_metadata) for name in page)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<EnumerationResults ServiceEndpoint={quoteattr(service)}"
        f" ContainerName={quoteattr(container)}>"
        f"{_name('Prefix', prefix)}{_name('Delimiter', delimiter)}"
        f"<MaxResults>{limit}</MaxResults><Blobs>{entries}</Blobs>"
        f"{_name('NextMarker', rest[0] if rest else '')}</EnumerationResults>"
    )


def _names(root: Path, prefix: str, delimiter: str) -> Iterator[str]:
    for entry in _files(root, prefix):
        if not entry.path.startswith(prefix):
            continue
        rest = entry.path[len(prefix) :]
        if delimiter and delimiter in rest:
            yield prefix + rest.partition(delimiter)[0] + delimiter
        else:
            yield entry.path


def _files(root: Path, prefix: str) -> Iterator[FileEntry]:
    """The files below the folder that the prefix names; the prefix may end inside a name."""
    folder = prefix.rpartition("/")[0]
    return walk(root, folder)


def _entry(root: Path, name: str, delimiter: str, with_metadata: bool) -> str:
    if delimiter and name.endswith(delimiter):
        return f"<BlobPrefix>{_name('Name', name)}</BlobPrefix>"
    facts = blob_facts(root, name)
    if facts is None:
        return ""
    metadata = _metadata(facts) if with_metadata else ""
    return f"<Blob>{_name('Name', name)}{_properties(facts)}{metadata}</Blob>"


def _properties(facts: BlobFacts) -> str:
    modified = formatdate(facts.modified, usegmt=True)
    return (
        f"<Properties><Creation-Time>{modified}</Creation-Time>"
        f"<Last-Modified>{modified}</Last-Modified><Etag>{escape(facts.etag.strip(chr(34)))}</Etag>"
        f"<Content-Length>{facts.size}</Content-Length>"
        f"<Content-Type>{escape(facts.content_type)}</Content-Type>"
        "<BlobType>BlockBlob</BlobType><LeaseStatus>unlocked</LeaseStatus>"
        "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties>"
    )


def _metadata(facts: BlobFacts) -> str:
    entries = (f"<{key}>{escape(value)}</{key}>" for key, value in facts.metadata.items())
    return f"<Metadata>{''.join(entries)}</Metadata>"


def _name(tag: str, name: str) -> str:
    """A name as text; one that XML cannot hold is percent-encoded and marked so."""
    if not name:
        return f"<{tag}/>"
    if all(character.isprintable() or character == " " for character in name):
        return f"<{tag}>{escape(name)}</{tag}>"
    return f'<{tag} Encoded="true">{quote(name)}</{tag}>'
