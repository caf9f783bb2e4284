"""What the end of a run starts: pipelines that have it as a resource, and its own held pushes.

Facts: https://learn.microsoft.com/azure/devops/pipelines/process/pipeline-triggers and
https://learn.microsoft.com/azure/devops/pipelines/process/resources#define-a-pipelines-resource.
"""

from __future__ import annotations

from penstock.devops.triggers.filters import Verdict, judge_ref, listed
from penstock.devops.triggers.outcomes import failed, nothing
from penstock.devops.triggers.pushes import first_ci_run
from penstock.devops.triggers.records import Decision, Definition, Outcome, Reason, RunCompleted
from penstock.devops.triggers.wildcards import short_name
from penstock.language.casing import fold_case, same_text
from penstock.language.pipeline import CompletionTrigger, PipelineResource

_GOOD = frozenset(("succeeded", "partiallySucceeded", "succeededWithIssues"))


def decide_completion(ended: RunCompleted, definition: Definition) -> Decision:
    """What the end of a run, or of a stage of it, does to a pipeline."""
    is_itself = same_text(ended.definition, definition.name) and same_text(
        ended.project, definition.project
    )
    if is_itself and ended.ended_stage is None:
        held = _held(ended, definition)
        if held is not None:
            return held
    pipeline = definition.pipeline
    resources = pipeline.resources.pipelines if pipeline else ()
    found = [one for one in resources if _is_source(ended, definition, one)]
    if not found:
        why = f"no pipeline resource has the source {ended.definition}"
        return nothing(definition, "no push was held back by its run" if is_itself else why)
    verdict = Verdict(False, "")
    for resource in found:
        verdict = _judge(ended, resource)
        if verdict.passes:
            return _started(ended, definition, resource, verdict)
    return nothing(definition, verdict.why, verdict.span)


# --- pushes that were held back


def _held(ended: RunCompleted, definition: Definition) -> Decision | None:
    """The one run for all pushes that were held back, once no other run of the branch goes on."""
    waiting = [push for push in definition.held if push.ref == ended.ref]
    others = [run for run in definition.going if run.run != ended.run]
    if not waiting:
        return None
    branch = short_name(ended.ref)
    other = first_ci_run(others, ended.ref)
    newest = waiting[-1]
    count = "a push" if len(waiting) == 1 else f"{len(waiting)} pushes"
    if other is not None:
        why = f"{count} to {branch} is still held back by run {other.run}"
        return Decision(
            definition=definition.name,
            outcome=Outcome.HELD,
            reason=Reason.BATCHED_CI,
            why=why.replace(" is ", " is " if len(waiting) == 1 else " are ", 1),
            ref=newest.ref,
            commit=newest.new_commit,
        )
    if not definition.is_valid:
        return failed(definition, Reason.BATCHED_CI, newest.ref, newest.new_commit)
    return Decision(
        definition=definition.name,
        outcome=Outcome.RUN,
        reason=Reason.BATCHED_CI,
        why=f"run {ended.run} has ended, and trigger.batch had held back {count} to {branch}",
        ref=newest.ref,
        commit=newest.new_commit,
        diagnostics=definition.diagnostics,
    )


# --- pipeline resources


def _is_source(ended: RunCompleted, definition: Definition, resource: PipelineResource) -> bool:
    source = resource.source.value if resource.source else resource.alias.value
    project = resource.project.value if resource.project else definition.project
    name = source.replace("/", "\\").rpartition("\\")[2]
    return same_text(name, ended.definition) and same_text(project, ended.project)


def _judge(ended: RunCompleted, resource: PipelineResource) -> Verdict:
    key = f"resources.pipelines.{resource.alias.value}.trigger"
    trigger = resource.trigger
    if trigger is None:
        return Verdict(False, f"there is no {key}, and without it no run starts this pipeline")
    if not trigger.enabled:
        return Verdict(False, f"{key} is off", trigger.span)
    for verdict in (
        _judge_end(ended, trigger, key),
        _judge_branch(ended, trigger, key),
        _judge_tags(ended, trigger, key),
    ):
        if not verdict.passes:
            return verdict
    who = f"run {ended.run} of {ended.definition}" if ended.run else f"a run of {ended.definition}"
    what = f"stages {listed(trigger.stages)} of {who}" if trigger.stages else who
    return Verdict(
        True, f"{what} succeeded on {short_name(ended.ref)}, as {key} asks", trigger.span
    )


def _judge_end(ended: RunCompleted, trigger: CompletionTrigger, key: str) -> Verdict:
    """Without `stages` the run must have succeeded; with them, all of these, when the last of
    them ends, or at the end of a run whose stages were no events."""
    if not trigger.stages:
        if ended.ended_stage is not None:
            return Verdict(False, f"the run of {ended.definition} has not ended", trigger.span)
        why = f"the run of {ended.definition} ended as {ended.result}, not succeeded"
        return Verdict(ended.result in _GOOD, why, trigger.span)
    names = {fold_case(stage.value) for stage in trigger.stages}
    if ended.ended_stage is None and ended.has_told_stages:
        return Verdict(False, f"the stages of {key}.stages have been told", trigger.span)
    if ended.ended_stage is not None and fold_case(ended.ended_stage) not in names:
        why = f"stage {ended.ended_stage} is not in {key}.stages: {listed(trigger.stages)}"
        return Verdict(False, why, trigger.stages[0].span)
    if ended.stages is None:
        why = f"the run of {ended.definition} ended as {ended.result}, not succeeded"
        return Verdict(ended.result in _GOOD, why, trigger.span)
    results = {fold_case(name): result for name, result in ended.stages.items()}
    for stage in trigger.stages:
        result = results.get(fold_case(stage.value))
        if result not in _GOOD:
            said = f"ended as {result}" if result else "has not run"
            why = f"stage {stage.value}, one of {key}.stages, {said}"
            return Verdict(False, why, stage.span)
    return Verdict(True, "")


def _judge_branch(ended: RunCompleted, trigger: CompletionTrigger, key: str) -> Verdict:
    if trigger.branches is None:
        return Verdict(True, "")
    return judge_ref(ended.ref, trigger.branches, f"{key}.branches")


def _judge_tags(ended: RunCompleted, trigger: CompletionTrigger, key: str) -> Verdict:
    """Every tag that is asked for must be among those of the run."""
    has = {fold_case(tag) for tag in ended.tags}
    for tag in trigger.tags:
        if fold_case(tag.value) not in has:
            why = f"the run has no tag {tag.value}, which {key}.tags asks for"
            return Verdict(False, why, tag.span)
    return Verdict(True, "")


def _started(
    ended: RunCompleted, definition: Definition, resource: PipelineResource, verdict: Verdict
) -> Decision:
    """In one repository the commit of the other run is built; else the default branch."""
    is_shared = same_text(ended.repository, definition.repository) and same_text(
        ended.project, definition.project
    )
    ref = ended.ref if is_shared else definition.default_ref
    commit = ended.commit if is_shared else ""
    if not definition.is_valid:
        return failed(definition, Reason.RESOURCE_TRIGGER, ref, commit)
    return Decision(
        definition=definition.name,
        outcome=Outcome.RUN,
        reason=Reason.RESOURCE_TRIGGER,
        why=verdict.why,
        span=verdict.span,
        ref=ref,
        commit=commit,
        alias=resource.alias.value,
        variables=_variables(ended, resource),
        diagnostics=definition.diagnostics,
    )


def _variables(ended: RunCompleted, resource: PipelineResource) -> dict[str, str]:
    """What the run that was started knows of the one that started it, as far as it is known here:
    yaml-schema/resources-pipelines-pipeline#pipeline-resource-metadata-as-predefined-variables."""
    alias = resource.alias.value
    facts = {
        "pipelineName": ended.definition,
        "runID": str(ended.run),
        "sourceBranch": ended.ref,
        "sourceCommit": ended.commit,
        "sourceProvider": "TfsGit",
        **ended.known,
    }
    if resource.project:
        facts["projectName"] = ended.project
    triggered = {
        "Build.TriggeredBy.BuildId": str(ended.run),
        "Build.TriggeredBy.BuildNumber": facts.get("runName", ""),
        "Build.TriggeredBy.DefinitionId": facts.get("pipelineID", ""),
        "Build.TriggeredBy.DefinitionName": ended.definition,
        "Build.TriggeredBy.ProjectID": facts.get("projectID", ""),
    }
    return {
        **{name: value for name, value in triggered.items() if value},
        "Resources.TriggeringAlias": alias,
        "Resources.TriggeringCategory": "pipeline",
        **{f"resources.pipeline.{alias}.{name}": value for name, value in facts.items()},
    }
