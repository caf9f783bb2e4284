"""People over HTTP: who calls, signing in, accounts, tokens, members, the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.server.people.house import House
    from penstock.server.people.signin import SignIn
    from penstock.server.routes import Route


def people_routes(house: House, sign_in: SignIn) -> tuple[Route, ...]:
    """All rows about people."""
    from penstock.server.people import accounts, audit, members, profile, signin, tokens

    return (
        *signin.session_routes(house, sign_in),
        *accounts.account_routes(house, sign_in),
        *tokens.token_routes(house),
        *members.member_routes(house),
        *audit.audit_routes(house),
        *profile.profile_routes(house),
    )
