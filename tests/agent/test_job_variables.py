"""Variables, as measured on the service (public runs of the agent)."""

import pytest

from penstock.agent.masking import Masker
from penstock.agent.variables import Variables, environment_name, expand_macros


def variables(masker=None, **values):
    made = Variables(masker or Masker())
    for name, value in values.items():
        made.set(name, value)
    made.recompute()
    return made


def test_names_ignore_case():
    made = variables(Greeting="hello")
    assert made.get("GREETING") == made.get("greeting") == "hello"
    made.set("gReEtInG", "bye")
    assert made.get("Greeting") == "hello"
    made.recompute()
    assert made.get("Greeting") == "bye"


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$(a)", "1"),
        ("$(A)$(a)", "11"),
        ("x $(a) y", "x 1 y"),
        ("$(missing)", "$(missing)"),
        ("$(pwd) $(a)", "$(pwd) 1"),
        ("$(a$(b))", "$(ainner)"),
        ("$(a", "$(a"),
        ("$()", "$()"),
        ("$(($(a)+1))", "$((1+1))"),
        ("$$(a)", "$1"),
        ("$( a )", "$( a )"),
        ("$(c)", "$(a)"),
        ('$(az account show --query "id(x)")', '$(az account show --query "id(x)")'),
    ],
)
def test_inputs_are_scanned_once_from_left_to_right(text, expanded):
    values = {"a": "1", "b": "inner", "c": "$(a)"}
    assert expand_macros(text, lambda name: values.get(name.lower())) == expanded


def test_values_are_expanded_recursively_before_a_step():
    made = variables(a="$(b)/x", b="$(c)", c="deep", d="$(nothing)")
    assert made.get("a") == "deep/x"
    assert made.get("d") == "$(nothing)"
    assert made.expand("<$(a)>") == "<deep/x>"


def test_a_name_made_by_expansion_is_looked_up_in_values_of_variables_only_once():
    assert variables(a="$(b$(c))", b1="found", c="1").get("a") == "$(b1)"


def test_a_cycle_leaves_the_text_and_warns():
    made = Variables(Masker())
    made.set("a", "$(b)")
    made.set("b", "x$(a)")
    warnings = made.recompute()
    assert made.get("a") == "$(b)"
    assert made.get("b") == "x$(a)"
    assert warnings[0] == ('variable "a" is used as it stands: it contains itself, through "$(a)"')


def test_depth_has_a_limit_of_fifty():
    made = Variables(Masker())
    for i in range(60):
        made.set(f"v{i}", f"$(v{i + 1})")
    made.set("v60", "end")
    warnings = made.recompute()
    assert made.get("v0") == "$(v1)"
    assert made.get("v20") == "end"
    assert "more than 50 levels" in warnings[0]


@pytest.mark.parametrize(
    ("end", "told"), [("", "more than 10000 times"), ("x" * 600_000, "longer than 1048576")]
)
def test_values_that_double_one_another_fill_neither_time_nor_memory(end: str, told: str):
    made = Variables(Masker())
    for i in range(40):
        made.set(f"v{i}", f"$(v{i + 1})$(v{i + 1})")
    made.set("v40", end)
    warnings = made.recompute()
    assert made.get("v0") == "$(v1)$(v1)"
    assert told in warnings[-1]


def test_secrecy_spreads_through_macros_and_masks_the_whole():
    masker = Masker()
    made = Variables(masker)
    made.set("key", "hidden-value", secret=True)
    made.set("copy", "$(key)")
    made.set("around", "a$(copy)b")
    made.recompute()
    assert made.is_secret("copy")
    assert made.is_secret("around")
    assert "AROUND" not in made.environment()
    assert masker.mask_line("ahidden-valueb") == "***"


def test_a_secret_stays_secret_when_set_again():
    made = Variables(Masker())
    made.set("key", "hidden-value", secret=True)
    made.recompute()
    made.set("key", "other-hidden-value")
    made.recompute()
    assert made.is_secret("key")


def test_a_value_set_during_a_step_is_seen_after_it():
    made = variables(a="old")
    made.set("a", "new")
    assert made.expand("$(a)") == "old"
    assert made.environment()["A"] == "old"
    made.recompute()
    assert made.expand("$(a)") == "new"


@pytest.mark.parametrize(
    ("name", "mapped"),
    [
        ("Build.SourcesDirectory", "BUILD_SOURCESDIRECTORY"),
        ("my var", "MY_VAR"),
        ("my-var", "MY-VAR"),
        ("step.out", "STEP_OUT"),
        ("ümlaut", "ÜMLAUT"),
    ],
)
def test_environment_names(name, mapped):
    assert environment_name(name) == mapped


def test_only_public_variables_reach_the_environment():
    made = variables(shown="1")
    made.set("hidden", "hidden-value", secret=True)
    made.recompute()
    assert made.environment() == {"SHOWN": "1"}


def test_preserved_case_is_kept_in_the_environment():
    made = Variables(Masker())
    made.set("myVar", "1", preserve_case=True)
    made.recompute()
    assert made.environment() == {"myVar": "1"}


def test_the_job_status_is_exported_in_both_spellings():
    made = variables(**{"Agent.JobStatus": "Failed"})
    assert made.environment() == {"AGENT_JOBSTATUS": "Failed", "agent.jobstatus": "Failed"}


@pytest.mark.parametrize(
    "name",
    ["Agent.TempDirectory", "build.sourcesdirectory", "System.TeamProject", "Task.DisplayName"],
)
def test_the_variables_of_the_agent_are_read_only(name):
    assert Variables(Masker()).is_readonly(name)


@pytest.mark.parametrize("name", ["Build.Clean", "System.Debug", "myVariable", "Build.Mine"])
def test_other_variables_may_be_set(name):
    assert not Variables(Masker()).is_readonly(name)


def test_a_variable_that_was_made_read_only_stays_so():
    made = Variables(Masker())
    made.set("x", "1", readonly=True)
    made.set("x", "2")
    assert made.is_readonly("X")


@pytest.mark.parametrize(
    "name",
    ["Build.SourceVersionMessage", "build.sourcebranchname", "System.PullRequest.SourceBranch"],
)
def test_a_logging_command_in_a_value_from_outside_is_made_harmless(name):
    made = variables(**{name: "fix ##vso[task.setvariable variable=PATH]/tmp"})
    assert made.get(name) == "fix **vso[task.setvariable variable=PATH]/tmp"
    assert "##vso" not in made.environment()[environment_name(name)]


def test_a_variable_of_the_users_own_is_left_alone():
    assert variables(command="##vso[task.debug]x").get("command") == "##vso[task.debug]x"
