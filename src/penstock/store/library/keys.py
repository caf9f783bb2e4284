"""The key file that secrets are sealed with: one `ID BASE64` a line, the key in use first.

It lies beside the store, or where `PENSTOCK_KEY_FILE` says (another disk, a credential that the
service manager hands over). A copy of the store without it tells no secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from penstock.records import record
from penstock.store.home import Home, make_private_folder

KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyUnusable(Exception):
    """the key that secrets were sealed with cannot be used"""


class SecretDamaged(Exception):
    """a kept secret was changed outside of penstock, or moved to another place"""


@record(kw_only=False)
class KeyRing:
    """Keys by id; `active` seals, every one opens. `source` is the file, for messages."""

    active: str
    keys: Mapping[str, bytes]
    source: Path

    def seal(self, data: bytes, place: bytes) -> bytes:
        """The data encrypted (AES-256-GCM), to be opened for the same place only."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.keys[self.active]).encrypt(nonce, data, place)

    def open(self, key: str, sealed: bytes, place: bytes) -> bytes:
        """What was sealed. Raises `SecretDamaged`, and `KeyUnusable` for a key that is not here."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self.require({key})
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self.keys[key]).decrypt(nonce, rest, place)
        except (InvalidTag, ValueError):
            raise SecretDamaged(
                "a kept secret does not open: its row was changed or moved; set it again"
            ) from None

    def has(self, ids: Iterable[str]) -> bool:
        """Whether every one of the keys is here."""
        return self.keys.keys() >= set(ids)

    def require(self, ids: Iterable[str]) -> None:
        """Raise `KeyUnusable` where one of the keys is not here."""
        missing = sorted(set(ids) - self.keys.keys())
        if missing:
            raise KeyUnusable(
                f'secrets were sealed with the key {", ".join(missing)}, and "{self.source}" has '
                f"{', '.join(self.keys)}: put the right key file there, or delete the secrets"
            )


class KeyFile:
    """Reads and changes one key file; every change replaces it whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def of(home: Home, environ: Mapping[str, str]) -> KeyFile:
        """The file that `PENSTOCK_KEY_FILE` names, else `secrets.key` in the home."""
        chosen = environ.get("PENSTOCK_KEY_FILE")
        return KeyFile(Path(chosen).expanduser().absolute() if chosen else home.secrets_key)

    def read(self) -> KeyRing:
        """The keys. Raises `KeyUnusable` for a file that is missing, open to others or no key
        file."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            said = (error.strerror or str(error)).lower()
            raise KeyUnusable(
                f'the key file "{self.path}" cannot be read: {said}. Secrets cannot be opened '
                "without it: restore it, or name its place by PENSTOCK_KEY_FILE"
            ) from None
        with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
            if os.fstat(descriptor).st_mode & 0o077:
                raise KeyUnusable(
                    f'the key file "{self.path}" is open to other users: chmod 600 "{self.path}"'
                )
            return self._parsed(file.read())

    def read_or_make(self) -> KeyRing:
        """The keys; the file is made with a new one where there is none."""
        if not self.path.exists():
            make_private_folder(self.path.parent)
            draft = self._write_draft([os.urandom(KEY_BYTES)])
            try:
                os.link(draft, self.path)
                self._keep_name()
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return self.read()

    def add(self, ring: KeyRing) -> KeyRing:
        """Put a new key before those of `ring`; the keys as they are now."""
        keys = [os.urandom(KEY_BYTES), *ring.keys.values()]
        self._replace(keys)
        return self.read()

    def keep_only(self, ids: Iterable[str]) -> None:
        """Forget every other key."""
        wanted = set(ids)
        self._replace(key for id, key in self.read().keys.items() if id in wanted)

    def _replace(self, keys: Iterable[bytes]) -> None:
        self._write_draft(keys).replace(self.path)
        self._keep_name()

    def _keep_name(self) -> None:
        """Wait until the file is at its place on the disk, before a secret needs it."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write_draft(self, keys: Iterable[bytes]) -> Path:
        draft = self.path.with_name(f".{self.path.name}.{os.urandom(4).hex()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
            for key in keys:
                file.write(f"{_id(key)} {base64.b64encode(key).decode()}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        return draft

    def _parsed(self, text: str) -> KeyRing:
        keys = {}
        for line in text.splitlines():
            id, _, encoded = line.strip().partition(" ")
            try:
                key = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != KEY_BYTES or id != _id(key):
                raise KeyUnusable(f'"{self.path}" is not a key file of penstock')
            keys[id] = key
        if not keys:
            raise KeyUnusable(f'the key file "{self.path}" is empty')
        return KeyRing(next(iter(keys)), keys, self.path)


def _id(key: bytes) -> str:
    return hashlib.sha256(b"penstock key\0" + key).hexdigest()[:12]
