"""What Azure's curated environments hold, as recipes for PyPI.

From the definitions in Azure/azureml-assets (`assets/**/environments/*/context`), less the cloud's
own plumbing and developer tools. `mlflow-skinny` stands for `azureml-mlflow`, which depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.recipe import Recipe, Wish
from penstock.records import record

_LEFT_OUT = "azureml-defaults, azureml-mlflow, azureml-telemetry and developer tools"
_REFERENCE = re.compile(
    r"""^(?:azureml:)?
        (?:.*/(?:environments|curated)/)?
        (?P<name>[^/:@]+)
        (?:(?:/(?:labels|versions)/|[:@])[^/]+)?\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_CURATED_PLACE = re.compile(r"registries/azureml(-preview)?/|^mcr\.microsoft\.com/azureml/curated/")
_PREFIX = re.compile(r"^azureml-", re.IGNORECASE)
_PYTHON = re.compile(r"-py(3)(\d+)")

_TRACKING = "mlflow-skinny<3.9 azureml-core"
_PLOTTING = "matplotlib~=3.5.0 tqdm~=4.66.3 psutil>=5.8"
_OLD_TABLES = "pandas~=1.3.0 scipy~=1.10.0 numpy~=1.22.0 joblib~=1.2.0"
_TABLES = "pandas~=1.5.3 scipy~=1.10.0 numpy~=1.22.0 joblib~=1.2.0"


@record(kw_only=False)
class _Set:
    """A family of environments: what names belong to it, on which Python, with what."""

    pattern: str
    python: str
    packages: str


_SETS = (
    _Set("sklearn-1[.]5", "3.10", f"scikit-learn~=1.5.0 {_TABLES} {_PLOTTING} {_TRACKING}"),
    _Set("sklearn-1[.]1", "3.9", f"scikit-learn~=1.1.0 {_OLD_TABLES} {_PLOTTING} {_TRACKING}"),
    _Set("sklearn-1[.]0", "3.9", f"scikit-learn~=1.0.0 {_OLD_TABLES} {_PLOTTING} {_TRACKING}"),
    _Set(
        "sklearn-0[.]24|scikit-learn-0[.]24",
        "3.7",
        "scikit-learn~=0.24.1 pandas~=1.1.0 scipy~=1.5.0 numpy~=1.19.0 joblib~=1.0.0 "
        f"matplotlib~=3.3.0 tqdm psutil {_TRACKING}",
    ),
    _Set(
        "lightgbm-3",
        "3.10",
        f"lightgbm>=4.6.0 xgboost~=1.7.6 scikit-learn~=1.5.1 {_TABLES} {_PLOTTING} {_TRACKING}",
    ),
    _Set(
        "tensorflow-2[.]16",
        "3.11",
        "tensorflow==2.16.2 tensorboard~=2.16.0 tf-keras==2.16.0 pandas==2.2.2 numpy==1.23.5 "
        f"scipy~=1.14.0 matplotlib tqdm psutil {_TRACKING}",
    ),
    _Set(
        "acpt-pytorch-2|pytorch-2",
        "3.10",
        "torch>=2.8 torchvision transformers tensorboard matplotlib tqdm psutil regex pandas "
        f"scikit-learn {_TRACKING}",
    ),
    _Set(
        "responsibleai",
        "3.10",
        "responsibleai~=0.36.0 raiwidgets~=0.36.0 mlflow scikit-learn~=1.5.1 markupsafe<=2.1.2 "
        "itsdangerous<=2.1.2 pdfkit==1.0.0 plotly==5.6.0 kaleido==0.2.1 mltable==1.6.3 "
        "numpy<1.24 pandas<2",
    ),
    _Set(
        "model-evaluation",
        "3.10",
        "scikit-learn~=1.5.0 pandas numpy<2 transformers evaluate torch>=2.8 matplotlib "
        f"{_TRACKING}",
    ),
    _Set(
        "mlflow-",
        "3.12",
        "azureml-inference-server-http mlflow scikit-learn cloudpickle psutil pandas numpy joblib",
    ),
    _Set("minimal", "", "azureml-inference-server-http azure-identity numpy joblib"),
    _Set("tutorial", "3.8", f"scikit-learn~=1.0.0 {_OLD_TABLES} {_PLOTTING} {_TRACKING}"),
)
_KNOWN = (
    *("sklearn-1.5", "sklearn-1.1", "sklearn-1.0", "sklearn-0.24", "lightgbm-3.3"),
    *("tensorflow-2.16-cuda12", "acpt-pytorch-2.8-cuda12.6", "responsibleai-tabular"),
    *("model-evaluation", "mlflow-py312-inference", "minimal-py311-inference"),
)


def is_curated(reference: str) -> bool:
    """Whether an asset id, an address or an image is surely one of Azure's, in the table or not."""
    match = _REFERENCE.match(reference.strip())
    return bool(match and (_CURATED_PLACE.search(reference) or _PREFIX.match(match["name"])))


def find(reference: str, *, has_gpu: Callable[[], bool] = lambda: False) -> Recipe:
    """The recipe of a curated environment. Any version of a name is the same recipe.

    `reference` is an asset id, a registry address, `AzureML-NAME@latest`, a bare curated name, or
    an image under `mcr.microsoft.com/azureml/curated`. Raises `EnvironmentRefused` for a name that
    is not in the table.
    """
    match = _REFERENCE.match(reference.strip())
    written = match["name"] if match else reference
    name = _PREFIX.sub("", written).lower()
    for known in _SETS:
        if re.match(known.pattern, name):
            return _recipe(known, written, name, has_gpu)
    raise EnvironmentRefused(
        f'the curated environment "{written}" is not in the local table; known are '
        f"{', '.join(_KNOWN)}. write the environment as `image` with a `conda_file` instead"
    )


def _recipe(known: _Set, written: str, name: str, has_gpu: Callable[[], bool]) -> Recipe:
    stated = _PYTHON.search(name)
    python = f"{stated[1]}.{stated[2]}" if stated else known.python
    title = f'the curated environment "{written}"'
    notes = [f"{title} is rebuilt from its package list, without {_LEFT_OUT}"]
    packages = known.packages.split()
    if "tensorflow==2.16.2" in packages and not has_gpu():
        packages = [
            package.replace("tensorflow==", "tensorflow-cpu==")
            for package in packages
            if not package.startswith("tf-keras")  # it would pull in the GPU build again
        ]
        notes.append("tensorflow-cpu is taken: this machine has no NVIDIA GPU")
    if known.pattern == "model-evaluation":
        notes.append("its package list is not public: a general one is taken")
    return Recipe(
        title=title,
        python=f"=={python}.*" if python else "",
        wishes=tuple(
            Wish(
                requirement=package,
                written=package,
                place=title,
                dispensable=package.startswith(("azureml", "azure-")),
            )
            for package in packages
        ),
        notes=tuple(notes),
    )
