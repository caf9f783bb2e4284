"""Pipelines as plans: the nodes that come out, and what a run would miss, said before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from penstock.devops.libraryfiles import read_library
from penstock.devops.plans.catalog import TaskFacts
from penstock.devops.plans.planner import Planned, plan_pipeline
from penstock.devops.plans.planning import Surroundings
from penstock.engine.events import Result
from penstock.engine.plan import Node
from penstock.engine.requests import Repository, Step, StepsWork
from penstock.engine.simulation import Simulation
from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.source import Severity
from penstock.language.templates.files import LocalFiles


class Tasks:
    """A catalog of three tasks; nothing is wrong with any input."""

    def find(self, reference: str) -> TaskFacts | None:
        known = {
            "cmdline@2": TaskFacts(name="CmdLine", friendly_name="Command line"),
            "bash@3": TaskFacts(name="Bash", friendly_name="Bash"),
            "azurecli@2": TaskFacts(
                name="AzureCLI",
                friendly_name="Azure CLI",
                connection_inputs={"azuresubscription": "AzureRM", "registry": "dockerregistry"},
            ),
        }
        if reference.partition("@")[0] in ("6d15af64-176c-496d-b583-fd2ae21d4df4",):
            return TaskFacts(name="checkout", friendly_name="Get sources")
        return known.get(reference.casefold())

    def names(self) -> Sequence[str]:
        return ["AzureCLI@2", "Bash@3", "CmdLine@2"]

    def problems(self, step: Step) -> Sequence[str]:
        return []


def plan(folder: Path, text: str, **secrets: str) -> Planned:
    (folder / "azure-pipelines.yml").write_text(text)
    compiled = compile_pipeline("azure-pipelines.yml", LocalFiles(folder))
    assert compiled.pipeline is not None, render(list(compiled.diagnostics))
    surroundings = Surroundings(
        library=read_library(LocalFiles(folder)).with_secrets(secrets),
        catalog=Tasks(),
        repositories={"self": Repository(alias="self", name="project", url=str(folder))},
    )
    return plan_pipeline(compiled.pipeline, surroundings)


def node(planned: Planned, id: str) -> Node:
    return next(n for n in planned.plan.nodes if n.id == id)


def steps(planned: Planned, id: str) -> tuple[Step, ...]:
    work = node(planned, id).work
    assert isinstance(work, StepsWork)
    return work.steps


def errors(planned: Planned) -> str:
    return render([d for d in planned.diagnostics if d.severity is not Severity.NOTE])


def test_job_without_a_checkout_step_checks_out_self(tmp_path: Path) -> None:
    planned = plan(tmp_path, "steps:\n- script: echo\n")
    assert [s.display_name for s in steps(planned, "__default/Job")] == ["Checkout self", "CmdLine"]


def test_checkout_none_checks_out_nothing(tmp_path: Path) -> None:
    planned = plan(tmp_path, "steps:\n- checkout: none\n- script: echo\n")
    inputs = [s.inputs.get("repository") for s in steps(planned, "__default/Job")]
    assert inputs == ["none", None]


def test_deployment_hooks_run_in_order_and_do_not_check_out(tmp_path: Path) -> None:
    planned = plan(
        tmp_path,
        """
jobs:
- deployment: Web
  environment: staging.web1
  strategy:
    runOnce:
      preDeploy: { steps: [{ script: one }] }
      deploy: { steps: [{ script: two }] }
      on:
        failure: { steps: [{ script: bad }] }
        success: { steps: [{ script: good }] }
""",
    )
    assert [(n.key, n.depends_on, n.condition) for n in planned.plan.nodes[2:]] == [
        ("preDeploy", (), "succeeded()"),
        ("deploy", ("__default/Web/preDeploy",), "succeeded()"),
        ("on.success", ("__default/Web/preDeploy", "__default/Web/deploy"), "succeeded()"),
        ("on.failure", ("__default/Web/preDeploy", "__default/Web/deploy"), "failed()"),
    ]
    assert [s.task for s in steps(planned, "__default/Web/deploy")] == ["CmdLine@2"]
    deployment = planned.deployments[0]
    assert (deployment.environment, deployment.resource) == ("staging", "web1")


def test_a_canary_is_planned_with_its_hooks_once_for_each_increment(tmp_path: Path) -> None:
    """Azure Pipelines, Deployment jobs: `preDeploy` once, `deploy`, `routeTraffic` and
    `postRouteTraffic` for each increment, then `on`. What depends on it is planned as well."""
    planned = plan(
        tmp_path,
        """
jobs:
- deployment: Web
  environment: staging
  strategy:
    canary:
      increments: [10, 50]
      preDeploy: { steps: [{ script: one }] }
      deploy: { steps: [{ script: two }] }
      postRouteTraffic: { steps: [{ script: three }] }
      on: { failure: { steps: [{ script: bad }] } }
- deployment: Machines
  dependsOn: Web
  environment: staging
  strategy: { rolling: { maxParallel: 2, deploy: { steps: [{ script: two }] } } }
- job: After
  dependsOn: [Web, Machines]
  steps: [{ script: x }]
""",
    )
    assert [n.id.removeprefix("__default/") for n in planned.plan.nodes[1:]] == [
        "Web",
        "Web/preDeploy",
        "Web/deploy_10",
        "Web/postRouteTraffic_10",
        "Web/deploy_50",
        "Web/postRouteTraffic_50",
        "Web/on.failure",
        "Machines",
        "Machines/deploy",
        "After",
    ]
    assert planned.refused == ("__default/Web", "__default/Machines")
    assert Simulation(planned.plan).run().result is Result.SUCCEEDED


def test_outputs_of_a_deployment_to_a_resource_begin_with_it(tmp_path: Path) -> None:
    """Azure Pipelines, Deployment jobs, Support for output variables: `Deploy_<resource-name>`."""
    planned = plan(
        tmp_path,
        "jobs:\n- deployment: Web\n  environment: staging.vm.one\n  strategy:\n"
        "    runOnce: { deploy: { steps: [{ script: x }] } }\n",
    )
    aliases = [alias for alias, _ in node(planned, "__default/Web").output_aliases]
    assert aliases == ["Web", "Deploy", "Deploy_vm.one"]
    (warning,) = planned.diagnostics
    assert (warning.code, warning.severity) == ("PS2133", Severity.WARNING)
    assert warning.service_text == "Job Web: Resource vm.one does not exist in environment staging."


def test_stages_wait_for_the_one_before_unless_they_say_otherwise(tmp_path: Path) -> None:
    job = "jobs: [{ job: j, steps: [{ script: echo }] }]"
    planned = plan(
        tmp_path,
        f"stages:\n- stage: A\n  {job}\n- stage: B\n  {job}\n- stage: C\n  dependsOn: []\n  {job}\n"
        f"- stage: D\n  dependsOn: [a, B]\n  {job}\n",
    )
    stages = {n.id: n.depends_on for n in planned.plan.nodes if n.kind == "stage"}
    assert stages == {"A": (), "B": ("A",), "C": (), "D": ("A", "B")}


def test_timeout_of_a_job_is_an_hour_and_zero_means_none(tmp_path: Path) -> None:
    planned = plan(
        tmp_path,
        "jobs:\n- job: a\n  steps: [{ script: x }]\n"
        "- job: b\n  timeoutInMinutes: 0\n  steps: [{ script: x }]\n",
    )
    assert node(planned, "__default/a").timeout == 3600
    assert node(planned, "__default/b").timeout is None


SEVERAL = """
jobs:
- job: Build
  displayName: Build it
  strategy: { matrix: { linux: { os: l }, mac: { os: m } }, maxParallel: 0 }
  steps: [{ script: x }]
- job: Slices
  strategy: { parallel: 3 }
  steps: [{ script: x }]
- job: One
  strategy: { parallel: 1 }
  steps: [{ script: x }]
- job: Empty
  strategy: { matrix: {} }
  steps: [{ script: x }]
"""


@pytest.mark.parametrize(
    "id, name, display, phase, position, total, kind",
    [
        ("Build/linux", "linux", "Build it linux", "Build", "1", "2", "MultiConfiguration"),
        ("Build/mac", "mac", "Build it mac", "Build", "2", "2", "MultiConfiguration"),
        ("Slices/Job1", "Job1", "Slices 1", "Slices", "1", "3", "MultiMachine"),
        ("Slices/Job3", "Job3", "Slices 3", "Slices", "3", "3", "MultiMachine"),
        ("One", "One", "One", "One", "1", "1", None),
        ("Empty", "Empty", "Empty", "Empty", "1", "1", None),
    ],
)
def test_the_instances_of_a_job_know_their_names_and_places(
    tmp_path: Path,
    id: str,
    name: str,
    display: str,
    phase: str,
    position: str,
    total: str,
    kind: str | None,
) -> None:
    """Names as measured on the service, places and kinds as in the published DTPipelines."""
    planned = plan(tmp_path, SEVERAL)
    one = node(planned, f"__default/{id}")
    around = node(planned, f"__default/{id.partition('/')[0]}")
    seen = {v.name: v.value for v in (*around.variables, *one.variables)}
    assert (seen["System.JobName"], seen["System.JobDisplayName"]) == (name, display)
    assert seen["System.PhaseName"] == phase
    assert seen["System.JobPositionInPhase"] == position
    assert seen["System.TotalJobsInPhase"] == total
    assert seen.get("System.ParallelExecutionType") == kind


def test_no_limit_of_instances_at_once_is_0_or_none(tmp_path: Path) -> None:
    limited = SEVERAL.replace("maxParallel: 0", "maxParallel: 2")
    assert node(plan(tmp_path, SEVERAL), "__default/Build").max_parallel is None
    assert node(plan(tmp_path, SEVERAL), "__default/Slices").max_parallel is None
    assert node(plan(tmp_path, limited), "__default/Build").max_parallel == 2


def test_hooks_have_the_pool_of_the_deployment_or_their_own(tmp_path: Path) -> None:
    """Azure Pipelines, Deployment jobs: by default hooks inherit the pool of the deployment; only
    `deploy` downloads artifacts of the run."""
    planned = plan(
        tmp_path,
        """
jobs:
- job: Build
  steps: [{ publish: out }]
- deployment: Web
  pool: ours
  environment: prod
  strategy:
    runOnce:
      preDeploy: { pool: theirs, steps: [{ script: x }] }
      deploy: { steps: [{ script: x }] }
""",
    )
    works = [node(planned, f"__default/Web/{hook}").work for hook in ("preDeploy", "deploy")]
    assert [w.pool for w in works if isinstance(w, StepsWork)] == ["theirs", "ours"]
    assert [s.display_name for s in steps(planned, "__default/Web/preDeploy")] == ["CmdLine"]
    assert [s.display_name for s in steps(planned, "__default/Web/deploy")] == [
        "Download artifacts",
        "CmdLine",
    ]
    seen = {v.name: v.value for v in node(planned, "__default/Web").variables}
    assert (seen["Environment.Name"], seen["Strategy.Name"]) == ("prod", "runOnce")


def test_arm_connection_that_is_not_declared_stands_for_this_machine(tmp_path: Path) -> None:
    planned = plan(
        tmp_path,
        "variables: { connection: spn }\n"
        "steps:\n- task: AzureCLI@2\n  inputs: { azureSubscription: $(connection) }\n",
    )
    assert [d.severity for d in planned.diagnostics] == [Severity.NOTE]
    work = node(planned, "__default/Job").work
    assert isinstance(work, StepsWork)
    assert [(e.name, e.scheme) for e in work.endpoints] == [("spn", "PenstockLocal")]


def test_what_holds_of_several_places_is_said_once(tmp_path: Path) -> None:
    login = "- task: AzureCLI@2\n  inputs: { azureSubscription: spn }\n"
    (note,) = plan(tmp_path, f"steps:\n{login * 7}").diagnostics
    assert render([note]) == (
        'note[PS2121]: service connection "spn" stands for the Azure ML workspace on this machine\n'
        " --> azure-pipelines.yml:3:32\n"
        "  |\n"
        "2 | - task: AzureCLI@2\n"
        "3 |   inputs: { azureSubscription: spn }\n"
        "  |                                ^^^ not in .penstock/connections\n"
        "  |\n"
        " ::: azure-pipelines.yml:5:32  also here\n"
        " ::: azure-pipelines.yml:7:32  also here\n"
        " ::: azure-pipelines.yml:9:32  also here\n"
        " ::: azure-pipelines.yml:11:32  also here, and in 2 more places\n"
        "  = help: write .penstock/connections/spn.yml to say otherwise"
    )


def test_all_that_is_missing_is_said_at_once(tmp_path: Path) -> None:
    planned = plan(
        tmp_path,
        """
variables:
- group: settings
resources: { repositories: [{ repository: other, name: other }] }
steps:
- task: AzureCLI@2
  inputs: { registry: hub }
- task: Bsh@3
- checkout: other
""",
    )
    text = errors(planned)
    for expected in (
        'variable group "settings" is not in the library',
        'service connection "hub" is not in the library',
        'there is no task "Bsh@3" on this machine',
        'did you mean "Bash@3"?',
        'repository "other" is not on this machine',
        "4 errors",
    ):
        assert expected in text
    # the words of the service's published resources
    assert [d.service_text for d in planned.diagnostics if d.service_text] == [
        "Variable group settings was not found or is not authorized for use.",
        "Job Job: Step AzureCLI@2 input registry references service connection hub which could not "
        "be found. The service connection does not exist or has not been authorized for use.",
        "A task is missing. The pipeline references a task called 'Bsh@3'.",
    ]


def test_resources_that_do_not_fit_are_told_in_the_words_of_the_service_too(tmp_path: Path) -> None:
    connections = tmp_path / ".penstock" / "connections"
    connections.mkdir(parents=True)
    (connections / "hub.yml").write_text(
        "type: dockerregistry\nurl: https://hub.example\nscheme: UsernamePassword\n"
        "parameters: { username: me }\n"
    )
    planned = plan(
        tmp_path,
        """
steps:
- task: AzureCLI@2
  name: login
  inputs: { azureSubscription: hub }
- task: AzureCLI@2
  inputs: { registry: HUB }
- task: Bash@3
  inputs: { secureFile: key.pem }
""",
    )
    assert [(d.code, d.service_text) for d in planned.diagnostics] == [
        (
            "PS2114",
            "Job Job: Step login input azureSubscription expects a service connection of type "
            "AzureRM but the provided service connection hub is of type dockerregistry.",
        ),
        (
            "PS2126",
            "Job Job: Step Bash@3 input secureFile references secure file key.pem which could not "
            "be found. The secure file does not exist or has not been authorized for use.",
        ),
    ]


def test_secret_of_a_group_needs_a_value(tmp_path: Path) -> None:
    groups = tmp_path / ".penstock" / "variable-groups"
    groups.mkdir(parents=True)
    (groups / "settings.yml").write_text("variables: { a: 1 }\nsecrets: [password]\n")
    text = "variables:\n- group: settings\nsteps:\n- script: echo\n"
    assert 'secret "password" of variable group "settings" has no value' in errors(
        plan(tmp_path, text)
    )
    planned = plan(tmp_path, text, password="hunter2")
    assert errors(planned) == ""
    assert [(v.name, v.secret) for v in planned.plan.variables][-2:] == [
        ("a", False),
        ("password", True),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("jobs: [{ job: a, container: img:1, steps: [{ script: x }] }]", "a container job"),
        ("jobs: [{ job: a, pool: server, steps: [{ script: x }] }]", "agentless jobs"),
        (
            "jobs: [{ deployment: a, environment: e, strategy: { canary: { increments: [10], "
            "deploy: { steps: [{ script: x }] } } } }]",
            'deployment strategy "canary"',
        ),
        (
            "{ resources: { containers: [{ container: box, image: a }] }, "
            "steps: [{ script: x, target: box }] }",
            "containers are not supported yet",
        ),
        ("jobs: [{ job: a, timeoutInMinutes: $(x), steps: [{ script: x }] }]", "a whole number"),
    ],
)
def test_what_is_not_supported_is_refused_by_name_and_place(
    tmp_path: Path, text: str, message: str
) -> None:
    shown = errors(plan(tmp_path, text))
    assert message in shown
    assert "azure-pipelines.yml:1:" in shown


OUTSIDE = """
resources:
  webhooks:
  - {webhook: hook, connection: c}
  builds:
  - {build: jenkins, type: Jenkins, connection: j, source: app, trigger: true}
  - {build: quiet, type: Jenkins, connection: j, source: app}
  packages:
  - {package: lib, type: npm, connection: p, name: us/lib, trigger: true}
  containers:
  - {container: image, image: us/app, trigger: {tags: [v*]}}
  - {container: still, image: us/app, trigger: {enabled: false}}
  - {container: off, image: us/app, trigger: {tags: none}}
steps:
- getPackage: lib
- downloadBuild: jenkins
"""


def test_resources_that_nothing_watches_are_named(tmp_path: Path) -> None:
    planned = plan(tmp_path, OUTSIDE)
    unwatched = [d for d in planned.diagnostics if d.code == "PS2125"]
    assert [d.message.split(";")[0] for d in unwatched] == [
        'nothing here watches the webhook resource "hook"',
        'nothing here watches the build resource "jenkins"',
        'nothing here watches the package resource "lib"',
        'nothing here watches the container resource "image"',
    ]
    assert {d.severity for d in unwatched} == {Severity.WARNING}


def test_steps_that_fetch_from_other_systems_are_refused_by_name(tmp_path: Path) -> None:
    refused = [d for d in plan(tmp_path, OUTSIDE).diagnostics if d.severity is Severity.ERROR]
    assert [(d.code, str(d.span), d.message) for d in refused] == [
        (
            "PS2112",
            "azure-pipelines.yml:15:15",
            '"getPackage" of the package resource "lib" cannot be run by this version',
        ),
        (
            "PS2112",
            "azure-pipelines.yml:16:18",
            '"downloadBuild" of the build resource "jenkins" cannot be run by this version',
        ),
    ]


def test_artifacts_of_other_runs_are_told_before_the_step_fails(tmp_path: Path) -> None:
    text = """\
resources: {pipelines: [{pipeline: up, source: up-ci}]}
steps:
- download: current
- download: none
- download: up
"""
    (told,) = [one for one in plan(tmp_path, text).diagnostics if one.code == "PS2112"]
    assert (told.severity, str(told.span)) == (Severity.WARNING, "azure-pipelines.yml:5:13")
    assert told.message == ('artifacts of the pipeline resource "up" cannot be had by this version')


def test_a_deployment_without_a_strategy_is_refused_in_words(tmp_path: Path) -> None:
    refused = plan(tmp_path, "jobs:\n- deployment: web\n  environment: dev\n").diagnostics
    assert [d.message for d in refused] == [
        'job "web": a deployment without a strategy cannot be run by this version'
    ]
