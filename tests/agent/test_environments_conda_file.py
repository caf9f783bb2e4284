"""What a conda file asks for, in PyPI's words, and the full text of what is wrong with one.

Forms of a conda package: docs.conda.io, "Package match specifications".
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from penstock.agent.environments import conda_file, conda_spec
from penstock.agent.environments.recipe import Recipe
from penstock.language.diagnostics import render
from penstock.language.source import Source


def no_program(name: str) -> str | None:
    return None


def read(text: str, folder: Path | None = None) -> Recipe:
    recipe, diagnostics = conda_file.read(Source("conda.yml", text), folder=folder, find=no_program)
    assert not diagnostics, render(diagnostics)
    return recipe


def complaints(text: str) -> str:
    _, diagnostics = conda_file.read(Source("conda.yml", text), find=no_program)
    return render(diagnostics)


@pytest.mark.parametrize(
    ("written", "name", "specifier", "build"),
    [
        ("numpy", "numpy", "", ""),
        ("numpy=1.21.2", "numpy", "==1.21.2.*", ""),
        ("numpy==1.21.2", "numpy", "==1.21.2", ""),
        ("numpy 1.21.2", "numpy", "==1.21.2", ""),
        ("numpy 1.21.*", "numpy", "==1.21.*", ""),
        ("numpy=1.21.2=py38hdbf815f_0", "numpy", "==1.21.2.*", "py38hdbf815f_0"),
        ("numpy 1.21.2 py38_0", "numpy", "==1.21.2", "py38_0"),
        ("numpy>=1.21,<2", "numpy", ">=1.21,<2", ""),
        ("numpy >=1.21, <2", "numpy", ">=1.21,<2", ""),
        ("numpy~=1.21.0", "numpy", "~=1.21.0", ""),
        ("numpy!=1.22", "numpy", "!=1.22", ""),
        ("numpy=1.21|1.22", "numpy", "==1.22", ""),
        ("numpy=*", "numpy", "", ""),
        ("conda-forge::numpy=1.21", "numpy", "==1.21.*", ""),
        ("conda-forge/linux-64::numpy", "numpy", "", ""),
        ("numpy[version='>=1.21']", "numpy", ">=1.21", ""),
        ("NumPy", "numpy", "", ""),
        ("typing_extensions=4", "typing-extensions", "==4.*", ""),
    ],
)
def test_conda_package_forms(written: str, name: str, specifier: str, build: str) -> None:
    parts = conda_spec.split(written)
    assert parts is not None
    assert (parts[0], conda_spec.specifier(parts[1]), parts[2]) == (name, specifier, build)


@pytest.mark.parametrize("version", ["abc", "1..", ">=", "1.2,>="])
def test_no_version_is_no_specifier(version: str) -> None:
    assert conda_spec.specifier(version) is None


def test_names_that_differ_on_pypi_are_translated() -> None:
    recipe = read(
        "dependencies: [pytables=3.8, pytorch::pytorch>=2, py-xgboost, matplotlib-base, "
        "python-graphviz, ruamel_yaml, psycopg2]"
    )
    assert [wish.requirement for wish in recipe.wishes] == [
        "tables==3.8.*",
        "torch>=2",
        "xgboost",
        "matplotlib",
        "graphviz",
        "ruamel.yaml",
        "psycopg2-binary",
    ]


def test_python_and_pip_are_not_packages_to_install() -> None:
    recipe = read("dependencies:\n- python=3.8.5\n- pip=20.2\n- numpy\n")
    assert recipe.python == "==3.8.5.*"
    assert [wish.requirement for wish in recipe.wishes] == ["numpy"]
    assert recipe.notes == ("line 3 of the conda file: pip is taken at its newest, not pip=20.2",)


def test_pip_section_is_read_as_pip_reads_it() -> None:
    recipe = read(
        """
dependencies:
- pip:
  - scikit-learn==0.24.1   # comment
  - azureml-sdk[automl]~=1.2
  - --extra-index-url https://example.org/simple
  - git+https://github.com/microsoft/AzureML-Observability#subdirectory=aml-obs-client
  - -e git+https://example.org/x.git#egg=x
  - https://example.org/a-1.0-py3-none-any.whl
  - importlib-metadata; python_version < "3.8"
"""
    )
    assert [wish.requirement for wish in recipe.wishes] == [
        "scikit-learn==0.24.1",
        "azureml-sdk[automl]~=1.2",
        'importlib-metadata; python_version < "3.8"',
    ]
    assert [wish.requirement for wish in recipe.sources] == [
        "git+https://github.com/microsoft/AzureML-Observability#subdirectory=aml-obs-client",
        "git+https://example.org/x.git#egg=x",
        "https://example.org/a-1.0-py3-none-any.whl",
    ]
    assert recipe.options == ("--extra-index-url https://example.org/simple",)


def test_every_wish_knows_its_line() -> None:
    recipe = read("name: x\ndependencies:\n- numpy=1.2\n- pip:\n  - six==1.0\n")
    assert [wish.place for wish in recipe.wishes] == [
        "line 3 of the conda file",
        "line 5 of the conda file",
    ]
    assert [wish.written for wish in recipe.wishes] == ["numpy=1.2", "six==1.0"]


def test_variables_are_for_the_job() -> None:
    assert read("variables: {MODE: fast, N: 1}\ndependencies: []").variables == {
        "MODE": "fast",
        "N": "1",
    }


def test_what_wheels_bring_along_is_left_out_with_a_note() -> None:
    recipe = read("dependencies: [cudatoolkit=11.1, _libgcc_mutex=0.1=main, mkl]")
    assert recipe.wishes == ()
    assert [re.sub("line 1 of the conda file: ", "", note) for note in recipe.notes] == [
        "cudatoolkit=11.1 is left out: wheels bring it along",
        "_libgcc_mutex=0.1=main is left out: wheels bring it along",
        "mkl is left out: wheels bring it along",
    ]


def test_a_program_of_this_machine_stands_for_a_conda_package() -> None:
    recipe, diagnostics = conda_file.read(
        Source("conda.yml", "dependencies: [jq]"), find=lambda name: f"/usr/bin/{name}"
    )
    assert not diagnostics
    assert recipe.notes == ("line 1 of the conda file: jq is this machine's own, /usr/bin/jq",)


def test_a_requirements_file_is_read_where_it_was_sent_along(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("six==1.16.0 \\\n  --hash=sha256:00\n-r more.txt\n")
    (tmp_path / "more.txt").write_text("# more\npackaging\n./own\n")
    recipe = read("dependencies:\n- pip:\n  - -r requirements.txt\n", folder=tmp_path)
    assert [wish.requirement for wish in recipe.wishes] == ["six==1.16.0", "packaging"]
    assert [wish.requirement for wish in recipe.sources] == [str(tmp_path / "own")]


def test_a_wheel_is_found_where_it_was_sent_along(tmp_path: Path) -> None:
    """As pip reads it: relative to the conda file."""
    wheel = "./wheels/own-1.0-py3-none-any.whl"
    recipe = read(f"dependencies:\n- pip:\n  - {wheel}\n", folder=tmp_path)
    found = [(wish.requirement, wish.written) for wish in recipe.sources]
    assert found == [(str(tmp_path / wheel), wheel)]


def test_an_empty_file_is_a_plain_python() -> None:
    assert read("name: project_environment\n").wishes == ()


def test_a_conda_file_may_be_json() -> None:
    recipe = read('{"dependencies": ["python=3.9", {"pip": ["six"]}]}')
    assert (recipe.python, [w.requirement for w in recipe.wishes]) == ("==3.9.*", ["six"])


BAD = {
    "conda-only packages": (
        "dependencies:\n- python=3.8\n- r-base=4.1\n- r-essentials\n- ffmpeg\n",
        """
error[PS3502]: "r-base" is a conda package that PyPI does not have
 --> conda.yml:3:3
  |
2 | - python=3.8
3 | - r-base=4.1
  |   ^^^^^^^^^^
  |
  = help: install it on this machine, so that "Rscript" is on PATH, or remove the line

error[PS3502]: "r-essentials" is a conda package that PyPI does not have
 --> conda.yml:4:3
  |
3 | - r-base=4.1
4 | - r-essentials
  |   ^^^^^^^^^^^^
  |
  = help: remove the line if the job does not need it

error[PS3502]: "ffmpeg" is a conda package that PyPI does not have
 --> conda.yml:5:3
  |
4 | - r-essentials
5 | - ffmpeg
  |   ^^^^^^
  |
  = help: install it on this machine, so that "ffmpeg" is on PATH, or remove the line

3 errors
""",
    ),
    "one equals sign for pip": (
        "dependencies:\n- pip:\n  - pandas=1.2\n",
        """
error[PS3504]: "pandas=1.2" is not a pip requirement
 --> conda.yml:3:5
  |
2 | - pip:
3 |   - pandas=1.2
  |     ^^^^^^^^^^
  |
  = help: write "pandas==1.2"
""",
    ),
    "a file that is not sent": (
        "dependencies:\n- pip:\n  - -r requirements.txt\n",
        """
error[PS3505]: "-r requirements.txt" names a file, and a conda file is sent to the service alone
 --> conda.yml:3:5
  |
2 | - pip:
3 |   - -r requirements.txt
  |     ^^^^^^^^^^^^^^^^^^^
  |
  = help: write the packages into the conda file, or use `build:` with a folder
""",
    ),
    "a key misspelt": (
        "dependancies:\n- numpy\n",
        """
error[PS3501]: unknown key "dependancies" in a conda file
 --> conda.yml:1:1
  |
1 | dependancies:
  | ^^^^^^^^^^^^
  |
  = help: did you mean "dependencies"?
""",
    ),
    "a version that is none": (
        "dependencies:\n- numpy=new\n",
        """
error[PS3503]: "=new" in "numpy=new" is not a version
 --> conda.yml:2:3
  |
1 | dependencies:
2 | - numpy=new
  |   ^^^^^^^^^
  |
  = help: write "numpy=1.2.3" or "numpy>=1.2,<2"
""",
    ),
    "a list where a mapping belongs": (
        "- numpy\n",
        """
error[PS3501]: a conda file is a mapping with `dependencies`
 --> conda.yml:1:1
  |
1 | - numpy
  | ^^^^^^^
""",
    ),
    "dependencies that are no list": (
        "dependencies: numpy\n",
        """
error[PS3501]: `dependencies` must be a list
 --> conda.yml:1:15
  |
1 | dependencies: numpy
  |               ^^^^^
  |
  = help: begin each line with "- "
""",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_the_user_sees_of_a_bad_conda_file(name: str) -> None:
    text, expected = BAD[name]
    assert complaints(text) == expected.strip("\n")


def test_broken_yaml_is_located() -> None:
    assert "conda.yml:2" in complaints("dependencies: [numpy\n- pip: {\n")
