"""What an event starts, as tables: `trigger_cases/TOPIC.yml`, each case with the page that says so.

An event is a push, a pull request, the end of a run, a schedule that is due, or something new in
another system; it expects `run`
(the reason), `held`, `failed` or `none` (why), and perhaps `why`, the place `at`, what it `builds`.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from penstock.devops.triggers import (
    Definition,
    Due,
    Going,
    Outcome,
    Published,
    PullRequestChanged,
    Push,
    RunCompleted,
    decide_triggers,
)
from penstock.language.compiler import compile_pipeline
from penstock.language.source import Source

MAIN = "refs/heads/main"


class OneFile:
    """A repository with one file."""

    def __init__(self, text):
        self.text = text

    def read(self, repository, path):
        return Source(path, self.text, repository) if path == "p.yml" else None

    def describe(self, repository):
        return "one file" if repository == "self" else None

    def names(self, repository, folder):
        return ("p.yml",)


def definition(text, **facts):
    compiled = compile_pipeline("p.yml", OneFile(text))
    given = {"name": "p", "repository": "app", **facts}
    return Definition(pipeline=compiled.partial, diagnostics=compiled.diagnostics, **given)


def cases():
    for path in sorted((Path(__file__).parent / "trigger_cases").glob("*.yml")):
        for case in yaml.safe_load(path.read_text("utf-8")):
            for number, event in enumerate(case["events"]):
                yield pytest.param(case, event, id=f"{path.stem}: {case['rule']} [{number}]")


def event_of(given):
    where = {name: given[name] for name in ("project",) if name in given}
    if "push" in given:
        return Push(
            repository=given.get("repository", "app"),
            ref=given["push"],
            old_commit="0" * 40 if given.get("created") else "aaa",
            new_commit="0" * 40 if given.get("deleted") else "pushed",
            messages=tuple(given.get("messages", ())),
            changed_paths=tuple(given["paths"]) if "paths" in given else None,
            **where,
        )
    if "pr" in given:
        return PullRequestChanged(
            repository="app",
            number=5,
            target_ref=given["pr"],
            commit="merged",
            changed_paths=tuple(given["paths"]) if "paths" in given else None,
            is_draft=given.get("draft", False),
            is_closed=given.get("closed", False),
        )
    if "completed" in given:
        return RunCompleted(
            definition=given["completed"],
            repository=given.get("repository", "app"),
            ref=given.get("ref", MAIN),
            commit="built",
            result=given.get("result", ""),
            run=given.get("run_id", 0),
            tags=tuple(given.get("tags", ())),
            stages=given.get("stages", {}),
            ended_stage=given.get("ended_stage"),
            has_told_stages=given.get("told", False),
            **where,
        )
    for kind in ("container", "package", "build", "webhook"):
        if kind in given:
            name, _, version = given[kind].partition(":")
            return Published(kind=kind, name=name, version=version, body=given.get("body"))
    time = datetime(2026, 3, 1, tzinfo=UTC)
    ref = given.get("ref", MAIN)
    return Due(definition="p", ref=ref, commit="head", cron=given["due"], time=time)


def state_of(given):
    ref = given.get("ref", MAIN)
    held = tuple(
        Push(repository="app", ref=ref, old_commit="aaa", new_commit=commit)
        for commit in given.get("waiting", ())
    )
    going = tuple(Going(**run) for run in given.get("going", ()))
    scheduled = {ref: given["scheduled"]} if "scheduled" in given else {}
    return {"held": held, "going": going, "scheduled": scheduled}


@pytest.mark.parametrize(("case", "given"), list(cases()))
def test_case(case, given):
    one = definition(case["yaml"], is_enabled=case.get("enabled", True), **state_of(given))
    (decision,) = decide_triggers(event_of(given), [one], implied_ci=case.get("implied_ci", True))
    outcome = next(o for o in Outcome if str(o) in given)
    expected = given[outcome]
    assert decision.outcome is outcome, decision.why
    assert expected in (decision.why, decision.reason)
    if "why" in given:
        assert decision.why == given["why"]
    if "at" in given:
        assert f"{decision.span.line}:{decision.span.column}" == given["at"]
    if "builds" in given:
        assert [decision.ref, decision.commit] == given["builds"]
    assert decision.alias == given.get("alias", decision.alias)
    if "variables" in given:
        assert decision.variables == given["variables"]
    assert decision.sources == given.get("sources", decision.sources)
    assert list(decision.cancels) == given.get("cancels", list(decision.cancels))


def test_every_pipeline_gets_a_decision_in_the_order_given():
    names = ["one", "two", "three"]
    many = [definition(f"trigger: [{name}]\nsteps: []", name=name) for name in names]
    push = Push(repository="app", ref="refs/heads/two", old_commit="a", new_commit="b")
    found = decide_triggers(push, many)
    assert [(one.definition, one.runs) for one in found] == [
        ("one", False),
        ("two", True),
        ("three", False),
    ]


def test_a_schedule_concerns_its_own_pipeline_alone():
    text = "schedules: [{cron: 0 0 * * *}]\nsteps: []"
    many = [definition(text, name=name) for name in ("a", "b")]
    time = datetime(2026, 3, 1, tzinfo=UTC)
    due = Due(definition="b", ref=MAIN, commit="c", cron="0 0 * * *", time=time)
    assert [one.definition for one in decide_triggers(due, many)] == ["b"]


def test_a_failed_run_carries_its_diagnostics():
    push = Push(repository="app", ref=MAIN, old_commit="a", new_commit="b")
    (found,) = decide_triggers(push, [definition("steps:\n- scrpt: x\n")])
    assert [diagnostic.code for diagnostic in found.diagnostics] == ["PS1101"]
    assert (found.ref, found.commit, found.reason) == (MAIN, "b", "individualCI")
