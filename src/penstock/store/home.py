"""Where everything kept on this machine lies: databases, logs, storage, work folders, caches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from penstock.records import record


@record(kw_only=False)
class Home:
    """The folder of one store, and its parts. `root` is absolute.

    `cache` holds what can be made again (environments, tools), for all stores of a user.
    """

    root: Path
    cache_root: Path | None = None

    @staticmethod
    def default(environ: Mapping[str, str]) -> Home:
        """The user's store: `$PENSTOCK_HOME`, else `penstock` in `$XDG_STATE_HOME`."""
        user = Path(environ.get("HOME") or Path.home())
        state = Path(environ.get("XDG_STATE_HOME") or user / ".local" / "state")
        cache = Path(environ.get("XDG_CACHE_HOME") or user / ".cache")
        chosen = environ.get("PENSTOCK_HOME")
        root = Path(chosen) if chosen else state / "penstock"
        return Home(root.expanduser().absolute(), (cache / "penstock").absolute())

    @property
    def state_db(self) -> Path:
        """Runs, events, assets: what must survive a power cut."""
        return self.root / "state.db"

    @property
    def metrics_db(self) -> Path:
        """What tracking clients log."""
        return self.root / "metrics.db"

    @property
    def secrets_key(self) -> Path:
        """The key that secrets in the state database are sealed with."""
        return self.root / "secrets.key"

    @property
    def tls(self) -> Path:
        """The certificates that the server shows."""
        return self.root / "tls"

    @property
    def logs(self) -> Path:
        """Log files, by run."""
        return self.root / "logs"

    @property
    def storage(self) -> Path:
        """Content of datastores, by workspace."""
        return self.root / "storage"

    @property
    def artifacts(self) -> Path:
        """What pipeline jobs published, by run."""
        return self.root / "artifacts"

    @property
    def work(self) -> Path:
        """Folders in which jobs run."""
        return self.root / "work"

    @property
    def tools(self) -> Path:
        """The tool cache of the agents."""
        return self.root / "tools"

    @property
    def repositories(self) -> Path:
        """The bare Git repositories, by id."""
        return self.root / "repositories"

    @property
    def owners(self) -> Path:
        """One lock file for each living process that executes runs."""
        return self.root / "owners"

    @property
    def cache(self) -> Path:
        """What can be made again."""
        return self.cache_root or self.root / "cache"

    def make(self) -> None:
        """Make the folder, readable by its user only."""
        make_private_folder(self.root)


def make_private_folder(path: Path) -> None:
    """Make the folder (mode 0700) and, as the system has them, its parents."""
    try:
        path.mkdir(0o700)
    except FileExistsError:
        return
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(0o700, exist_ok=True)
