"""Curated environments by every form of reference that real jobs use.

Contents: Azure/azureml-assets, `assets/training/general/environments/*/context` and
`assets/responsibleai/environments`.
"""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from penstock.agent.environments import curated
from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.recipe import Recipe


def packages(recipe: Recipe) -> dict[str, str]:
    found = [Requirement(wish.requirement) for wish in recipe.wishes]
    return {each.name: str(each.specifier) for each in found}


@pytest.mark.parametrize(
    "reference",
    [
        "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        "azureml://registries/azureml/environments/sklearn-1.5/versions/32",
        "azureml:AzureML-sklearn-1.5@latest",
        "AzureML-sklearn-1.5@latest",
        "AzureML-sklearn-1.5:4",
        "mcr.microsoft.com/azureml/curated/sklearn-1.5:latest",
        "sklearn-1.5",
    ],
)
def test_every_form_of_reference_names_the_same_environment(reference: str) -> None:
    recipe = curated.find(reference)
    assert recipe.python == "==3.10.*"
    assert packages(recipe)["pandas"] == "~=1.5.3"
    assert packages(recipe)["scikit-learn"] == "~=1.5.0"


@pytest.mark.parametrize(
    ("name", "python", "package"),
    [
        ("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu", "==3.8.*", "scikit-learn"),
        ("AzureML-sklearn-0.24-ubuntu18.04-py37-cpu", "==3.7.*", "scikit-learn"),
        ("AzureML-lightgbm-3.3", "==3.10.*", "lightgbm"),
        ("AzureML-acpt-pytorch-2.8-cuda12.6", "==3.10.*", "torch"),
        ("tensorflow-2.16-cuda12", "==3.11.*", "tensorflow-cpu"),
        ("responsibleai-tabular", "==3.10.*", "responsibleai"),
        ("model-evaluation", "==3.10.*", "transformers"),
        ("AzureML-sklearn-1.1-ubuntu20.04-py39-cpu", "==3.9.*", "scikit-learn"),
    ],
)
def test_families_and_the_python_in_a_name(name: str, python: str, package: str) -> None:
    recipe = curated.find(name)
    assert recipe.python == python
    assert package in packages(recipe)


@pytest.mark.parametrize(
    "name", ["sklearn-1.5", "AzureML-sklearn-1.0", "lightgbm-3.3", "acpt-pytorch-2.8-cuda12.6"]
)
def test_training_environments_hold_mlflow(name: str) -> None:
    assert {"mlflow", "mlflow-skinny"} & set(packages(curated.find(name)))


def test_tensorflow_is_the_gpu_build_where_there_is_a_gpu() -> None:
    assert "tensorflow" in packages(curated.find("tensorflow-2.16-cuda12", has_gpu=lambda: True))


def test_only_azures_own_names_are_surely_curated() -> None:
    workspace = (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices"
        "/workspaces/w/environments/{}/versions/1"
    )
    assert curated.is_curated("azureml://registries/azureml/environments/x/labels/latest")
    assert curated.is_curated("azureml:AzureML-anything@latest")
    assert curated.is_curated("mcr.microsoft.com/azureml/curated/x:1")
    assert not curated.is_curated(workspace.format("sklearn-1.5"))
    assert not curated.is_curated("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04")
    assert not curated.is_curated("")


def test_a_curated_name_that_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(EnvironmentRefused) as refused:
        curated.find("azureml://registries/azureml/environments/designer-vowpalwabbit/versions/3")
    assert str(refused.value) == (
        'the curated environment "designer-vowpalwabbit" is not in the local table; known are '
        "sklearn-1.5, sklearn-1.1, sklearn-1.0, sklearn-0.24, lightgbm-3.3, "
        "tensorflow-2.16-cuda12, acpt-pytorch-2.8-cuda12.6, responsibleai-tabular, "
        "model-evaluation, mlflow-py312-inference, minimal-py311-inference. "
        "write the environment as `image` with a `conda_file` instead"
    )
