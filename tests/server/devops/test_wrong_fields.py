"""A field of the wrong kind is refused by its name; it is never taken for one that is absent."""

from devopsserver import DevopsServer

YAML = "steps: [{checkout: none}, {bash: echo hello}]\n"


def test_a_field_of_the_wrong_kind_changes_nothing_and_is_named(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": YAML})
    pipeline, run = server.pipeline(), server.run()
    server.ended(run)
    server.commit({"README.md": "hello"}, ref="topic")
    proposals = "/Demo/_apis/git/repositories/demo/pullrequests"
    proposal = {
        "sourceRefName": "refs/heads/topic",
        "targetRefName": "refs/heads/main",
        "title": "Hello",
    }
    made = server.ask("POST", proposals, proposal).json["pullRequestId"]
    definition = {
        "id": pipeline,
        "revision": 1,
        "name": "CI",
        "process": {"type": 2, "yamlFilename": "azure-pipelines.yml"},
    }
    one = f"{proposals}/{made}"
    me = server.ask("GET", "/_apis/connectionData").json["authenticatedUser"]["id"]
    comments = [{"content": "look"}]
    for method, path, body, said in (
        (
            "PATCH",
            f"/Demo/_apis/build/builds/{run}",
            {"keepForever": "yes"},
            '"keepForever" must be true or false',
        ),
        (
            "POST",
            f"/Demo/_apis/penstock/runs/{run}/rerun",
            {"failedOnly": 0},
            '"failedOnly" must be true or false',
        ),
        (
            "PUT",
            f"/Demo/_apis/build/definitions/{pipeline}",
            {**definition, "badgeEnabled": "on"},
            '"badgeEnabled" must be true or false',
        ),
        (
            "PUT",
            f"/Demo/_apis/build/definitions/{pipeline}",
            {**definition, "tags": "nightly"},
            '"tags" must be a list of texts',
        ),
        ("POST", proposals, {**proposal, "isDraft": "no"}, '"isDraft" must be true or false'),
        ("PATCH", one, {"isDraft": 1}, '"isDraft" must be true or false'),
        (
            "PATCH",
            one,
            {"status": "completed", "completionOptions": {"deleteSourceBranch": "false"}},
            '"deleteSourceBranch" must be true or false',
        ),
        (
            "PUT",
            f"{one}/reviewers/{me}",
            {"isRequired": "true"},
            '"isRequired" must be true or false',
        ),
        (
            "POST",
            f"{one}/threads",
            {"comments": [{**comments[0], "parentCommentId": -1}]},
            '"parentCommentId" must be a number, 0 or more',
        ),
        (
            "POST",
            f"{one}/threads",
            {"comments": comments, "threadContext": {"rightFileStart": {"line": "7"}}},
            '"line" must be a number, 0 or more',
        ),
    ):
        answered = server.ask(method, path, body)
        assert (answered.status, answered.json["message"]) == (400, said), path
    assert server.get(f"build/builds/{run}")["keepForever"] is False
    assert server.ask("GET", one).json["status"] == "active"
