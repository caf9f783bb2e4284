"""The service's own words for faults, kept beside ours in `Diagnostic.service_text`.

Sources: rows marked "measured" were recorded on the service's preview API; the others are texts of
the published resources of the Azure DevOps SDK.
"""

import pytest

from penstock.language.compiler import compile_pipeline
from penstock.language.graph import check_pipeline
from penstock.language.source import Severity, Source

EXPRESSION_REFUSED = "A template expression is not allowed in this context"
MORE = ". For more help, refer to https://go.microsoft.com/fwlink/?linkid=842996"
VALID = (
    "Valid names may only contain alphanumeric characters and '_' and may not start with a number."
)


ROLLING = (
    "jobs:\n- deployment: D\n  environment: e\n  strategy:\n    rolling:\n      maxParallel: {}\n"
    "      deploy: {{steps: []}}"
)


def _loops(depth):
    """Loops inside loops over two items each."""
    lines = []
    for level in range(depth):
        lines.append("  " * level + f"- ${{{{ each v{level} in split('a,b', ',') }}}}:")
    return "\n".join([*lines, "  " * depth + "- script: x"])


class Texts:
    """Files that are given as texts: `self` unless the name is `path@repository`."""

    def __init__(self, texts):
        self.texts = texts

    def read(self, repository, path):
        text = self.texts.get(path if repository == "self" else f"{path}@{repository}")
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        given = repository == "self" or any(n.endswith(f"@{repository}") for n in self.texts)
        return "https://here branch refs/heads/main version 1" if given else None

    def names(self, repository, folder):
        return ()


def texts(main, others=None, **options):
    compiled = compile_pipeline("main.yml", Texts({"main.yml": main, **(others or {})}), **options)
    errors = [d for d in compiled.diagnostics if d.severity is Severity.ERROR]
    return [d.service_text for d in errors]


def with_parameter(declaration, value, body="steps: []"):
    main = f"steps:\n- template: t.yml\n  parameters:\n    p: {value}\n"
    return main, {"t.yml": f"parameters:\n- name: p\n{declaration}\n{body}\n"}


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        # shapes
        ("stepz: []", "Unexpected value 'stepz'"),  # measured
        ("steps:\n- stepz: x", "Unexpected value 'stepz'"),
        ("steps:\n- script: [a]", "A sequence was not expected"),
        ("steps:\n- script: {a: b}", "A mapping was not expected"),
        ("steps: x", "Unexpected value 'x'"),
        ("- a", "Expected a mapping"),
        ("steps: []\njobs: []", "Unexpected value 'jobs'"),
        ("pool: p\nphases: [{phase: a, steps: []}]", "Unexpected value 'pool'"),
        ("queue: p\npool: q\nsteps: []", "Unexpected value 'pool'"),
        ("server: true\nqueue: q\nsteps: []", "Unexpected value 'queue'"),
        ("lockBehavior: never\nsteps: []", "Unexpected value 'never'"),
        (
            "jobs:\n- displayName: x",
            "There's not enough info to determine what you meant. Add one of these properties: "
            "job, deployment, template",
        ),
        # expressions: measured
        (
            "steps:\n- script: ${{ foo }}",
            "Unrecognized value: 'foo'. Located at position 1 within expression: 'foo'" + MORE,
        ),
        (
            "steps:\n- script: ${{ eq(dependencies.a, 1) }}",
            "Unrecognized value: 'dependencies'. Located at position 4 within expression: "
            "'eq(dependencies.a, 1)'" + MORE,
        ),
        (
            "steps:\n- script: ${{ variables.x",
            "The expression is not closed. An unescaped ${{ sequence was found, but the closing "
            "}} sequence was not found.",
        ),
        ("steps:\n- script: ${{ }}", "An expression was expected"),
        # measured: an expression in other text is told as the call of format() that it becomes
        (
            "steps:\n- script: ${{ 'it''s' }} {then} ${{ foo }} end",
            "Unrecognized value: 'foo'. Located at position 41 within expression: "
            "'format('{0} {{then}} {1} end', 'it''s', foo)'" + MORE,
        ),
        (
            "steps:\n- script: |\n    it's\n    echo ${{ eq(1) }}\n",
            "Unexpected symbol: ')'. Located at position 31 within expression: "
            "'format('it''s\necho {0}\n', eq(1))'" + MORE,
        ),
        (
            "parameters:\n- name: a\n  default: b\nsteps:\n- script: ${{ parameters.x }}",
            "Key not found 'x'",
        ),
        ("steps:\n- script: ${{ parameters.x }}", "Key not found 'x'"),  # measured
        (
            "parameters:\n- name: a\n  type: object\n  default: {}\n"
            "steps:\n- script: a ${{ parameters.a }}",
            "Unable to convert from Object to String. Value: Object",
        ),
        # directives: measured
        (
            "steps:\n- script: a ${{ if true }}",
            "The directive 'if' is not allowed in this context. Directives are not supported for "
            "expressions that are embedded within a string. Directives are only supported when "
            "the entire value is an expression.",
        ),
        (
            "steps:\n- ${{ if false }}: []\n- ${{ else if x }}: []",
            "Exactly 0 parameter(s) were expected following the directive 'else'. "
            "Actual parameter count: 2\nUnexpected value '${{ else if x }}'",
        ),
        (
            "steps:\n- ${{ if }}: []",
            f"Unrecognized value: 'if'. Located at position 1 within expression: 'if'{MORE}",
        ),
        (
            "steps:\n- ${{ if eq(1, 1) eq(2, 2) }}: []",
            "Unexpected symbol: 'eq'. Located at position 4 within expression: "
            f"'if eq(1, 1) eq(2, 2)'{MORE}\nUnexpected value '${{{{ if eq(1, 1) eq(2, 2) }}}}'",
        ),
        (
            "steps:\n- script: x\n  env:\n    ${{ INSERT }}: {}",
            "Unrecognized value: 'INSERT'. Located at position 1 within expression: 'INSERT'"
            + MORE,
        ),
        (
            "steps:\n- script: x\n  env:\n    ${{ insert x }}: {}",
            "Exactly 0 parameter(s) were expected following the directive 'insert'. "
            "Actual parameter count: 1",
        ),
        (
            "steps:\n- ${{ EACH x IN variables }}:\n  - script: ${{ x }}",
            "Unexpected symbol: 'x'. Located at position 6 within expression: "
            f"'EACH x IN variables'{MORE}\nUnexpected value '${{{{ EACH x IN variables }}}}'",
        ),
        (
            "steps:\n- ${{ each x in variables more }}:\n  - script: ${{ x }}",
            "Exactly 3 parameter(s) were expected following the directive 'each'. "
            "Actual parameter count: 4\nUnexpected value '${{ each x in variables more }}'",
        ),
        (
            "steps:\n- ${{ each x on variables }}:\n  - script: ${{ x }}",
            "The value 'on' is unexpected. The expected format of an 'each' expression is: "
            "${ each <identifier> in <value> }\nUnexpected value '${{ each x on variables }}'",
        ),
        (
            "variables:\n  ${{ each x IN variables }}:\n    ${{ x }}: y\nsteps: []",
            "The value 'IN' is unexpected. The expected format of an 'each' expression is: "
            "${ each <identifier> in <value> }",
        ),
        (
            "steps:\n- ${{ each eq in variables }}:\n  - script: x",
            "Expected '(' to follow a function: 'eq'. Located at position 1 within expression: "
            f"'eq'{MORE}",
        ),
        (
            "steps:\n- ${{ each variables in variables }}:\n  - script: ${{ variables }}",
            "The idenfifier 'variables' has already been defined within the current scope",
        ),
        (
            "steps:\n- ${{ each x in variables }}:\n  - ${{ each X in variables }}: []",
            "The idenfifier 'X' has already been defined within the current scope",
        ),
        (
            "steps:\n- script: x\n  ${{ else }}: {name: y}",
            "The expression directive 'else' is not supported in this context\n"
            "A mapping was not expected",
        ),
        (
            "steps:\n- ${{ else }}: []",
            "The expression directive 'else' is not supported in this context\n"
            "Unexpected value '${{ else }}'",
        ),
        (
            "steps:\n- ${{ if true }}: []\n- ${{ each x in variables }}: []\n- ${{ else }}: []",
            "The expression directive 'else' is not supported in this context\n"
            "Unexpected value '${{ else }}'",
        ),
        (
            "steps:\n- ${{ if true }}: []\n- ${{ else }}: []\n- ${{ elseif true }}: []",
            "The expression directive 'elseif' is not supported in this context\n"
            "Unexpected value '${{ elseif true }}'",
        ),
        ("steps:\n- ${{ insert }}", "Unexpected value '${{ insert }}'"),
        ("steps:\n- script: x\n  ${{ if true }}: []", "Expected a mapping"),
        ("steps:\n- script: x\n  ${{ insert }}: text", "Expected a mapping"),
        ("variables:\n  ${{ variables }}: x\nsteps: []", "Expected a scalar value"),
        ("variables:\n  FOO: 1\n  ${{ 'foo' }}: 2\nsteps: []", "'foo' is already defined"),
        ("trigger:\n- ${{ if true }}:\n  - main\nsteps: []", "A mapping was not expected"),
        ("pr:\n  ${{ if true }}:\n    drafts: false\nsteps: []", "A mapping was not expected"),
        ("schedules:\n- ${{ if true }}: []\nsteps: []", "A mapping was not expected"),
        ("trigger: {enabled: false}\nsteps: []", "Unexpected value 'enabled'"),  # output only
        # a branch that is not taken is parsed, and not evaluated
        (
            "steps:\n- ${{ if false }}:\n  - script: ${{ eq(1) }} ${{ parameters.x }}",
            "Unexpected symbol: ')'. Located at position 23 within expression: "
            f"'format('{{0}} {{1}}', eq(1), parameters.x)'{MORE}",
        ),
        (
            "resources:\n  repositories:\n  - ${{ if true }}:\n    - repository: a\nsteps: []",
            "A template expression is not allowed in this context",
        ),
        (
            "variables: {System.Culture: de, system.debug: true}\nsteps: []",
            "Cannot override system variable 'System.Culture'",
        ),
        # parameters of the pipeline: measured
        (
            "parameters:\n- name: p\n  default: ${{ variables.x }}\nsteps: []",
            "A template expression is not allowed in this context",
        ),
        *(
            (
                f"parameters:\n- name: p\n  type: {kind}\n  default: {default}\nsteps: []",
                EXPRESSION_REFUSED,
            )
            for kind, default in (
                ("number", "${{ 1 }}"),
                ("boolean", "${{ true }}"),
                ("string", "${{ 'a' }}${{ 'b' }}"),
            )
        ),
        # the documentation: in declarations expressions are not expanded
        *(
            (f"parameters:{declared}\nsteps: []", EXPRESSION_REFUSED)
            for declared in (
                " ${{ variables.x }}",
                "\n- ${{ if true }}:\n  - name: p",
                "\n- name: p\n  ${{ if true }}:\n    default: x",
                "\n- name: ${{ 'p' }}\n  default: x",
                "\n- name: p\n  type: ${{ 'string' }}\n  default: x",
                "\n- name: p\n  displayName: a ${{ 'b' }}\n  default: x",
                "\n- name: p\n  default: x\n  values: ['${{ 1 }}', x]",
                "\n- name: p\n  default: x\n  values: ${{ variables.x }}",
            )
        ),
        (
            "parameters:\n- type: string\n  name: p\n  default: x\nsteps: []",
            "Unexpected value 'type'",
        ),
        (
            "parameters:\n- name: p\n  type: String\n  default: x\nsteps: []",
            "Unexpected value 'String'",
        ),
        (
            "parameters:\n- name: p\n  default: x\n- name: P\n  default: x\nsteps: []",
            "The 'P' parameter is declared more than once in the parameter list.",
        ),
        (
            "parameters:\n- name: p\nsteps: []",
            "A value for the 'p' parameter must be provided.",
        ),
        # references: measured
        (
            "steps:\n- template: a.yml@nosuchalias",
            "No repository found by name nosuchalias",
        ),
        ("steps:\n- template: a.yml@self@self", "No repository found by name self@self"),
        (
            "steps:\n- template: x.yml",
            "File /x.yml not found in repository https://here branch refs/heads/main version 1.",
        ),
        (
            "steps:\n- template: 'main.yml '",
            "File /main.yml  not found in repository https://here branch refs/heads/main "
            "version 1.",
        ),
        ("steps:\n- template: ../../x.yml", "The file path //../../x.yml is invalid"),
        ("steps:\n- template: main.yml", "Maximum object depth exceeded"),
        # the graph: measured
        ("stages: []", "The pipeline must contain at least one stage with no dependencies."),
        (
            "stages:\n- stage: A\n  jobs: []",
            "Stage A must contain at least one job with no dependencies.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: A1}]\n- stage: B\n  dependsOn: C\n"
            "  jobs: [{job: B1}]\n- stage: C\n  dependsOn: B\n  jobs: [{job: C1}]",
            "Stage B depends on stage C which creates a cycle in the dependency graph.\n"
            "Stage C depends on stage B which creates a cycle in the dependency graph.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: R}, {job: B, dependsOn: [R, C]}, "
            "{job: C, dependsOn: B}]",
            "Stage A job B depends on job C which creates a cycle in the dependency graph.\n"
            "Stage A job C depends on job B which creates a cycle in the dependency graph.",
        ),
        (
            "stages:\n- stage: A\n  dependsOn: A\n  jobs: [{job: A1}]",
            "The pipeline must contain at least one stage with no dependencies.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: A1, dependsOn: A2}, {job: A2, dependsOn: A1}]",
            "Stage A must contain at least one job with no dependencies.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: A0}, {job: A1, dependsOn: A1}]",
            "Stage A job A1 depends on job A1 which creates a cycle in the dependency graph.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: A1}]\n- stage: B\n  dependsOn: [A, X]\n"
            "  jobs: [{job: B1}]",
            "Stage B depends on unknown stage X.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: A1}, {job: A2, dependsOn: X}]",
            "Stage A job A2 depends on unknown job X.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: A1}]\n- stage: a\n  jobs: [{job: A1}]",
            "The stage name a appears more than once. Stage names must be unique within a "
            "pipeline.",
        ),
        (
            "stages:\n- stage: A\n  jobs: [{job: A1}, {job: A1}]",
            "Stage A job A1 appears more than once. Job names must be unique within a stage.",
        ),
        (
            "jobs:\n- job: J\n  steps: [{script: x, name: s}, {script: x, name: s}]",
            "Job J: The step name s appears more than once. Step names must be unique within a "
            "job.",
        ),
        (
            "jobs:\n- job: J\n  steps: [{script: x, name: 2nd}]",
            f"Job J: Step 2nd has an invalid name. {VALID}",
        ),
        # what jobs refer to, and their strategies
        (
            "steps:\n- checkout: tools",
            "The checkout step references the repository 'tools' which is not defined by the "
            "pipeline",
        ),
        (
            "jobs:\n- job: J\n  container: ubuntu",
            "A container resource with name ubuntu could not be found. The container resource does "
            "not exist. If you intended to specify an image, use NAME:TAG or NAME@DIGEST. For "
            "example, ubuntu:latest",
        ),
        (
            "jobs:\n- job: J\n  strategy:\n    matrix:\n"
            + "".join(f"      leg{n}: {{}}\n" for n in range(257)),
            "The matrix expansion resulted in 257 jobs which exceeds the maximum allowable job "
            "count of 256.",
        ),
        (
            "jobs: [{job: J, strategy: {parallel: 257}}]",
            "The slicing expansion resulted in 257 jobs which exceeds the maximum allowable job "
            "count of 256.",
        ),
        (ROLLING.format("0"), "Absolute rolling value should be greater than zero."),
        (
            "jobs:\n- deployment: D\n  strategy: {runOnce: {deploy: {steps: []}}}",
            "Job D: Environment is required.",
        ),
        (
            "steps:\n- task: Bash\n  name: s",
            "Job Job: Step s has an invalid task definition reference. A valid task definition "
            "reference must specify either an ID or a name and a version specification with a "
            "major version specified.",
        ),
        ("steps:\n- task: Bash@x", "The value x is not a valid version specification"),
        (
            "jobs:\n- job: A\n  strategy: {matrix: legs}\n  steps: []",
            "'legs' is not a valid expression. Expressions must be enclosed with '$[' and ']'.",
        ),
        (ROLLING.format("0%"), "Percentage rolling value should be with in 1 to 100."),
        (ROLLING.format("101%"), "Percentage rolling value should be with in 1 to 100."),
        (ROLLING.format("half"), "half is not supported as rolling option."),
        # declarations and limits
        ("parameters:\n- name: p\n  default: a\n  values: a\nsteps: []", "Expected a sequence"),
        (
            "steps:\n" + _loops(17),
            "Maximum events exceeded while evaluating the template. This may indicate an infinite "
            "loop or too many nested loops.",
        ),
        ("jobs: [{job: a-b}]", f"Stage __default job a-b has an invalid name. {VALID}"),
        (
            "jobs:\n- job: J\n  steps:\n  - script: x\n    name: s\n    condition: eq(1)",
            "Job J: Step s specifies condition eq(1) which is not valid. Reason: "
            "Unexpected symbol: ')'. Located at position 5 within expression: 'eq(1)'" + MORE,
        ),
        # measured: conditions of jobs and stages bare, root variables with a sentence before it
        (
            "stages: [{stage: A, condition: eq(1), jobs: [{job: J}]}]",
            "Unexpected symbol: ')'. Located at position 5 within expression: 'eq(1)'" + MORE,
        ),
        (
            "variables: {a: '$[ eq(1) ]'}\nsteps: []",
            "An error occurred while loading the YAML build pipeline. "
            "Unexpected symbol: ')'. Located at position 5 within expression: 'eq(1)'" + MORE,
        ),
        (
            "jobs: [{job: J, condition: eq(1)}]",
            "Unexpected symbol: ')'. Located at position 5 within expression: 'eq(1)'" + MORE,
        ),
    ],
)
def test_faults_of_one_file(main, expected):
    assert texts(main) == [expected]


@pytest.mark.parametrize(
    ("main", "expected"),
    [
        # measured: without a stage that starts first nothing else is looked at
        (
            "stages:\n- stage: A\n  dependsOn: Z\n  jobs: [{job: A1}]\n- stage: B\n"
            "  dependsOn: [A, Y]\n  jobs: [{job: B1}]",
            ["The pipeline must contain at least one stage with no dependencies.", None],
        ),
        # measured: cycles first, then unknown names
        (
            "stages:\n- stage: A\n  jobs: [{job: A1}]\n- stage: B\n  dependsOn: [A, C, Y]\n"
            "  jobs: [{job: B1}]\n- stage: C\n  dependsOn: [B, Z]\n  jobs: [{job: C1}]",
            [
                "Stage B depends on stage C which creates a cycle in the dependency graph.\n"
                "Stage C depends on stage B which creates a cycle in the dependency graph.",
                "Stage B depends on unknown stage Y.",
                "Stage C depends on unknown stage Z.",
            ],
        ),
    ],
)
def test_the_graph_is_checked_in_the_order_of_the_service(main, expected):
    checked = check_pipeline(compile_pipeline("main.yml", Texts({"main.yml": main})).partial)
    assert [one.service_text for one in checked] == expected


@pytest.mark.parametrize(
    ("declaration", "value", "expected"),
    [
        # measured
        ("  type: number", "abc", "The 'p' parameter value 'abc' is not a valid Number."),
        ("  type: number", "''", "The 'p' parameter value '' is not a valid Number."),
        ("  type: boolean", "yes", "The 'p' parameter value 'yes' is not a valid Boolean."),
        ("  type: boolean", "1", "The 'p' parameter value '1' is not a valid Boolean."),
        ("  type: string", "{a: b}", "The 'p' parameter is not a valid String."),
        ("  type: stringList", "a", "The 'p' parameter value 'a' is not a valid StringList."),
        ("  type: stepList", "{script: x}", "The 'p' parameter is not a valid StepList."),
        (
            "  type: stepList",
            "\n    - stepz: x",
            "The 'p' parameter is not a valid StepList.\nUnexpected value 'stepz'",
        ),
        (
            "  type: step",
            "{stepz: x}",
            "The 'p' parameter is not a valid Step.\nUnexpected value 'stepz'",
        ),
        ("  type: number", "", "The 'p' parameter value '' is not a valid Number."),
        ("  type: boolean", "", "The 'p' parameter value '' is not a valid Boolean."),
        ("  type: string", "[a]", "The 'p' parameter is not a valid String."),
        (
            "  type: stringList\n  values: [a, b]",
            "[a, c]",
            "The 'p' parameter value 'c' is not a valid value.",
        ),
        ("  values: [a]", "gamma", "The 'p' parameter value 'gamma' is not a valid value."),
        ("  values: [a]", "A", "The 'p' parameter value 'A' is not a valid value."),
        ("- name: q", "x", "A value for the 'q' parameter must be provided."),
        (
            "  default: x\n- name: q\n  default: x",
            "x\n    extra: 1",
            "Unexpected parameter 'extra'",
        ),
    ],
)
def test_faults_of_parameters(declaration, value, expected):
    main, others = with_parameter(declaration, value)
    assert texts(main, others) == [expected]


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        # measured
        ("  type: string", "007"),
        ("  type: string", ""),
        ("  type: number", "2.50"),
        ("  type: number\n  values: [2]", "'2.0'"),
        ("  type: boolean", "TRUE"),
        ("  type: object\n  values: [a]", "b"),
        ("  type: object", ""),
        ("  type: stringList\n  values: [a, b]", "[b, b]"),
        ("  type: stepList", "[{script: x}]"),
        ("  type: jobList", "[{job: x}, {deployment: y}]"),
        ("  type: stageList", "[{stage: x}]"),
    ],
)
def test_values_that_fit(declaration, value):
    main, others = with_parameter(declaration, value)
    assert texts(main, others) == []


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        # measured: a template in the wrong slot fails on its body key
        ({"t.yml": "jobs: []"}, "Unexpected value 'jobs'"),
        ({"t.yml": "parameters: {a: 1}\nstages: []"}, "Unexpected value 'stages'"),
        ({"t.yml": "steps: []\nextra: 1"}, "Unexpected value 'extra'"),
        # measured: inclusion without end, reported in the repeated file
        ({"t.yml": "steps:\n- template: t.yml"}, "Maximum object depth exceeded"),
        (
            {
                "t.yml": "parameters:\n- name: p\n  default: x\nsteps:\n- template: t.yml\n"
                "  parameters: {p: 'x${{ parameters.p }}'}"
            },
            "Maximum object depth exceeded",
        ),
    ],
)
def test_faults_of_templates(others, expected):
    assert texts("steps:\n- template: t.yml", others) == [expected]


def test_a_value_given_for_the_run_is_converted_by_its_type():
    declared = "parameters:\n- name: n\n  type: number\n- name: o\n  type: object\nsteps: []"
    assert texts(declared, parameters={"N": "x", "o": "[1"}) == [
        "While parsing a flow sequence, did not find expected ',' or ']'.",
        "The 'n' parameter value 'x' is not a valid Number.",
    ]
    assert texts(declared, parameters={"N": "1.5", "o": '{"a": [1, true]}'}) == []
    for declared in ("", "parameters: []\n", "parameters:\n- {name: a, default: b}\n"):  # measured
        assert texts(f"{declared}steps: []", parameters={"nosuch": "x"}) == [
            "Unexpected parameter 'nosuch'"
        ]


def test_a_pipeline_may_be_made_of_a_hundred_files_and_no_more():
    def including(count):
        main = "steps:\n" + "".join(f"- template: t{n}.yml\n" for n in range(count))
        return texts(main, {f"t{n}.yml": "steps: []" for n in range(count)})

    assert including(99) == []
    twice = "steps:\n" + 200 * "- template: t.yml\n"  # measured: a file twice is no cycle
    assert texts(twice, {"t.yml": "steps: []"}) == []
    assert including(100) == ["No more than 100 separate YAML files can be included."]


def test_templates_may_be_a_hundred_levels_deep_and_no_more():
    def nested(levels):
        template = (
            "parameters:\n- name: left\nsteps:\n- ${{ if ne(parameters.left, 'x') }}:\n"
            "  - template: t.yml\n    parameters:\n"
            "      left: ${{ replace(format('{0}.', parameters.left), 'x.', '') }}\n"
        )
        main = f"steps:\n- template: t.yml\n  parameters: {{left: {'x' * levels}}}\n"
        return texts(main, {"t.yml": template})

    assert nested(100) == []
    assert nested(101) == ["Maximum object depth exceeded"]


def test_an_expansion_has_a_largest_size():
    main = (
        f"parameters:\n- name: long\n  default: {'x' * 100_000}\n"
        "- name: many\n  type: object\n  default: [" + "a, " * 300 + "]\n"
        "steps:\n- ${{ each one in parameters.many }}:\n  - script: ${{ parameters.long }}.\n"
    )
    assert texts(main) == ["Maximum object size exceeded"]
