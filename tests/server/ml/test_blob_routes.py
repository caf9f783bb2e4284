"""Blobs over HTTP: what the recorded uploads and downloads send, and the real storage client."""

from __future__ import annotations

import base64
import os
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from mlserver import Server

KEY = "dev-ml-ws.dev-ml-rg.00000000-0000-0000-0000-000000000001"
PLACE = f"/storage/{KEY}/workspaceblobstore"
BLOCK = {"x-ms-blob-type": "BlockBlob"}


def put(server: Server, name: str, content: bytes, **headers: str) -> Any:
    return server.ask("PUT", f"{PLACE}/{name}", content, headers={**BLOCK, **headers})


def test_upload_like_the_recorded_one(server: Server) -> None:
    """`data_create_uri_file`: HEAD 404, PUT, metadata, and later a HEAD that shows it."""
    name = "LocalUpload/0794/data/sample1.csv"
    missing = server.ask("HEAD", f"{PLACE}/{name}")
    assert missing.status == 404
    assert missing.headers["x-ms-error-code"] == "BlobNotFound"
    made = put(server, name, b"a,b\n1,2\n", **{"x-ms-blob-content-type": "text/csv"})
    assert made.status == 201
    assert made.headers["etag"]
    assert made.headers["last-modified"]
    headers = {
        "x-ms-meta-name": "data",
        "x-ms-meta-version": "1",
        "x-ms-meta-upload_status": "completed",
    }
    assert server.ask("PUT", f"{PLACE}/{name}?comp=metadata", b"", headers=headers).status == 200
    found = server.ask("HEAD", f"{PLACE}/{name}")
    assert found.status == 200
    assert found.headers["x-ms-meta-upload_status"] == "completed"
    assert found.headers["x-ms-blob-type"] == "BlockBlob"
    assert found.headers["content-length"] == "8"
    assert found.headers["content-type"] == "text/csv"
    content = server.home.storage / KEY / "workspaceblobstore" / name
    assert content.read_bytes() == b"a,b\n1,2\n"


def test_odd_numbers_are_no_failures(server: Server) -> None:
    put(server, "x", b"0123456789")
    huge = "9" * 5000
    assert server.ask("GET", f"{PLACE}?comp=list&maxresults={huge}").status == 200
    assert server.ask("GET", f"{PLACE}/x", headers={"Range": f"bytes={huge}-"}).status == 400
    assert server.ask("GET", f"~/data/x/versions?$top={huge}").status == 400


def test_a_page_that_was_uploaded_cannot_run(server: Server) -> None:
    """A link to it needs no token, and shares its origin with the portal."""
    put(server, "x", b"<script>alert(1)</script>", **{"x-ms-blob-content-type": "text/html"})
    found = server.ask("GET", f"{PLACE}/x")
    assert found.headers["content-type"] == "text/html"
    assert found.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_names_are_decoded_once(server: Server) -> None:
    """As azure-storage-blob sends it: `#` in a file name arrives percent-encoded twice."""
    assert put(server, "a%20b%2523c.txt", b"x").status == 201
    folder = server.home.storage / KEY / "workspaceblobstore"
    assert os.listdir(folder) == ["a b%23c.txt"]


def test_ranges(server: Server) -> None:
    """`models_download`: `x-ms-range`, 206 and `Content-Range`; an empty blob gives 416."""
    put(server, "x", b"0123456789")
    for header in ("x-ms-range", "Range"):
        part = server.ask("GET", f"{PLACE}/x", headers={header: "bytes=2-4"})
        assert (part.status, part.body) == (206, b"234")
        assert part.headers["content-range"] == "bytes 2-4/10"
    rest = server.ask("GET", f"{PLACE}/x", headers={"x-ms-range": "bytes=8-33554431"})
    assert rest.body == b"89"
    assert server.ask("GET", f"{PLACE}/x").body == b"0123456789"
    put(server, "empty", b"")
    none = server.ask("GET", f"{PLACE}/empty", headers={"x-ms-range": "bytes=0-33554431"})
    assert none.status == 416
    assert none.headers["x-ms-error-code"] == "InvalidRange"
    assert none.headers["content-range"] == "bytes */0"
    assert server.ask("GET", f"{PLACE}/empty").body == b""
    assert server.ask("GET", f"{PLACE}/x", headers={"x-ms-range": "lines=1"}).status == 400


def test_large_files_come_in_blocks(server: Server) -> None:
    """As azure-storage-blob sends it: `?comp=block&blockid=`, then `?comp=blocklist`."""
    ids = [base64.b64encode(f"{number:032d}".encode()).decode() for number in range(3)]
    for number, id in enumerate(ids):
        part = bytes([65 + number]) * 1000
        path = f"{PLACE}/big?comp=block&blockid={id.replace('=', '%3D')}"
        assert server.ask("PUT", path, part).status == 201
    assert server.ask("HEAD", f"{PLACE}/big").status == 404
    latest = "".join(f"<Latest>{id}</Latest>" for id in ids)
    body = f"<?xml version='1.0'?><BlockList>{latest}</BlockList>".encode()
    done = server.ask("PUT", f"{PLACE}/big?comp=blocklist", body)
    assert done.status == 201
    assert server.ask("GET", f"{PLACE}/big").body == b"A" * 1000 + b"B" * 1000 + b"C" * 1000
    assert list((server.home.storage / KEY / ".blocks").rglob("*")) == []
    again = server.ask("PUT", f"{PLACE}/big?comp=blocklist", body)
    assert again.status == 400
    assert again.headers["x-ms-error-code"] == "InvalidBlockList"
    assert server.ask("GET", f"{PLACE}/big").body.startswith(b"A" * 1000)


def test_lists(server: Server) -> None:
    for name in ("a/1.txt", "a/b/2.txt", "a.txt", "c%26d.txt"):
        put(server, name, b"x")
    path = f"{PLACE}?restype=container&comp=list"
    whole = server.ask("GET", f"{path}&include=metadata").body.decode()
    assert re.findall("<Name>(.*?)</Name>", whole) == [
        "a.txt",
        "a/1.txt",
        "a/b/2.txt",
        "c&amp;d.txt",
    ]
    assert "<Content-Length>1</Content-Length>" in whole
    below = server.ask("GET", f"{path}&prefix=a/&delimiter=/").body.decode()
    assert re.findall("<Name>(.*?)</Name>", below) == ["a/1.txt", "a/b/"]
    assert "<BlobPrefix><Name>a/b/</Name></BlobPrefix>" in below
    first = server.ask("GET", f"{path}&maxresults=2").body.decode()
    assert re.findall("<Name>(.*?)</Name>", first) == ["a.txt", "a/1.txt"]
    marker = re.findall("<NextMarker>(.*?)</NextMarker>", first)[0]
    second = server.ask("GET", f"{path}&maxresults=2&marker={marker}").body.decode()
    assert re.findall("<Name>(.*?)</Name>", second) == ["a/b/2.txt", "c&amp;d.txt"]
    assert "<NextMarker/>" in second


def test_prefix_may_end_inside_a_name(server: Server) -> None:
    put(server, "LocalUpload/ab/model/MLmodel", b"x")
    path = f"{PLACE}?restype=container&comp=list&prefix=LocalUpload/ab/mod"
    listed = server.ask("GET", path).body.decode()
    assert re.findall("<Name>(.*?)</Name>", listed) == ["LocalUpload/ab/model/MLmodel"]


def test_delete(server: Server) -> None:
    put(server, "x", b"1", **{"x-ms-meta-a": "b"})
    assert server.ask("DELETE", f"{PLACE}/x").status == 202
    assert server.ask("HEAD", f"{PLACE}/x").status == 404
    assert server.ask("DELETE", f"{PLACE}/x").status == 404
    put(server, "x", b"2")
    assert "x-ms-meta-a" not in server.ask("HEAD", f"{PLACE}/x").headers


def test_blob_is_not_overwritten_when_the_client_says_so(server: Server) -> None:
    put(server, "x", b"1")
    answer = put(server, "x", b"2", **{"If-None-Match": "*"})
    assert answer.status == 409
    assert answer.headers["x-ms-error-code"] == "BlobAlreadyExists"
    assert server.ask("GET", f"{PLACE}/x").body == b"1"


def test_broken_upload_leaves_nothing(server: Server) -> None:
    wrong = base64.b64encode(b"0" * 16).decode()
    answer = put(server, "x", b"content", **{"Content-MD5": wrong})
    assert answer.status == 400
    assert answer.headers["x-ms-error-code"] == "Md5Mismatch"
    assert server.ask("HEAD", f"{PLACE}/x").status == 404
    assert list((server.home.storage / KEY / "workspaceblobstore").iterdir()) == []


@pytest.mark.parametrize(
    "path",
    [
        f"{PLACE}/../../../state.db",
        f"{PLACE}/%2e%2e/%2e%2e/state.db",
        f"{PLACE}/a/%2e%2e/%2e%2e/x",
        f"{PLACE}/%252e%252e/x",
        f"{PLACE}/a%5c..%5cx",
        f"{PLACE}/a%00b",
        f"/storage/{KEY}/.facts/x",
        f"/storage/{KEY}/%2e%2e/x",
        "/storage/..%2f..%2fetc/x/y",
        "/storage/nobody/x/y",
        f"/storage/{KEY}/workspaceblobstore?restype=container&comp=list&prefix=../",
    ],
)
def test_names_cannot_lead_out_of_the_storage(server: Server, path: str) -> None:
    put(server, "a/b", b"x")
    for method, body in (("GET", None), ("PUT", b"x")):
        assert server.ask(method, path, body, headers=BLOCK).status in (400, 404)
    assert sorted(os.listdir(server.home.storage)) == [KEY]
    assert os.listdir(server.home.storage / KEY) == ["workspaceblobstore"]


def test_links_that_jobs_leave_are_not_followed(server: Server, tmp_path: Any) -> None:
    folder = server.home.storage / KEY / "workspaceblobstore"
    put(server, "a", b"x")
    (tmp_path / "secret").write_text("s")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "out").symlink_to(tmp_path)
    assert server.ask("GET", f"{PLACE}/link").status in (400, 404)
    assert server.ask("GET", f"{PLACE}/out/secret").status in (400, 404)
    assert put(server, "out/new", b"x").status == 400
    assert not (tmp_path / "new").exists()


def test_signature_opens_one_container(server: Server) -> None:
    """A shared access signature is only as good as we signed it."""
    token = server.ask(
        "POST",
        "~/datastores/workspaceblobstore/listSecrets",
        {"expirableSecret": True, "expireAfterHours": 1},
    ).json
    assert token["secretsType"] == "Sas"
    sas = token["sasToken"]
    account = f"/storage/{KEY}.blob.penstock.local"
    path = f"{account}/workspaceblobstore/x?{sas}"
    assert server.ask("PUT", path, b"1", token=None, headers=BLOCK).status == 201
    assert server.ask("GET", path, token=None).body == b"1"
    assert server.ask("GET", f"{PLACE}/x").body == b"1"
    other = f"{account}/workspaceartifactstore/x?{sas}"
    assert server.ask("PUT", other, b"1", token=None, headers=BLOCK).status in (401, 403)
    forged = path.replace("sig=", "sig=0")
    assert server.ask("GET", forged, token=None).status in (401, 403)
    assert server.ask("GET", path.partition("?")[0], token=None).status == 401
    assert server.ask("GET", f"~?{sas}", token=None).status == 401


def test_what_is_not_supported_is_refused_by_name(server: Server) -> None:
    put(server, "x", b"1")
    for query, headers in (
        ("?comp=lease", {}),
        ("", {"x-ms-blob-type": "PageBlob"}),
        ("", {**BLOCK, "x-ms-copy-source": "https://x"}),
        ("?comp=metadata", {"x-ms-meta-a-b": "c"}),
    ):
        answer = server.ask("PUT", f"{PLACE}/x{query}", b"", headers=headers)
        assert answer.status == 400, query
        assert b"not supported" in answer.body or b"no name for metadata" in answer.body


def test_the_real_storage_client(server: Server, tmp_path: Any) -> None:
    """azure-storage-blob as the ML client uses it: whole files, blocks, lists, ranges."""
    blob = pytest.importorskip("azure.storage.blob")
    properties = server.get("~/datastores/workspaceblobstore")["properties"]
    secret = server.ask("POST", "~/datastores/workspaceblobstore/listSecrets", {}).json["sasToken"]
    account = (
        f"{properties['protocol']}://{properties['accountName']}.blob.{properties['endpoint']}"
    )
    url = f"{account}/{properties['containerName']}?{secret}"
    assert urlsplit(url).hostname == "127.0.0.1"
    with blob.ContainerClient.from_container_url(
        url, max_single_put_size=1024, max_block_size=1024, max_chunk_get_size=1024
    ) as container:
        small, large = b"small", os.urandom(5000)
        container.upload_blob("d/small.bin", small, metadata={"a": "b"})
        container.upload_blob("d/large.bin", large)
        with pytest.raises(Exception, match="already exists"):
            container.upload_blob("d/small.bin", small)
        container.upload_blob("d/small.bin", b"again", overwrite=True, metadata={"a": "c"})
        found = {item.name: item for item in container.list_blobs("d/", include=["metadata"])}
        assert sorted(found) == ["d/large.bin", "d/small.bin"]
        assert found["d/small.bin"].metadata == {"a": "c"}
        assert found["d/large.bin"].size == 5000
        assert container.download_blob("d/large.bin").readall() == large
        assert container.download_blob("d/small.bin").readall() == b"again"
        container.upload_blob("d/empty", b"")
        assert container.download_blob("d/empty").readall() == b""
        assert [item.name for item in container.walk_blobs(delimiter="/")] == ["d/"]
        assert container.get_blob_client("d/none").exists() is False
        container.delete_blob("d/small.bin")
        assert container.get_blob_client("d/small.bin").exists() is False
