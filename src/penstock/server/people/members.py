"""Members of a project over HTTP: who is in it, in which role."""

from __future__ import annotations

from penstock.server.actors import actor_of
from penstock.server.devops.errors import bad_request, not_found
from penstock.server.devops.routing import routes_of
from penstock.server.devops.wire import listed
from penstock.server.people.accounts import worded
from penstock.server.people.bodies import body_of, text
from penstock.server.people.house import House
from penstock.server.routes import Answer, Call, Permission, Reply, Route
from penstock.store.people.accounts import Account
from penstock.store.people.members import Member, Role

PATH = "/{organization}/{project}/_apis/penstock/members"


def member_routes(house: House) -> tuple[Route, ...]:
    """List, set and remove members. An account is named by its id or its name."""
    return routes_of(
        house,
        ("GET", PATH, Permission.PROJECT_READ, _list),
        ("PUT", f"{PATH}/{{account}}", Permission.PROJECT_MANAGE, _put),
        ("DELETE", f"{PATH}/{{account}}", Permission.PROJECT_MANAGE, _remove),
    )


def _list(house: House, call: Call) -> Reply:
    return listed([_view(member) for member in house.people.members.of_project(call.project)])


def _put(house: House, call: Call) -> Reply:
    account = _named(house, call)
    role = _role(text(body_of(call, ("role",)), "role"))
    with worded():
        house.people.members.set_role(call.project, account, role, by=actor_of(call))
    return _view(Member(account=account, role=role))


def _remove(house: House, call: Call) -> Answer:
    account = _named(house, call)
    if not house.people.members.remove(call.project, account, by=actor_of(call)):
        text = f'"{account.name}" is not a member of this project'
        raise not_found("IdentityNotFoundException", text)
    return Answer(status=204)


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
