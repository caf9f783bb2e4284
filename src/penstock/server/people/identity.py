"""The identity endpoint: where clients of Azure on this machine get access tokens.

`DefaultAzureCredential` asks it as the managed identity of an App Service
(https://learn.microsoft.com/azure/app-service/overview-managed-identity, REST endpoint reference).
"""

from __future__ import annotations

from penstock.server.errors import Refused
from penstock.server.people.access import Access
from penstock.server.routes import Answer, Call, Permission, Route

PATH = "/_apis/penstock/identity/token"


def identity_routes(access: Access) -> tuple[Route, ...]:
    """One row, open to all: the token comes in a header of its own, `X-IDENTITY-HEADER`."""

    def token(call: Call) -> Answer:
        resource = call.query("resource")
        if not resource:
            raise Refused(400, "invalid_resource", 'name the "resource" that the token is for')
        made = access.access_token(call.header("x-identity-header"), resource)
        if made is None:
            text = "IDENTITY_HEADER is no personal access token or job token that is valid"
            raise Refused(401, "unauthorized_client", text)
        text, expires = made
        return Answer(
            body={
                "access_token": text,
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
            },
            headers={"cache-control": "no-store"},
        )

    return (Route(method="GET", path=PATH, permission=Permission.PUBLIC, handler=token),)
