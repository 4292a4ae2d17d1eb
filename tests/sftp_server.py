"""An SFTP server on loopback, in a thread, over a folder of the test."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

PASSWORD = "sesame opens this"


@dataclass
class SftpServer:
    """Its port, the fingerprint and the public line of its host key, a key that it lets in, and its folder.

    `on_read` is called with the number of each request for a piece of a file, before it is answered.
    """

    folder: Path
    port: int = 0
    fingerprint: str = ""
    known_hosts: str = ""
    user_key: str = ""
    reads: int = 0
    on_read: Any = field(default=lambda server, number, connection: None)


@contextmanager
def run_sftp_server(folder: Path) -> Iterator[SftpServer]:
    server = SftpServer(folder)
    host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    server.fingerprint = host_key.get_fingerprint()
    server.user_key = user_key.export_private_key().decode()
    loop = asyncio.new_event_loop()

    class Door(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == ("partner", PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return key.get_fingerprint() == user_key.get_fingerprint()

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            self._connection = channel.get_connection()
            super().__init__(channel, chroot=str(folder).encode())

        def read(self, file_obj: object, offset: int, size: int) -> bytes:
            server.reads += 1
            server.on_read(server, server.reads, self._connection)
            return super().read(file_obj, offset, size)

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[host_key], server_factory=Door, sftp_factory=Files, reuse_address=True
        )

    acceptor = loop.run_until_complete(listen())
    server.port = acceptor.get_port()
    public = " ".join(host_key.export_public_key().decode().split()[:2])
    server.known_hosts = f"[127.0.0.1]:{server.port} {public}\n"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
