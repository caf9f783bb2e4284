"""Service connections: `serviceendpoint/endpoints`. Secret parameters go in, and never out.

A parameter is secret unless it is known not to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from penstock.devops.library import ARM_TYPE, LOCAL_SCHEME
from penstock.devops.projectlibrary import connection_of
from penstock.devops.resources import Kept, ResourceType
from penstock.server.devops.bodies import table_of, text_of
from penstock.server.devops.errors import bad_request
from penstock.server.devops.library.context import (
    LibraryHttp,
    check_administers,
    identity,
    kept_of,
)
from penstock.server.devops.library.shared import Kind, add, change, delete, secret_names
from penstock.server.devops.locations import Location
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.routes import Call, Permission, Reply, Route
from penstock.store.projects import Project

LOCATIONS = (
    Location(
        id="14e48fdc-2c8b-41ce-a0c3-e26f6cc55bd0",
        area="serviceendpoint",
        resource="endpoints",
        template="_apis/{area}/{resource}/{endpointId}",
        version=4,
    ),
    Location(
        id="e85f1c62-adfc-4b74-b618-11a150fb195e",
        area="serviceendpoint",
        resource="endpoints",
        template="{project}/_apis/{area}/{resource}/{endpointId}",
        version=4,
    ),
    Location(
        id="5a7938a4-655e-486c-b562-b78c54a7e87b",
        area="serviceendpoint",
        resource="types",
        template="_apis/{area}/{resource}",
    ),
)
_ENDPOINT = ResourceType.ENDPOINT
_PUBLIC = frozenset(
    (
        "accesstokentype", "authenticationtype", "authority", "azureenvironment", "azuretenantid",
        "clustercontext", "email", "idtoken_audience", "loginserver", "realmname", "registry",
        "role", "rolebindingname", "scope", "serviceprincipalid", "tenantid", "username",
        "workloadidentityfederationissuer", "workloadidentityfederationissuertype",
        "workloadidentityfederationsubject",
    )
)  # fmt: skip
_TYPES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ARM_TYPE: (
        "Azure Resource Manager",
        ("ServicePrincipal", "ManagedServiceIdentity", "WorkloadIdentityFederation", LOCAL_SCHEME),
    ),
    "dockerregistry": ("Docker Registry", ("UsernamePassword",)),
    "generic": ("Generic", ("UsernamePassword",)),
    "github": ("GitHub", ("PersonalAccessToken", "Token", "OAuth")),
    "externalpythondownloadfeed": ("Python package download", ("UsernamePassword", "Token")),
    "externalpythonuploadfeed": ("Python package upload", ("UsernamePassword", "Token")),
    "externalnpmregistry": ("npm", ("UsernamePassword", "Token")),
    "externalnugetfeed": ("NuGet", ("UsernamePassword", "Token", "None")),
    "kubernetes": ("Kubernetes", ("Kubernetes", "Token", "None")),
    "ssh": ("SSH", ("UsernamePassword",)),
    "sonarqube": ("SonarQube", ("UsernamePassword", "Token")),
}


def endpoint_routes(http: LibraryHttp) -> tuple[Route, ...]:
    """The routes of service connections."""
    of_project = "/{organization}/{project}/_apis/serviceendpoint/endpoints"
    of_organization = "/{organization}/_apis/serviceendpoint"
    anywhere = of_organization + "/endpoints"
    return routes_of(
        http,
        ("GET", of_project, Permission.LIBRARY_READ, _list),
        ("GET", of_project + "/{id}", Permission.LIBRARY_READ, _get),
        ("GET", of_organization + "/types", Permission.SIGNED_IN, _types),
        ("POST", anywhere, Permission.SIGNED_IN, partial(add, _KIND)),
        ("PUT", anywhere + "/{id}", Permission.SIGNED_IN, partial(change, _KIND)),
        ("DELETE", anywhere + "/{id}", Permission.SIGNED_IN, partial(delete, _KIND)),
    )


def _list(http: LibraryHttp, call: Call) -> Reply:
    project = http.projects.get(call.project)
    ids, names = _words(call, "endpointIds"), _words(call, "endpointNames")
    schemes, type = _words(call, "authSchemes"), call.query("type").casefold()
    found = []
    for kept in http.resources.of_type(project.id, _ENDPOINT):
        endpoint = connection_of(kept).endpoint
        if (
            (not ids or kept.id in ids)
            and (not names or kept.name.casefold() in names)
            and (not type or endpoint.type.casefold() == type)
            and (not schemes or endpoint.scheme.casefold() in schemes)
        ):
            found.append(endpoint_json(kept, project))
    return listed(found)


def _words(call: Call, name: str) -> set[str]:
    return {word.strip().casefold() for word in call.query(name).split(",") if word.strip()}


def _get(http: LibraryHttp, call: Call) -> Reply:
    kept = kept_of(http, call.project, _ENDPOINT, call.parameters["id"])
    return endpoint_json(kept, http.projects.get(call.project))


def _types(http: LibraryHttp, call: Call) -> Reply:
    wanted = call.query("type").casefold()
    return listed(
        [
            {
                "name": name,
                "displayName": display,
                "authenticationSchemes": [{"scheme": s, "displayName": s} for s in schemes],
                "inputDescriptors": [],
                "dataSources": [],
            }
            for name, (display, schemes) in _TYPES.items()
            if wanted in ("", name.casefold())
        ]
    )


def _read(body: Mapping[str, Any], known: Kept | None) -> tuple[dict[str, Any], dict[str, str]]:
    """What is kept of a connection, and the new values of its secrets.

    A secret without a value keeps the one it has.
    """
    type = text_of(body, "type")
    if not type:
        raise bad_request("a service connection needs a type")
    authorization = table_of(body, "authorization")
    had = secret_names(known)
    public: dict[str, str] = {}
    names: list[str] = []
    values: dict[str, str] = {}
    parameters = table_of(authorization, "parameters")
    for name in parameters:
        value = text_of(parameters, name)
        if name.casefold() in _PUBLIC:
            public[name] = value
        elif value:
            names.append(name)
            values[name] = value
        elif name.casefold() in had:
            names.append(name)
    data = table_of(body, "data")
    return {
        "type": type,
        "url": text_of(body, "url"),
        "scheme": text_of(authorization, "scheme", "None"),
        "parameters": public,
        "secrets": names,
        "data": {name: text_of(data, name) for name in data},
    }, values


def endpoint_json(kept: Kept, project: Project) -> dict[str, object]:
    """A service connection as the wire has it; the value of a secret is null."""
    endpoint = connection_of(kept).endpoint
    hidden: dict[str, str | None] = dict.fromkeys(endpoint.secrets)
    return {
        "id": kept.id,
        "name": kept.name,
        "type": endpoint.type,
        "url": endpoint.url,
        "description": kept.description,
        "createdBy": identity(kept.created_by),
        "authorization": {
            "scheme": endpoint.scheme,
            "parameters": {**endpoint.parameters, **hidden},
        },
        "data": dict(endpoint.data),
        "isShared": False,
        "isReady": True,
        "owner": "Library",
        "serviceEndpointProjectReferences": [
            {
                "projectReference": {"id": project.id, "name": project.name},
                "name": kept.name,
                "description": kept.description,
            }
        ],
    }


def _check(http: LibraryHttp, call: Call, known: Kept) -> None:
    # Who changes its address, and keeps its secrets, has them sent to where they like.
    check_administers(call, known.project, known)


_KIND = Kind(
    type=_ENDPOINT,
    references="serviceEndpointProjectReferences",
    read=_read,
    view=endpoint_json,
    check=_check,
)
