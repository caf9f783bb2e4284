"""What the steps of a run may do with its token, while it runs and after."""

import sys

from devopsserver import DevopsServer

STEPS = """
trigger: none
steps:
- checkout: none
- script: |
    printf '%s' "$TOKEN" > {folder}/token
    ask() {{ {python} {folder}/ask.py {url} "$@"; }}
    ask GET /Demo/_apis/build/builds
    ask GET /_apis/connectionData
    ask POST /Demo/_apis/pipelines
    ask POST /Demo/_apis/build/builds
    ask GET /Other/_apis/build/builds
    ask POST /_apis/tokens/pats
    ask GET /_apis/penstock/accounts
    echo "same: $([ "$TOKEN" = "$PENSTOCK_TOKEN" ] && echo yes), shown: $TOKEN"
  env: {{TOKEN: $(System.AccessToken)}}
"""

ASK = """
import os, sys, urllib.error, urllib.request

url, method, path = sys.argv[1:]
bearer = {"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json"}
data = b"{}" if method == "POST" else None
request = urllib.request.Request(url + path, method=method, data=data, headers=bearer)
try:
    with urllib.request.urlopen(request) as answer:
        status = answer.status
except urllib.error.HTTPError as error:
    status = error.code
print(method, path, status)
"""


def test_the_token_of_a_run_reads_its_project_and_dies_with_it(server: DevopsServer) -> None:
    server.services.projects.create("Other")
    (server.folder / "ask.py").write_text(ASK)
    steps = STEPS.format(folder=server.folder, url=server.url, python=sys.executable)
    server.commit({"azure-pipelines.yml": steps})
    run = server.run()
    page = server.ended(run)
    assert page["result"] == "succeeded", page["issues"]
    (record,) = [r for r in page["records"] if r["name"] == "CmdLine"]
    log = server.ask("GET", f"/Demo/_apis/build/builds/{run}/logs/{record['log']['id']}")
    lines = [line.partition(" ")[2] for line in log.json["value"]]
    for line in (
        "GET /Demo/_apis/build/builds 200",
        "GET /_apis/connectionData 200",
        "POST /Demo/_apis/pipelines 403",
        "POST /Demo/_apis/build/builds 403",
        "GET /Other/_apis/build/builds 404",
        "POST /_apis/tokens/pats 403",
        "GET /_apis/penstock/accounts 403",
        "same: yes, shown: ***",
    ):
        assert line in lines, log.body.decode()

    token = (server.folder / "token").read_text()
    assert token.startswith("penstock_job_")
    bearer = {"Authorization": f"Bearer {token}"}
    assert server.ask("GET", "/Demo/_apis/build/builds", **bearer).status == 401
    assert token not in server.host.home.state_db.read_bytes().decode("latin-1")
