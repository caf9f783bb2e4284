"""`penstock accounts`, `tokens` and `audit`: people of the store, from this machine."""

import json
import sqlite3

from typed import Terminal

from penstock.store.people.passwords import is_password


def kept_password(terminal: Terminal, name: str) -> str:
    connection = sqlite3.connect(terminal.home / "state.db")
    found = connection.execute("SELECT password FROM accounts WHERE name = ?", (name,)).fetchone()
    connection.close()
    return str(found[0])


def test_an_account_gets_a_password_that_is_shown_once(terminal: Terminal) -> None:
    made = terminal.type("accounts", "add", "anna", "--display-name", "Anna Example")
    assert made.code == 0, made
    password = made.out.removeprefix("account anna, password ").removesuffix(" (shown this once)\n")
    assert is_password(password, kept_password(terminal, "anna"))
    listed = json.loads(terminal.type("accounts", "list", "-o", "json").out)
    assert [(row["name"], row["displayName"], row["administrator"]) for row in listed] == [
        ("anna", "Anna Example", False)
    ]
    assert password not in terminal.type("accounts", "list").out

    changed = terminal.type("accounts", "passwd", "anna", "--stdin", stdin="another good one\n")
    assert (changed.code, changed.out) == (0, "")
    assert is_password("another good one", kept_password(terminal, "anna"))


def test_what_cannot_be_is_refused_with_a_next_step(terminal: Terminal) -> None:
    terminal.type("accounts", "add", "anna", "--administrator")
    for words, code, said in (
        (("add", "anna"), 2, 'error: there is an account "anna" already\n'),
        (("add", "a b"), 2, 'error: "a b" cannot be the name of an account\n  = help: it has'),
        (("disable", "anna"), 2, "error: the server keeps one administrator\n  = help: make"),
        (("passwd", "boris"), 3, 'error: there is no account "boris"\n  = help: `penstock acc'),
        (("role", "anna", "x", "reader"), 3, 'error: there is no project "x"\n  = help: projects'),
    ):
        ended = terminal.type("accounts", *words)
        assert (ended.code, ended.out) == (code, ""), ended
        assert ended.err.startswith(said)
    short = terminal.type("accounts", "add", "boris", "--stdin", stdin="short\n")
    assert (short.code, short.err) == (2, "error: a password has 12 to 1024 characters\n")


def test_a_token_is_made_listed_and_revoked(terminal: Terminal) -> None:
    terminal.type("accounts", "add", "anna")
    words = ("--account", "anna", "--scope", "vso.code_write", "--scope", "vso.build")
    made = terminal.type("tokens", "create", "laptop", *words, "--days", "2")
    assert made.code == 0, made
    assert made.out.startswith("penstock_pat_")
    listed = json.loads(terminal.type("tokens", "list", "--account", "anna", "-o", "json").out)
    (row,) = listed
    assert (row["name"], row["scope"], row["state"]) == (
        "laptop",
        "vso.code_write vso.build",
        "valid",
    )
    assert made.out.strip() not in json.dumps(listed)
    assert terminal.type("tokens", "revoke", row["id"], "--account", "anna").code == 0
    assert "revoked" in terminal.type("tokens", "list", "--account", "anna").out
    missing = terminal.type("tokens", "revoke", "x", "--account", "anna")
    assert (missing.code, missing.err.splitlines()[0]) == (
        3,
        'error: there is no token "x" of this account',
    )


def test_a_scope_that_opens_nothing_is_refused_with_the_nearest(terminal: Terminal) -> None:
    ended = terminal.type("tokens", "create", "x", "--scope", "vso.code_wirte")
    assert (ended.code, ended.err) == (
        2,
        'error: the scope "vso.code_wirte" opens nothing here\n'
        '  = help: did you mean "vso.code_write"?\n',
    )


def test_the_audit_log_tells_who_and_whether_it_was_changed(terminal: Terminal) -> None:
    terminal.type("accounts", "add", "anna")
    terminal.type("accounts", "disable", "anna")
    terminal.type("accounts", "add", "root", "--administrator")
    terminal.type("accounts", "disable", "anna")
    rows = json.loads(terminal.type("audit", "list", "-o", "json").out)
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("account.disable", "anna"),
        ("account.add", "root"),
        ("account.disable", "anna"),
        ("account.add", "anna"),
    ]
    held = terminal.type("audit", "verify")
    assert held.code == 0
    head = held.out.split()[-1]
    terminal.type("accounts", "enable", "anna")
    assert terminal.type("audit", "verify", "--expect", head).code == 0

    connection = sqlite3.connect(terminal.home / "state.db")
    connection.execute("UPDATE audit SET subject = 'boris' WHERE id = 2")
    connection.commit()
    broken = terminal.type("audit", "verify")
    assert (broken.code, broken.out) == (1, "")
    assert broken.err.startswith("error: entry 2 of the audit log does not follow")
    connection.execute("DELETE FROM audit")
    connection.commit()
    connection.close()
    assert terminal.type("audit", "verify").code == 0
    gone = terminal.type("audit", "verify", "--expect", head)
    assert (gone.code, gone.err.splitlines()[0]) == (
        1,
        "error: the audit log does not contain the hash that was noted",
    )
