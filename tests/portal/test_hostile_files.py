"""Files that others made, opened in Chromium by somebody who is signed in: as a download, as text,
or in a sandbox, and never as a page of the server."""

from __future__ import annotations

import base64
import urllib.request
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Error
from visitor import Served, until

HTML = "<!doctype html><script>document.title = 'penetrated'</script><p>a page</p>"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" onload="document.title = \'penetrated\'">'
    "<title>drawing</title><script>document.title = 'penetrated'</script></svg>"
)
FILES = {"page.html": HTML, "drawing.svg": SVG, "page.xhtml": HTML, "notes.md": HTML}
PIPELINE = """
trigger: none
steps:
- publish: out
  artifact: drop
"""
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
ML = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
    "/Microsoft.MachineLearningServices/workspaces/ws"
)


def put(served: Served, path: str, content: str) -> None:
    headers = {"Authorization": f"Bearer {served.token}", "x-ms-blob-type": "BlockBlob"}
    headers["Content-Type"] = headers["x-ms-blob-content-type"] = "text/html"
    data = content.encode()
    request = urllib.request.Request(served.url + path, data, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in (200, 201)


@pytest.fixture(scope="module")
def addresses(served: Served) -> list[str]:
    """Where each of the files can be had."""
    served.ask(
        "POST",
        "/penstock/_apis/projects",
        {
            "name": "hostile",
            "capabilities": {
                "versioncontrol": {"sourceControlType": "Git"},
                "processTemplate": {"templateTypeId": "adcc42ab-9882-485e-a3ed-7678f01f66bc"},
            },
        },
    )
    api = "/penstock/hostile/_apis"
    repositories = served.ask("GET", f"{api}/git/repositories")["value"]
    if not repositories:
        repositories = [served.ask("POST", f"{api}/git/repositories", {"name": "hostile"})]
    repository = repositories[0]["id"]
    files = {f"out/{name}": text for name, text in FILES.items()} | {"x.yml": PIPELINE}
    changes = [
        {
            "changeType": "add",
            "item": {"path": f"/{path}"},
            "newContent": {
                "content": base64.b64encode(text.encode()).decode(),
                "contentType": "base64encoded",
            },
        }
        for path, text in files.items()
    ]
    push = {
        "refUpdates": [{"name": "refs/heads/main", "oldObjectId": "0" * 40}],
        "commits": [{"comment": "files", "changes": changes}],
    }
    served.ask("POST", f"{api}/git/repositories/{repository}/pushes", push)
    configuration = {"type": "yaml", "path": "x.yml", "repository": {"id": repository}}
    pipeline = served.ask(
        "POST", f"{api}/pipelines", {"name": "P", "configuration": configuration}
    )["id"]
    run = served.ask("POST", f"{api}/pipelines/{pipeline}/runs", {})["id"]
    until(lambda: served.ask("GET", f"{api}/build/builds/{run}")["status"] == "completed")

    served.ask("PUT", f"{ML}?api-version=2024-04-01", {"location": "x", "properties": {}})
    flow = f"/mlflow/v1.0{ML}/api/2.0"
    made = served.ask("POST", f"{flow}/mlflow/runs/create", {"experiment_id": "0"})["run"]["info"]
    artifacts = f"{flow}/mlflow-artifacts/artifacts/{made['experiment_id']}/{made['run_id']}"
    blobs = f"/storage/ws.rg.{SUBSCRIPTION}/workspaceblobstore"
    for name, text in FILES.items():
        put(served, f"{artifacts}/artifacts/{name}", text)
        put(served, f"{blobs}/{name}", text)
    items = f"{api}/git/repositories/{repository}/items?path=/out"
    drop = f"{api}/build/builds/{run}/artifacts?artifactName=drop"
    return [
        address
        for name in map(quote, FILES)
        for address in (
            f"{items}/{name}",
            f"{items}/{name}&$format=text",
            f"{items}/{name}&$format=octetStream",
            f"{items}/{name}&download=true",
            f"{drop}&fileName={name}",
            f"{artifacts}/artifacts/{name}",
            f"{blobs}/{name}",
        )
    ]


def test_no_file_of_others_runs_as_a_page(
    browser: Browser, served: Served, addresses: list[str]
) -> None:
    context = browser.new_context()
    context.request.post(
        f"{served.url}/_apis/penstock/session",
        data={"token": served.token},
        headers={"origin": served.url},
    )
    shown = downloaded = 0
    for address in addresses:
        page = context.new_page()
        answers: list[int] = []
        page.on("response", lambda answer, to=answers: to.append(answer.status))
        try:
            page.goto(served.url + address)
            shown += 1
        except Error as error:
            assert "Download is starting" in str(error) or "ERR_ABORTED" in str(error), address
            downloaded += 1
        page.wait_for_timeout(50)
        assert answers[:1] == [200], (address, answers)
        assert "penetrated" not in page.title(), address
        page.close()
    context.close()
    assert downloaded > 0
    assert shown + downloaded == len(addresses)
