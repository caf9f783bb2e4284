"""PythonScript@0 and UsePythonVersion@0, with the Pythons of this machine."""

import sys
from dataclasses import replace

import pytest

from penstock.agent.environments.uv import shell_word
from penstock.agent.programs import split_arguments
from penstock.agent.tasks.python import choose_version
from penstock.agent.testing import do_job, request_for, script, task

PYTHON = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin"}


def run(machine, *steps):
    return do_job(request_for(*steps), replace(machine, environment=PYTHON))


def test_an_inline_script_with_arguments(machine):
    step = task(
        "PythonScript@0",
        scriptSource="inline",
        script="import sys\nprint(sys.argv[1:])",
        arguments='a "b c" d\'e',
    )
    assert run(machine, step).output() == ["""['a', 'b c', "d'e"]"""]


def test_a_script_file_in_a_folder(machine):
    make = script("mkdir d; echo 'import os; print(os.getcwd())' > d/x.py", "step0")
    step = task("PythonScript@0", scriptPath="d/x.py", workingDirectory="d")
    assert run(machine, make, step).output() == [f"{machine.work}/1/s/d"]


def test_a_script_that_fails(machine):
    step = task("PythonScript@0", scriptSource="inline", script="raise SystemExit(3)")
    server = run(machine, step)
    assert server.issues[0].message == (
        f"The process '{sys.prefix}/bin/python' failed with exit code 3"
    )


def test_an_interpreter_of_ones_own(machine):
    step = task(
        "PythonScript@0",
        scriptSource="inline",
        script="import sys; print(sys.executable)",
        pythonInterpreter=sys.executable,
    )
    assert run(machine, step).output() == [sys.executable]


def test_an_interpreter_that_is_not_there(machine):
    step = task("PythonScript@0", scriptSource="inline", script="1", pythonInterpreter="/no/python")
    assert run(machine, step).issues[0].message == ('"/no/python" is not installed or not on PATH')


def test_a_script_file_that_is_not_there(machine):
    server = run(machine, task("PythonScript@0", scriptPath="no.py"))
    assert server.issues[0].message == f'there is no script file "{machine.work}/1/s/no.py"'


def test_python_that_is_missing_is_named(machine):
    machine = replace(machine, environment={"PATH": "/nowhere"})
    step = task("PythonScript@0", scriptSource="inline", script="1")
    server = do_job(request_for(step), machine)
    assert server.issues[0].message == (
        'this step needs Python, but there is no "python" or "python3" on PATH'
    )


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ("3.x", "3.12.1"),
        ("3", "3.12.1"),
        ("3.8", "3.8.18"),
        ("3.8.x", "3.8.18"),
        (">=3.8 <3.10", "3.9.18"),
        ("~3.9.2", "3.9.18"),
        ("3.8.10", None),
        ("3.13", None),
        ("2.7", None),
        ("<=3.8", "3.8.18"),
        ("three", None),
        ("3.x || ", "3.12.1"),
    ],
)
def test_a_version_is_chosen_by_the_rules_of_node(spec, version):
    assert choose_version(spec, ["3.8.18", "3.9.18", "3.12.1", "3.10.13"]) == version


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", []),
        ("a b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        ('a"b c"d', ["ab cd"]),
        (r'"a\"b"', ['a"b']),
        ("'a b'", ["'a", "b'"]),
        ("a  \t b\n", ["a", "b"]),
        ("$HOME;x", ["$HOME;x"]),
    ],
)
def test_arguments_are_split_as_task_lib_does(text, arguments):
    assert split_arguments(text) == arguments


def test_the_error_lists_the_versions_that_are_there(machine):
    server = run(machine, task("UsePythonVersion@0", versionSpec="3.99"))
    own = ".".join(map(str, sys.version_info[:3]))
    message = server.issues[0].message
    assert message.startswith('no Python on this machine fits versionSpec "3.99"; there are: ')
    assert own in message
    assert message.endswith(f'"{shell_word()} python install 3.99" adds one')


@pytest.mark.parametrize("spec", ["2.8", "3.1", "3.2"])
def test_what_uv_does_not_have_is_not_asked_of_it(machine, spec):
    server = run(machine, task("UsePythonVersion@0", versionSpec=spec))
    assert server.issues[0].message.endswith("put one on the PATH, or ask for one of these")


@pytest.mark.parametrize("spec", ["pypy3", "3.14-dev"])
def test_other_pythons_are_refused_by_name(machine, spec):
    server = run(machine, task("UsePythonVersion@0", versionSpec=spec))
    assert server.issues[0].message == (
        f'versionSpec "{spec}": only released versions of CPython can be chosen here'
    )


@pytest.mark.slow
def test_the_job_gets_a_python_of_its_own(machine):
    own = ".".join(map(str, sys.version_info[:3]))
    server = run(
        machine,
        task("UsePythonVersion@0", versionSpec=own),
        script(
            "python -V; which python; echo $(step1.pythonLocation); pip --version | cut -d' ' -f1\n"
            "python -c 'import sys; print(sys.prefix)'",
            "step2",
        ),
    )
    assert server.results == {"step1": "succeeded", "step2": "succeeded"}, server.logs
    folder = f"{machine.work}/_temp/1/python-{own}"
    assert server.finished.outputs["step1.pythonLocation"].value == folder
    assert server.output("step2") == [
        f"Python {own}",
        f"{folder}/bin/python",
        folder,
        "pip",
        folder,
    ]
