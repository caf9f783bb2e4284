"""How near to what was asked for an environment comes, and what is said of the difference.

Facts about packages (which releases have wheels for which Python) are those of PyPI; made-up
packages are wheels in a folder. The Python that runs the tests is the one there is.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile
from pathlib import Path

import pytest

from penstock.agent.environments.demands import demand, pins
from penstock.agent.environments.interpreters import Interpreter
from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.recipe import Recipe, Wish
from penstock.agent.environments.resolver import Resolution, resolve
from penstock.agent.environments.uv import Outcome, bundled
from penstock.agent.process import Cancellation

MINOR = sys.version_info[1]


def wishes(*requirements: str) -> tuple[Wish, ...]:
    return tuple(
        Wish(requirement=text, written=text, place=f"line {number}")
        for number, text in enumerate(requirements, 1)
    )


def solve(folder: Path, *requirements: str, python: str = "", minor: int = MINOR) -> Resolution:
    here = Interpreter(path=Path(sys.executable).resolve(), minor=minor)
    recipe = Recipe(title="the test", python=python, wishes=wishes(*requirements))
    return resolve(recipe, here, bundled(folder, os.environ, Cancellation()))


def test_what_can_be_had_is_taken_exactly(tmp_path: Path) -> None:
    found = solve(tmp_path, "six==1.16.0", "packaging>=21,<22")
    assert pins(found.lock)["six"] == "1.16.0"
    assert pins(found.lock)["packaging"].startswith("21.")
    assert found.notes == ()


def test_pip_setuptools_and_wheel_are_always_there(tmp_path: Path) -> None:
    found = pins(solve(tmp_path, "six").lock)
    assert {"pip", "setuptools", "wheel"} <= set(found)
    assert int(found["setuptools"].split(".")[0]) < 80


def test_a_pin_without_a_wheel_becomes_the_nearest_that_has_one(tmp_path: Path) -> None:
    """MarkupSafe has wheels for Python 3.11 from 2.1.2 on at the latest."""
    found = solve(tmp_path, "markupsafe==1.1.1", "six==1.16.0")
    version = pins(found.lock)["markupsafe"]
    assert re.fullmatch(r"2\.[01]\.\d+|3\.0\.\d+", version)
    assert found.notes == (
        f"markupsafe 1.1.1 -> {version} (no wheel of 1.1.1 for Python 3.{MINOR})",
    )
    assert pins(found.lock)["six"] == "1.16.0"


def test_an_upper_bound_alone_is_no_reason_to_move(tmp_path: Path) -> None:
    found = solve(tmp_path, "packaging<22", "markupsafe==1.1.1")
    assert pins(found.lock)["packaging"] == "21.3"


def wheel(folder: Path, name: str, version: str, *requires: str) -> None:
    """A made-up package, as a wheel with no content."""
    about = f"{name}-{version}.dist-info"
    metadata = [f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {each}" for each in requires]
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{about}/METADATA", "\n".join(["Metadata-Version: 2.1", *metadata, ""]))
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    for version in ("1.0", "1.5", "2.0", "3.0"):
        wheel(folder, "penstock_test_base", version)
    wheel(folder, "penstock_test_top", "1.0", "penstock-test-base>=2")
    wheel(folder, "penstock_test_top", "2.0", "penstock-test-base>=3")
    wheel(folder, "penstock_test_alone", "1.0", "penstock-test-base>=9")
    return folder


def solve_in(shop: Path, *requirements: str) -> Resolution:
    here = Interpreter(path=Path(sys.executable).resolve(), minor=MINOR)
    options = (f"--find-links {shop}",)
    recipe = Recipe(title="the test", wishes=wishes(*requirements), options=options)
    return resolve(recipe, here, bundled(shop.parent, os.environ, Cancellation()))


def test_of_pins_that_conflict_the_one_depended_on_gives_way(shop: Path) -> None:
    found = solve_in(shop, "penstock-test-top==1.0", "penstock-test-base==1.0")
    assert pins(found.lock)["penstock-test-top"] == "1.0"
    assert found.notes == ("penstock-test-base 1.0 -> 2.0 (conflicts with other packages)",)


def bound(shop: Path, limit: str, *requirements: str) -> Resolution:
    here = Interpreter(path=Path(sys.executable).resolve(), minor=MINOR)
    limits = Wish(requirement=limit, written=limit, place="limits.txt", is_bound=True)
    recipe = Recipe(
        title="the test",
        wishes=(*wishes(*requirements), limits),
        options=(f"--find-links {shop}",),
    )
    return resolve(recipe, here, bundled(shop.parent, os.environ, Cancellation()))


def test_a_constraint_limits_what_others_bring_along_and_installs_nothing(shop: Path) -> None:
    """Documentation of pip, "Constraints files"."""
    found = bound(shop, "penstock-test-base<3", "penstock-test-top==1.0")
    assert pins(found.lock)["penstock-test-base"] == "2.0"
    alone = bound(shop, "penstock-test-base<3", "six")
    assert "penstock-test-base" not in pins(alone.lock)
    assert (found.notes, alone.notes) == ((), ())


def test_a_constraint_that_cannot_be_kept_is_told(shop: Path) -> None:
    found = bound(shop, "penstock-test-base<2", "penstock-test-top==1.0")
    assert pins(found.lock)["penstock-test-top"] == "1.0"
    version = pins(found.lock)["penstock-test-base"]
    assert version in ("2.0", "3.0")
    assert found.notes == (f"penstock-test-base <2 -> {version} (conflicts with other packages)",)


def test_a_version_that_never_was_becomes_the_next(shop: Path) -> None:
    found = solve_in(shop, "penstock-test-base==1.2")
    assert found.notes == (f"penstock-test-base 1.2 -> 1.5 (no wheel of 1.2 for Python 3.{MINOR})",)


def test_a_version_beyond_the_newest_becomes_the_newest(shop: Path) -> None:
    found = solve_in(shop, "penstock-test-base==7.0")
    assert found.notes == (f"penstock-test-base 7.0 -> 3.0 (no wheel of 7.0 for Python 3.{MINOR})",)


def test_an_impossible_set_is_refused_with_the_reason(shop: Path) -> None:
    with pytest.raises(EnvironmentRefused) as refused:
        solve_in(shop, "penstock-test-alone==1.0")
    text = str(refused.value)
    assert text.startswith("no versions of the packages of the test go together: Because ")
    assert "penstock-test-base>=9" in text


def test_unpinned_packages_are_of_the_time_of_the_python_asked_for(tmp_path: Path) -> None:
    """packaging 26 needs Python 3.8, 25 is the last of its kind for none; urllib3 2.2.3 is the last
    for Python 3.8."""
    found = solve(tmp_path, "urllib3", python="==3.8.*")
    assert pins(found.lock)["urllib3"] == "2.2.3"
    assert found.notes == ()
    assert pins(solve(tmp_path, "urllib3").lock)["urllib3"] != "2.2.3"


def test_dependencies_are_of_the_time_of_the_python_asked_for(tmp_path: Path) -> None:
    found = solve(tmp_path, "requests==2.31.0", python="==3.8.*")
    assert pins(found.lock)["urllib3"] == "2.2.3"


@pytest.mark.slow
def test_a_package_without_any_wheel_is_built_from_source(tmp_path: Path) -> None:
    found = solve(tmp_path, "docopt==0.6.2")
    assert found.built == ("docopt",)
    assert found.notes == ("docopt 0.6.2 is built from source: there is no wheel of it",)


@pytest.mark.slow
def test_a_dependency_without_wheels_is_built_when_nothing_else_helps(shop: Path) -> None:
    """wrapt 1.12.1 has no wheel, newer ones do."""
    wheel(shop, "penstock_test_old", "1.0", "wrapt==1.12.1")
    found = solve_in(shop, "penstock-test-old==1.0")
    assert found.built == ("wrapt",)
    assert pins(found.lock)["wrapt"] == "1.12.1"


@pytest.mark.slow
def test_an_old_release_that_forgot_its_limits_gets_them(tmp_path: Path) -> None:
    """mlflow 2.22 imports what SQLAlchemy 2.1 removed, and does not say so."""
    found = pins(solve(tmp_path, "mlflow==2.22.0").lock)
    assert found["mlflow"] == "2.22.0"
    assert found["sqlalchemy"].startswith("2.0.")


@pytest.mark.slow
def test_azureml_mlflow_gets_the_mlflow_it_was_made_for(tmp_path: Path) -> None:
    """1.60.0 requires mlflow-skinny<3; most releases before it name no limit at all."""
    found = pins(solve(tmp_path, "azureml-mlflow==1.56.0").lock)
    assert found["mlflow-skinny"].startswith("2.")


@pytest.mark.slow
def test_it_does_so_where_another_python_was_asked_for(tmp_path: Path) -> None:
    """The version that the other Python would have must not stand in the way."""
    asked = f"==3.{MINOR - 1}.*"
    found = pins(solve(tmp_path, "azureml-mlflow==1.56.0", python=asked).lock)
    assert found["mlflow-skinny"].startswith("2.")


def test_an_index_of_the_users_that_is_silent_is_left_out(tmp_path: Path) -> None:
    option = "--extra-index-url http://127.0.0.1:9/simple"
    recipe = Recipe(title="the test", wishes=wishes("six==1.16.0"), options=(option,))
    here = Interpreter(path=Path(sys.executable).resolve(), minor=MINOR)
    environ = {**os.environ, "UV_HTTP_RETRIES": "0"}
    found = resolve(recipe, here, bundled(tmp_path, environ, Cancellation()))
    assert found.notes == (f"{option} is left out (cannot be reached)",)
    assert pins(found.lock)["six"] == "1.16.0"


@pytest.mark.slow
def test_a_placeholder_becomes_the_package_that_is_meant(tmp_path: Path) -> None:
    """The `sklearn` on PyPI refuses to be installed since 2023."""
    found = solve(tmp_path, "sklearn")
    version = pins(found.lock)["scikit-learn"]
    assert found.notes == (f"sklearn -> scikit-learn {version} (the former is a placeholder)",)


def test_text_that_is_no_requirement_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentRefused, match=r'^"a b" \(line 1\) is no package'):
        solve(tmp_path, "a b")


@pytest.mark.parametrize(
    ("requirement", "rungs"),
    [
        ("six", ["six"]),
        ("six==1.16.0", ["six==1.16.0", "six<2,>=1.16.0", "six>=1.16.0", "six"]),
        ("six<2", ["six<2", "six"]),
        ("x[a]~=1.5.3", ["x[a]~=1.5.3", "x[a]<2,>=1.5.3", "x[a]>=1.5.3", "x[a]"]),
        (
            "tensorflow-gpu==2.4",
            [*(f"tensorflow-gpu{x}" for x in ("==2.4", "<3,>=2.4", ">=2.4", "")), "tensorflow"],
        ),
        ("azureml-core==1.38", ["azureml-core==1.38", "azureml-core<2,>=1.38", ""]),
        (
            "azureml-mlflow==1.38",
            [f"azureml-mlflow{each}" for each in ("==1.38", "<2,>=1.38", ">=1.38", "")],
        ),
    ],
)
def test_rungs_from_exact_to_loose(requirement: str, rungs: list[str]) -> None:
    assert demand(Wish(requirement=requirement)).rungs == rungs


@pytest.mark.parametrize(
    ("requirement", "hint", "rungs"),
    [
        ("pandas", "2.0.3", ["pandas==2.0.3", "pandas<3,>=2.0.3", "pandas"]),
        (
            "pandas>=1.3",
            "2.0.3",
            ["pandas==2.0.3", "pandas>=1.3", "pandas<3,>=2.0.3", "pandas>=2.0.3", "pandas"],
        ),
    ],
)
def test_rungs_begin_with_what_the_asked_python_would_have(
    requirement: str, hint: str, rungs: list[str]
) -> None:
    assert demand(Wish(requirement=requirement), hint).rungs == rungs


@pytest.mark.parametrize(
    ("complaint", "address", "reason"),
    [
        (
            "error: Request failed after 3 retries in 8.9s\n"
            "  cause: Failed to fetch: https://me:secret@pypi.org/simple/six/\n"
            "  cause: error sending request for url (https://pypi.org/simple/six/)\n"
            "  cause: client error (Connect)\n  cause: dns error",
            "https://pypi.org",
            "dns error",
        ),
        (
            "error: Git operation failed\n  cause: failed to clone into: /x\n"
            "         --- stderr\n         fatal: unable to access 'https://u:p@x/': No host",
            "",
            "fatal: unable to access 'https://x/': No host",
        ),
        ("error: nothing", "", "nothing"),
        ("", "", "exit code 2"),
    ],
)
def test_a_complaint_of_uv_in_one_line(complaint: str, address: str, reason: str) -> None:
    outcome = Outcome(2, "", complaint)
    assert (outcome.unreachable, outcome.reason) == (address, reason)
