"""Lists and copies the files of a source that lie on an SFTP server.

Put here: signing in, the server's host key, walking through folders. Keep out: which files are fetched.
"""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncssh

from regulars.pipelines.errors import SettingsWrong
from regulars.pipelines.servers.secret import read_secret
from regulars.pipelines.settings.sources.remote_files import SftpFiles
from regulars.pipelines.sources.fetching.connection_lost import ConnectionLost
from regulars.pipelines.sources.fetching.remote.remote_place import (
    FileChanged,
    Matches,
    RemoteFile,
    TimeLimit,
    match_listed,
)
from regulars.pipelines.sources.names.name_patterns import find_fixed_folder
from regulars.pipelines.sources.readers.refusal import Refusal

CONNECT_SECONDS = 10
ANSWER_SECONDS = 60
_CHUNK = 1 << 20
_MOST_ENTRIES = 200_000
Answer = TypeVar("Answer")


class HostKey(asyncssh.SSHClient):
    """Decides whether a host key that is in no file of known keys is the server's, and remembers which one came."""

    def __init__(self, expected: str | None) -> None:
        self._expected, self.came = expected, ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Whether the key has the fingerprint that the settings name."""
        self.came = key.get_fingerprint()
        return self._expected is not None and self.came == self._expected.rstrip("=")


class OnSftp:
    """An SFTP server; `with` opens the connection.

    Args:
        way: The server, and where the files are.
        known_hosts: The file of known host keys; it may be absent.
        limit: Until when fetching may go on.
    """

    may_grow = True
    """A file is seen while it is being uploaded."""

    def __init__(self, way: SftpFiles, known_hosts: Path, limit: TimeLimit) -> None:
        self._way, self._known_hosts, self._limit = way, known_hosts, limit

    def __enter__(self) -> "OnSftp":
        secrets = _read_secrets(self._way)
        host_key = HostKey(self._way.host_fingerprint)
        self._runner = asyncio.Runner()
        try:
            with self._say_failures(host_key):
                self._connection = self._answer(self._connect(secrets, host_key), 2 * CONNECT_SECONDS)
                self._sftp = self._answer(self._connection.start_sftp_client(), CONNECT_SECONDS)
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.abort()
        self._runner.close()

    def list_matches(self) -> list[Matches]:
        """What fits each path or glob, as `RemotePlace` has it."""
        found = []
        for pattern in self._way.patterns:
            steps = pattern.count("/") - find_fixed_folder(pattern).count("/") - bool(find_fixed_folder(pattern))
            files: list[RemoteFile] = []
            with self._say_failures():
                self._walk(find_fixed_folder(pattern), None if "**" in pattern else steps, files)
            found.append(match_listed(self._name(pattern), pattern, files))
        return found

    def copy(self, file: RemoteFile, target: Path) -> None:
        """Copy a file, as `RemotePlace` has it."""
        with self._say_failures():
            try:
                opened = self._answer(self._sftp.open(file.key, "rb"))
            except asyncssh.SFTPNoSuchFile:
                raise FileChanged from None
        size = 0
        with target.open("wb") as out:
            while size <= file.bytes:
                with self._say_failures():
                    chunk = self._answer(opened.read(min(_CHUNK, file.bytes - size + 1), size))
                if not chunk:
                    break
                size += len(chunk)
                out.write(cast(bytes, chunk))
        with self._say_failures():
            try:
                self._answer(opened.close())
                now = self._answer(self._sftp.stat(file.key))
            except asyncssh.SFTPNoSuchFile:
                raise FileChanged from None
        if size != file.bytes or self._describe(file.key, now).version != file.version:
            raise FileChanged

    async def _connect(self, secrets: dict[str, Any], host_key: HostKey) -> asyncssh.SSHClientConnection:
        is_named = self._way.host_fingerprint is not None
        trusted = None if is_named or not self._known_hosts.is_file() else str(self._known_hosts)
        return await asyncssh.connect(
            self._way.host,
            self._way.port,
            username=self._way.user,
            known_hosts=trusted or ([], [], []),
            client_factory=lambda: host_key,
            agent_path=None,
            config=None,
            connect_timeout=CONNECT_SECONDS,
            login_timeout=CONNECT_SECONDS,
            **secrets,
        )

    def _walk(self, folder: str, steps: int | None, found: list[RemoteFile]) -> None:
        """Collect the files of a folder and of those in it, `steps` deep; folders behind a link are left out."""
        try:
            entries = self._answer(self._sftp.readdir(folder or "."))
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNotADirectory):
            return
        for entry in entries:
            name, attributes = str(entry.filename), entry.attrs
            if name in (".", ".."):
                continue
            path = f"{folder}/{name}" if folder or self._is_absolute else name
            if attributes.type == asyncssh.FILEXFER_TYPE_DIRECTORY:
                if steps is None or steps > 0:
                    self._walk(path, None if steps is None else steps - 1, found)
                continue
            if attributes.type == asyncssh.FILEXFER_TYPE_SYMLINK:
                try:
                    attributes = self._answer(self._sftp.stat(path))
                except asyncssh.SFTPNoSuchFile:
                    continue
            if attributes.type in (asyncssh.FILEXFER_TYPE_REGULAR, asyncssh.FILEXFER_TYPE_UNKNOWN):
                found.append(self._describe(path, attributes))
            if len(found) > _MOST_ENTRIES:
                raise Refusal("unfetched", f"{self._way.what}: more than {_MOST_ENTRIES:,} files: name a folder")

    @property
    def _is_absolute(self) -> bool:
        return all(pattern.startswith("/") for pattern in self._way.patterns)

    def _describe(self, path: str, attributes: asyncssh.SFTPAttrs) -> RemoteFile:
        nanoseconds = (attributes.mtime or 0) * 1_000_000_000 + (attributes.mtime_ns or 0)
        return RemoteFile(self._name(path), path, attributes.size or 0, nanoseconds)

    def _name(self, path: str) -> str:
        return f"{self._way.place}/{path.lstrip('/')}"

    def _answer(self, question: Awaitable[Answer], seconds: float = ANSWER_SECONDS) -> Answer:
        """What the server answers, in time."""
        return self._runner.run(asyncio.wait_for(question, max(0.0, min(seconds, self._limit.seconds))))

    @contextmanager
    def _say_failures(self, host_key: HostKey | None = None) -> Iterator[None]:
        who = f"{self._way.user} at {self._way.place}"
        try:
            yield
        except asyncssh.HostKeyNotVerifiable:
            raise Refusal("unfetched", self._word_unknown_host(host_key)) from None
        except asyncssh.PermissionDenied:
            raise Refusal(
                "unfetched",
                f"{self._way.place} does not let {self._way.user} in: see that the secret is right",
            ) from None
        except asyncssh.SFTPPermissionDenied:
            raise Refusal("unfetched", f"{who} may not read there: have the operator give the right") from None
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
            raise ConnectionLost(f"the connection to {self._way.place} broke") from None
        except asyncssh.SFTPError as error:
            raise Refusal("unfetched", f"{self._way.place} refused a request ({type(error).__name__})") from None
        except asyncssh.Error as error:
            raise ConnectionLost(f"the connection to {self._way.place} broke ({type(error).__name__})") from None
        except (OSError, TimeoutError) as error:
            self._limit.check()
            why = getattr(error, "strerror", None) or "no answer in time"
            raise ConnectionLost(f"{self._way.place} cannot be reached: {why}") from None

    def _word_unknown_host(self, host_key: HostKey | None) -> str:
        came = host_key.came if host_key is not None and host_key.came else "not known"
        if self._way.host_fingerprint is not None:
            return (
                f"the host key of {self._way.place} is {came}, not the one of `host_fingerprint`: somebody may "
                "listen in; ask its operator"
            )
        return (
            f"the host key of {self._way.place} is {came}, and {self._way.known_hosts} does not know it: ask its "
            "operator whether that is right, then write it as `host_fingerprint`"
        )


def _read_secrets(way: SftpFiles) -> dict[str, Any]:
    """What the client signs in with; nothing of the user's own `~/.ssh` is tried."""
    secrets: dict[str, Any] = {
        "client_keys": None,
        "password": read_secret(way.password_variable, f"the password of {way.user} at {way.place}"),
    }
    written = read_secret(way.key_variable, f"the private key of {way.user} at {way.place}")
    if written is not None:
        try:
            text = written if written.lstrip().startswith("-----BEGIN") else Path(written).expanduser().read_text()
            secrets["client_keys"] = [
                asyncssh.import_private_key(
                    text.strip() + "\n", read_secret(way.passphrase_variable, "the passphrase of the private key")
                )
            ]
        except (OSError, ValueError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
            raise SettingsWrong(
                f"the environment variable {way.key_variable} holds neither a private key nor the path of one that can "
                "be read (if it has a passphrase, `passphrase_variable` names its variable)"
            ) from None
    return secrets
