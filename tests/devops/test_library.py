"""The local library under `.penstock/`: what is read, and what is refused with its place."""

from pathlib import Path

from penstock.devops.libraryfiles import read_library
from penstock.devops.plans.images import choose_image
from penstock.devops.repository import find_root, read_repository
from penstock.language.diagnostics import render
from penstock.language.templates.files import LocalFiles


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_library_of_a_folder_without_one_is_empty(tmp_path: Path) -> None:
    library = read_library(LocalFiles(tmp_path))
    assert not library.connections
    assert not library.diagnostics


def test_library_files_are_known_by_their_name_ignoring_case(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".penstock/connections/spn-dev.yml": "type: AzureRM\n",
            ".penstock/variable-groups/Settings.yml": "variables: { version: 1.10, on: yes }\n"
            "secrets: [password]\n",
            ".penstock/environments/prod.yml": "approvers: [ada]\n",
            ".penstock/images.yml": "windows-latest: host\nubuntu-22.04: my/image:1\n",
        },
    )
    library = read_library(LocalFiles(tmp_path))
    assert library.diagnostics == ()
    connection = library.connection("SPN-dev")
    assert connection is not None
    assert connection.endpoint.scheme == "PenstockLocal"
    group = library.group("settings")
    assert group is not None
    assert group.variables == {"version": "1.10", "on": "yes"}
    assert group.secrets == ("password",)
    assert library.environments["prod"].approvers == ("ada",)
    assert choose_image("Ubuntu-22.04", library.images).target == "my/image:1"


def test_unknown_key_of_a_library_file_is_located(tmp_path: Path) -> None:
    write(tmp_path, {".penstock/connections/spn.yml": "type: AzureRM\nschema: None\n"})
    text = render(list(read_library(LocalFiles(tmp_path)).diagnostics))
    assert ".penstock/connections/spn.yml:2:1" in text
    assert 'unknown key "schema"' in text
    assert 'did you mean "scheme"?' in text


def test_two_library_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".penstock/environments/prod.yaml": "approvers: [ada]\n",
            ".penstock/environments/prod.yml": "description: no approvers\n",
        },
    )
    library = read_library(LocalFiles(tmp_path))
    text = render(list(library.diagnostics))
    assert '".penstock/environments/prod.yaml" has the same name; one of the two must go' in text
    assert ".penstock/environments/prod.yml:1:1" in text
    assert library.environments["prod"].approvers == ("ada",)


def test_every_hosted_image_is_this_machine_and_says_so() -> None:
    choice = choose_image("Ubuntu-18.04", {})
    assert choice.target == "host"
    assert choice.note == (
        'image "Ubuntu-18.04" is this machine; .penstock/images.yml can say otherwise'
    )


def test_project_root_is_the_nearest_repository_or_library(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert find_root(inner) == tmp_path
    (tmp_path / "a" / ".penstock").mkdir()
    assert find_root(inner) == tmp_path / "a"


def test_folder_without_git_is_a_repository_without_a_commit(tmp_path: Path) -> None:
    repository = read_repository(tmp_path)
    assert repository.commit == ""
    assert repository.name == tmp_path.name
    assert repository.url.startswith("file://")
