"""What Azure's own client (azure-ai-ml) makes of the same files: every field, and the hashes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import aml_projects as projects
import pytest

from penstock.ml.yaml import load
from penstock.ml.yaml.environments import anonymous_version, environment_properties
from penstock.ml.yaml.job_bodies import job_body
from penstock.ml.yaml.snapshots import content_hash, snapshot_files, tree_hash

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

FULL = {
    "conda.yml": "name: x\ndependencies: [python=3.8]\n",
    "src/t.py": "print(1)\n",
    "pipeline.yml": """
type: pipeline
display_name: full
experiment_name: e1
tags: {a: b, n: "3"}
properties: {p: q}
compute: azureml:cpu
settings:
  default_compute: azureml:cpu
  default_datastore: azureml:workspaceblobstore
  continue_on_step_failure: false
  force_rerun: true
inputs:
  lit: 3
  fl: 1.50
  bo: true
  st: hello
  quoted: "007"
  val: {value: 7}
  d1: {type: uri_file, path: azureml:data1@latest}
  d2: {type: uri_folder, path: azureml:data1:2, mode: download}
  d3: {type: uri_folder, path: src}
  d4: {path: azureml://datastores/workspaceblobstore/paths/x/y, mode: direct}
  d5: {type: mltable, path: https://a/b, mode: eval_mount}
  grp.one: 1
  m1: {type: mlflow_model, path: azureml:m:1}
outputs:
  o1:
  o2:
    type: uri_file
    mode: upload
    path: "azureml://datastores/workspaceblobstore/paths/${{name}}/x.txt"
    name: reg
    version: 3
  o3: {type: mlflow_model}
jobs:
  inline:
    type: command
    display_name: dn
    command: python t.py ${{inputs.a}} ${{inputs.b}} ${{outputs.z}}
    code: src
    environment: {image: img, conda_file: conda.yml}
    environment_variables: {A: 1, B: "x"}
    inputs:
      a: 3
      b: ${{parent.inputs.d1}}
      e: ${{parent.inputs.lit}}
      f: {type: uri_folder, path: "${{parent.inputs.d2}}", mode: download}
      g: true
      h: 2.5
      i: {type: uri_file, path: src/t.py}
      j: {value: 4}
      k: "3"
    outputs:
      z: {type: uri_folder, mode: rw_mount}
      y:
      w: ${{parent.outputs.o1}}
    limits: {timeout: 90}
    resources: {instance_count: 2, instance_type: x, shm_size: 2g, docker_args: --x}
    distribution: {type: pytorch, process_count_per_instance: 2}
    identity: {type: user_identity}
    services: {tb: {type: tensor_board, log_dir: a}}
    tags: {u: v}
    properties: {pp: qq}
    queue_settings: {job_tier: spot, priority: high}
  comp:
    component: comp.yml
    comment: hi
    compute: azureml:other
    environment_variables: {Q: 2}
    resources: {instance_count: 3}
    limits: {timeout: 30}
    inputs: {raw: "${{parent.jobs.inline.outputs.z}}", n: 4}
    outputs: {out: "${{parent.outputs.o2}}"}
  reg:
    type: command
    component: azureml:other@latest
    inputs: {raw: "${{parent.jobs.comp.outputs.out}}"}
  reg2: {type: command, component: azureml:other:3}
""",
    "comp.yml": """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: my_comp
version: 2
display_name: My
description: desc
tags: {a: 1}
is_deterministic: false
properties: {p: 1}
inputs:
  raw: {type: uri_folder, mode: ro_mount, description: d}
  n: {type: integer, default: 3, min: 1, max: 5, optional: true}
  s: {type: string, enum: [a, b], default: a}
  b: {type: boolean, default: true}
  f: {type: number, default: 1}
outputs: {out: {type: uri_file, mode: upload}}
code: ./src
environment: azureml:env@latest
command: >-
  python t.py ${{inputs.raw}} ${{outputs.out}}
  $[[ --n ${{inputs.n}} ]]
resources: {instance_count: 1, shm_size: 1g}
distribution: {type: mpi, process_count_per_instance: 1}
""",
    "job.yml": """
command: echo ${{inputs.a}}
code: src
environment: azureml:env:3
environment_variables: {A: 1, B: true}
inputs:
  a: 3
  b: {type: uri_file, path: azureml:x@latest}
  c: {path: src}
outputs: {o: {type: uri_folder}, p: }
compute: local
limits: {timeout: 90}
resources: {instance_count: 2, instance_type: x, shm_size: 2g, docker_args: --x}
distribution: {type: pytorch, process_count_per_instance: 2}
identity: {type: managed}
services:
  tb: {type: tensor_board, log_dir: a}
  ssh: {type: ssh, ssh_public_keys: k, nodes: all}
queue_settings: {job_tier: spot, priority: high}
""",
}


class UnresolvedRegistrar:
    """Leaves everything as Azure's client has it before it asks the service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.components: dict[str, Any] = {}

    def named(self, reference: str, kind: str, place: str) -> str:
        return reference.removeprefix("azureml:")

    def code(self, path: Path | None, includes: tuple[Path, ...], place: str) -> str:
        assert path is not None
        return os.path.relpath(path, self.folder)

    def data(self, path: Path, place: str) -> str:
        return os.path.relpath(path, self.folder)

    def context(self, path: Path, place: str) -> str:
        return os.path.relpath(path, self.folder)

    def environment(self, version: str, properties: dict[str, Any], place: str) -> str:
        return version

    def component(self, version: str, properties: dict[str, Any], place: str) -> str:
        self.components[place] = properties
        return "<CommandComponent>"


@pytest.mark.parametrize("file", ["pipeline.yml", "job.yml"])
def test_every_field_is_sent_as_azures_client_sends_it(file: str, tmp_path: Path) -> None:
    projects.write(tmp_path, FULL)
    wanted = azures_body(tmp_path / file)
    properties = wanted["properties"]
    loaded = load(tmp_path / file)
    assert not loaded.has_errors
    ours = job_body(
        loaded,
        UnresolvedRegistrar(tmp_path),
        name=properties["displayName"],
        experiment=properties["experimentName"],
    )
    assert ours == wanted


def test_components_of_nodes_are_what_azures_client_makes_of_them(tmp_path: Path) -> None:
    projects.write(tmp_path, FULL)
    registrar = UnresolvedRegistrar(tmp_path)
    job_body(load(tmp_path / "pipeline.yml"), registrar, name="n", experiment="e")
    wanted = azures_components(tmp_path / "pipeline.yml")
    for node, place in (("inline", "jobs.inline"), ("comp", "jobs.comp.component")):
        ours = registrar.components[place]
        assert without(ours) == without(wanted[node]["properties"])


def without(properties: dict[str, Any]) -> dict[str, Any]:
    """Ids are filled in later by Azure's client, and the environment with them."""
    spec = {
        name: value
        for name, value in properties["componentSpec"].items()
        if name not in ("code", "environment")
    }
    return {**properties, "componentSpec": spec}


def test_an_environment_on_the_spot_has_the_version_that_azures_client_gives_it(
    tmp_path: Path,
) -> None:
    projects.write(tmp_path, FULL)
    spec = azures_components(tmp_path / "pipeline.yml")["inline"]["properties"]["componentSpec"]
    value = {"image": "img", "conda_file": "conda.yml"}
    properties = environment_properties(value, tmp_path, UnresolvedRegistrar(tmp_path), "")
    assert anonymous_version(value, properties, tmp_path) == spec["environment"]["version"]


@pytest.mark.parametrize("ignore", ["", ".amlignore", ".gitignore", "both"])
def test_snapshots_have_the_hashes_that_azures_client_gives_them(
    ignore: str, tmp_path: Path
) -> None:
    from azure.ai.ml._utils._asset_utils import (
        get_content_hash,
        get_ignore_file,
        get_object_hash,
    )

    files = {
        "train.py": "a",
        "Zed.py": "b",
        "lib/one.py": "c",
        "Lib2/two.py": "",
        "data/big.csv": "1\n",
        "data/keep.csv": "2\n",
        "logs/x.log": "x",
    }
    if ignore in (".amlignore", "both"):
        files[".amlignore"] = "data/*\n!data/keep.csv\n*.log\n# no\n\n"
    if ignore in (".gitignore", "both"):
        files[".gitignore"] = "lib\nlogs/\n"
    folder = projects.write(tmp_path / "code", files)
    known = get_ignore_file(folder)
    assert content_hash(snapshot_files(folder)) == get_content_hash(folder, known)
    assert tree_hash(folder) == get_object_hash(folder, known)
    assert tree_hash(folder / "train.py") == get_object_hash(folder / "train.py")


def azures_body(path: Path) -> dict[str, Any]:
    from azure.ai.ml import load_job
    from azure.ai.ml.operations._job_operations import to_rest_job_object

    return as_json(to_rest_job_object(load_job(path)))


def azures_components(path: Path) -> dict[str, Any]:
    from azure.ai.ml import load_job

    nodes = load_job(path).jobs.items()
    return {
        name: as_json(node.component._to_rest_object())
        for name, node in nodes
        if hasattr(node.component, "_to_rest_object")
    }


def as_json(value: object) -> dict[str, Any]:
    from azure.ai.ml._restclient.arm_ml_service._utils.model_base import SdkJSONEncoder

    class Encoder(SdkJSONEncoder):
        def default(self, o: object) -> Any:
            try:
                return super().default(o)
            except TypeError:
                return f"<{type(o).__name__}>"

    return json.loads(json.dumps(value, cls=Encoder, exclude_readonly=True))
