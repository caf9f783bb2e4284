"""People over HTTP: who calls, signing in, accounts, tokens, members, the audit log."""
