"""Git over HTTP: the smart protocol of real clients, and the REST of projects and repositories."""
