"""What a pull request starts: the `pr` of the pipelines of its repository.

On the service `pr` works for GitHub and Bitbucket; Azure Repos has branch policies in its place
(https://learn.microsoft.com/azure/devops/pipelines/yaml-schema/pr). Here it works for our own Git.
"""

from __future__ import annotations

from dataclasses import replace

from penstock.devops.triggers.filters import Verdict, judge_paths, judge_ref
from penstock.devops.triggers.outcomes import failed, nothing
from penstock.devops.triggers.pushes import and_also
from penstock.devops.triggers.records import (
    Decision,
    Definition,
    Outcome,
    PullRequestChanged,
    Reason,
)
from penstock.devops.triggers.wildcards import short_name
from penstock.language.casing import same_text
from penstock.language.pipeline import Trigger


def decide_pull_request(change: PullRequestChanged, definition: Definition) -> Decision:
    """What a change of a pull request does to a pipeline."""
    own = same_text(change.repository, definition.repository)
    ref = f"refs/pull/{change.number}/merge"
    pipeline = definition.pipeline
    if not (own and same_text(change.project, definition.project)):
        why = f"the pull request is of {change.repository}, this pipeline of "
        return nothing(definition, why + definition.repository)
    if change.is_closed:
        return nothing(definition, f"pull request {change.number} is closed")
    if pipeline is None:
        return failed(definition, Reason.PULL_REQUEST, ref, change.commit)
    verdict = _judge(change, pipeline.pr)
    if not verdict.passes:
        return nothing(definition, verdict.why, verdict.span)
    if not definition.is_valid:
        return failed(definition, Reason.PULL_REQUEST, ref, change.commit)
    cancels = pipeline.pr is None or pipeline.pr.auto_cancel is not False
    return Decision(
        definition=definition.name,
        outcome=Outcome.RUN,
        reason=Reason.PULL_REQUEST,
        why=verdict.why,
        span=verdict.span,
        ref=ref,
        commit=change.commit,
        cancels=_runs_of(definition, change.number) if cancels else (),
        diagnostics=definition.diagnostics,
    )


def _judge(change: PullRequestChanged, trigger: Trigger | None) -> Verdict:
    target = short_name(change.target_ref)
    if trigger is None:
        return Verdict(True, f"there is no pr, so a pull request to any branch ({target}) runs it")
    if not trigger.enabled:
        return Verdict(False, "pr is none", trigger.span)
    if change.is_draft and trigger.drafts is False:
        why = f"pull request {change.number} is a draft, and pr.drafts is false"
        return Verdict(False, why, trigger.span)
    if trigger.branches is None:
        verdict = Verdict(True, f"pr names no branches, so one to {target} runs it", trigger.span)
    else:
        verdict = judge_ref(change.target_ref, trigger.branches, "pr.branches")
        verdict = replace(verdict, why=f"target {verdict.why}")
    if not verdict.passes or trigger.paths is None:
        return verdict
    return and_also(verdict, judge_paths(change.changed_paths, trigger.paths, "pr.paths"))


def _runs_of(definition: Definition, number: int) -> tuple[int, ...]:
    return tuple(run.run for run in definition.going if run.pull_request == number)
