"""CopyFiles@2, DeleteFiles@1, ArchiveFiles@2, ExtractFiles@1; hostile archives."""

import io
import tarfile
import zipfile

import pytest

from penstock.agent.patterns import find_files, select
from penstock.agent.tasks.archives import ArchiveRefused, extract
from penstock.agent.testing import do_job, request_for, script, task
from penstock.engine.requests import Step

MAKE = script(
    "mkdir -p src/lib src/.hidden; for f in a.py b.txt lib/c.py lib/d.md .hidden/e.py; "
    "do echo $f > src/$f; done",
    "make",
)
LIST = script("mkdir -p out; cd out; find * .[!.]* -type f 2>/dev/null | sort; true", "list")


def run(machine, *steps):
    return do_job(request_for(*steps), machine)


@pytest.mark.parametrize(
    ("contents", "files"),
    [
        ("**", [".hidden/e.py", "a.py", "b.txt", "lib/c.py", "lib/d.md"]),
        ("*", ["a.py", "b.txt"]),
        ("**/*.py", [".hidden/e.py", "a.py", "lib/c.py"]),
        ("*.py\nlib/*.md", ["a.py", "lib/d.md"]),
        ("**\n!**/*.py", ["b.txt", "lib/d.md"]),
        ("# comment\n\n*.txt", ["b.txt"]),
        ("?.py", ["a.py"]),
        ("[ab].*", ["a.py", "b.txt"]),
        ("@(a.py|b.txt)", ["a.py", "b.txt"]),
        ("{a,b}.*", []),
        ("lib", []),
        ("LIB/*", []),
    ],
)
def test_copy_files_by_patterns(machine, contents, files):
    step = task("CopyFiles@2", SourceFolder="src", Contents=contents, TargetFolder="out")
    server = run(machine, MAKE, step, LIST)
    assert server.output("list") == sorted(files)


def test_copied_files_may_be_flattened(machine):
    step = task(
        "CopyFiles@2",
        SourceFolder="src",
        Contents="lib/**",
        TargetFolder="out",
        flattenFolders="true",
    )
    assert run(machine, MAKE, step, LIST).output("list") == ["c.py", "d.md"]


@pytest.mark.parametrize(("overwrite", "text"), [("false", "old"), ("true", "b.txt")])
def test_existing_files_are_overwritten_only_when_asked(machine, overwrite, text):
    make = script("mkdir out; echo old > out/b.txt", "old")
    step = task(
        "CopyFiles@2", SourceFolder="src", Contents="b.txt", TargetFolder="out", OverWrite=overwrite
    )
    server = run(machine, MAKE, make, step, script("cat out/b.txt", "show"))
    assert server.output("show") == [text]


def test_the_target_may_be_cleaned(machine):
    make = script("mkdir out; touch out/stale", "old")
    step = task(
        "CopyFiles@2",
        SourceFolder="src",
        Contents="b.txt",
        TargetFolder="out",
        CleanTargetFolder="true",
    )
    assert run(machine, MAKE, make, step, LIST).output("list") == ["b.txt"]


def test_a_target_is_cleaned_only_for_files_that_come(machine):
    make = script("mkdir out; touch out/kept", "old")
    step = task(
        "CopyFiles@2",
        SourceFolder="src",
        Contents="nothing",
        TargetFolder="out",
        CleanTargetFolder="true",
    )
    assert run(machine, MAKE, make, step, LIST).output("list") == ["kept"]


@pytest.mark.parametrize("overwrite", ["false", "true"])
def test_a_folder_is_not_replaced_by_a_file(machine, overwrite):
    make = script("mkdir -p out/b.txt; touch out/b.txt/kept", "old")
    step = task(
        "CopyFiles@2", SourceFolder="src", Contents="b.txt", TargetFolder="out", OverWrite=overwrite
    )
    listing = script("find out -type f", "list", condition="always()")
    server = run(machine, MAKE, make, step, listing)
    assert server.output("list") == ["out/b.txt/kept"]
    root = f"{machine.work}/1/s"
    assert [issue.message for issue in server.issues] == [
        f'"{root}/src/b.txt" cannot be copied to "{root}/out/b.txt": that is a folder'
    ]


def test_a_file_that_is_copied_to_itself_stays(machine):
    step = task("CopyFiles@2", SourceFolder="src", TargetFolder="src", OverWrite="true")
    server = run(machine, MAKE, step, script("cat src/b.txt", "show"))
    assert server.output("show") == ["b.txt"]


def test_pipes_are_neither_copied_nor_waited_for(machine):
    make = script("mkdir src; mkfifo src/pipe; ln -s pipe src/link; touch src/file", "make")
    step = task("CopyFiles@2", SourceFolder="src", TargetFolder="out")
    assert run(machine, make, step, script("ls out", "list")).output("list") == ["file"]


def test_a_source_folder_that_is_not_there(machine):
    server = run(machine, task("CopyFiles@2", SourceFolder="no", TargetFolder="out"))
    assert server.issues[0].message == f'there is no source folder "{machine.work}/1/s/no"'


@pytest.mark.parametrize(
    ("contents", "left"),
    [
        ("*.py", ["b.txt", "lib/c.py", "lib/d.md"]),
        ("lib", ["a.py", "b.txt"]),
        ("lib/", ["a.py", "b.txt"]),
        ("**/*.md", ["a.py", "b.txt", "lib/c.py"]),
        ("*", []),
        ("nothing", ["a.py", "b.txt", "lib/c.py", "lib/d.md"]),
    ],
)
def test_delete_files(machine, contents, left):
    step = task("DeleteFiles@1", SourceFolder="src", Contents=contents)
    server = run(
        machine,
        MAKE,
        step,
        script("cd src; find . -type f ! -path '*/.*/*' -printf '%P\\n' | sort", "list"),
    )
    assert server.output("list") == left


HIDDEN = script(
    "mkdir -p src/.git src/lib; touch src/a src/.env src/.git/config src/lib/b src/lib/keep.txt "
    "src/lib/.x",
    "hidden",
)


@pytest.mark.parametrize(
    ("contents", "dots", "left"),
    [
        ("**", "false", [".env", ".git/config"]),
        ("**/*", "false", [".env", ".git/config"]),
        ("**", "true", []),
        (".env", "false", [".git/config", "a", "lib/.x", "lib/b", "lib/keep.txt"]),
        (".git", "false", [".env", "a", "lib/.x", "lib/b", "lib/keep.txt"]),
        (".git/*", "false", [".env", "a", "lib/.x", "lib/b", "lib/keep.txt"]),
        ("lib/.*", "false", [".env", ".git/config", "a", "lib/b", "lib/keep.txt"]),
        ("**/config", "false", [".env", ".git/config", "a", "lib/.x", "lib/b", "lib/keep.txt"]),
        ("./lib/../lib/b", "false", [".env", ".git/config", "a", "lib/.x", "lib/keep.txt"]),
        ("/lib/b", "false", [".env", ".git/config", "a", "lib/.x", "lib/keep.txt"]),
        ("**\n!**/keep.txt", "false", [".env", ".git/config", "lib/.x", "lib/keep.txt"]),
        ("**\n!lib/keep.txt", "true", ["lib/keep.txt"]),
        ("*\n!lib", "false", [".env", ".git/config", "lib/.x", "lib/b", "lib/keep.txt"]),
    ],
)
def test_hidden_and_excluded_files_are_not_deleted(machine, contents, dots, left):
    """As DeleteFilesV1's own source does it: minimatch, with `dot` for `RemoveDotFiles`."""
    step = task("DeleteFiles@1", SourceFolder="src", Contents=contents, RemoveDotFiles=dots)
    listing = script("cd src; find . -type f -printf '%P\\n' | LC_ALL=C sort", "list")
    assert run(machine, HIDDEN, step, listing).output("list") == left


def test_a_folder_that_is_not_there_needs_no_deleting(machine):
    server = run(machine, task("DeleteFiles@1", SourceFolder="no", Contents="*"))
    assert server.results == {"step1": "succeeded"}


def test_find_files_takes_absolute_patterns(tmp_path):
    (tmp_path / "a [x]").mkdir()
    (tmp_path / "a [x]/f.xml").write_text("")
    assert find_files(tmp_path / "a [x]", ["*.xml"]) == [tmp_path / "a [x]/f.xml"]
    assert find_files(tmp_path / "nowhere", [f"{tmp_path}/**/f.xml"]) == [tmp_path / "a [x]/f.xml"]
    assert find_files(tmp_path, [f"{tmp_path}/missing/**"]) == []


def test_patterns_are_applied_in_order():
    assert select(["a", "b"], ["*", "!a"]) == ["b"]
    assert select(["a", "b"], ["!a", "*"]) == ["a", "b"]
    assert select(["a", "b"], ["*", "!*", "a"]) == ["a"]


@pytest.mark.parametrize(
    ("kind", "compression", "name"),
    [
        ("zip", "", "x.zip"),
        ("tar", "gz", "x.tar.gz"),
        ("tar", "bz2", "x.tar.bz2"),
        ("tar", "xz", "x.tar.xz"),
        ("tar", "none", "x.tar"),
    ],
)
@pytest.mark.parametrize("root", ["true", "false"])
def test_archives_are_made_and_extracted(machine, kind, compression, name, root):
    pack = task(
        "ArchiveFiles@2",
        rootFolderOrFile="src",
        archiveType=kind,
        includeRootFolder=root,
        tarCompression=compression or "gz",
        archiveFile=name,
    )
    unpack = task("ExtractFiles@1", "step2", archiveFilePatterns=name, destinationFolder="out")
    server = run(machine, MAKE, pack, unpack, LIST)
    prefix = "src/" if root == "true" else ""
    names = [".hidden/e.py", "a.py", "b.txt", "lib/c.py", "lib/d.md"]
    assert server.output("list") == [prefix + each for each in names]


@pytest.mark.parametrize("kind", ["7z", "wim"])
def test_other_archives_are_refused_by_name(machine, kind):
    step = task("ArchiveFiles@2", rootFolderOrFile="src", archiveType=kind, archiveFile="x")
    server = run(machine, MAKE, step)
    assert server.issues[0].message == f'archiveType "{kind}" is not supported; use zip or tar'


def test_no_archive_is_a_failure(machine):
    step = task("ExtractFiles@1", archiveFilePatterns="*.zip", destinationFolder="out")
    assert run(machine, step).issues[0].message == 'no archive fits "*.zip"'


def make_zip(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def make_tar(path, *members):
    with tarfile.open(path, "w") as archive:
        for name, kind, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            data = b"x" if kind == tarfile.REGTYPE else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture
def places(tmp_path):
    """A folder to extract into, beside a file that must stay as it is."""
    (tmp_path / "canary").write_text("alive")
    (tmp_path / "out").mkdir()
    yield tmp_path / "archive", tmp_path / "out"
    assert (tmp_path / "canary").read_text() == "alive"
    assert sorted(p.name for p in tmp_path.iterdir()) in (
        ["archive", "canary", "out"],
        ["canary", "out"],
    )


@pytest.mark.parametrize("name", ["../canary", "/tmp/canary", "a/../../canary", "..\\canary"])
def test_a_zip_cannot_write_outside(places, name):
    archive, out = places
    make_zip(archive, (name, "hacked"))
    with pytest.raises(ArchiveRefused, match="outside"):
        extract(archive, out, overwrite=True)


def test_a_zip_brings_no_links(places):
    archive, out = places
    link = zipfile.ZipInfo("link")
    link.create_system = 3
    link.external_attr = (0o120777) << 16
    make_zip(archive, (link, "../canary"))
    with pytest.raises(ArchiveRefused, match="a link"):
        extract(archive, out, overwrite=True)


@pytest.mark.parametrize(
    ("member", "kind", "link"),
    [
        ("../canary", tarfile.REGTYPE, ""),
        ("/canary", tarfile.REGTYPE, ""),
        ("link", tarfile.SYMTYPE, "../canary"),
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("link", tarfile.LNKTYPE, "../canary"),
        ("device", tarfile.CHRTYPE, ""),
        ("fifo", tarfile.FIFOTYPE, ""),
    ],
)
def test_a_tar_cannot_leave_the_folder(places, member, kind, link):
    archive, out = places
    make_tar(archive, (member, kind, link))
    with pytest.raises(ArchiveRefused):
        extract(archive, out, overwrite=True)
    assert list(out.iterdir()) == []


def test_a_chain_of_links_too_long_to_follow_leads_nowhere(places):
    """CVE-2025-4517: a path that the system cannot resolve any more was taken to be inside."""
    archive, out = places
    name, steps = "d" * 247, "abcdefghijklmnop"
    members, path = [], ""
    for step in steps:
        members.append((f"{path}{name}", tarfile.DIRTYPE, ""))
        members.append((f"{path}{step}", tarfile.SYMTYPE, name))
        path += f"{name}/"
    deep = f"{'/'.join(steps)}/{'l' * 254}"
    members.append((deep, tarfile.SYMTYPE, "../" * len(steps)))
    members.append(("escape", tarfile.SYMTYPE, f"{deep}/.."))
    members.append(("escape/canary", tarfile.REGTYPE, ""))
    make_tar(archive, *members)
    with pytest.raises(ArchiveRefused, match="outside"):
        extract(archive, out, overwrite=True)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    "members",
    [
        [("d/x", tarfile.SYMTYPE, "."), ("l", tarfile.SYMTYPE, "d/x/../..")],
        [("a", tarfile.SYMTYPE, "b/../../canary")],
        [("a/b", tarfile.SYMTYPE, "../../canary")],
        [("a", tarfile.SYMTYPE, ".//..//canary")],
        [("a", tarfile.SYMTYPE, "..")],
        [("x", tarfile.SYMTYPE, "."), ("h", tarfile.LNKTYPE, "x/../../canary")],
        [("h", tarfile.LNKTYPE, "nowhere")],
        [("x", tarfile.SYMTYPE, "y"), ("h", tarfile.LNKTYPE, "x")],
    ],
)
def test_a_link_that_could_lead_out_by_way_of_another_is_refused(places, members):
    archive, out = places
    make_tar(archive, *members)
    with pytest.raises(ArchiveRefused):
        extract(archive, out, overwrite=True)


def test_nothing_is_written_through_a_link_of_the_archive(places):
    archive, out = places
    (out / "real").mkdir()
    make_tar(
        archive,
        ("real/kept", tarfile.REGTYPE, ""),
        ("link", tarfile.SYMTYPE, "real"),
        ("link/file", tarfile.REGTYPE, ""),
    )
    extract(archive, out, overwrite=True)
    assert (out / "link/file").read_text() == "x"
    assert [path.name for path in (out / "real").iterdir()] == ["kept"]


def test_links_inside_are_kept_and_hard_links_are_files(places):
    archive, out = places
    make_tar(
        archive,
        ("./", tarfile.DIRTYPE, ""),
        ("./bin/tool", tarfile.REGTYPE, ""),
        ("bin/t", tarfile.SYMTYPE, "tool"),
        ("lib/x/t", tarfile.SYMTYPE, "../../bin/t"),
        ("bin/same", tarfile.LNKTYPE, "bin/tool"),
    )
    extract(archive, out, overwrite=True)
    assert (out / "lib/x/t").read_text() == "x"
    assert (out / "bin/t").is_symlink()
    assert (out / "bin/same").read_text() == "x"
    assert (out / "bin/same").stat().st_nlink == 1


def test_a_bomb_is_not_unpacked(places):
    archive, out = places
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        with made.open("bomb", "w", force_zip64=True) as member:
            for _ in range(1100):
                member.write(bytes(1 << 20))
    with pytest.raises(ArchiveRefused, match="it would unpack to"):
        extract(archive, out, overwrite=True)
    assert list(out.iterdir()) == []


def test_existing_files_are_kept_unless_asked(places):
    archive, out = places
    make_zip(archive, ("a", "new"))
    (out / "a").write_text("old")
    with pytest.raises(ArchiveRefused, match='"a" exists; set overwriteExistingFiles'):
        extract(archive, out, overwrite=False)
    extract(archive, out, overwrite=True)
    assert (out / "a").read_text() == "new"


def test_an_existing_link_is_replaced_not_written_through(places):
    archive, out = places
    make_zip(archive, ("a", "new"))
    (out / "a").symlink_to(out.parent / "canary")
    extract(archive, out, overwrite=True)
    assert not (out / "a").is_symlink()


def test_what_is_no_archive_is_refused(places):
    archive, out = places
    archive.write_text("text")
    with pytest.raises(ArchiveRefused, match="only zip and tar"):
        extract(archive, out, overwrite=True)


def test_an_encrypted_archive_is_refused(tmp_path):
    path = make_zip(tmp_path / "x.zip", ("a", "b"))
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag of encryption, in the local header and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(ArchiveRefused, match=r"it cannot be read: .*encrypted"):
        extract(path, tmp_path / "out", overwrite=False)


def test_a_damaged_member_is_refused(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "b" * 1000)
    content = bytearray(path.read_bytes())
    content[31:36] = b"\xff" * 5
    path.write_bytes(content)
    (tmp_path / "out").mkdir()
    with pytest.raises(ArchiveRefused, match="it cannot be read: "):
        extract(path, tmp_path / "out", overwrite=False)


def test_a_pipe_among_the_files_is_left_out_of_an_archive(machine):
    pack = task("ArchiveFiles@2", rootFolderOrFile="src", archiveFile="x.zip")
    unpack = task("ExtractFiles@1", "step2", archiveFilePatterns="x.zip", destinationFolder="out")
    server = run(
        machine, script("mkdir src; mkfifo src/p; echo > src/f", "make"), pack, unpack, LIST
    )
    assert server.output("list") == ["src/f"]
    assert 'left out "src/p": it is neither a file nor a link' in server.log()


def test_a_linked_folder_is_copied_with_what_it_holds(machine):
    link = script("ln -s lib src/other", "link")
    copy = task("CopyFiles@2", SourceFolder="src", TargetFolder="out")
    server = run(machine, MAKE, link, copy, LIST)
    assert {"lib/c.py", "other/c.py", "other/d.md"} <= set(server.output("list"))


@pytest.mark.parametrize("minutes", ["inf", "nan", "1e400", "-1"])
def test_a_delay_is_a_number_of_minutes(machine, minutes):
    server = run(machine, task("Delay@1", delayForMinutes=minutes))
    assert server.issues[0].message.startswith('"delayForMinutes" must be a number')


def test_a_delay_ends_with_the_time_limit_of_its_step(machine):
    step = Step(id="step1", task="Delay@1", inputs={"delayForMinutes": "5"}, timeout=0.2)
    server = run(machine, step)
    assert server.results == {"step1": "failed"}
    assert server.issues[-1].message == "The task has timed out."
