"""Commands that need no service: versions, sign-in, subscriptions, clouds, settings, extensions.

There is one local account; every way to sign in succeeds.
"""

from __future__ import annotations

from typing import Any

from penstock.cli.az.call import DEFAULT_SUBSCRIPTION, Call, current_subscription
from penstock.cli.az.configuration import Configuration
from penstock.cli.az.failures import Failed, Misused
from penstock.cli.az.versions import AZURE_CLI, ML_EXTENSION

SUBSCRIPTION_NAME = "Penstock (local)"
_TENANT = "00000000-0000-0000-0000-000000000000"
_CLOUDS = ("AzureCloud", "AzureChinaCloud", "AzureUSGovernment")
_GUID_PARTS = (8, 4, 4, 4, 12)


def version(call: Call) -> dict[str, Any]:
    """The versions whose command line this stands in for."""
    return {
        "azure-cli": AZURE_CLI,
        "azure-cli-core": AZURE_CLI,
        "azure-cli-telemetry": "1.1.0",
        "extensions": {"ml": ML_EXTENSION},
    }


def nothing(call: Call) -> None:
    """Nothing to do here."""


def login(call: Call) -> list[dict[str, Any]]:
    """Sign in: the local account is always there, so any credentials do."""
    if call.flag("--service-principal"):
        secret = any(
            call.text(name) for name in ("--password", "--federated-token", "--certificate")
        )
        if not (call.text("--username") and secret and call.text("--tenant")):
            usage = "--service-principal --username NAME --password SECRET --tenant TENANT"
            raise Failed(f"usage error: {usage}")
    return [_account(call, "cloudName")]


def logout(call: Call) -> None:
    """Sign out, which changes nothing."""


def account_show(call: Call) -> dict[str, Any]:
    """The subscription in use."""
    return _account(call, "environmentName")


def account_list(call: Call) -> list[dict[str, Any]]:
    """The one subscription there is."""
    return [_account(call, "cloudName")]


def account_set(call: Call) -> None:
    """Choose the subscription of later commands: the local one by name, or any id."""
    wanted = call.text("--subscription") or ""
    if wanted.lower() == SUBSCRIPTION_NAME.lower():
        wanted = DEFAULT_SUBSCRIPTION
    if tuple(len(part) for part in wanted.split("-")) != _GUID_PARTS:
        raise Failed(f"The subscription of '{wanted}' doesn't exist in cloud 'AzureCloud'.")
    chosen = None if wanted == DEFAULT_SUBSCRIPTION else wanted
    Configuration(call.environ, "clouds.config").change("AzureCloud", "subscription", chosen)


def access_token(call: Call) -> dict[str, Any]:
    """A bearer token for the service: on a server an access token that clients of Azure can read,
    else the service's own."""
    from datetime import datetime, timedelta

    made = _made_token(call)
    expires = datetime.now() + timedelta(hours=24)
    if made is not None:
        expires = datetime.fromtimestamp(int(made["expires_on"]))
    return {
        "accessToken": call.token if made is None else made["access_token"],
        "expiresOn": expires.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": int(expires.timestamp()),
        "subscription": current_subscription(call.environ),
        "tenant": _TENANT,
        "tokenType": "Bearer",
    }


def _made_token(call: Call) -> dict[str, Any] | None:
    """What the identity endpoint of a server gives for our token; None where there is none."""
    if not call.token.startswith("penstock_"):
        return None
    scopes = call.texts("--scope")
    resource = call.text("--resource") or (scopes[0].removesuffix("/.default") if scopes else "")
    return call.wire.send(
        "GET",
        "/_apis/penstock/identity/token",
        query={"resource": resource or "https://management.azure.com"},
        headers={"X-IDENTITY-HEADER": call.token},
    )


def _account(call: Call, cloud: str) -> dict[str, Any]:
    id = call.text("--name") or call.subscription
    return {
        cloud: "AzureCloud",
        "homeTenantId": _TENANT,
        "id": DEFAULT_SUBSCRIPTION if id == SUBSCRIPTION_NAME else id,
        "isDefault": True,
        "managedByTenants": [],
        "name": SUBSCRIPTION_NAME,
        "state": "Enabled",
        "tenantId": _TENANT,
        "user": {"name": "local", "type": "user"},
    }


def cloud_show(call: Call) -> dict[str, Any]:
    """A cloud by name; the active one otherwise."""
    return _cloud(_known_cloud(call.text("--name") or "AzureCloud"))


def cloud_list(call: Call) -> list[dict[str, Any]]:
    """The clouds whose names are accepted; all lead to the local service."""
    return [_cloud(name) for name in _CLOUDS]


def cloud_set(call: Call) -> None:
    """Choose a cloud, which changes nothing: all lead to the local service."""
    _known_cloud(call.text("--name") or "")


def _known_cloud(name: str) -> str:
    known = {cloud.lower(): cloud for cloud in _CLOUDS}
    if name.lower() not in known:
        raise Failed(f"The cloud '{name}' is not registered.")
    return known[name.lower()]


def _cloud(name: str) -> dict[str, Any]:
    return {"isActive": name == "AzureCloud", "name": name, "profile": "latest"}


def configure(call: Call) -> list[dict[str, str]] | None:
    """Set or list the defaults that later commands use: group, workspace, location."""
    if call.flag("--list-defaults"):
        return _entries(call, "defaults")
    if not call.texts("--defaults"):
        raise Failed(
            "questions are not asked here: az configure --defaults group=NAME workspace=NAME"
        )
    for setting in call.texts("--defaults"):
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise Failed("usage error: --defaults STRING=STRING STRING=STRING ...")
        call.configuration.change("defaults", name, value or None)
    return None


def config_set(call: Call) -> None:
    """Set settings: `defaults.group=NAME`."""
    for setting in call.texts("settings"):
        name, equals, value = setting.partition("=")
        section, dot, option = name.rpartition(".")
        if not equals or not dot or not section:
            raise Failed("usage error: [section].[name]=[value] ...")
        call.configuration.change(section, option, value)


def config_get(call: Call) -> Any:
    """One setting, one section, or all."""
    key = call.text("key")
    if key is None:
        return {section: _entries(call, section) for section in call.configuration.sections}
    section, dot, option = key.rpartition(".")
    if not dot:
        return _entries(call, key)
    value = call.configuration.sections.get(section, {}).get(option)
    if value is None:
        raise Failed(f"Configuration '{key}' is not set.")
    return {"name": option, "source": str(call.configuration.path), "value": value}


def config_unset(call: Call) -> None:
    """Remove settings."""
    for key in call.texts("keys"):
        section, _, option = key.rpartition(".")
        call.configuration.change(section, option, None)


def _entries(call: Call, section: str) -> list[dict[str, str]]:
    settings = call.configuration.sections.get(section, {})
    source = str(call.configuration.path)
    return [{"name": name, "source": source, "value": value} for name, value in settings.items()]


def extension_add(call: Call) -> None:
    """Install an extension: `ml` is built in, so there is nothing to do."""
    name = call.text("--name")
    if not name and not call.text("--source"):
        raise Failed("usage error: --name NAME | --source SOURCE")
    if name == "ml":
        call.say(f"the extension 'ml' is built into this az (version {ML_EXTENSION})")
    else:
        call.warn(
            f"the extension '{name or call.text('--source')}' is not needed here: not installed"
        )


def extension_list(call: Call) -> list[dict[str, Any]]:
    """The extensions that are built in."""
    return [_extension()]


def extension_show(call: Call) -> dict[str, Any]:
    """One extension."""
    _must_be_ml(call)
    return _extension()


def extension_remove(call: Call) -> None:
    """Remove an extension: what is built in stays."""
    _must_be_ml(call)
    call.say("the extension 'ml' is built into this az: it stays")


def extension_update(call: Call) -> None:
    """Update an extension: it comes with this az."""
    _must_be_ml(call)
    call.say(f"the extension 'ml' is built into this az (version {ML_EXTENSION})")


def _must_be_ml(call: Call) -> None:
    name = call.text("--name")
    if name != "ml":
        raise Failed(
            f"The extension {name} is not installed."
            f" Please install the extension via `az extension add -n {name}`."
        )


def _extension() -> dict[str, Any]:
    return {
        "experimental": False,
        "extensionType": "whl",
        "name": "ml",
        "path": None,
        "preview": False,
        "version": ML_EXTENSION,
    }


def provider_register(call: Call) -> None:
    """Register a resource provider: all that is here is registered."""


def provider_show(call: Call) -> dict[str, Any]:
    """A resource provider."""
    namespace = call.text("--namespace")
    if not namespace:
        raise Misused("the following arguments are required: --namespace/-n")
    return {
        "id": f"/subscriptions/{call.subscription}/providers/{namespace}",
        "namespace": namespace,
        "registrationPolicy": "RegistrationRequired",
        "registrationState": "Registered",
        "resourceTypes": [],
    }
