"""Many pushes at once to several repositories: the runs are exactly those of the rules."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from devopsserver import DevopsServer, git, until

REPOSITORIES, PUSHES = 5, 6
FILTERED = """
trigger: {branches: {include: [main]}, paths: {exclude: [docs]}}
steps: [{checkout: none}, {bash: 'true'}]
"""


def test_a_storm_of_pushes_starts_the_runs_of_the_rules(server: DevopsServer) -> None:
    works = [prepared(server, number) for number in range(REPOSITORIES)]
    with ThreadPoolExecutor(REPOSITORIES) as pool:
        expected = dict(pool.map(lambda work: pushes(server, *work), works))
    runs = until(lambda: ended(server), "all runs have ended")
    wanted = Counter(commit for commits in expected.values() for commit in commits)
    assert Counter(run["commit"] for run in runs) == wanted
    assert {run["result"] for run in runs} == {"succeeded"}
    # Each push says what it started, or why not.
    events = server.get("penstock/triggers?top=1000")["value"]
    of_pushes = [e for e in events if e["event"]["kind"] == "push" and e["decisions"]]
    assert len(of_pushes) == REPOSITORIES * PUSHES
    started = [d for event in of_pushes for d in event["decisions"] if d["runs"]]
    assert len(started) == len(runs)
    assert server.services.pushes.unhandled() == []


def prepared(server: DevopsServer, number: int) -> tuple[str, Path]:
    name = f"repository{number}"
    project = server.services.projects.get("Demo")
    made = server.services.repositories.create(project, name)
    work = server.folder / name
    work.mkdir()
    git(work, "init", "--quiet", "-b", "main")
    (work / "azure-pipelines.yml").write_text(FILTERED)
    git(work, "add", "-A")
    git(work, "commit", "--quiet", "-m", "Begin")
    push(server, name, work)
    body = {
        "name": name,
        "configuration": {
            "type": "yaml",
            "path": "azure-pipelines.yml",
            "repository": {"id": made.id, "type": "azureReposGit"},
        },
    }
    server.post("pipelines", body)
    return name, work


def pushes(server: DevopsServer, name: str, work: Path) -> tuple[str, list[str]]:
    """Push changes of code and of words in turn; the commits that must have a run."""
    expected = []
    for number in range(PUSHES):
        is_code = number % 2 == 0
        path = work / ("src" if is_code else "docs") / "file.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(str(number))
        git(work, "add", "-A")
        git(work, "commit", "--quiet", "-m", f"Change {number}")
        push(server, name, work)
        if is_code:
            expected.append(git(work, "rev-parse", "HEAD").strip())
    return name, expected


def push(server: DevopsServer, name: str, work: Path) -> None:
    header = f"http.extraHeader=Authorization: Bearer {server.token}"
    git(work, "-c", header, "push", "--quiet", f"{server.url}/Demo/_git/{name}", "main")


def ended(server: DevopsServer) -> list[dict[str, str]]:
    runs: list[dict[str, str]] = server.get("penstock/runs?top=1000")["value"]
    is_over = all(run["state"] == "completed" for run in runs)
    return runs if is_over and len(runs) == REPOSITORIES * PUSHES // 2 else []
