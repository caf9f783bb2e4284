"""Checking out: the working tree as it is, a commit, several repositories. With real git."""

import os
import subprocess
from dataclasses import replace

import pytest

from penstock.agent.git import NO_PUSH
from penstock.agent.lines import PIECE
from penstock.agent.sources import Sources
from penstock.agent.testing import do_job, machine_in, request_for, script
from penstock.agent.working_tree import mirror
from penstock.engine.requests import Repository, Step, Variable

CHECKOUT = "6d15af64-176c-496d-b583-fd2ae21d4df4@1"


def git(folder, *arguments):
    env = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "Ann",
        "GIT_AUTHOR_EMAIL": "ann@example.com",
        "GIT_COMMITTER_NAME": "Ann",
        "GIT_COMMITTER_EMAIL": "ann@example.com",
    }
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def project(tmp_path):
    """A repository with one commit of three files."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    write(folder, a_dot_txt="a", src__b_dot_txt="b", run_dot_sh="#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / ".gitignore").write_text("ignored/\n*.log\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def checkout(step="step1", **inputs):
    return Step(id=step, task=CHECKOUT, inputs={"repository": "self", **inputs})


def repository(folder, alias="self", **settings):
    return Repository(alias=alias, name=folder.name, url=str(folder), **settings)


def run(machine, project, *steps, more=()):
    repositories = [repository(project), *more]
    return do_job(request_for(*steps, repositories=repositories), machine)


def tree(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if (path.is_symlink() or not path.is_dir()) and ".git" not in path.relative_to(folder).parts
    )


def sources(machine):
    return machine.work / "1/s"


def test_the_working_tree_is_copied_as_it_is(machine, project):
    write(project, a_dot_txt="changed", new_dot_txt="new", ignored__x="x", y_dot_log="y")
    (project / "src/b.txt").unlink()
    server = run(machine, project, checkout())
    assert server.results == {"step1": "succeeded"}
    assert tree(sources(machine)) == [".gitignore", "a.txt", "new.txt", "run.sh"]
    assert (sources(machine) / "a.txt").read_text() == "changed"
    assert os.access(sources(machine) / "run.sh", os.X_OK)
    head = git(project, "rev-parse", "--short=7", "HEAD")
    assert (
        f"Checked out the working tree of {project} at {head} (main) with 3 uncommitted changes"
        in server.log()
    )


def test_one_change_is_singular(machine, project):
    write(project, a_dot_txt="changed")
    server = run(machine, project, checkout())
    assert any(line.endswith("with 1 uncommitted change") for line in server.log())


def test_git_commands_of_steps_see_the_same_state(machine, project):
    write(project, a_dot_txt="changed", new_dot_txt="new")
    git(project, "tag", "v1")
    git(project, "branch", "topic")
    server = run(
        machine,
        project,
        checkout(),
        script("git status --short; git log --format=%s; git tag; git branch --remotes", "step2"),
    )
    assert server.output("step2") == [
        " M a.txt",
        "?? new.txt",
        "first",
        "v1",
        "  origin/main",
        "  origin/topic",
    ]


def test_git_commands_of_steps_never_write_to_the_users_repository(machine, project):
    write(project, a_dot_txt="changed")
    before = {p: p.read_bytes() for p in (project / ".git").rglob("*") if p.is_file()}
    server = run(
        machine,
        project,
        checkout(),
        script(
            "git config user.email a@b; git config user.name A; git add -A; git commit -qm second\n"
            "git branch other; git tag v2; git gc -q; git reset -q --hard HEAD~1; git stash list\n"
            "git push origin HEAD:refs/heads/pushed; git push --tags\n"
            "git fetch -q origin && echo ok",
            "step2",
        ),
    )
    after = {p: p.read_bytes() for p in (project / ".git").rglob("*") if p.is_file()}
    assert after == before
    assert (project / "a.txt").read_text() == "changed"
    output = server.output("step2")
    assert any(NO_PUSH in line for line in output)
    assert output[-1] == "ok"


def test_what_an_earlier_job_left_is_removed_and_nothing_copied_twice(machine, project):
    run(
        machine,
        project,
        checkout(),
        script("mkdir -p out/deep; touch out/deep/x stale; rm -r src; ln -s /etc src", "step2"),
    )
    (project / "new.txt").write_text("new")
    server = run(machine, project, checkout())
    assert tree(sources(machine)) == [".gitignore", "a.txt", "new.txt", "run.sh", "src/b.txt"]
    assert not (sources(machine) / "src").is_symlink()
    assert "5 files, 2 copied, 3 removed" in server.log()


def test_a_file_that_a_step_changed_is_copied_again(machine, project):
    run(machine, project, checkout(), script("echo other > a.txt", "step2"))
    run(machine, project, checkout())
    assert (sources(machine) / "a.txt").read_text() == "a"


def test_links_are_kept_and_never_followed(machine, project):
    (project / "link").symlink_to("/etc/passwd")
    (project / "folder").symlink_to("/etc")
    (project / "dangling").symlink_to("nowhere")
    run(machine, project, checkout())
    for name in ("link", "folder", "dangling"):
        assert os.readlink(sources(machine) / name) == os.readlink(project / name)


def test_a_tracked_file_behind_a_link_is_not_read(machine, project, tmp_path):
    outside = tmp_path / "outside"
    write(outside, b_dot_txt="secret")
    (project / "src/b.txt").unlink()
    (project / "src").rmdir()
    (project / "src").symlink_to(outside)
    run(machine, project, checkout())
    assert (sources(machine) / "src").is_symlink()
    assert tree(sources(machine)) == [".gitignore", "a.txt", "run.sh", "src"]


def test_a_step_cannot_make_the_next_checkout_write_outside(machine, project, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    run(
        machine,
        project,
        checkout(),
        script(f"rm -r src a.txt; ln -s {outside} src; ln -s {outside}/a a.txt", "step2"),
    )
    run(machine, project, checkout())
    assert list(outside.iterdir()) == []
    assert (sources(machine) / "src/b.txt").read_text() == "b"


@pytest.mark.parametrize("name", ["with space", "quote'\"", "new\nline", "ümlaut", "-dash", "a\\b"])
def test_odd_names_are_copied(machine, project, name):
    (project / name).write_text("x")
    run(machine, project, checkout())
    assert (sources(machine) / name).read_text() == "x"


def test_a_repository_without_commits(machine, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    git(folder, "init", "--quiet")
    write(folder, a_dot_txt="a")
    server = run(machine, folder, checkout())
    assert tree(sources(machine)) == ["a.txt"]
    assert any("at no commit yet with 1 uncommitted change" in line for line in server.log())


def test_a_folder_that_git_does_not_know(machine, tmp_path):
    folder = tmp_path / "plain"
    write(
        folder,
        a_dot_txt="a",
        node_modules__x="x",
        keep__y_dot_log="y",
        keep__z_dot_tmp="z",
        src___dot_venv__x="x",
    )
    (folder / ".gitignore").write_text("*.log\n*.tmp\n")
    (folder / "keep/.gitignore").write_text("!*.log\n")
    server = run(machine, folder, checkout())
    assert tree(sources(machine)) == [".gitignore", "a.txt", "keep/.gitignore", "keep/y.log"]
    assert f"Checked out self: the folder {folder}, which git does not know" in server.log()


def test_a_part_of_a_larger_repository(machine, project):
    server = run(machine, project / "src", checkout(), script("git status", "step2"))
    assert tree(sources(machine)) == ["b.txt"]
    told = f"It is part of the repository {project}: git commands find none here."
    assert told in server.log()
    assert server.results["step2"] == "failed"


def test_the_agents_own_folders_in_the_sources_are_left_out(project):
    machine = machine_in(project / "state")
    run(machine, project, checkout())
    run(machine, project, checkout())
    assert tree(sources(machine)) == [".gitignore", "a.txt", "run.sh", "src/b.txt"]


def test_a_linked_work_tree(machine, project, tmp_path):
    git(project, "worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "topic")
    (tmp_path / "linked/new.txt").write_text("new")
    server = run(machine, tmp_path / "linked", checkout(), script("git status --short", "step2"))
    assert server.output("step2") == ["?? new.txt"]


def test_git_variables_of_the_caller_do_not_mislead(machine, project, tmp_path):
    os.environ["GIT_DIR"] = str(tmp_path / "elsewhere")
    try:
        server = run(machine, project, checkout(), script("git log --format=%s", "step2"))
    finally:
        del os.environ["GIT_DIR"]
    assert server.output("step2") == ["first"]


def test_hooks_of_the_repository_do_not_run(machine, project, tmp_path):
    for name in ("post-checkout", "post-index-change", "reference-transaction"):
        hook = project / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        hook.chmod(0o755)
    git(project, "config", "core.fsmonitor", f"touch {tmp_path}/ran;")
    run(machine, project, checkout())
    commit = git(project, "-c", "core.fsmonitor=", "rev-parse", "HEAD")
    (tmp_path / "ran").unlink(missing_ok=True)
    run(machine, project, checkout())
    do_job(request_for(checkout(), repositories=[repository(project, commit=commit)]), machine)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("included", [False, True])
def test_filters_of_the_repository_s_own_settings_do_not_run(machine, project, tmp_path, included):
    settings = project / ".git" / ("more" if included else "config")
    ran = tmp_path / "ran"
    with settings.open("a") as file:
        file.write(
            f'[filter "a.b"]\n\tclean = "touch {ran}; cat"\n\tsmudge = touch {ran}\n'
            f'\trequired = true\n[filter "c"]\n\tprocess = touch {ran}\n'
        )
    if included:
        with (project / ".git/config").open("a") as file:
            file.write("[include]\n\tpath = more\n")
    (project / ".gitattributes").write_text("*.txt filter=a.b\n*.sh filter=c\n")
    # Of the length they had, so that git must read them to know whether they differ.
    (project / "a.txt").write_text("A")
    (project / "run.sh").write_text("#!/bin/zz\n")
    server = run(machine, project, checkout(), script("cat a.txt run.sh", "step2"))
    assert server.output("step2") == ["A#!/bin/zz"]
    assert not ran.exists()


def test_checkout_none_leaves_the_sources_empty(machine, project):
    run(machine, project, checkout())
    server = run(machine, project, checkout(repository="none"), script("ls -A", "step2"))
    assert server.output("step2") == []


def test_a_job_without_checkout_has_no_sources(machine, project):
    run(machine, project, checkout())
    assert run(machine, project, script("ls -A")).output() == []


def test_an_unknown_repository_is_named(machine, project):
    server = run(machine, project, checkout(repository="tools"))
    assert server.issues[0].message == ('repository "tools" is not known to this job; known: self')


def test_several_repositories_lie_beside_each_other(machine, project, tmp_path):
    tools = tmp_path / "tools"
    write(tools, t_dot_txt="t")
    run(machine, project, checkout())
    server = run(
        machine,
        project,
        checkout(),
        checkout("step2", repository="Tools"),
        script("pwd; echo $(Build.SourcesDirectory) $(Build.Repository.LocalPath)", "step3"),
        more=[repository(tools, alias="tools")],
    )
    root = sources(machine)
    assert tree(root) == [
        "project/.gitignore",
        "project/a.txt",
        "project/run.sh",
        "project/src/b.txt",
        "tools/t.txt",
    ]
    assert server.output("step3") == [str(root), f"{root} {root}"]


def test_a_path_of_ones_own(machine, project):
    server = run(
        machine,
        project,
        checkout(path="here/x"),
        script("pwd; echo $(Build.SourcesDirectory) $(Build.Repository.LocalPath)", "step2"),
    )
    folder = str(machine.work / "1/here/x")
    assert server.output("step2") == [folder, f"{folder} {folder}"]


@pytest.mark.parametrize("path", ["../x", "/tmp/x", "a/../../x", ".", "a/.."])
def test_a_path_outside_of_the_workspace_is_refused(machine, project, path):
    server = run(machine, project, checkout(path=path))
    assert server.issues[0].message == f'path "{path}" is not below the workspace of the job'


def test_the_repository_may_become_the_default_directory(machine, project, tmp_path):
    write(tmp_path / "tools", t_dot_txt="t")
    server = run(
        machine,
        project,
        checkout(workspaceRepo="true"),
        checkout("step2", repository="tools"),
        script("pwd", "step3"),
        more=[repository(tmp_path / "tools", alias="tools")],
    )
    assert server.output("step3") == [f"{sources(machine)}/project"]


def submodule(project, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "--quiet")
    write(library, l_dot_txt="l")
    git(library, "add", ".")
    git(library, "commit", "--quiet", "-m", "library")
    git(project, "submodule", "--quiet", "add", str(library), "lib")
    git(project, "commit", "--quiet", "-m", "with submodule")


def test_submodules_are_named_and_left_empty(machine, project, tmp_path):
    submodule(project, tmp_path)
    server = run(machine, project, checkout())
    assert 'Submodule "lib" is not checked out' in server.log()
    assert list((sources(machine) / "lib").iterdir()) == []


@pytest.mark.parametrize("asked", ["true", "1", "$true", "True", "Recursive"])
def test_submodules_are_copied_when_asked_for(machine, project, tmp_path, asked):
    submodule(project, tmp_path)
    run(machine, project, checkout(submodules=asked))
    assert (sources(machine) / "lib/l.txt").read_text() == "l"


def test_a_commit_of_a_local_repository(machine, project):
    first = git(project, "rev-parse", "HEAD")
    write(project, a_dot_txt="second")
    git(project, "commit", "--quiet", "-am", "second")
    write(project, a_dot_txt="uncommitted", new_dot_txt="new")
    request = request_for(
        checkout(),
        script("git log --format=%s; git status --short", "step2"),
        repositories=[repository(project, commit=first)],
    )
    run(machine, project, checkout())
    server = do_job(request, machine)
    assert server.results == {"step1": "succeeded", "step2": "succeeded"}
    assert (sources(machine) / "a.txt").read_text() == "a"
    assert tree(sources(machine)) == [".gitignore", "a.txt", "run.sh", "src/b.txt"]
    assert server.output("step2") == ["first"]


def test_a_commit_that_is_not_there(machine, project):
    request = request_for(checkout(), repositories=[repository(project, commit="1" * 40)])
    server = do_job(request, machine)
    assert server.issues[-1].message == f'git could not check out {"1" * 40} of "project"'


@pytest.mark.parametrize("depth", ["", "0", "1"])
def test_a_commit_from_an_address(machine, project, depth):
    commit = git(project, "rev-parse", "HEAD")
    write(project, a_dot_txt="second")
    git(project, "commit", "--quiet", "-am", "second")
    remote = replace(repository(project, commit=commit), url=project.as_uri())
    server = do_job(
        request_for(
            checkout(fetchDepth=depth),
            script("git log --format=%s; git remote -v", "step2"),
            repositories=[remote],
        ),
        machine,
    )
    assert server.results == {"step1": "succeeded", "step2": "succeeded"}
    assert (sources(machine) / "a.txt").read_text() == "a"
    assert server.output("step2")[0] == "first"
    assert any(NO_PUSH in line for line in server.output("step2"))


def test_an_address_that_does_not_answer(machine, tmp_path):
    remote = Repository(alias="self", name="gone", url=f"file://{tmp_path}/gone", commit="1" * 40)
    server = do_job(request_for(checkout(), repositories=[remote]), machine)
    assert server.issues[-1].message == f'git could not fetch "gone" from file://{tmp_path}/gone'


def test_what_does_not_apply_to_a_working_tree_is_told(machine, project):
    server = run(machine, project, checkout(sparseCheckoutDirectories="src", fetchDepth="5"))
    assert '"fetchDepth" does not apply: the working tree is copied as it is' in server.log()
    assert (
        '"sparseCheckoutDirectories" does not apply: the working tree is copied as it is'
        in server.log()
    )


def test_a_folder_that_is_gone(machine, tmp_path):
    server = run(machine, tmp_path / "gone", checkout())
    assert server.issues[0].message == (
        f'git cannot read repository "gone": there is no folder {tmp_path}/gone'
    )


def test_checkout_needs_git(machine, project):
    machine = replace(machine, environment={"PATH": "/nowhere"})
    server = run(machine, project, checkout())
    assert server.issues[0].message == 'checkout needs git, but there is no "git" on PATH'


def test_all_jobs_of_a_run_get_the_files_that_were_there_when_the_first_asked(project):
    sources = Sources()
    first = sources.read("1", project, os.environ)
    write(project, late_dot_txt="late")
    assert sources.read("1", project, os.environ) is first
    assert "late.txt" not in first.names
    assert "late.txt" in sources.read("2", project, os.environ).names


def test_every_work_tree_of_a_run_is_at_head(project, tmp_path):
    tree = Sources().read("1", project, os.environ)
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        tree.link(folder, os.environ)
        mirror(project, folder, tree.names)
        assert git(folder, "status", "--porcelain") == ""
        assert git(folder, "rev-parse", "HEAD") == git(project, "rev-parse", "HEAD")


def test_what_a_step_did_to_git_is_undone_for_the_next_job(machine, project, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "info").write_text("kept")
    spoil = "; ".join(
        (
            "mkdir .git/hooks",
            "echo true > .git/hooks/post-checkout",
            "git config user.name Somebody",
            f"rm -r .git/objects && ln -s {elsewhere} .git/objects",
            "rm .git/HEAD && mkdir .git/HEAD",
            "chmod 0 .git/packed-refs .git/refs",
        )
    )
    run(machine, project, checkout(), script(spoil, "spoil"))
    server = run(machine, project, checkout(), script("git status --porcelain", "ask"))
    assert server.results == {"step1": "succeeded", "ask": "succeeded"}
    assert not (sources(machine) / ".git/hooks").exists()
    assert "Somebody" not in (sources(machine) / ".git/config").read_text()
    assert [path.name for path in elsewhere.iterdir()] == ["info"]


def test_no_part_of_a_long_line_of_git_is_lost(tmp_path):
    (tmp_path / "bin").mkdir()
    git = tmp_path / "bin/git"
    git.write_text(f"#!/bin/sh\nhead -c {2 * PIECE} /dev/zero | tr '\\0' x; echo; exit 1\n")
    git.chmod(0o755)
    other = Repository(alias="self", name="r", url="https://nowhere.invalid/r", commit="1" * 40)
    request = request_for(
        Step(id="step1", task="checkout@1", inputs={"repository": "self"}),
        repositories=[other],
        variables=[Variable(name="s", value="a-long-secret", secret=True)],
    )
    server = do_job(request, machine_in(tmp_path / "machine", bin=tmp_path / "bin"))
    assert "".join(line for line in server.log() if set(line) == {"x"}) == "x" * 2 * PIECE
