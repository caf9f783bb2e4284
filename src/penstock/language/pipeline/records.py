"""The records of an expanded pipeline.

Every text keeps its place. What the YAML leaves out is None (or an empty tuple or mapping for
lists and maps); defaults are the planner's business. Texts may hold `$( )` and `$[ ]`.
Make them by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from penstock.language.origins import Frame
from penstock.language.source import Source, Span
from penstock.language.yaml import Node
from penstock.records import record

NONE: Mapping[str, Any] = MappingProxyType({})
"""No entries."""

UNNAMED_STAGE = "__default"
"""The id of the stage around jobs that the YAML puts in none."""


@record(kw_only=False)
class Text:
    """A text of the YAML and where it stands."""

    value: str
    span: Span


@record(kw_only=False)
class VariableValue:
    """A variable with its raw value."""

    name: Text
    value: Text
    readonly: bool = False
    origin: tuple[Frame, ...] = ()


@record(kw_only=False)
class VariableGroup:
    """A reference to a variable group."""

    name: Text
    origin: tuple[Frame, ...] = ()


Variable: TypeAlias = VariableValue | VariableGroup


@record(kw_only=False)
class Pool:
    """Where jobs run. `other` holds members that only some pools know (`image`, `os`)."""

    span: Span
    name: Text | None = None
    vm_image: Text | None = None
    demands: tuple[Text, ...] = ()
    other: Mapping[str, Node] = NONE


@record(kw_only=False)
class Target:
    """Where a step runs and what its output may do. `settable_variables` () allows none."""

    container: Text | None = None
    commands: Text | None = None
    settable_variables: tuple[Text, ...] | None = None


@record(kw_only=False)
class Step:
    """One step: a task with inputs.

    `keyword` is the word it was written with (`script`, `checkout`, `task` ...).
    """

    keyword: str
    task: Text
    span: Span
    inputs: Mapping[str, Text] = NONE
    display_name: Text | None = None
    name: Text | None = None
    condition: Text | None = None
    continue_on_error: Text | None = None
    enabled: Text | None = None
    env: Mapping[str, Text] = NONE
    timeout_in_minutes: Text | None = None
    retry_count: Text | None = None
    target: Target | None = None
    origin: tuple[Frame, ...] = ()


@record(kw_only=False)
class Matrix:
    """A job once per leg. `legs` is a text when an expression gives them at run time; `names` are
    the names of the legs with their places."""

    legs: Mapping[str, Mapping[str, Text]] | Text
    span: Span
    max_parallel: Text | None = None
    names: tuple[Text, ...] = ()


@record(kw_only=False)
class Parallel:
    """A job cut into so many slices."""

    count: Text
    span: Span
    max_parallel: Text | None = None


@record(kw_only=False)
class Hook:
    """The steps of one phase of a deployment: `deploy`, `on.failure` ..."""

    name: str
    span: Span
    steps: tuple[Step, ...] = ()
    pool: Pool | None = None


@record(kw_only=False)
class RunOnce:
    """A deployment in one go. Hooks are in the order in which they run."""

    span: Span
    hooks: tuple[Hook, ...] = ()


@record(kw_only=False)
class Rolling:
    """A deployment to some machines at a time: `max_parallel` is a number or a percentage."""

    span: Span
    hooks: tuple[Hook, ...] = ()
    max_parallel: Text | None = None


@record(kw_only=False)
class Canary:
    """A deployment to growing shares."""

    span: Span
    hooks: tuple[Hook, ...] = ()
    increments: tuple[Text, ...] = ()


DeploymentStrategy: TypeAlias = RunOnce | Rolling | Canary


@record(kw_only=False)
class Container:
    """A container of a job, or one among the resources.

    `alias` alone refers to a resource, or else is an image. `other` holds the rest as written.
    """

    span: Span
    alias: Text | None = None
    image: Text | None = None
    endpoint: Text | None = None
    options: Text | None = None
    env: Mapping[str, Text] = NONE
    ports: tuple[Text, ...] = ()
    volumes: tuple[Text, ...] = ()
    other: Mapping[str, Node] = NONE


@record(kw_only=False)
class Environment:
    """The target of a deployment; `name.resource` is taken apart."""

    name: Text
    span: Span
    resource_name: Text | None = None
    resource_type: Text | None = None
    tags: tuple[str, ...] = ()


@record(kw_only=False)
class Job:
    """A job of steps. `id` is empty when the YAML gives none; `depends_on` None is the default;
    `uses` are repositories that it reaches without checking them out."""

    id: Text
    span: Span
    display_name: Text | None = None
    depends_on: tuple[Text, ...] | None = None
    condition: Text | None = None
    continue_on_error: Text | None = None
    timeout_in_minutes: Text | None = None
    cancel_timeout_in_minutes: Text | None = None
    variables: tuple[Variable, ...] = ()
    pool: Pool | None = None
    strategy: Matrix | Parallel | None = None
    container: Container | None = None
    services: Mapping[str, Container] = NONE
    workspace_clean: Text | None = None
    uses: tuple[Text, ...] = ()
    steps: tuple[Step, ...] = ()
    origin: tuple[Frame, ...] = ()


@record(kw_only=False)
class DeploymentJob:
    """A job that deploys to an environment by the hooks of a strategy."""

    id: Text
    span: Span
    display_name: Text | None = None
    depends_on: tuple[Text, ...] | None = None
    condition: Text | None = None
    continue_on_error: Text | None = None
    timeout_in_minutes: Text | None = None
    cancel_timeout_in_minutes: Text | None = None
    variables: tuple[Variable, ...] = ()
    pool: Pool | None = None
    environment: Environment | None = None
    strategy: DeploymentStrategy | None = None
    container: Container | None = None
    services: Mapping[str, Container] = NONE
    workspace_clean: Text | None = None
    uses: tuple[Text, ...] = ()
    origin: tuple[Frame, ...] = ()


@record(kw_only=False)
class Stage:
    """A stage. `depends_on` None means the stage before it."""

    id: Text
    span: Span
    display_name: Text | None = None
    depends_on: tuple[Text, ...] | None = None
    condition: Text | None = None
    variables: tuple[Variable, ...] = ()
    pool: Pool | None = None
    jobs: tuple[Job | DeploymentJob, ...] = ()
    lock_behavior: Text | None = None
    trigger: Text | None = None
    is_skippable: bool | None = None
    origin: tuple[Frame, ...] = ()


@record(kw_only=False)
class Filter:
    """Patterns of names to take and to leave."""

    include: tuple[Text, ...] = ()
    exclude: tuple[Text, ...] = ()


@record(kw_only=False)
class Trigger:
    """What starts a run: `trigger`, `pr` or `schedules` of the YAML.

    `cron` and what follows it are those of a schedule, `auto_cancel` and `drafts` of `pr`.
    """

    span: Span
    enabled: bool = True
    batch: bool | None = None
    branches: Filter | None = None
    paths: Filter | None = None
    tags: Filter | None = None
    auto_cancel: bool | None = None
    drafts: bool | None = None
    cron: Text | None = None
    display_name: Text | None = None
    always: bool | None = None


Schedule: TypeAlias = Trigger


@record(kw_only=False)
class RepositoryResource:
    """A further repository."""

    alias: Text
    span: Span
    type: Text | None = None
    name: Text | None = None
    ref: Text | None = None
    endpoint: Text | None = None
    trigger: Trigger | None = None


@record(kw_only=False)
class CompletionTrigger:
    """Which runs of another pipeline start this one; filters that are left out let all through."""

    span: Span
    enabled: bool = True
    branches: Filter | None = None
    stages: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()


@record(kw_only=False)
class PipelineResource:
    """Another pipeline whose runs are used."""

    alias: Text
    span: Span
    project: Text | None = None
    source: Text | None = None
    version: Text | None = None
    branch: Text | None = None
    tags: tuple[Text, ...] = ()
    trigger: CompletionTrigger | None = None


@record(kw_only=False)
class BuildResource:
    """The builds of another system, such as Jenkins."""

    alias: Text
    span: Span
    type: Text | None = None
    connection: Text | None = None
    source: Text | None = None
    version: Text | None = None
    branch: Text | None = None
    trigger: Text | None = None


@record(kw_only=False)
class PackageResource:
    """A package of GitHub: npm or NuGet."""

    alias: Text
    span: Span
    type: Text | None = None
    connection: Text | None = None
    name: Text | None = None
    version: Text | None = None
    tag: Text | None = None
    trigger: Text | None = None


@record(kw_only=False)
class WebhookResource:
    """An event that another service posts. `filters` are pairs of a path in it and a value."""

    alias: Text
    span: Span
    connection: Text | None = None
    type: Text | None = None
    filters: tuple[tuple[Text, Text], ...] = ()


OutsideResource: TypeAlias = BuildResource | PackageResource | WebhookResource
"""A resource that another system has."""


@record(kw_only=False)
class Resources:
    """What a pipeline uses. `other` holds the settings of `repo: self` of old, as written."""

    repositories: tuple[RepositoryResource, ...] = ()
    containers: tuple[Container, ...] = ()
    pipelines: tuple[PipelineResource, ...] = ()
    builds: tuple[BuildResource, ...] = ()
    packages: tuple[PackageResource, ...] = ()
    webhooks: tuple[WebhookResource, ...] = ()
    other: Mapping[str, Node] = NONE

    @property
    def outside(self) -> tuple[OutsideResource, ...]:
        """What other systems have: builds, packages and webhooks."""
        return (*self.builds, *self.packages, *self.webhooks)


@record(kw_only=False)
class Parameter:
    """A parameter of the pipeline, as declared. `default` None means a value must be given."""

    name: Text
    type: str = "string"
    display_name: Text | None = None
    default: Node | None = None
    values: tuple[Text, ...] = ()


@record(kw_only=False)
class Pipeline:
    """A whole pipeline. `trigger` None means every branch; `pool` is the default of its jobs."""

    source: Source
    name: Text | None = None
    append_commit_message: bool | None = None
    parameters: tuple[Parameter, ...] = ()
    variables: tuple[Variable, ...] = ()
    resources: Resources = Resources()
    trigger: Trigger | None = None
    pr: Trigger | None = None
    schedules: tuple[Schedule, ...] = ()
    pool: Pool | None = None
    stages: tuple[Stage, ...] = ()
    lock_behavior: Text | None = None
