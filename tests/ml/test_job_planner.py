"""Bodies of jobs become plans. Shapes are those of the recorded requests (`jobs_pipeline_*`,
`jobs_command_*`); meanings are those of the documentation pages named at each test."""

from __future__ import annotations

from typing import Any

import pytest
from mlbench import BLOBS, DATASTORES, PREFIX, Bench, bound, node, pipeline, shared

from penstock.engine.plan import Node
from penstock.engine.requests import CommandInput, CommandOutput, CommandWork, EnvironmentSpec
from penstock.ml.jobstore import JobOutput
from penstock.ml.planner import Planned, with_experiment

FOLDER = {"type": "uri_folder"}
UPLOADED = "azureml://datastores/workspaceblobstore/paths/LocalUpload/0794/data/"


def nodes(planned: Planned) -> dict[str, Node]:
    return {node.id: node for node in planned.plan.nodes}


def work(planned: Planned, id: str) -> CommandWork:
    found = nodes(planned)[id].work
    assert isinstance(found, CommandWork)
    return found


def inputs(planned: Planned, id: str) -> dict[str, CommandInput]:
    return {entry.name: entry for entry in work(planned, id).inputs}


def outputs(planned: Planned, id: str) -> dict[str, CommandOutput]:
    return {entry.name: entry for entry in work(planned, id).outputs}


def three_steps(bench: Bench) -> dict[str, Any]:
    """The shape of `jobs_pipeline_1a`: train, score, evaluate."""
    train = bench.component(
        "t",
        command="python train.py ${{inputs.max_epocs}} ${{outputs.model_output}}",
        inputs={
            "training_data": FOLDER,
            "max_epocs": {"type": "integer"},
            "learning_rate": {"type": "number", "default": "0.01"},
            "learning_rate_schedule": {"type": "string", "default": "time-based"},
        },
        outputs={"model_output": FOLDER},
    )
    score = bench.component(
        "s",
        command="python score.py",
        inputs={"model_input": FOLDER, "test_data": FOLDER},
        outputs={"score_output": FOLDER},
    )
    evaluate = bench.component(
        "e",
        command="python eval.py",
        inputs={"scoring_result": FOLDER},
        outputs={"eval_output": FOLDER},
    )
    cluster = f"{PREFIX}/computes/cpu-cluster"
    return pipeline(
        {
            "train_job": node(
                train,
                computeId=cluster,
                inputs={
                    "max_epocs": bound("parent.inputs.epocs"),
                    "learning_rate": bound("parent.inputs.rate"),
                    "training_data": {"uri": UPLOADED, "job_input_type": "uri_folder"},
                },
                outputs={"model_output": shared("trained_model")},
            ),
            "score_job": node(
                score,
                computeId=cluster,
                inputs={
                    "model_input": bound("parent.jobs.train_job.outputs.model_output"),
                    "test_data": {"uri": UPLOADED, "job_input_type": "uri_folder"},
                },
                outputs={"score_output": {"mode": "Upload", "job_output_type": "uri_folder"}},
            ),
            "evaluate_job": node(
                evaluate,
                computeId=cluster,
                inputs={"scoring_result": bound("parent.jobs.score_job.outputs.score_output")},
                outputs={"eval_output": shared("report")},
            ),
        },
        inputs={
            "epocs": {"value": "20", "jobInputType": "literal"},
            "rate": {"value": "1.8", "jobInputType": "literal"},
        },
        outputs={
            "trained_model": {"mode": "Upload", "jobOutputType": "uri_folder"},
            "report": {"mode": "Upload", "jobOutputType": "uri_folder"},
        },
    )


def test_dependencies_come_from_bindings_alone(bench: Bench) -> None:
    planned = bench.plan(three_steps(bench))
    assert bench.said() == []
    assert {id: node.depends_on for id, node in nodes(planned).items()} == {
        "train_job": (),
        "score_job": ("train_job",),
        "evaluate_job": ("score_job",),
    }
    assert [node.condition for node in planned.plan.nodes] == ["succeeded()"] * 3


def test_nodes_without_bindings_wait_for_nothing(bench: Bench) -> None:
    """`jobs_pipeline_3a`: three hello-world nodes."""
    hello = bench.component("1", command="python hello.py")
    body = pipeline({key: node(hello) for key in ("component_a", "component_b", "component_c")})
    assert [node.depends_on for node in bench.plan(body).plan.nodes] == [(), (), ()]


def test_order_of_keys_is_irrelevant_but_kept(bench: Bench) -> None:
    body = three_steps(bench)
    body["jobs"] = dict(reversed(list(body["jobs"].items())))
    planned = bench.plan(body)
    assert [node.id for node in planned.plan.nodes] == ["evaluate_job", "score_job", "train_job"]
    assert nodes(planned)["evaluate_job"].depends_on == ("score_job",)


def test_literals_of_the_pipeline_reach_its_nodes(bench: Bench) -> None:
    planned = bench.plan(three_steps(bench))
    given = {name: entry.value for name, entry in inputs(planned, "train_job").items()}
    assert given == {
        "training_data": None,
        "max_epocs": "20",
        "learning_rate": "1.8",
        "learning_rate_schedule": "time-based",
    }


def test_data_is_read_only_mounted_unless_said(bench: Bench) -> None:
    planned = bench.plan(three_steps(bench))
    assert inputs(planned, "train_job")["training_data"] == CommandInput(
        name="training_data",
        type="uri_folder",
        uri=f"{BLOBS}/LocalUpload/0794/data/",
        mode="ro_mount",
    )


def test_output_lies_at_azures_default_place_under_the_steps_own_name(bench: Bench) -> None:
    """Documentation, "output path expressions"."""
    planned = bench.plan(three_steps(bench))
    child = {child.node: child.name for child in planned.children}["score_job"]
    assert outputs(planned, "score_job")["score_output"] == CommandOutput(
        name="score_output",
        type="uri_folder",
        uri=f"{BLOBS}/azureml/{child}/score_output/",
        mode="upload",
    )


def test_output_bound_to_the_pipelines_shares_its_place(bench: Bench) -> None:
    planned = bench.plan(three_steps(bench))
    written = outputs(planned, "train_job")["model_output"]
    assert planned.outputs["trained_model"] == JobOutput(uri=written.uri, type="uri_folder")
    assert written.mode == "upload"
    assert inputs(planned, "score_job")["model_input"].uri == written.uri


def test_child_jobs_have_their_own_names(bench: Bench) -> None:
    planned = bench.plan(three_steps(bench))
    assert [(child.key, child.parent, child.type) for child in planned.children] == [
        ("train_job", "brave_root", "Command"),
        ("score_job", "brave_root", "Command"),
        ("evaluate_job", "brave_root", "Command"),
    ]
    assert len({child.name for child in planned.children}) == 3
    for child in planned.children:
        assert work(planned, child.node).job == child.name
        assert work(planned, child.node).root_job == "brave_root"


def test_output_nobody_mentions_can_be_bound(bench: Bench) -> None:
    """`jobs_pipeline_io`: the first node has no `outputs`, its component declares one."""
    hello = bench.component("h", command="echo > ${{outputs.o}}/x", outputs={"o": FOLDER})
    world = bench.component("w", command="cat ${{inputs.i}}/x", inputs={"i": FOLDER})
    body = pipeline(
        {
            "hello": node(hello),
            "world": node(world, inputs={"i": bound("parent.jobs.hello.outputs.o")}),
        }
    )
    planned = bench.plan(body)
    assert bench.said() == []
    assert inputs(planned, "world")["i"].uri == outputs(planned, "hello")["o"].uri


def test_path_of_an_output_is_filled_with_the_steps_name(bench: Bench) -> None:
    """`jobs_pipeline_customize_output`."""
    hello = bench.component(
        "h", command="echo", outputs={"output": {"type": "uri_file", "mode": "rw_mount"}}
    )
    body = pipeline(
        {"hello_world": node(hello, outputs={"output": shared("output")})},
        outputs={
            "output": {
                "uri": "azureml://datastores/workspaceblobstore/paths/${{name}}/hello_world.txt",
                "mode": "ReadWriteMount",
                "jobOutputType": "uri_file",
            }
        },
    )
    planned = bench.plan(body)
    written = outputs(planned, "hello_world")["output"]
    assert written == CommandOutput(
        name="output", type="uri_file", uri=f"{BLOBS}/child-1/hello_world.txt", mode="rw_mount"
    )
    assert planned.outputs["output"].uri == written.uri


def test_default_datastore_is_that_of_the_settings(bench: Bench) -> None:
    bench.put("datastores", "mine")
    hello = bench.component("h", command="echo", outputs={"f": {"type": "uri_file"}, "d": None})
    body = pipeline(
        {
            "a": node(
                hello,
                outputs={
                    "d": {
                        "uri": "azureml://datastores/${{default_datastore}}/paths/x/${{output_name}}/",
                        "job_output_type": "uri_folder",
                    }
                },
            )
        },
        settings={"default_datastore": f"{PREFIX}/datastores/mine"},
    )
    planned = bench.plan(body)
    assert outputs(planned, "a")["f"].uri == f"{DATASTORES}/mine/paths/azureml/child-1/f"
    assert outputs(planned, "a")["d"].uri == f"{DATASTORES}/mine/paths/x/d/"


@pytest.mark.parametrize("is_declared", [False, True])
def test_output_named_artifacts_is_the_steps_artifact_store(
    bench: Bench, is_declared: bool
) -> None:
    """azureml-examples, hello-pipeline-default-artifacts, with and without the declaration."""
    declared = {"outputs": {"artifacts": FOLDER}} if is_declared else {}
    hello = bench.component("h", command="echo > outputs/world.txt", **declared)
    world = bench.component("w", command="cat", inputs={"i": FOLDER})
    artifacts = bound("parent.jobs.hello.outputs.artifacts")
    body = pipeline({"hello": node(hello), "world": node(world, inputs={"i": artifacts})})
    planned = bench.plan(body)
    assert bench.said() == []
    assert inputs(planned, "world")["i"].uri == (
        f"{DATASTORES}/workspaceartifactstore/paths/ExperimentRun/dcid.child-1/"
    )
    assert nodes(planned)["world"].depends_on == ("hello",)


def test_data_assets_are_resolved_when_the_job_is_submitted(bench: Bench) -> None:
    """`@latest` is the version created last (documentation, "data assets", labels)."""
    for version, path in (("2", "b"), ("10", "c"), ("1", "a")):
        uri = f"azureml://datastores/workspaceblobstore/paths/{path}/"
        bench.put("data", "d", version, {"dataUri": uri, "dataType": "uri_folder"})
    read = bench.component("r", command="cat", inputs={"i": FOLDER})
    found = {}
    for reference in (
        "azureml:d@latest",
        "azureml:d:2",
        "azureml:d",
        f"{PREFIX}/data/d/versions/10",
    ):
        entry = {"uri": reference, "job_input_type": "uri_folder"}
        planned = bench.plan(pipeline({"a": node(read, inputs={"i": entry})}))
        found[reference] = inputs(planned, "a")["i"].uri
    assert list(found.values()) == [f"{BLOBS}/a/", f"{BLOBS}/b/", f"{BLOBS}/a/", f"{BLOBS}/c/"]


@pytest.mark.parametrize("end", ["labels/default", "versions/azureml_default", "labels/latest"])
def test_the_default_version_of_a_component_is_its_latest(bench: Bench, end: str) -> None:
    """As azure-ai-ml asks for `azureml:NAME@default`, and for a component without a version."""
    for version in ("1", "2"):
        environment = "azureml:AzureML-sklearn-1.0@latest"
        spec = {"type": "command", "command": f"echo {version}", "environment": environment}
        bench.put("components", "c", version, {"componentSpec": spec})
    planned = bench.plan(pipeline({"a": node(f"{PREFIX}/components/c/{end}")}))
    assert work(planned, "a").command == "echo 2"


@pytest.mark.parametrize(
    "uri", ["https://example.org/iris.csv", "wasbs://c@a.blob.core.windows.net/titanic.csv"]
)
def test_remote_addresses_are_given_to_a_command_that_asks_for_them(bench: Bench, uri: str) -> None:
    read = bench.component("r", command="cat", inputs={"i": {"type": "uri_file"}})
    entry = {"uri": uri, "job_input_type": "uri_file", "mode": "Direct"}
    planned = bench.plan(pipeline({"a": node(read, inputs={"i": entry})}))
    assert bench.said() == []
    assert inputs(planned, "a")["i"] == CommandInput(
        name="i", type="uri_file", uri=uri, mode="direct"
    )


def test_binding_in_a_path_with_a_mode(bench: Bench) -> None:
    read = bench.component("r", command="cat", inputs={"i": FOLDER})
    body = pipeline(
        {
            "a": node(
                read,
                inputs={
                    "i": {
                        "uri": "${{parent.inputs.data}}",
                        "mode": "Direct",
                        "job_input_type": "uri_folder",
                    }
                },
            ),
            "b": node(read, inputs={"i": bound("parent.inputs.data")}),
        },
        inputs={"data": {"uri": UPLOADED, "mode": "Download", "jobInputType": "uri_folder"}},
    )
    planned = bench.plan(body)
    assert inputs(planned, "a")["i"].mode == "direct"
    assert inputs(planned, "b")["i"].mode == "download"


@pytest.mark.parametrize(
    ("type", "given", "seen"),
    [
        ("integer", "10.0", "10"),
        ("integer", "7", "7"),
        ("boolean", "true", "True"),
        ("boolean", "False", "False"),
        ("number", "1e-3", "1e-3"),
        ("string", "07", "07"),
    ],
)
def test_literals_are_typed_by_the_component(
    bench: Bench, type: str, given: str, seen: str
) -> None:
    """Azure's client, constants/_component.py: `int(float(v))`, `str(v).lower() == "true"`."""
    run = bench.component("r", command="echo", inputs={"x": {"type": type}})
    entry = {"value": given, "job_input_type": "literal"}
    planned = bench.plan(pipeline({"a": node(run, inputs={"x": entry})}))
    assert inputs(planned, "a")["x"].value == seen


def test_optional_input_without_a_value_is_left_out(bench: Bench) -> None:
    """`jobs_pipeline_pipelinecomp`, prep: `$[[--raw_data ${{inputs.raw_data}}]]`."""
    run = bench.component(
        "r",
        command="python prep.py $[[--raw_data ${{inputs.raw_data}}]]",
        inputs={
            "raw_data": {"type": "uri_folder", "optional": True},
            "size": {"type": "integer", "optional": True, "default": "3"},
        },
    )
    planned = bench.plan(pipeline({"a": node(run)}))
    assert bench.said() == []
    assert {name: entry.value for name, entry in inputs(planned, "a").items()} == {"size": "3"}


def test_consumer_by_an_optional_input_needs_no_success(bench: Bench) -> None:
    """Pipeline YAML reference, `continue_on_step_failure`."""
    make = bench.component("m", command="false", outputs={"o": FOLDER})
    take = bench.component(
        "t",
        command="ls",
        inputs={"maybe": {"type": "uri_folder", "optional": True}, "must": FOLDER},
    )
    only = bench.component("o", command="ls", inputs={"maybe": {**FOLDER, "optional": True}})
    body = pipeline(
        {
            "one": node(make),
            "two": node(make),
            "both": node(
                take,
                inputs={
                    "maybe": bound("parent.jobs.one.outputs.o"),
                    "must": bound("parent.jobs.two.outputs.o"),
                },
            ),
            "loose": node(only, inputs={"maybe": bound("parent.jobs.one.outputs.o")}),
        }
    )
    found = nodes(bench.plan(body))
    assert found["both"].depends_on == ("two", "one")
    assert found["both"].condition == "succeeded('two')"
    assert found["loose"].condition == "not(canceled())"


@pytest.mark.parametrize(
    ("setting", "stops"), [({}, False), ({"continue_on_step_failure": False}, True)]
)
def test_independent_steps_go_on_after_a_failure_unless_told(
    bench: Bench, setting: dict[str, Any], stops: bool
) -> None:
    """Pipeline YAML reference: the default is True."""
    run = bench.component("r", command="echo")
    body = pipeline({"a": node(run)}, settings=setting)
    assert bench.plan(body).plan.fail_fast is stops


def test_node_overrides_what_its_component_says(bench: Bench) -> None:
    """Documentation, "command component in a pipeline": a node may override these parts."""
    bench.put("computes", "big")
    run = bench.component(
        "r",
        command="echo",
        environment_variables={"A": "1", "B": "2"},
        resources={"instance_count": 1, "instance_type": "small"},
        distribution={"type": "pytorch", "process_count_per_instance": 1},
        limits={"timeout": 60},
    )
    body = pipeline(
        {
            "a": node(
                run,
                computeId="azureml:big",
                display_name="The first",
                environment_variables={"B": "${{parent.inputs.b}}"},
                resources={"instance_count": "2"},
                distribution={"distribution_type": "Mpi", "process_count_per_instance": 4},
                limits={"timeout": "PT1H", "job_limits_type": "Command"},
            )
        },
        inputs={"b": {"value": "3", "jobInputType": "literal"}},
    )
    planned = bench.plan(body)
    done = work(planned, "a")
    assert done.compute == "big"
    assert done.environment_variables == {"A": "1", "B": "3"}
    assert (done.instance_count, done.process_count, done.distribution) == (2, 4, "mpi")
    assert done.timeout == 3600.0
    assert nodes(planned)["a"].display_name == "The first"


def test_job_runs_on_serverless_when_nobody_names_a_compute(bench: Bench) -> None:
    run = bench.component("r", command="echo")
    planned = bench.plan(pipeline({"a": node(run)}, settings={}))
    assert work(planned, "a").compute == "serverless"


def taxi(bench: Bench) -> dict[str, Any]:
    """The shape of `jobs_pipeline_pipelinecomp`: two pipeline components."""
    prep = bench.component(
        "p",
        command="python prep.py",
        inputs={"raw_data": {**FOLDER, "optional": True}},
        outputs={"prep_data": FOLDER},
    )
    transform = bench.component(
        "x", command="python t.py", inputs={"clean": FOLDER}, outputs={"out": FOLDER}
    )
    train = bench.component(
        "t",
        command="python train.py",
        inputs={"train_data": FOLDER, "ratio": {"type": "number", "default": "0.2"}},
        outputs={"model": {"type": "mlflow_model"}},
    )
    data_pipeline = bench.component(
        "dp",
        type="pipeline",
        inputs={"raw_data": {**FOLDER, "optional": True}},
        outputs={"train_data": FOLDER},
        jobs={
            "prep_job": node(prep, inputs={"raw_data": bound("parent.inputs.raw_data")}),
            "transform_job": node(
                transform,
                inputs={"clean": bound("parent.jobs.prep_job.outputs.prep_data")},
                outputs={"out": shared("train_data")},
            ),
        },
    )
    train_pipeline = bench.component(
        "tp",
        type="pipeline",
        inputs={"train_data": FOLDER, "compute_train_node": {"type": "string"}},
        outputs={"trained_model": {"type": "mlflow_model"}},
        jobs={
            "train_job": node(
                train,
                computeId="${{parent.inputs.compute_train_node}}",
                inputs={"train_data": bound("parent.inputs.train_data")},
                outputs={"model": shared("trained_model")},
            )
        },
    )
    return pipeline(
        {
            "data_pipeline": node(
                data_pipeline, type="pipeline", inputs={"raw_data": bound("parent.inputs.raw")}
            ),
            "train_pipeline": node(
                train_pipeline,
                type="pipeline",
                inputs={
                    "train_data": bound("parent.jobs.data_pipeline.outputs.train_data"),
                    "compute_train_node": bound("parent.inputs.compute_train_node"),
                },
                outputs={"trained_model": shared("model")},
            ),
        },
        inputs={
            "raw": {"uri": UPLOADED, "jobInputType": "uri_folder"},
            "compute_train_node": {"value": "cpu-cluster", "jobInputType": "literal"},
        },
        outputs={"model": {"jobOutputType": "mlflow_model", "assetName": "taxi"}},
    )


def test_pipeline_components_become_groups(bench: Bench) -> None:
    planned = bench.plan(taxi(bench))
    assert bench.said() == []
    assert [(node.id, node.parent, node.kind) for node in planned.plan.nodes] == [
        ("data_pipeline", None, "pipeline"),
        ("data_pipeline/prep_job", "data_pipeline", "command"),
        ("data_pipeline/transform_job", "data_pipeline", "command"),
        ("train_pipeline", None, "pipeline"),
        ("train_pipeline/train_job", "train_pipeline", "command"),
    ]
    found = nodes(planned)
    assert found["train_pipeline"].depends_on == ("data_pipeline",)
    assert found["data_pipeline/transform_job"].depends_on == ("data_pipeline/prep_job",)
    assert found["train_pipeline"].work is None


def test_values_flow_through_pipeline_components(bench: Bench) -> None:
    planned = bench.plan(taxi(bench))
    assert inputs(planned, "data_pipeline/prep_job")["raw_data"].uri == (
        f"{BLOBS}/LocalUpload/0794/data/"
    )
    made = outputs(planned, "data_pipeline/transform_job")["out"].uri
    assert inputs(planned, "train_pipeline/train_job")["train_data"].uri == made
    assert work(planned, "train_pipeline/train_job").compute == "cpu-cluster"
    assert inputs(planned, "train_pipeline/train_job")["ratio"].value == "0.2"


def test_output_of_an_inner_node_is_that_of_the_pipeline(bench: Bench) -> None:
    planned = bench.plan(taxi(bench))
    made = outputs(planned, "train_pipeline/train_job")["model"].uri
    assert planned.outputs["model"] == JobOutput(uri=made, type="mlflow_model", asset_name="taxi")
    by_node = {child.node: child for child in planned.children}
    assert by_node["train_pipeline"].outputs["trained_model"].uri == made
    assert by_node["train_pipeline"].type == "Pipeline"
    assert by_node["train_pipeline/train_job"].parent == by_node["train_pipeline"].name
    assert by_node["train_pipeline/train_job"].outputs["model"].asset_name == ""


def test_asset_to_register_belongs_to_who_names_it(bench: Bench) -> None:
    make = bench.component("m", command="echo", outputs={"o": FOLDER})
    named = {"job_output_type": "uri_folder", "name": "clean", "version": "7"}
    planned = bench.plan(pipeline({"a": node(make, outputs={"o": named})}))
    assert planned.children[0].outputs["o"] == JobOutput(
        uri=f"{BLOBS}/azureml/child-1/o/",
        type="uri_folder",
        asset_name="clean",
        asset_version="7",
    )


def test_command_job_is_one_node(bench: Bench) -> None:
    """The shape of `jobs_command_mslearn`."""
    bench.put("data", "diabetes-folder", "1", {"dataUri": UPLOADED, "dataType": "uri_folder"})
    code = bench.put(
        "codes",
        "c",
        "1",
        {
            "codeUri": "http://127.0.0.1:8000/storage/dev-ml-ws.dev-ml-rg."
            "00000000-0000-0000-0000-000000000001/5aac/src"
        },
    )
    planned = bench.plan(
        {
            "jobType": "Command",
            "displayName": "diabetes-train-command",
            "command": "python train.py ${{inputs.training_data}} ${{outputs.metrics_output}}",
            "codeId": code,
            "computeId": f"{PREFIX}/computes/cpu-cluster",
            "experimentName": "diabetes-training",
            "inputs": {
                "training_data": {
                    "uri": f"{PREFIX}/data/diabetes-folder/versions/1",
                    "jobInputType": "uri_folder",
                },
                "reg_rate": {"value": "0.01", "jobInputType": "literal"},
            },
            "outputs": {"metrics_output": {"jobOutputType": "uri_folder"}},
            "environmentId": "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest",
            "environmentVariables": {"X": "1"},
            "limits": {"timeout": "PT5M", "jobLimitsType": "Command"},
            "resources": {"instanceCount": 2},
            "distribution": {"distributionType": "PyTorch", "processCountPerInstance": 3},
        },
        name="polite_fox",
    )
    assert bench.said() == []
    assert planned.children == ()
    assert nodes(planned)["command"].timeout is None
    assert work(planned, "command") == CommandWork(
        job="polite_fox",
        root_job="polite_fox",
        experiment="diabetes-training",
        experiment_id="",
        workspace=PREFIX,
        command="python train.py ${{inputs.training_data}} ${{outputs.metrics_output}}",
        environment=EnvironmentSpec(id="azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest"),
        code=f"{DATASTORES}/5aac/paths/src",
        inputs=(
            CommandInput(
                name="training_data", type="uri_folder", uri=f"{BLOBS}/LocalUpload/0794/data/"
            ),
            CommandInput(name="reg_rate", type="string", value="0.01"),
        ),
        outputs=(
            CommandOutput(
                name="metrics_output",
                type="uri_folder",
                uri=f"{BLOBS}/azureml/polite_fox/metrics_output/",
            ),
        ),
        environment_variables={"X": "1"},
        compute="cpu-cluster",
        instance_count=2,
        process_count=3,
        timeout=300.0,
        distribution="pytorch",
    )
    assert planned.outputs["metrics_output"].type == "uri_folder"


def test_environment_is_handed_over_as_kept(bench: Bench) -> None:
    """`environments_create_conda`, `environments_create_build`."""
    conda = "dependencies: [python=3.10, pip]"
    bench.put("environments", "basic-env", "1", {"condaFile": conda, "image": "ubuntu"})
    bench.put(
        "environments",
        "built",
        "2",
        {
            "build": {
                "contextUri": "azureml://datastores/workspaceblobstore/paths/ctx/",
                "dockerfilePath": "Dockerfile",
            }
        },
    )
    seen = []
    for reference in ("azureml:basic-env:1", "azureml:built@latest"):
        run = bench.component("r", command="echo", environment=reference)
        seen.append(work(bench.plan(pipeline({"a": node(run)})), "a").environment)
    assert seen == [
        EnvironmentSpec(
            id=f"{PREFIX}/environments/basic-env/versions/1", image="ubuntu", conda_file=conda
        ),
        EnvironmentSpec(
            id=f"{PREFIX}/environments/built/versions/2",
            build=f"{BLOBS}/ctx/",
            dockerfile="Dockerfile",
        ),
    ]


@pytest.mark.parametrize(
    "curated",
    [
        "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        "azureml://registries/azureml/environments/sklearn-1.5/versions/28",
        "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest",
        "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:1",
    ],
)
def test_curated_environments_always_resolve(bench: Bench, curated: str) -> None:
    run = bench.component("r", command="echo", environment=curated)
    planned = bench.plan(pipeline({"a": node(run)}))
    assert bench.said() == []
    assert work(planned, "a").environment == EnvironmentSpec(id=curated)


def test_settings_nobody_knows_are_kept_with_a_warning(bench: Bench) -> None:
    """`jobs_pipeline_3a` really has `default_datestore`."""
    run = bench.component("r", command="echo")
    bench.plan(pipeline({"a": node(run)}, settings={"default_datestore": "azureml:x"}))
    assert bench.said() == []
    assert bench.resolver.warnings == [
        'settings.default_datestore: "default_datestore" is no setting and has no effect'
        " (known: default_compute, default_datastore, continue_on_step_failure, force_rerun,"
        " environment)"
    ]


def test_values_outside_of_a_components_limits_are_warned_of(bench: Bench) -> None:
    """Azure's client accepts them silently."""
    run = bench.component(
        "r",
        command="echo",
        inputs={
            "size": {"type": "string", "enum": ["small", "big"]},
            "share": {"type": "number", "min": "0.0", "max": "1.0"},
        },
    )
    entries = {
        "size": {"value": "huge", "job_input_type": "literal"},
        "share": {"value": "1.5", "job_input_type": "literal"},
        "sise": {"value": "x", "job_input_type": "literal"},
    }
    bench.plan(pipeline({"a": node(run, inputs=entries)}))
    assert bench.said() == []
    assert bench.resolver.warnings == [
        'jobs.a.inputs.sise: the component has no input "sise" (it has: size, share)',
        'jobs.a.inputs.size: "huge" is none of the values of "size": small, big',
        'jobs.a.inputs.share: 1.5 is more than max 1.0 of "share"',
    ]


def test_experiment_is_filled_in_when_it_exists(bench: Bench) -> None:
    run = bench.component("r", command="echo")
    plan = with_experiment(bench.plan(pipeline({"a": node(run)})).plan, "42")
    assert [getattr(node.work, "experiment_id", None) for node in plan.nodes] == ["42"]
