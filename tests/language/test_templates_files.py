"""Files of local folders: nothing outside them is read."""

import pytest

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.templates import LocalFiles, UnreadableFile


@pytest.fixture
def root(tmp_path):
    inside = tmp_path / "inside"
    (inside / "steps").mkdir(parents=True)
    (tmp_path / "secret.yml").write_text("steps: [{script: secret}]")
    return inside


def test_a_file_is_read_with_its_path_as_its_name(root):
    (root / "steps" / "a.yml").write_bytes(b"\xef\xbb\xbfsteps: []\r\n")
    source = LocalFiles(root).read("self", "steps/a.yml")
    assert (source.name, source.text, source.repository) == (
        "steps/a.yml",
        "steps: []\r\n",
        "self",
    )


def test_there_is_no_file_where_there_is_none_or_a_folder(root):
    assert LocalFiles(root).read("self", "steps/b.yml") is None
    assert LocalFiles(root).read("self", "steps") is None


def test_aliases_ignore_case_and_sources_keep_them(root, tmp_path):
    files = LocalFiles(root, {"Tools": tmp_path})
    assert files.read("tools", "secret.yml").repository == "tools"
    assert files.describe("TOOLS") == str(tmp_path)
    assert files.describe("other") is None
    assert files.read("other", "secret.yml") is None


@pytest.mark.parametrize("path", ["../secret.yml", "steps/../../secret.yml"])
def test_dots_do_not_lead_out(root, path):
    with pytest.raises(UnreadableFile, match="leads out of the repository"):
        LocalFiles(root).read("self", path)


def test_an_absolute_path_does_not_lead_out(root, tmp_path):
    with pytest.raises(UnreadableFile, match="leads out of the repository"):
        LocalFiles(root).read("self", str(tmp_path / "secret.yml"))


@pytest.mark.parametrize("at", ["steps/link.yml", "steps/folder/secret.yml"])
def test_symbolic_links_do_not_lead_out(root, tmp_path, at):
    (root / "steps" / "link.yml").symlink_to(tmp_path / "secret.yml")
    (root / "steps" / "folder").symlink_to(tmp_path)
    with pytest.raises(UnreadableFile, match="leads out of the repository"):
        LocalFiles(root).read("self", at)


def test_links_inside_are_followed(root):
    (root / "a.yml").write_text("steps: []")
    (root / "steps" / "link.yml").symlink_to(root / "a.yml")
    assert LocalFiles(root).read("self", "steps/link.yml").text == "steps: []"


def test_names_of_a_folder_outside_are_not_told(root):
    assert LocalFiles(root).names("self", "..") == ()
    assert LocalFiles(root).names("self", "nowhere") == ()
    assert LocalFiles(root).names("other", "") == ()


def test_a_link_that_leads_out_is_reported_at_the_reference(root, tmp_path):
    (root / "a.yml").symlink_to(tmp_path / "secret.yml")
    (root / "main.yml").write_text("steps:\n- template: a.yml\n")
    assert render(compile_pipeline("main.yml", LocalFiles(root)).diagnostics) == (
        'error[PS1214]: the file "a.yml" cannot be read: it leads out of the repository, '
        'by a symbolic link or by ".."\n'
        " --> main.yml:2:13\n"
        "  |\n"
        "1 | steps:\n"
        "2 | - template: a.yml\n"
        "  |             ^^^^^\n"
        "  |\n"
        "  = help: save it as UTF-8 text inside the repository"
    )


def test_a_file_that_is_not_utf8_is_reported_in_its_line(root):
    (root / "a.yml").write_bytes(b"steps:\n- script: caf\xe9\n")
    (root / "main.yml").write_text("steps:\n- template: a.yml\n")
    assert render(compile_pipeline("main.yml", LocalFiles(root)).diagnostics) == (
        "error[PS1001]: this file is not UTF-8 text: found 0xe9\n"
        " --> a.yml:2:14\n"
        "  |\n"
        "1 | steps:\n"
        "2 | - script: caf\N{REPLACEMENT CHARACTER}\n"
        "  |              ^\n"
        "  |\n"
        "  = help: save it as UTF-8"
    )


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    large = tmp_path / "large.yml"
    with large.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(UnreadableFile) as raised:
        LocalFiles(tmp_path).read("self", "large.yml")
    assert raised.value.diagnostic.code == "PS1003"
    assert str(raised.value) == "this file has 1,000,000,000,000 bytes, of at most 16,000,000"
