"""The YAML of a command: a file with `--set` and options on top, or options alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Misused
from penstock.ml.yaml import Family, Loaded, load
from penstock.ml.yaml.loading import compose

_FIELDS = {
    "--build-context": "build.path",
    "--dockerfile-path": "build.dockerfile_path",
    "--vnet-name": "network_settings.vnet_name",
    "--subnet": "network_settings.subnet",
    "--ssh-key-value": "ssh_settings.ssh_key_value",
    "--admin-username": "ssh_settings.admin_username",
    "--admin-password": "ssh_settings.admin_password",
    "--identity-type": "identity.type",
    "--managed-network": "managed_network.isolation_mode",
    "--user-object-id": "create_on_behalf_of.user_object_id",
    "--user-tenant-id": "create_on_behalf_of.user_tenant_id",
}
_NOT_FIELDS = frozenset(
    {
        "--file",
        "--set",
        "--resource-group",
        "--workspace-name",
        "--output",
        "--query",
        "--subscription",
        "--tags",
        "--stream",
        "--web",
        "--save-as",
        "--skip-validation",
        "--no-wait",
        "--debug",
        "--verbose",
        "--only-show-errors",
        "--help",
        "--registry-name",
        "--kind",
        "--hub-id",
        "--default-resource-group",
        "--acquire-policy-token",
        "--change-reference",
        "--update-dependent-resources",
        "--user-assigned-identities",
    }
)


def read_document(call: Call, family: Family) -> Loaded:
    """What `--file`, the options and `--set` say together. Nothing is reported here."""
    overrides = list(_overrides(call))
    file = call.text("--file")
    if file is not None:
        return load(Path(file), family, overrides)
    return compose(family, overrides, call.folder)


def _overrides(call: Call) -> Iterable[tuple[str, str]]:
    """Options that are fields, then `--set`, as (dotted name, text)."""
    for name, value in call.options.items():
        if name not in _NOT_FIELDS and isinstance(value, str):
            yield _FIELDS.get(name, name.removeprefix("--").replace("-", "_")), value
    for tag in call.texts("--tags"):
        name, _, value = tag.partition("=")
        yield f"tags.{name}", value
    for setting in call.texts("--set"):
        name, equals, value = setting.partition("=")
        if not equals:
            raise Misused(f"argument --set: '{setting}' is not of the form NAME=VALUE")
        yield name, value
