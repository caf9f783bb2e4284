"""What a push starts: the `trigger` of its own pipelines, and those of repository resources."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.devops.triggers.filters import Verdict, judge_paths, judge_ref
from penstock.devops.triggers.outcomes import failed, nothing
from penstock.devops.triggers.records import Decision, Definition, Going, Outcome, Push, Reason
from penstock.devops.triggers.skipping import skip_word
from penstock.devops.triggers.wildcards import short_name
from penstock.language.casing import same_text
from penstock.language.pipeline import RepositoryResource, Trigger

_CI = (Reason.INDIVIDUAL_CI, Reason.BATCHED_CI)


def decide_push(push: Push, definition: Definition, *, implied_ci: bool) -> Decision:
    """What a push does to a pipeline."""
    if push.is_deleted:
        what = "tag" if push.is_tag else "branch"
        return nothing(definition, f"the {what} {short_name(push.ref)} was deleted")
    if _is_of(push, definition.project, definition.repository):
        return _own(push, definition, implied_ci=implied_ci)
    return _other(push, definition)


def _is_of(push: Push, project: str, repository: str) -> bool:
    return same_text(push.repository, repository) and same_text(push.project, project)


# --- the pipeline's own repository


def _own(push: Push, definition: Definition, *, implied_ci: bool) -> Decision:
    pipeline = definition.pipeline
    if pipeline is None:
        return failed(definition, Reason.INDIVIDUAL_CI, push.ref, push.new_commit)
    trigger = pipeline.trigger
    verdict = judge_push(push, trigger, "trigger", implied=implied_ci)
    if not verdict.passes:
        return nothing(definition, verdict.why, verdict.span)
    if (word := skip_word(push.messages)) is not None:
        return nothing(definition, f'a commit message of the push says "{word}"')
    reason = Reason.BATCHED_CI if trigger and trigger.batch else Reason.INDIVIDUAL_CI
    if not definition.is_valid:
        return failed(definition, reason, push.ref, push.new_commit)
    going = first_ci_run(definition.going, push.ref) if trigger and trigger.batch else None
    if going is not None:
        why = f"{verdict.why}; trigger.batch holds it until run {going.run} has ended"
        return _decision(definition, Outcome.HELD, reason, push, Verdict(True, why, verdict.span))
    return _decision(definition, Outcome.RUN, reason, push, verdict)


def first_ci_run(going: Iterable[Going], ref: str) -> Going | None:
    """A run of a branch that a push started and that has not ended."""
    return next((run for run in going if run.ref == ref and run.reason in _CI), None)


def judge_push(push: Push, trigger: Trigger | None, key: str, *, implied: bool = True) -> Verdict:
    """Whether a trigger lets a push through; `implied` is the meaning of no trigger at all."""
    what = "tag" if push.is_tag else "branch"
    if trigger is None:
        if push.is_tag:
            return Verdict(False, f"there is no {key}.tags, and without it no tag starts a run")
        if not implied:
            return Verdict(False, f"there is no {key}, and the implied one is turned off")
        return Verdict(True, f"there is no {key}, so every {what} starts a run")
    if not trigger.enabled:
        return Verdict(False, f"{key} is none", trigger.span)
    return _judge_tag(push, trigger, key) if push.is_tag else _judge_branch(push, trigger, key)


def _judge_tag(push: Push, trigger: Trigger, key: str) -> Verdict:
    """A tag passes by the filter of tags, or by its full name by that of branches."""
    by_tag = by_branch = None
    if trigger.tags is not None:
        by_tag = judge_ref(push.ref, trigger.tags, f"{key}.tags", tags=True)
        if by_tag.passes:
            return by_tag
    if trigger.branches is not None:
        by_branch = judge_ref(push.ref, trigger.branches, f"{key}.branches")
        if by_branch.passes:
            return by_branch
    none = f"there is no {key}.tags, and without it no tag starts a run"
    return by_tag or Verdict(False, none, trigger.span)


def _judge_branch(push: Push, trigger: Trigger, key: str) -> Verdict:
    if trigger.branches is not None:
        verdict = judge_ref(push.ref, trigger.branches, f"{key}.branches")
    elif trigger.tags is not None and trigger.paths is None:
        why = f"{key} names tags and no branches, so no branch starts a run"
        return Verdict(False, why, trigger.span)
    else:
        verdict = Verdict(
            True, f"{key} names no branches, so every branch starts a run", trigger.span
        )
    if not verdict.passes or trigger.paths is None:
        return verdict
    return and_also(verdict, judge_paths(push.changed_paths, trigger.paths, f"{key}.paths"))


def and_also(first: Verdict, second: Verdict) -> Verdict:
    """Both, in words: where the second fails, it alone is the reason."""
    if not second.passes:
        return second
    return Verdict(True, f"{first.why}; {second.why}", first.span)


# --- other repositories


def _other(push: Push, definition: Definition) -> Decision:
    """A push to a repository that the pipeline may have as a resource with a trigger."""
    pipeline = definition.pipeline
    resources = pipeline.resources.repositories if pipeline else ()
    found = [one for one in resources if _is_resource(push, definition, one)]
    if not found:
        why = f"the push is to {push.repository}, and this pipeline is of {definition.repository}"
        return nothing(definition, why)
    verdict = Verdict(False, "")
    for resource in found:
        verdict = _judge_resource(push, resource)
        if verdict.passes:
            return _by_resource(push, definition, resource, verdict)
    return nothing(definition, verdict.why, verdict.span)


def _is_resource(push: Push, definition: Definition, resource: RepositoryResource) -> bool:
    kind = resource.type.value if resource.type else "git"
    project, slash, name = (resource.name.value if resource.name else "").rpartition("/")
    own = definition.project
    return same_text(kind, "git") and _is_of(push, project if slash else own, name)


def _judge_resource(push: Push, resource: RepositoryResource) -> Verdict:
    key = f"resources.repositories.{resource.alias.value}.trigger"
    if resource.trigger is None:
        return Verdict(False, f"there is no {key}, and without it no push there starts a run")
    return judge_push(push, resource.trigger, key)


def _by_resource(
    push: Push, definition: Definition, resource: RepositoryResource, verdict: Verdict
) -> Decision:
    if (word := skip_word(push.messages)) is not None:
        return nothing(definition, f'a commit message of the push says "{word}"')
    if not definition.is_valid:
        return failed(definition, Reason.RESOURCE_TRIGGER, definition.default_ref, "")
    return Decision(
        definition=definition.name,
        outcome=Outcome.RUN,
        reason=Reason.RESOURCE_TRIGGER,
        why=verdict.why,
        span=verdict.span,
        ref=definition.default_ref,
        alias=resource.alias.value,
        variables=_variables(push, resource),
        sources={resource.alias.value: push.ref},
        diagnostics=definition.diagnostics,
    )


def _variables(push: Push, resource: RepositoryResource) -> dict[str, str]:
    """What the repository that started a run says of itself in the place of `self`
    (https://learn.microsoft.com/azure/devops/pipelines/repos/multi-repo-checkout#repository-details)."""
    known = {
        "Build.Repository.ID": push.id,
        "Build.Repository.Name": push.repository,
        "Build.Repository.Uri": push.address,
        "Build.SourceBranch": push.ref,
        "Build.SourceBranchName": push.ref.rpartition("/")[2],
        "Build.SourceVersion": push.new_commit,
        "Build.SourceVersionMessage": push.messages[0].partition("\n")[0][:200]
        if push.messages
        else "",
    }
    return {
        **{name: value for name, value in known.items() if value},
        "Resources.TriggeringAlias": resource.alias.value,
        "Resources.TriggeringCategory": "repository",
    }


def _decision(
    definition: Definition, outcome: Outcome, reason: Reason, push: Push, verdict: Verdict
) -> Decision:
    return Decision(
        definition=definition.name,
        outcome=outcome,
        reason=reason,
        why=verdict.why,
        span=verdict.span,
        ref=push.ref,
        commit=push.new_commit,
        diagnostics=definition.diagnostics,
    )
