"""Opens a bucket of object storage, lists, reads and writes objects in it.

Put here: the one place for credentials, endpoints and requests. Keep out: what objects mean (`sources/fetching/`,
`publish/targets/`).
"""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from regulars.pipelines.servers.buckets.failures import BucketRefused, word_failure
from regulars.pipelines.servers.secret import read_secret
from regulars.pipelines.settings.bucket_access import BucketAccess

PART_BYTES = 16 << 20
"""How much one request reads: no request is so long that a slow line looks like a dead one."""
_REQUEST = {"timeout": "60s", "connect_timeout": "10s"}
_RETRIES = 2


class ObjectChanged(Exception):
    """An object was replaced or removed since it was listed."""


@dataclass(frozen=True)
class StoredObject:
    """An object of a bucket.

    Attributes:
        key: Its name, such as `shop/orders.csv`.
        bytes: Its size.
        modified_at: When it was last written, aware.
        e_tag: What the storage says of its content; None where it says nothing.
    """

    key: str
    bytes: int
    modified_at: dt.datetime
    e_tag: str | None


class _Listed(Protocol):
    def __getitem__(self, key: str, /) -> Any: ...


class Bucket:
    """A bucket; a request that fails is tried three times within a minute.

    Args:
        place: Its address, such as `s3://exports`.
        access: Who opens it.

    Raises:
        SettingsWrong: A variable is not set.

    All methods raise `BucketRefused`, or `BucketLost` where another attempt may work.
    """

    def __init__(self, place: str, access: BucketAccess) -> None:
        self.place = place
        with self._say_failures():
            self._store = _open_store(place, access)

    def list_objects(self, folder: str) -> list[StoredObject]:
        """The objects below a folder (`""` for all), at any depth."""
        with self._say_failures():
            pages = obstore.list(self._store, folder or None)
            return [_describe(each) for page in pages for each in page]

    def list_folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder."""
        with self._say_failures():
            found = obstore.list_with_delimiter(self._store, folder or None)
            return [prefix.rstrip("/").rpartition("/")[2] for prefix in found["common_prefixes"]]

    def download(self, listed: StoredObject, target: Path, check_time: Callable[[], None]) -> None:
        """Write an object into a file, piece by piece.

        Args:
            listed: The object as it was listed.
            target: The file.
            check_time: Called before each piece; it may raise.

        Raises:
            ObjectChanged: It is another one now, or gone.
        """
        with target.open("wb") as out:
            for start in range(0, listed.bytes, PART_BYTES):
                check_time()
                out.write(self._read_piece(listed, start, min(start + PART_BYTES, listed.bytes)))

    def read(self, key: str) -> bytes | None:
        """The bytes of a small object; None where there is none."""
        with self._say_failures():
            try:
                return bytes(obstore.get(self._store, key).bytes())
            except FileNotFoundError as error:
                failure = word_failure(self.place, error)
                if "NoSuchBucket" in str(failure) or "ContainerNotFound" in str(failure):
                    raise failure from None
                return None

    def upload(self, path: Path, key: str, content_type: str) -> None:
        """Write a file as an object, in parts where it is large; nobody sees it before it is whole."""
        with self._say_failures():
            obstore.put(self._store, key, path, attributes={"Content-Type": content_type})

    def write(self, key: str, content: bytes, content_type: str) -> None:
        """Write a small object in one request; no cache between may keep it."""
        attributes = {"Content-Type": content_type, "Cache-Control": "no-cache"}
        with self._say_failures():
            obstore.put(self._store, key, content, attributes=attributes)

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; one that is gone already is none to worry about."""
        if keys:
            with self._say_failures(), contextlib.suppress(FileNotFoundError):
                obstore.delete(self._store, list(keys))

    def _read_piece(self, listed: StoredObject, start: int, end: int) -> bytes:
        options: dict[str, Any] = {"range": (start, end)}
        if listed.e_tag is not None:
            options["if_match"] = listed.e_tag
        with self._say_failures():
            try:
                found = obstore.get(self._store, listed.key, options=options)  # type: ignore[arg-type]
                piece = bytes(found.bytes())
                if found.meta["size"] != listed.bytes or len(piece) != end - start:
                    raise ObjectChanged(listed.key)
            except (FileNotFoundError, obstore.exceptions.PreconditionError):
                raise ObjectChanged(listed.key) from None
            return piece

    @contextlib.contextmanager
    def _say_failures(self) -> Iterator[None]:
        try:
            yield
        except (BaseError, FileNotFoundError, PermissionError, FileExistsError, TimeoutError) as error:
            raise word_failure(self.place, error) from None
        except ValueError as error:  # a key that is no key, before any request
            raise BucketRefused(f"{self.place} cannot be opened: {type(error).__name__}; see the keys") from None


def _open_store(place: str, access: BucketAccess) -> S3Store | GCSStore | AzureStore:
    scheme, _, bucket = place.partition("://")
    is_plain = bool(access.endpoint and access.endpoint.startswith("http://"))
    how: dict[str, Any] = {
        "client_options": {**_REQUEST, "allow_http": is_plain},
        "retry_config": {"max_retries": _RETRIES, "retry_timeout": dt.timedelta(seconds=60)},
    }
    secret = read_secret(access.secret_variable, f"the key of {place}")
    config: dict[str, Any] = {"skip_signature": True} if access.is_public else {}
    if access.endpoint:  # a slash at its end would begin each path with two
        config["base_url" if scheme == "gs" else "endpoint"] = access.endpoint.rstrip("/")
    if scheme == "s3":
        config |= {"region": access.region} if access.region else {}
        if secret is not None:
            config |= {
                "access_key_id": read_secret(access.key_id_variable, f"the id of the key of {place}"),
                "secret_access_key": secret,
            }
        return S3Store(bucket, config=cast(Any, config), **how)
    if scheme == "az":
        if secret is not None:
            config["sas_key" if "sig=" in secret else "account_key"] = secret
        return AzureStore(bucket, config=cast(Any, {**config, "account_name": access.account}), **how)
    if secret is not None:
        config["service_account_key"] = secret
    return GCSStore(bucket, config=cast(Any, config), **how)


def _describe(listed: _Listed) -> StoredObject:
    return StoredObject(listed["path"], listed["size"], listed["last_modified"], listed["e_tag"])
