"""A step that prints what others wrote can be kept from being commanded by it."""

from __future__ import annotations

from devopsserver import DevopsServer

PIPELINE = """
trigger: none
steps:
- bash: &hostile |
    echo "##vso[task.setvariable variable=PATH]/evil"
    echo "##vso[task.setvariable variable=wanted]yes"
    echo "##vso[build.addbuildtag]evil"
    echo "##vso[build.updatebuildnumber]evil"
    echo "##vso[task.prependpath]/evil"
    echo hello > summary.md; echo "##vso[task.uploadsummary]$PWD/summary.md"
  target:
    commands: restricted
    settableVariables: [wanted]
- bash: echo "wanted is $WANTED, path is $PATH"
- bash: |
    echo "##vso[task.setvariable variable=wanted]no"
  target: {commands: any, settableVariables: none}
- bash: echo "then it is $WANTED"
- bash: |
    echo "##vso[task.setvariable variable=wanted]last"
    echo "##vso[build.addbuildtag]good"
- bash: echo "at last it is $WANTED"
""".replace("&hostile ", "")


def test_a_restricted_step_commands_little_and_sets_what_it_may(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": PIPELINE})
    run = server.run()
    page = server.ended(run)
    assert page["result"] in ("succeeded", "partiallySucceeded"), page["issues"]
    logs = [record["log"]["id"] for record in page["records"] if record["log"]]
    lines = [line for id in logs for line in server.get(f"build/builds/{run}/logs/{id}")["value"]]
    text = "\n".join(lines)
    assert "wanted is yes, path is" in text
    assert "path is /evil" not in text and "/evil:" not in text
    assert "then it is yes" in text
    assert "at last it is last" in text
    assert server.get(f"build/builds/{run}/tags")["value"] == ["good"]
    assert page["number"] != "evil"
    warned = " ".join(issue["message"] for issue in page["issues"])
    assert '"##vso[build.addbuildtag]" is not allowed in this step' in warned
    assert 'variable "PATH" may not be set by this step' in warned


def test_another_word_is_refused(server: DevopsServer) -> None:
    yaml = "steps: [{bash: echo, target: {commands: few}}]"
    server.commit({"azure-pipelines.yml": yaml})
    page = server.ended(server.run())
    assert page["result"] == "failed"
    assert '"commands" is any or restricted, not "few"' in str(page["problem"])
