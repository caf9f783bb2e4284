"""Members of a project over HTTP: who is in it, in which role."""

from __future__ import annotations

from penstock.server.actors import actor_of
from penstock.server.devops.errors import bad_request, devops_error, not_found
from penstock.server.people.accounts import worded
from penstock.server.people.bodies import body_of, text
from penstock.server.people.house import House
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.people.accounts import Account
from penstock.store.people.members import Member, Role

PATH = "/{organization}/{project}/_apis/penstock/members"


def member_routes(house: House) -> tuple[Route, ...]:
    """List, set and remove members. An account is named by its id or its name."""
    members = house.people.members

    def list_all(call: Call) -> Reply:
        views = [_view(member) for member in members.of_project(call.project)]
        return {"count": len(views), "value": views}

    def put(call: Call) -> Reply:
        account = _named(house, call)
        role = _role(text(body_of(call, ("role",)), "role"))
        with worded():
            members.set_role(call.project, account, role, by=actor_of(call))
        return _view(Member(account=account, role=role))

    def remove(call: Call) -> Answer:
        account = _named(house, call)
        if not members.remove(call.project, account, by=actor_of(call)):
            text = f'"{account.name}" is not a member of this project'
            raise not_found("IdentityNotFoundException", text)
        return Answer(status=204)

    rows = (
        ("GET", PATH, Permission.PROJECT_READ, list_all),
        ("PUT", f"{PATH}/{{account}}", Permission.PROJECT_MANAGE, put),
        ("DELETE", f"{PATH}/{{account}}", Permission.PROJECT_MANAGE, remove),
    )
    return tuple(
        Route(method=method, path=path, permission=right, handler=handler, on_error=devops_error)
        for method, path, right, handler in rows
    )


def _named(house: House, call: Call) -> Account:
    with worded():
        return house.people.accounts.find(call.parameters["account"])


def _role(text: str) -> Role:
    try:
        return Role(text.lower())
    except ValueError as error:
        raise bad_request(f'"role" is one of {", ".join(Role)}') from error


def _view(member: Member) -> dict[str, object]:
    account = member.account
    return {
        "account": {
            "id": account.id,
            "userName": account.name,
            "displayName": account.display_name,
            "isDisabled": account.is_disabled,
        },
        "role": member.role,
    }
