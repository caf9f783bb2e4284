"""What a compile takes and gives."""

from penstock.language.compiler import compile_pipeline
from penstock.language.source import Severity, Source


class Texts:
    def __init__(self, **texts):
        self.texts = texts

    def read(self, repository, path):
        text = self.texts.get(path.removesuffix(".yml"))
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        return "texts" if repository == "self" else None

    def names(self, repository, folder):
        return ()


def scripts(main, *, others=None, **options):
    compiled = compile_pipeline("main.yml", Texts(main=main, **(others or {})), **options)
    (job,) = compiled.pipeline.stages[0].jobs
    return [step.inputs["script"].value for step in job.steps]


def test_variables_of_the_yaml_win_over_those_given():
    main = "variables: {a: yaml}\nsteps:\n- script: ${{ variables.A }} ${{ variables['B.c'] }}\n"
    assert scripts(main, variables={"a": "given", "b.C": "given"}) == ["yaml given"]


def test_the_default_working_directory_is_empty_while_the_yaml_is_expanded():
    # pipelines that the service runs write it before an absolute template path
    main = "steps:\n- template: ${{ variables['System.DefaultWorkingDirectory'] }}/t.yml\n"
    given = {"system.defaultWorkingDirectory": "/work"}
    assert scripts(main, others={"t": "steps:\n- script: found\n"}, variables=given) == ["found"]


def test_the_files_that_were_read_are_told_each_once():
    others = {"t": "steps:\n- template: u.yml\n", "u": "steps: []\n"}
    main = "steps:\n- template: t.yml\n- template: u.yml\n"
    compiled = compile_pipeline("main.yml", Texts(main=main, **others))
    assert [source.name for source in compiled.files] == ["main.yml", "t.yml", "u.yml"]


def test_with_errors_there_is_no_pipeline_and_the_tree_lacks_the_faulty_parts():
    compiled = compile_pipeline(
        "main.yml", Texts(main="jobs:\n- job: a\n  nmae: x\n- jbo: b\n- job: c\n")
    )
    assert compiled.pipeline is None
    jobs = compiled.tree.get("stages").items[0].get("jobs").items
    assert [job.get("job").value for job in jobs] == ["a", "c"]


def test_warnings_do_not_stop_a_pipeline():
    compiled = compile_pipeline(
        "main.yml",
        Texts(
            main="extends: {template: t.yml}",
            t="trigger: none\njobs: [{job: a, steps: []}]",
        ),
    )
    assert compiled.pipeline.trigger is None
    assert [(d.code, d.severity) for d in compiled.diagnostics] == [("PS1216", Severity.WARNING)]


def test_an_empty_file_has_no_stage_that_could_start():
    compiled = compile_pipeline("main.yml", Texts(main="# nothing\n"))
    assert [d.service_text for d in compiled.diagnostics] == [
        "The pipeline must contain at least one stage with no dependencies."
    ]


def test_names_that_lead_nowhere_are_not_reported_when_parts_are_missing():
    main = "jobs:\n- template: missing.yml\n- job: b\n  dependsOn: a\n"
    compiled = compile_pipeline("main.yml", Texts(main=main))
    assert [d.code for d in compiled.diagnostics] == ["PS1201"]


def test_templates_that_double_again_and_again_come_to_an_end():
    texts = {
        f"t{n}": f"steps:\n- template: t{n + 1}.yml\n- template: t{n + 1}.yml\n" for n in range(40)
    }
    texts["t40"] = "steps:\n- script: x\n"
    compiled = compile_pipeline("main.yml", Texts(main="steps: [{template: t0.yml}]", **texts))
    assert [d.code for d in compiled.diagnostics] == ["PS1215"]


def test_a_fault_that_loops_meet_again_and_again_counts_as_work():
    items = "- hour: 1\n" * 50
    loops = "".join(f"{'  ' * n}- ${{{{ each i{n} in parameters.p }}}}:\n" for n in range(4))
    main = f"parameters:\n- {{name: p, type: object, default: [{'1,' * 16}]}}\nstages:\n"
    main += loops + "".join(f"{' ' * 8}{line}\n" for line in items.splitlines())
    compiled = compile_pipeline("main.yml", Texts(main=main))
    assert [d.code for d in compiled.diagnostics].count("PS1101") == 50
    assert "PS1215" in [d.code for d in compiled.diagnostics]


def test_texts_that_double_again_and_again_come_to_an_end():
    lines = ["variables:", "  v0: " + "x" * 100]
    for n in range(1, 60):
        lines.append(f"  v{n}: ${{{{ variables.v{n - 1} }}}}${{{{ variables.v{n - 1} }}}}")
    compiled = compile_pipeline("main.yml", Texts(main="\n".join(lines) + "\nsteps: []\n"))
    assert [d.code for d in compiled.diagnostics] == ["PS1303"]


def test_the_recursion_limit_of_the_process_is_left_as_it_was():
    import sys

    before = sys.getrecursionlimit()
    compile_pipeline("main.yml", Texts(main="steps: []"))
    assert sys.getrecursionlimit() == before


def test_what_a_webhook_posts_is_empty_until_it_comes():
    # process/resources#define-a-webhooks-resource: ${{ parameters.<WebhookAlias>.<JSONPath> }}
    main = (
        "parameters:\n- {name: a, default: b}\n"
        "resources: {webhooks: [{webhook: Hook, connection: c}]}\n"
        "steps:\n- script: '${{ parameters.a }}-${{ parameters.hook.component.group }}'\n"
    )
    assert scripts(main) == ["b-"]
    unknown = compile_pipeline("main.yml", Texts(main=main.replace("hook.comp", "other.comp")))
    assert [d.code for d in unknown.diagnostics] == ["PS1306"]
