"""What a leaf asks of the agent that does it: steps of a pipeline job, or one ML command.

These records are the whole interface between the engine and the agent. They hold only texts,
numbers and tuples of such, so that they can be sent to another machine as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from penstock.engine.variable import Variable as Variable
from penstock.records import record

DEFAULT_CONDITION = "succeeded()"
"""The condition of a step, a job or a stage that has none of its own."""


@record
class Step:
    """One step of a pipeline job, canonical: every step is a task with inputs.

    `id` is unique in its job (`step1`); `name` addresses its outputs; `place` is where it stands
    in the user's YAML (`azure-pipelines.yml:12:5`). Seconds for `timeout`; None means the job's.
    `continue_on_error` is a text because it may hold macros.
    """

    id: str
    task: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    display_name: str = ""
    name: str | None = None
    condition: str = DEFAULT_CONDITION
    env: Mapping[str, str] = field(default_factory=dict)
    continue_on_error: str = "false"
    timeout: float | None = None
    retries: int = 0
    target: str | None = None
    restricted_commands: bool = False
    settable_variables: tuple[str, ...] | None = None
    place: str = ""


@record
class Endpoint:
    """A service connection as a task sees it. `data` and `parameters` are by name; parameters named
    in `secrets` are masked."""

    id: str
    name: str
    type: str
    url: str
    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


@record
class Repository:
    """What `checkout` reads. `url` is a local folder or a clone address; `commit` None means the
    working tree as it is. `origin` is the address that git is told where `url` is the folder of a
    server."""

    alias: str
    name: str
    url: str
    ref: str = ""
    commit: str | None = None
    type: str = "Git"
    origin: str = ""


@record
class SecureFileSource:
    """Where a secure file comes from: the `uri` that the server knows, or a `path` in the working
    tree of `self`."""

    name: str
    uri: str = ""
    path: str = ""


@record
class StepsWork:
    """The steps of one pipeline job, in order, and what they may use.

    `pool` says where (`name` of the pool or image as the YAML has it, mapped before it comes here);
    `definition_key` names the workspace that repeated runs of one pipeline share.
    """

    steps: tuple[Step, ...]
    repositories: tuple[Repository, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    secure_files: tuple[SecureFileSource, ...] = ()
    pool: str = "default"
    image: str = ""
    definition_key: str = ""
    clean: str = ""
    notes: tuple[str, ...] = ()


@record
class EnvironmentSpec:
    """An ML environment. `id` is its asset id or curated name; `image`, `conda_file` (YAML text)
    and `build` (a blob URI) are as the service keeps them."""

    id: str
    image: str | None = None
    conda_file: str | None = None
    build: str | None = None
    dockerfile: str | None = None


@record
class CommandInput:
    """An input of an ML command. A literal has `value`; a port has `uri` and a `mode`
    (`ro_mount`, `download`, `direct`, `eval_mount`, `eval_download`)."""

    name: str
    type: str
    value: str | None = None
    uri: str | None = None
    mode: str = "ro_mount"


@record
class CommandOutput:
    """An output of an ML command: where it goes (`uri`) and how (`rw_mount`, `upload`,
    `direct`)."""

    name: str
    type: str
    uri: str
    mode: str = "rw_mount"


@record
class CommandWork:
    """One ML command, every binding already resolved to a URI or a literal.

    `command` still holds `${{inputs.x}}`, `${{outputs.x}}` and `$[[ ]]`, which the agent replaces
    by local paths and values. `job` is the child job's own name, `root_job` that of the pipeline.
    `code` is the URI of a code snapshot or None; `workspace` is the full resource id
    (`/subscriptions/.../workspaces/NAME`). `timeout` is in seconds and counts from the start of the
    command's own process.
    """

    job: str
    root_job: str
    experiment: str
    experiment_id: str
    workspace: str
    command: str
    environment: EnvironmentSpec
    code: str | None = None
    inputs: tuple[CommandInput, ...] = ()
    outputs: tuple[CommandOutput, ...] = ()
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    compute: str = "local"
    instance_count: int = 1
    process_count: int = 1
    distribution: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None


@record
class UsedResource:
    """A protected resource that a stage uses: `type` and `id` as its library has them. An empty
    `id` is an environment that is made by its first use."""

    type: str
    id: str
    name: str


@record
class ExtendedTemplate:
    """The template that a pipeline extends: in which repository (`type`, `repository`), at which
    full `ref`, at which `path`."""

    type: str
    repository: str
    ref: str
    path: str


@record
class RequiredCheck:
    """How a file of the commit protects one of the resources."""

    resource: UsedResource
    approvers: tuple[str, ...] = ()
    minimum: int = 0
    instructions: str = ""
    branches: tuple[str, ...] = ()
    exclusive: bool = False


@record
class CheckWork:
    """What must hold before a stage begins; people and the server do it, no agent.

    `pipeline` is the number of the definition in the `project`; `requester`, `requester_name` are
    the account that started the run. `branches` are the full refs of all the sources of the run,
    `extends` the template that it extends. A `manual` stage waits for a person to start it. `lock`
    is the stage's `lockBehavior`. `required` comes from files of the commit.
    """

    project: str
    pipeline: int
    stage: str
    resources: tuple[UsedResource, ...] = ()
    required: tuple[RequiredCheck, ...] = ()
    manual: bool = False
    lock: str = "runLatest"
    branches: tuple[str, ...] = ()
    extends: ExtendedTemplate | None = None
    requester: str = ""
    requester_name: str = ""


Work = StepsWork | CommandWork | CheckWork


@record
class JobRequest:
    """All that one agent needs to do one leaf, once."""

    run: str
    node: str
    attempt: int
    display_name: str
    work: Work
    variables: tuple[Variable, ...] = ()
    secrets: tuple[str, ...] = ()
    timeout: float | None = None
    cancel_timeout: float = 300.0
