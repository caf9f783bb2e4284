"""What is wrong with a job is said in full, all at once, with its place in the YAML's own words."""

from __future__ import annotations

from typing import Any

import pytest
from mlbench import PREFIX, Bench, bound, node, pipeline, shared

FOLDER = {"type": "uri_folder"}
WHERE = "--resource-group dev-ml-rg --workspace-name dev-ml-ws"


def literal(value: str) -> dict[str, Any]:
    return {"value": value, "job_input_type": "literal"}


def data(uri: str) -> dict[str, Any]:
    return {"uri": uri, "job_input_type": "uri_folder"}


def one(bench: Bench, spec: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """A pipeline of one node `train`, whose component has `spec`."""
    return pipeline({"train": node(bench.component("1", **{"command": "echo", **spec}), **rest)})


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        (f"{PREFIX}/computes/gpu", "jobs.train.compute"),
        ("azureml:gpu", "jobs.train.compute"),
        ("gpu", "jobs.train.compute"),
    ],
)
def test_unknown_compute_of_a_node(bench: Bench, reference: str, target: str) -> None:
    bench.plan(one(bench, {}, computeId=reference))
    assert bench.said() == [
        (
            target,
            'compute "gpu" is not in workspace "dev-ml-ws"; create it: az ml compute create'
            f" --name gpu --type amlcompute --min-instances 0 --max-instances 4 {WHERE}",
        )
    ]


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (f"{PREFIX}-2/computes/cpu-cluster", "is in another workspace than the job"),
        (5, "names no compute"),
    ],
)
def test_a_compute_that_is_none_of_the_workspaces(
    bench: Bench, compute: object, message: str
) -> None:
    """The cluster of that name in this workspace is not meant."""
    bench.plan(one(bench, {}, computeId=compute))
    assert bench.said() == [("jobs.train.compute", f'"{compute}" {message}')]


def test_unknown_default_compute_is_said_once(bench: Bench) -> None:
    run = bench.component("1", command="echo")
    body = pipeline({"a": node(run), "b": node(run)}, settings={"default_compute": "azureml:gpu"})
    bench.plan(body)
    assert [target for target, _ in bench.said()] == ["settings.default_compute"]


def test_unknown_compute_of_the_pipeline(bench: Bench) -> None:
    run = bench.component("1", command="echo")
    bench.plan(pipeline({"a": node(run)}, computeId=f"{PREFIX}/computes/gpu"))
    assert [target for target, _ in bench.said()] == ["compute"]


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        (
            "azureml:none@latest",
            'data asset "none@latest" is not in workspace "dev-ml-ws"; create it: az ml data create'
            f" --name none --version 1 --type uri_folder --path PATH {WHERE}",
        ),
        (
            f"{PREFIX}/data/known/versions/9",
            'data asset "known:9" is not in workspace "dev-ml-ws"; create it: az ml data create'
            f" --name known --version 9 --type uri_folder --path PATH {WHERE}",
        ),
    ],
)
def test_unknown_data_asset(bench: Bench, uri: str, message: str) -> None:
    bench.put("data", "known", "1", {"dataUri": "https://x"})
    bench.plan(one(bench, {"inputs": {"d": FOLDER}}, inputs={"d": data(uri)}))
    assert bench.said() == [("jobs.train.inputs.d.path", message)]


def test_unknown_data_asset_of_the_pipeline(bench: Bench) -> None:
    body = one(bench, {"inputs": {"d": FOLDER}}, inputs={"d": bound("parent.inputs.d")})
    body["inputs"] = {"d": {"uri": "azureml:none:1", "jobInputType": "uri_folder"}}
    bench.plan(body)
    assert [target for target, _ in bench.said()] == ["inputs.d.path"]


FAR = "https://example.org/iris.csv"
FETCHED = (
    f'input "d" is at "{FAR}", and nothing is fetched from there: download it and give its local'
    " path, or give the command the address itself with mode: direct"
)


def test_data_elsewhere_is_not_fetched(bench: Bench) -> None:
    bench.plan(one(bench, {"inputs": {"d": FOLDER}}, inputs={"d": data(FAR)}))
    assert bench.said() == [("jobs.train.inputs.d.path", FETCHED)]


def test_data_elsewhere_is_not_fetched_for_a_command_job(bench: Bench) -> None:
    bench.put("data", "far", "1", {"dataUri": FAR})
    entry = {"uri": f"{PREFIX}/data/far/versions/1", "jobInputType": "uri_file"}
    body = {"command": "cat", "environmentId": "azureml:AzureML-sklearn-1.0@latest"}
    bench.plan({"jobType": "Command", **body, "inputs": {"d": entry}})
    assert bench.said() == [("inputs.d.path", FETCHED)]


def test_a_distribution_that_is_not_made_here(bench: Bench) -> None:
    bench.plan(one(bench, {}, distribution={"distribution_type": "Ray"}))
    message = 'distribution "ray" is not supported here: use pytorch, mpi, tensorflow'
    assert bench.said() == [("jobs.train.distribution.type", message)]


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("resources", "instance_count", 0),
        ("resources", "instance_count", "many"),
        ("distribution", "process_count_per_instance", -2),
    ],
)
def test_a_count_is_one_or_more(bench: Bench, part: str, name: str, value: object) -> None:
    given = {"distribution_type": "Mpi", name: value} if part == "distribution" else {name: value}
    bench.plan(one(bench, {}, **{part: given}))
    message = f'"{value}" is no number of instances or processes: use 1 or more'
    assert bench.said() == [(f"jobs.train.{part}.{name}", message)]


@pytest.mark.parametrize("value", ["PT0S", 0, -5, "soon"])
def test_a_time_limit_is_longer_than_nothing(bench: Bench, value: object) -> None:
    bench.plan(one(bench, {}, limits={"timeout": value}))
    message = f'"{value}" is no time limit: use a number of seconds'
    assert bench.said() == [("jobs.train.limits.timeout", message)]


def test_a_part_of_a_whole_number_is_not_lost_in_silence(bench: Bench) -> None:
    """Azure's client reads integers by `int(float(value))`."""
    spec = {"inputs": {"n": {"type": "integer"}}}
    bench.plan(one(bench, spec, inputs={"n": literal("3.7")}))
    assert bench.said() == []
    assert bench.resolver.warnings == ['jobs.train.inputs.n: "3.7" is read as the whole number 3']


@pytest.mark.parametrize(("name", "value"), [("", "1"), ("A=B", "1"), ("A", "x\0")])
def test_a_variable_that_no_process_can_have(bench: Bench, name: str, value: str) -> None:
    bench.plan(one(bench, {}, environment_variables={name: value}))
    message = f'"{name}" cannot be a variable: a name has no "=", a value no NUL'
    assert bench.said() == [(f"jobs.train.environment_variables.{name}", message)]


def test_what_no_command_line_can_hold(bench: Bench) -> None:
    spec = {"command": "echo \0", "inputs": {"x": {"type": "string"}}}
    bench.plan(one(bench, spec, inputs={"x": literal("\0")}))
    assert bench.said() == [
        ("jobs.train.inputs.x", 'input "x" holds a NUL'),
        ("jobs.train.command", "the command holds a NUL"),
    ]


def test_outputs_are_data(bench: Bench) -> None:
    bench.plan(one(bench, {"outputs": {"o": {"type": "integer"}}}))
    message = 'output "o" of type integer is not supported: outputs are data'
    assert bench.said() == [("jobs.train.outputs.o", message)]


def test_parameter_servers_are_not_started(bench: Bench) -> None:
    distribution = {"distribution_type": "TensorFlow", "parameter_server_count": 1}
    bench.plan(one(bench, {}, distribution={**distribution, "worker_count": 2}))
    message = "no parameter servers are started here: use workers only"
    place = "jobs.train.distribution.parameter_server_count"
    assert bench.said() == [(place, message)]


def test_unknown_model(bench: Bench) -> None:
    entry = {"uri": "azureml:m:3", "job_input_type": "mlflow_model"}
    bench.plan(one(bench, {"inputs": {"m": {"type": "mlflow_model"}}}, inputs={"m": entry}))
    assert bench.said() == [
        (
            "jobs.train.inputs.m.path",
            'model "m:3" is not in workspace "dev-ml-ws"; create it: az ml model create --name m'
            f" --version 3 --path PATH {WHERE}",
        )
    ]


def test_unknown_environment(bench: Bench) -> None:
    bench.plan(one(bench, {"environment": "azureml:mine@latest"}))
    assert bench.said() == [
        (
            "jobs.train.environment",
            'environment "mine@latest" is not in workspace "dev-ml-ws"; create it: az ml'
            " environment create --name mine --version 1 --image IMAGE --conda-file FILE"
            f" {WHERE}",
        )
    ]


def test_unknown_component(bench: Bench) -> None:
    bench.plan(pipeline({"train": node(f"{PREFIX}/components/c/versions/2")}))
    assert bench.said() == [
        (
            "jobs.train.component",
            'component "c:2" is not in workspace "dev-ml-ws"; create it: az ml component create'
            f" --file COMPONENT.yml {WHERE}",
        )
    ]


def test_unknown_datastore(bench: Bench) -> None:
    uri = "azureml://datastores/lake/paths/x/"
    bench.plan(one(bench, {"inputs": {"d": FOLDER}}, inputs={"d": data(uri)}))
    assert bench.said() == [
        (
            "jobs.train.inputs.d.path",
            'datastore "lake" is not in workspace "dev-ml-ws"; create it: az ml datastore create'
            f" --file DATASTORE.yml {WHERE}",
        )
    ]


def test_unknown_default_datastore(bench: Bench) -> None:
    run = bench.component("1", command="echo")
    bench.plan(pipeline({"a": node(run)}, settings={"default_datastore": "azureml:lake"}))
    assert [target for target, _ in bench.said()] == ["settings.default_datastore"]


def test_unknown_code(bench: Bench) -> None:
    bench.plan(one(bench, {"code": f"azureml:{PREFIX}/codes/c/versions/1"}))
    assert bench.said() == [
        ("jobs.train.code", 'code snapshot "c:1" is not in workspace "dev-ml-ws"')
    ]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("parent.jobs.none.outputs.o", 'there is no node "none" (there are: make, train)'),
        ("parent.jobs.make.outputs.x", 'node "make" has no output "x" (it has: o, artifacts)'),
        ("parent.jobs.make.inputs.x", 'node "make" has no input "x" (it has: none)'),
        ("parent.inputs.nope", 'the pipeline has no input "nope" (it has: size)'),
        ("parent.outputs.o", 'an input cannot read the pipeline\'s own output "o"'),
        (
            "inputs.size",
            '"${{inputs.size}}" is no binding: use ${{parent.inputs.NAME}},'
            " ${{parent.outputs.NAME}} or ${{parent.jobs.NODE.outputs.NAME}}",
        ),
    ],
)
def test_binding_that_leads_nowhere(bench: Bench, expression: str, message: str) -> None:
    make = bench.component("m", command="echo", outputs={"o": FOLDER})
    take = bench.component("t", command="echo", inputs={"d": FOLDER})
    body = pipeline(
        {"make": node(make), "train": node(take, inputs={"d": bound(expression)})},
        inputs={"size": {"value": "1", "jobInputType": "literal"}},
    )
    bench.plan(body)
    assert bench.said() == [("jobs.train.inputs.d", message)]


def test_binding_must_be_the_whole_value(bench: Bench) -> None:
    body = one(
        bench,
        {"inputs": {"s": {"type": "string"}}},
        inputs={"s": literal("a_${{parent.inputs.x}}")},
    )
    bench.plan(body)
    assert bench.said() == [
        ("jobs.train.inputs.s", '"a_${{parent.inputs.x}}" must be one binding and nothing else')
    ]


def test_old_binding_without_parent_still_works(bench: Bench) -> None:
    """Found in 6 files of public repositories; the client passes it on."""
    make = bench.component("m", command="echo", outputs={"o": FOLDER})
    take = bench.component("t", command="echo", inputs={"d": FOLDER})
    planned = bench.plan(
        pipeline(
            {"make": node(make), "take": node(take, inputs={"d": bound("jobs.make.outputs.o")})}
        )
    )
    assert bench.said() == []
    assert planned.plan.nodes[1].depends_on == ("make",)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"o": shared("x")}, 'the pipeline has no output "x" (it has: report)'),
        (
            {"o": bound("parent.inputs.x")},
            "an output can only be bound to an output of the pipeline, not to"
            ' "${{parent.inputs.x}}"',
        ),
    ],
)
def test_output_bound_to_nothing(bench: Bench, outputs: dict[str, Any], message: str) -> None:
    body = one(bench, {"outputs": {"o": FOLDER}}, outputs=outputs)
    body["outputs"] = {"report": {"jobOutputType": "uri_folder"}}
    bench.plan(body)
    assert bench.said() == [("jobs.train.outputs.o", message)]


def test_output_the_component_does_not_have(bench: Bench) -> None:
    bench.plan(
        one(bench, {"outputs": {"o": FOLDER}}, outputs={"p": {"job_output_type": "uri_folder"}})
    )
    assert bench.said() == [
        ("jobs.train.outputs.p", 'the component of node "train" has no output "p" (it has: o)')
    ]


def test_cycle_is_named_node_by_node(bench: Bench) -> None:
    both = bench.component("b", command="echo", inputs={"i": FOLDER}, outputs={"o": FOLDER})
    last = bench.component("l", command="echo", inputs={"i": FOLDER})
    body = pipeline(
        {
            "a": node(both, inputs={"i": bound("parent.jobs.c.outputs.o")}),
            "b": node(both, inputs={"i": bound("parent.jobs.a.outputs.o")}),
            "c": node(both, inputs={"i": bound("parent.jobs.b.outputs.o")}),
            "d": node(last, inputs={"i": bound("parent.jobs.c.outputs.o")}),
        }
    )
    bench.plan(body)
    assert bench.said() == [
        ("jobs.a", "the nodes depend on each other in a circle: a -> b -> c -> a")
    ]


def test_node_that_reads_its_own_output_is_a_cycle(bench: Bench) -> None:
    both = bench.component("b", command="echo", inputs={"i": FOLDER}, outputs={"o": FOLDER})
    bench.plan(pipeline({"a": node(both, inputs={"i": bound("parent.jobs.a.outputs.o")})}))
    assert bench.said() == [("jobs.a", "the nodes depend on each other in a circle: a -> a")]


def test_required_input_without_a_value(bench: Bench) -> None:
    bench.plan(one(bench, {"inputs": {"size": {"type": "integer"}, "d": FOLDER}}))
    assert bench.said() == [
        ("jobs.train.inputs.size", 'required input "size" of type integer has no value'),
        ("jobs.train.inputs.d", 'required input "d" of type uri_folder has no value'),
    ]


def test_required_input_of_a_pipeline_component(bench: Bench) -> None:
    inner = bench.component("i", command="echo", inputs={"d": FOLDER})
    nodes = {"n": node(inner, inputs={"d": bound("parent.inputs.d")})}
    outer = bench.component("o", type="pipeline", inputs={"d": FOLDER}, jobs=nodes)
    bench.plan(pipeline({"group": node(outer, type="pipeline")}))
    assert bench.said() == [
        ("jobs.group.inputs.d", 'required input "d" of type uri_folder has no value')
    ]


@pytest.mark.parametrize(
    ("type", "given"),
    [("integer", "x"), ("integer", "nan"), ("number", "1,5"), ("boolean", "yes")],
)
def test_literal_of_another_type(bench: Bench, type: str, given: str) -> None:
    bench.plan(one(bench, {"inputs": {"x": {"type": type}}}, inputs={"x": literal(given)}))
    assert bench.said() == [
        ("jobs.train.inputs.x", f'"{given}" is no {type}, which input "x" takes')
    ]


def test_data_given_to_a_literal(bench: Bench) -> None:
    bench.plan(one(bench, {"inputs": {"x": {"type": "number"}}}, inputs={"x": data("https://x/y")}))
    assert bench.said() == [
        ("jobs.train.inputs.x", 'input "x" takes a value of type number, not data')
    ]


@pytest.mark.parametrize("kind", ["sweep", "parallel", "spark", "automl", "do_while", "import"])
def test_kinds_of_nodes_not_built_yet_are_refused_by_name(bench: Bench, kind: str) -> None:
    bench.plan(pipeline({"train": {"type": kind, "componentId": "azureml:c:1"}}))
    assert bench.said() == [
        ("jobs.train.type", f'node "train" has type "{kind}", which is not supported yet')
    ]


def test_kinds_of_components_not_built_yet_are_refused_by_name(bench: Bench) -> None:
    bench.plan(one(bench, {"type": "spark"}))
    assert bench.said() == [
        (
            "jobs.train.component",
            'the component of node "train" has type "spark", not supported yet',
        )
    ]


@pytest.mark.parametrize("kind", ["Sweep", "Spark", "AutoML", "Labeling", "Base"])
def test_kinds_of_jobs_not_built_yet_are_refused_by_name(bench: Bench, kind: str) -> None:
    bench.plan({"jobType": kind, "experimentName": "e"})
    assert bench.said() == [
        ("type", f'job type "{kind}" is not supported yet; supported are: Command, Pipeline')
    ]


def test_registries_other_than_azureml_are_refused_by_name(bench: Bench) -> None:
    reference = "azureml://registries/mine/components/c/versions/1"
    bench.plan(pipeline({"train": node(reference)}))
    assert bench.said() == [
        ("jobs.train.component", f'registry "mine" is not supported: "{reference}"')
    ]


def test_output_to_another_cloud_is_refused(bench: Bench) -> None:
    entry = {"uri": "https://x.blob.core.windows.net/c/", "job_output_type": "uri_folder"}
    bench.plan(one(bench, {"outputs": {"o": FOLDER}}, outputs={"o": entry}))
    assert bench.said() == [
        (
            "jobs.train.outputs.o.path",
            'output "o" can only go to a datastore, not to "https://x.blob.core.windows.net/c/"',
        )
    ]


def test_output_path_cannot_leave_its_datastore(bench: Bench) -> None:
    uri = "azureml://datastores/workspaceblobstore/paths/../../x/"
    entry = {"uri": uri, "job_output_type": "uri_folder"}
    bench.plan(one(bench, {"outputs": {"o": FOLDER}}, outputs={"o": entry}))
    assert bench.said() == [
        (
            "jobs.train.outputs.o.path",
            f'the path of output "o" leads outside its datastore: "{uri}"',
        )
    ]


def test_input_path_cannot_leave_its_datastore(bench: Bench) -> None:
    uri = "azureml://datastores/workspaceblobstore/paths/a/../../x"
    bench.plan(one(bench, {"inputs": {"d": FOLDER}}, inputs={"d": data(uri)}))
    assert bench.said() == [
        ("jobs.train.inputs.d.path", f'the path leads outside its datastore: "{uri}"')
    ]


@pytest.mark.parametrize("key", ["../x", "a/b", "1st", "a b", ""])
def test_node_name_is_a_plain_word(bench: Bench, key: str) -> None:
    run = bench.component("1", command="echo")
    bench.plan(pipeline({key: node(run)}))
    assert bench.said() == [
        (f"jobs.{key}", f'"{key}" is no name for a node: use letters, digits and underscores')
    ]


def test_time_limit_that_is_none(bench: Bench) -> None:
    bench.plan(one(bench, {}, limits={"timeout": "soon"}))
    assert bench.said() == [
        ("jobs.train.limits.timeout", '"soon" is no time limit: use a number of seconds')
    ]


def test_pipeline_without_nodes(bench: Bench) -> None:
    bench.plan(pipeline({}))
    assert bench.said() == [("jobs", "a pipeline needs at least one node")]


def test_output_of_a_job_that_is_not_there(bench: Bench) -> None:
    uri = "azureml://jobs/nobody/outputs/model/paths/x"
    bench.plan(one(bench, {"inputs": {"d": FOLDER}}, inputs={"d": data(uri)}))
    assert bench.said() == [("jobs.train.inputs.d.path", 'job "nobody" is not in the workspace')]


def test_asset_that_points_at_assets_leads_nowhere(bench: Bench) -> None:
    bench.put("data", "d", "1", {"dataUri": "azureml:d:1"})
    bench.plan(one(bench, {"inputs": {"d": FOLDER}}, inputs={"d": data("azureml:d:1")}))
    assert bench.said() == [
        ("jobs.train.inputs.d.path", '"d:1" has a path that leads nowhere: "azureml:d:1"')
    ]


def test_component_that_holds_itself_ends(bench: Bench) -> None:
    own = f"{PREFIX}/components/azureml_anonymous/versions/self"
    bench.component("self", type="pipeline", jobs={"again": node(own, type="pipeline")})
    bench.plan(pipeline({"a": node(own, type="pipeline")}))
    assert [message for _, message in bench.said()] == [
        "more than 20 pipeline components inside each other"
    ]


def test_everything_is_said_at_once(bench: Bench) -> None:
    run = bench.component(
        "1",
        command="echo",
        environment="azureml:e:1",
        inputs={"x": {"type": "integer"}, "d": FOLDER},
    )
    body = pipeline(
        {
            "a": node(
                run, computeId="azureml:gpu", inputs={"x": literal("x"), "d": data("azureml:d:1")}
            ),
            "b": {"type": "sweep"},
            "c": node(f"{PREFIX}/components/c/versions/1"),
        },
        settings={"default_datastore": "azureml:lake"},
    )
    bench.plan(body)
    assert [target for target, _ in bench.said()] == [
        "settings.default_datastore",
        "jobs.b.type",
        "jobs.c.component",
        "jobs.a.inputs.d.path",
        "jobs.a.inputs.x",
        "jobs.a.environment",
        "jobs.a.compute",
    ]


def test_command_job_names_its_own_keys(bench: Bench) -> None:
    bench.plan(
        {
            "jobType": "Command",
            "command": "echo",
            "environmentId": "azureml:e:1",
            "codeId": f"{PREFIX}/codes/c/versions/1",
            "computeId": "azureml:gpu",
            "inputs": {"d": {"uri": "azureml:d:1", "jobInputType": "uri_folder"}},
        }
    )
    assert sorted(target for target, _ in bench.said()) == [
        "code",
        "compute",
        "environment",
        "inputs.d.path",
    ]


def unwritten_group(bench: Bench, **outputs: Any) -> dict[str, Any]:
    """A pipeline whose node `group` is a pipeline component with an output that nobody writes."""
    leaf = bench.component("1", command="echo")
    group = bench.component(
        "2", type="pipeline", jobs={"a": node(leaf)}, outputs={"o": FOLDER, "p": FOLDER}
    )
    reader = bench.component("3", command="cat ${{inputs.data}}", inputs={"data": FOLDER})
    read = node(reader, inputs={"data": bound("parent.jobs.group.outputs.o")})
    return {"group": node(group, type="pipeline", outputs=outputs), "read": read}


def test_an_output_of_a_pipeline_component_that_nobody_writes_is_told(bench: Bench) -> None:
    jobs = unwritten_group(bench)
    bench.plan(pipeline({"group": jobs["group"]}))
    assert bench.said() == []
    assert bench.resolver.warnings == [
        f'jobs.group.outputs.{name}: no node writes the output "{name}" of the pipeline component'
        for name in ("o", "p")
    ]


def test_nobody_can_read_an_output_that_nobody_writes(bench: Bench) -> None:
    bench.plan(pipeline(unwritten_group(bench)))
    assert bench.said() == [("jobs.read.inputs.data", 'no node of "group" writes its output "o"')]


def test_an_output_that_a_wrong_node_would_write_is_no_second_problem(bench: Bench) -> None:
    group = bench.component(
        "2",
        type="pipeline",
        jobs={"a": node("azureml:gone:1", outputs={"o": shared("o")})},
        outputs={"o": FOLDER},
    )
    reader = bench.component("3", command="cat", inputs={"data": FOLDER})
    read = node(reader, inputs={"data": bound("parent.jobs.group.outputs.o")})
    bench.plan(pipeline({"group": node(group, type="pipeline"), "read": read}))
    assert [target for target, _ in bench.said()] == ["jobs.group.jobs.a.component"]
