"""Records as JSON: exact texts, and the words for what cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from engine_plans import COMMAND, FAILED, group, job, plan, stage, variables

from penstock.engine.codec import CodecError, envelope, from_json, to_json
from penstock.engine.events import (
    CancelRequested,
    Event,
    IssueLogged,
    NodeExpanded,
    NodeFinished,
    NodePhase,
    NodeQueued,
    NodeStarted,
    Output,
    Result,
    RunChanged,
    RunFinished,
    StepFinished,
    StepStarted,
)
from penstock.engine.plan import Plan
from penstock.engine.requests import (
    CommandInput,
    Endpoint,
    JobRequest,
    Repository,
    Step,
    StepsWork,
    Variable,
)

EVENTS: list[tuple[Event, str]] = [
    (
        NodeQueued(at=1.5, node="s/a", variables={"k": Output(value="v", secret=True)}),
        '{"v":1,"type":"NodeQueued","at":1.5,"node":"s/a",'
        '"variables":{"k":{"value":"v","secret":true}}}',
    ),
    (NodeStarted(at=1.0, node="a"), '{"v":1,"type":"NodeStarted","at":1.0,"node":"a"}'),
    (
        NodeExpanded(at=1.0, node="a", nodes=(job("b", work=None),)),
        '{"v":1,"type":"NodeExpanded","at":1.0,"node":"a",'
        '"nodes":[{"id":"b","key":"b","kind":"job"}]}',
    ),
    (
        NodePhase(at=1.0, node="a", phase="Running"),
        '{"v":1,"type":"NodePhase","at":1.0,"node":"a","phase":"Running"}',
    ),
    (
        NodeFinished(at=1.0, node="a", result=FAILED, message="grün"),
        '{"v":1,"type":"NodeFinished","at":1.0,"node":"a","result":"failed","message":"grün"}',
    ),
    (
        StepStarted(at=1.0, node="a", step="1", name="Build"),
        '{"v":1,"type":"StepStarted","at":1.0,"node":"a","step":"1","name":"Build"}',
    ),
    (
        StepFinished(at=1.0, node="a", step="1", name="Build", result=Result.SKIPPED, lines=3),
        '{"v":1,"type":"StepFinished","at":1.0,"node":"a","step":"1","name":"Build",'
        '"result":"skipped","lines":3}',
    ),
    (
        IssueLogged(
            at=1.0, node="a", step="1", kind="error", message="m", line=2, data={"code": "C1"}
        ),
        '{"v":1,"type":"IssueLogged","at":1.0,"node":"a","step":"1","kind":"error",'
        '"message":"m","line":2,"data":{"code":"C1"}}',
    ),
    (CancelRequested(at=1.0), '{"v":1,"type":"CancelRequested","at":1.0}'),
    (
        CancelRequested(at=1.0, node="a", reason="r", told=True),
        '{"v":1,"type":"CancelRequested","at":1.0,"node":"a","reason":"r","told":true}',
    ),
    (
        RunChanged(at=1.0, name="tag", value="x"),
        '{"v":1,"type":"RunChanged","at":1.0,"name":"tag","value":"x"}',
    ),
    (
        RunFinished(at=1.0, result=Result.SUCCEEDED),
        '{"v":1,"type":"RunFinished","at":1.0,"result":"succeeded"}',
    ),
]


@pytest.mark.parametrize("event, text", EVENTS, ids=lambda x: type(x).__name__)
def test_events(event: Event, text: str) -> None:
    assert to_json(event) == text
    assert from_json(Event, text) == event
    assert from_json(Event, text.encode()) == event
    assert from_json(type(event), json.loads(text)) == event
    assert envelope(event) == json.loads(text)


STEPS = StepsWork(
    steps=(
        Step(
            id="step1",
            task="Bash@3",
            inputs={"script": "echo 'ü'\n"},
            condition="always()",
            timeout=30.0,
            retries=2,
            settable_variables=("x",),
        ),
    ),
    repositories=(Repository(alias="self", name="r", url="/src", commit="abc"),),
    endpoints=(Endpoint(id="1", name="c", type="azurerm", url="u", scheme="s", secrets=("k",)),),
)


@pytest.mark.parametrize("work", [STEPS, COMMAND], ids=["steps", "command"])
def test_requests(work: Any) -> None:
    request = JobRequest(
        run="1",
        node="s/a",
        attempt=2,
        display_name="A",
        work=work,
        variables=(Variable(name="x", value="1", secret=True),),
        secrets=("1",),
        timeout=60.0,
    )
    text = to_json(request)
    assert json.loads(text)["work"]["type"] == type(work).__name__
    assert from_json(JobRequest, text) == request


def test_plans() -> None:
    matrix = group("m", job("x"), max_parallel=2, output_aliases=(("m", "x"), ("y", "")))
    expanding = job("e", expands=True, expansion="$[ x ]", work=STEPS, timeout=1.0)
    whole = plan(
        stage("s", matrix, expanding, variables=variables(a="1")),
        variables=variables(b="2"),
        fail_fast=True,
        start_time=1.0,
    )
    assert from_json(Plan, to_json(whole)) == whole


def test_a_field_of_the_same_name_as_the_tag_is_no_tag() -> None:
    given = CommandInput(name="data", type="uri_folder", uri="azureml://x")
    request = JobRequest(
        run="1",
        node="a",
        attempt=1,
        display_name="A",
        work=replace(COMMAND, inputs=(given,)),
    )
    assert from_json(JobRequest, to_json(request)) == request


def test_unknown_fields_are_ignored_and_missing_ones_have_their_default() -> None:
    text = '{"v":1,"type":"NodeStarted","at":1,"node":"a","colour":"red"}'
    assert from_json(Event, text) == NodeStarted(at=1.0, node="a", worker="")


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2"),
        ("[]", "not a JSON object"),
        ('{"v":2,"type":"NodeStarted"}', "version 2 cannot be read, only 1"),
        ('{"type":"NodeStarted"}', "version None cannot be read, only 1"),
        ('{"v":1,"type":"NodeMelted"}', "record 'NodeMelted' is not known here, expected NodeQ"),
        ('{"v":1,"type":"NodeStarted","node":"a"}', "NodeStarted.at is missing"),
        (
            '{"v":1,"type":"NodeStarted","at":"now","node":"a"}',
            "NodeStarted.at: expected a number, found a text",
        ),
        (
            '{"v":1,"type":"NodeStarted","at":true,"node":"a"}',
            "NodeStarted.at: expected a number, found true or false",
        ),
        (
            '{"v":1,"type":"NodeStarted","at":1,"node":null}',
            "NodeStarted.node: expected a text, found null",
        ),
        (
            '{"v":1,"type":"NodeFinished","at":1,"node":"a","result":"great"}',
            "NodeFinished.result: 'great' is not one of succeeded, succeededWithIssues, failed, "
            "canceled, skipped, abandoned",
        ),
        (
            '{"v":1,"type":"NodeFinished","at":1,"node":"a","result":"failed","outputs":[]}',
            "NodeFinished.outputs: expected an object, found an array",
        ),
        (
            '{"v":1,"type":"NodeExpanded","at":1,"node":"a","nodes":{}}',
            "NodeExpanded.nodes: expected an array, found an object",
        ),
        (
            '{"v":1,"type":"NodeExpanded","at":1,"node":"a","nodes":[{"id":"b","key":"b","kind":"j",'
            '"work":{"type":"PaintWork"}}]}',
            "NodeExpanded.nodes: Node.work: record 'PaintWork' is not known here, expected "
            "StepsWork or CommandWork",
        ),
        (
            '{"v":1,"type":"NodeExpanded","at":1,"node":"a","nodes":[{"id":"b","key":"b","kind":"j",'
            '"output_aliases":[["x"]]}]}',
            "NodeExpanded.nodes: Node.output_aliases: expected 2 items, found 1",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(CodecError) as caught:
        from_json(Event, text)
    assert str(caught.value).startswith(message)
