"""The library over HTTP: groups, connections, files, environments, and what protects them."""
