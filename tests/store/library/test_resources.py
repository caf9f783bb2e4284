"""The library of a project in the store, and what a run sees of it with the commit's files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from penstock.devops.projectlibrary import ProjectLibrary
from penstock.devops.resources import (
    EVERY_PIPELINE,
    OWN,
    Actor,
    NameTaken,
    NoSuchResource,
    ResourceType,
)
from penstock.language.templates.files import LocalFiles
from penstock.store.database import open_state
from penstock.store.home import Home
from penstock.store.library.keys import KeyFile
from penstock.store.library.resources import Resources, forget_project
from penstock.store.library.secrets import Secrets
from penstock.store.runs.deployments import Deployments

ADA = Actor(id="a1", name="ada", display_name="Ada")
GRACE = Actor(id="a2", name="grace", display_name="Grace")
GROUP, ENDPOINT = ResourceType.VARIABLE_GROUP, ResourceType.ENDPOINT
FILE, ENVIRONMENT = ResourceType.SECURE_FILE, ResourceType.ENVIRONMENT


class Stores:
    def __init__(self, home: Home) -> None:
        self.database = open_state(home)
        self.secrets = Secrets(self.database, KeyFile(home.secrets_key))
        self.now = 100.0
        self.resources = Resources(self.database, self.secrets, clock=lambda: self.now)
        self.library = ProjectLibrary(self.resources, self.secrets)


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    stores = Stores(Home(tmp_path / "home"))
    yield stores
    stores.database.close()


def files(root: Path, **texts: str) -> LocalFiles:
    for name, text in texts.items():
        kind, _, rest = name.partition("__")
        path = root / "repository" / ".penstock" / kind.replace("_", "-") / f"{rest}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "repository").mkdir(exist_ok=True)
    return LocalFiles(root / "repository")


def test_a_resource_is_had_by_id_and_by_name_ignoring_case(stores: Stores) -> None:
    made = stores.resources.create(
        "p", GROUP, "Settings", ADA, description="d", body={"variables": {"a": "1"}}
    )
    assert stores.resources.get("p", GROUP, made.id) == made
    assert stores.resources.named("p", GROUP, "SETTINGS") == made
    assert stores.resources.of_type("p", GROUP) == [made]
    assert (made.created, made.created_by, made.modified_by) == (100.0, ADA, ADA)
    for other in (
        stores.resources.get("q", GROUP, made.id),
        stores.resources.named("q", GROUP, "s"),
    ):
        assert other is None


def test_numbers_are_given_to_groups_and_environments_and_never_again(stores: Stores) -> None:
    first = stores.resources.create("p", GROUP, "one", ADA)
    stores.resources.delete("p", GROUP, first.id)
    second = stores.resources.create("p", ENVIRONMENT, "two", ADA)
    connection = stores.resources.create("p", ENDPOINT, "three", ADA, body={"type": "x"})
    assert (first.id, second.id) == ("1", "2")
    assert len(connection.id) == 36


def test_a_name_is_taken_once_in_a_project_and_type(stores: Stores) -> None:
    stores.resources.create("p", GROUP, "settings", ADA)
    other = stores.resources.create("p", GROUP, "other", ADA)
    stores.resources.create("p", ENVIRONMENT, "settings", ADA)
    stores.resources.create("q", GROUP, "settings", ADA)
    with pytest.raises(NameTaken):
        stores.resources.create("p", GROUP, "Settings", ADA, secrets={"a": "lost"})
    with pytest.raises(NameTaken):
        stores.resources.change(replace(other, name="SETTINGS"), ADA)
    assert stores.secrets.names("p") == []


def test_a_change_keeps_who_made_it_and_who_changed_it(stores: Stores) -> None:
    made = stores.resources.create("p", GROUP, "settings", ADA, secrets={"a": "1", "b": "2"})
    stores.now = 200.0
    changed = stores.resources.change(
        replace(made, name="renamed", body={"secrets": ["a"]}),
        GRACE,
        secrets={"a": "3"},
        dropped=["B"],
    )
    assert (changed.created, changed.created_by) == (100.0, ADA)
    assert (changed.modified, changed.modified_by, changed.name) == (200.0, GRACE, "renamed")
    assert stores.resources.secrets(changed) == {"a": "3"}
    with pytest.raises(NoSuchResource):
        stores.resources.change(replace(made, id="99"), ADA)


def test_a_deleted_resource_leaves_no_secret_and_no_permission(stores: Stores) -> None:
    made = stores.resources.create("p", FILE, "key.pem", ADA, content=b"\x00\xff")
    assert stores.resources.content(made) == b"\x00\xff"
    stores.resources.grant("p", made.resource, 7, ADA)
    assert stores.resources.delete("p", FILE, made.id)
    assert not stores.resources.delete("p", FILE, made.id)
    assert stores.secrets.names("p") == []
    assert stores.resources.grants("p", made.resource) == []


def test_permissions_are_granted_once_and_taken_back(stores: Stores) -> None:
    made = stores.resources.create("p", ENDPOINT, "azure", ADA, body={"type": "AzureRM"})
    for by, pipeline in ((ADA, 7), (GRACE, 7), (GRACE, EVERY_PIPELINE)):
        stores.resources.grant("p", made.resource, pipeline, by)
    grants = stores.resources.grants("p", made.resource)
    assert [(grant.pipeline, grant.by) for grant in grants] == [(0, GRACE), (7, ADA)]
    stores.resources.revoke("p", made.resource, [7])
    assert [grant.pipeline for grant in stores.resources.grants("p", made.resource)] == [0]


def test_an_environment_is_made_when_it_is_first_used_by_that_pipeline(stores: Stores) -> None:
    made = stores.resources.ensure("p", ENVIRONMENT, "prod", ADA, 7)
    assert stores.resources.ensure("p", ENVIRONMENT, "Prod", GRACE, 8) == made
    assert [grant.pipeline for grant in stores.resources.grants("p", made.resource)] == [7]


def test_a_project_is_forgotten_whole(stores: Stores) -> None:
    stores.resources.create("p", GROUP, "settings", ADA, secrets={"a": "1"})
    kept = stores.resources.create("q", GROUP, "settings", ADA, secrets={"a": "1"})
    with stores.database.transaction() as connection:
        forget_project(connection, "p")
    assert stores.resources.of_type("p", GROUP) == []
    assert stores.secrets.names("p") == []
    assert stores.resources.secrets(kept) == {"a": "1"}


# What a run sees


def test_what_the_store_has_wins_and_says_so(stores: Stores, tmp_path: Path) -> None:
    commit = files(
        tmp_path,
        variable_groups__settings="variables: { a: file, b: file }\nsecrets: [c, d]\n",
        connections__azure="type: AzureRM\n",
        connections__other="type: generic\nscheme: None\n",
    )
    stores.resources.create(
        "p",
        GROUP,
        "Settings",
        ADA,
        body={"variables": {"A": "store"}, "secrets": ["d"]},
        secrets={"d": "hidden"},
    )
    body = {"type": "AzureRM", "url": "u", "scheme": "ServicePrincipal", "parameters": {}}
    stores.resources.create("p", ENDPOINT, "azure", ADA, body=body)

    library = stores.library.for_run("p", commit)
    group = library.group("settings")
    assert group is not None
    assert dict(group.variables) == {"b": "file", "A": "store"}
    assert group.secrets == ("c", "d")
    assert group.origin == "store, over .penstock/variable-groups/settings.yml"
    assert (library.secret(group, "D"), library.secret(group, "c")) == ("hidden", None)
    azure, other = library.connection("azure"), library.connection("other")
    assert azure is not None and other is not None
    assert (azure.endpoint.scheme, azure.origin) == ("ServicePrincipal", "store")
    assert other.origin == ".penstock/connections/other.yml"


def test_a_connection_gets_its_secrets_only_when_a_run_asks(stores: Stores, tmp_path: Path) -> None:
    body = {
        "type": "dockerregistry",
        "url": "u",
        "scheme": "UsernamePassword",
        "parameters": {"username": "ci"},
        "secrets": ["password"],
    }
    stores.resources.create("p", ENDPOINT, "r", ADA, body=body, secrets={"password": "hidden"})
    library = stores.library.for_run("p", files(tmp_path))
    connection = library.connection("r")
    assert connection is not None
    assert "hidden" not in repr(library)
    assert library.endpoint(connection).parameters == {"username": "ci", "password": "hidden"}
    shown = stores.library.shown("p")
    assert shown.endpoint(shown.connections["r"]).parameters == {"username": "ci"}


def test_lone_secrets_are_for_the_users_own_library_only(stores: Stores, tmp_path: Path) -> None:
    commit = files(tmp_path, variable_groups__settings="secrets: [token]\n")
    for project in (OWN, "p"):
        stores.secrets.set(project, "", {"Token": f"of {project}"})
    own, project = stores.library.for_run(OWN, commit), stores.library.for_run("p", commit)
    assert own.secret(own.groups["settings"], "token") == "of "
    assert project.secret(project.groups["settings"], "token") is None


def test_a_commit_adds_to_the_protection_of_an_environment_of_the_store(
    stores: Stores, tmp_path: Path
) -> None:
    stores.resources.create("p", ENVIRONMENT, "Prod", ADA)
    commit = files(
        tmp_path,
        environments__prod="approvers: [ada, grace]\nminimumApprovers: 1\nexclusiveLock: true\n"
        "branches: [refs/heads/main]\n",
    )
    environment = stores.library.for_run("p", commit).environment("prod")
    assert environment is not None
    assert (environment.id, environment.approvers) == ("1", ("ada", "grace"))
    assert (environment.minimum, environment.exclusive) == (1, True)
    assert environment.branches == ("refs/heads/main",)


def test_the_history_of_an_environment_follows_its_name_and_goes_with_it(stores: Stores) -> None:
    deployments = Deployments(stores.database)
    made = stores.resources.create("p", ENVIRONMENT, "Stage", ADA)
    for project, name in (("p", "stage"), ("q", "stage"), ("p", "prod")):
        deployments.start(
            name, project=project, definition="cd", run="1", stage="s", job="j", at=1.0
        )
    stores.resources.change(replace(made, name="Acceptance"), GRACE)
    assert [one.job for one in deployments.history("acceptance", project="p")] == ["j"]
    assert deployments.history("stage", project="p") == []
    stores.resources.delete("p", ENVIRONMENT, made.id)
    assert deployments.history("acceptance", project="p") == []
    assert len(deployments.history("stage", project="q")) == 1
    assert len(deployments.history("prod", project="p")) == 1


def test_a_change_that_is_refused_renames_no_history(stores: Stores) -> None:
    deployments = Deployments(stores.database)
    made = stores.resources.create("p", ENVIRONMENT, "stage", ADA)
    stores.resources.create("p", ENVIRONMENT, "prod", ADA)
    deployments.start("stage", project="p", definition="cd", run="1", stage="s", job="j", at=1.0)
    with pytest.raises(NameTaken):
        stores.resources.change(replace(made, name="Prod"), GRACE)
    assert len(deployments.history("stage", project="p")) == 1
