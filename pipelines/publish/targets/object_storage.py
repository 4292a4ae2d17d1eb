"""The target `object_storage`: the published tables as Parquet in a bucket of S3, Google Cloud Storage or Azure.

Put here: which objects a copy has, and in which order they are written. Keep out: requests and credentials
(`pipelines/servers/buckets/`).

A copy lies in a folder of its own, `g000123-<8 digits>/`. `latest.json` names the newest one and is written last, in
one request: whoever reads it finds a whole copy, whenever a delivery ends.
"""

import hashlib
import importlib.util
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from regulars.pipelines.errors import RegularsError, SettingsWrong, StorageFailed
from regulars.pipelines.home.durable import hash_file
from regulars.pipelines.home.generation import (
    CONTRACTS_FILE,
    PARQUET_FOLDER,
    REPORT_FILE,
    SEMANTIC_MODEL_FILE,
    Generation,
)
from regulars.pipelines.publish.targets.shape.target import Delivered, TargetType
from regulars.pipelines.servers.buckets.failures import BucketLost, BucketRefused
from regulars.pipelines.settings.bucket_access import BucketAccess, BucketUrl, require_fitting_keys

if TYPE_CHECKING:
    from regulars.pipelines.servers.buckets.bucket import Bucket

LATEST_FILE = "latest.json"
CONTENTS_FILE = "contents.json"
COPY = re.compile(r"g\d{6,}-[0-9a-f]{8}")
CONTENT_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".html": "text/html; charset=utf-8",
    ".yaml": "application/yaml",
    ".json": "application/json",
}


class ObjectStorageOptions(BucketAccess):
    """A folder in a bucket: the tables as Parquet, the contracts, the semantic model and the report.

    `latest.json` names the folder of the newest copy and the object of each table; it is written last. One address for
    each target. Needs the extra `regulars[buckets]`.
    """

    url: BucketUrl
    """The bucket and the folder in it, such as `s3://analytics/regulars`; `gs://` is Google Cloud Storage, `az://` a
    container of Azure. The bucket must be there."""
    keep_generations: Annotated[int, Field(ge=2)] = 2
    """How many of the newest copies are kept: the one before the latest is for those who still read it."""
    report: bool = True
    """Whether `report.html` is copied too."""

    @model_validator(mode="after")
    def _fits_its_cloud(self) -> "ObjectStorageOptions":
        require_fitting_keys(self, self.url.partition("://")[0])
        return self

    @property
    def place(self) -> str:
        """The address of the bucket alone."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def folder(self) -> str:
        """The folder in it, with a slash at the end; empty for the top."""
        folder = self.url.partition("://")[2].partition("/")[2].strip("/")
        return f"{folder}/" if folder else ""


@dataclass(frozen=True)
class _Copy:
    """What a copy of a generation is to be: its name, and name -> size and hash of each of its files."""

    name: str
    made_from: str
    files: dict[str, dict[str, Any]]


def deliver_to_object_storage(generation: Generation, options: ObjectStorageOptions, base: Path) -> Delivered:
    """Write a copy, then `latest.json`; then remove the oldest copies.

    Raises:
        SettingsWrong: The extra is missing, or the variable of a key.
        StorageFailed: The storage refused or did not answer, or the generation is damaged; `latest.json` is as it was.
    """
    try:
        bucket = _open_bucket(options)
        copy = _describe_copy(generation, options)
        is_whole = _is_whole(bucket, options, copy)
        if is_whole and _read_latest(bucket, options) == copy.name:
            return Delivered(is_new=False)
        if not is_whole:
            _write_copy(bucket, generation, options, copy)
        bucket.write(f"{options.folder}{LATEST_FILE}", _write_latest(generation, copy), CONTENT_TYPES[".json"])
        _remove_old_copies(bucket, options, copy.name)
    except BucketLost as lost:
        raise StorageFailed(f"{lost}; when it does, `regulars deliver`") from None
    except BucketRefused as refused:
        raise StorageFailed(f"{refused}; then `regulars deliver`") from None
    return Delivered(is_new=True)


def check_object_storage(options: ObjectStorageOptions, base: Path) -> str | None:
    """What keeps the bucket from being read now; None when nothing is known."""
    try:
        _read_latest(_open_bucket(options), options)
    except (BucketLost, BucketRefused, RegularsError) as error:
        return str(error)
    return None


def _open_bucket(options: ObjectStorageOptions) -> "Bucket":
    if importlib.util.find_spec("obstore") is None:
        raise SettingsWrong("a target of type object_storage needs obstore: `pip install 'regulars[buckets]'`")
    from regulars.pipelines.servers.buckets.bucket import Bucket

    return Bucket(options.place, options)


def _describe_copy(generation: Generation, options: ObjectStorageOptions) -> _Copy:
    wanted = {CONTRACTS_FILE, SEMANTIC_MODEL_FILE, *([REPORT_FILE] if options.report else [])}
    files = {
        name: {"bytes": facts.bytes, "sha256": facts.sha256}
        for name, facts in generation.manifest.files.items()
        if name in wanted or name.startswith(f"{PARQUET_FOLDER}/")
    }
    made_from = hashlib.sha256(f"{generation.manifest.to_json()}{sorted(files)}".encode()).hexdigest()
    return _Copy(f"{generation.name}-{made_from[:8]}", made_from, files)


def _is_whole(bucket: "Bucket", options: ObjectStorageOptions, copy: _Copy) -> bool:
    """Whether a copy has its table of contents, which is written last, and every file at its size."""
    sizes = _list_sizes(bucket, options, copy)
    return CONTENTS_FILE in sizes and all(sizes.get(name) == facts["bytes"] for name, facts in copy.files.items())


def _list_sizes(bucket: "Bucket", options: ObjectStorageOptions, copy: _Copy) -> dict[str, int]:
    folder = f"{options.folder}{copy.name}/"
    return {each.key.removeprefix(folder): each.bytes for each in bucket.list_objects(folder)}


def _write_copy(bucket: "Bucket", generation: Generation, options: ObjectStorageOptions, copy: _Copy) -> None:
    """Write the files of a copy that are not there at their size, compare all sizes, then its table of contents."""
    folder, there = f"{options.folder}{copy.name}/", _list_sizes(bucket, options, copy)
    for name, facts in copy.files.items():
        path = generation.path / name
        if hash_file(path) != facts["sha256"]:
            raise StorageFailed(f"{name} of {generation.name} is not as it was published: `regulars verify`")
        if there.get(name) != facts["bytes"]:
            bucket.upload(path, f"{folder}{name}", CONTENT_TYPES.get(path.suffix, "application/octet-stream"))
    sizes = _list_sizes(bucket, options, copy)
    wrong = [name for name, facts in copy.files.items() if sizes.get(name) != facts["bytes"]]
    if wrong:
        raise StorageFailed(
            f"{options.url} holds {wrong[0]} in another size than was sent; `regulars deliver` repeats it"
        )
    contents = {"generation": generation.name, "made_from": copy.made_from, "files": copy.files}
    bucket.write(f"{folder}{CONTENTS_FILE}", _encode(contents), CONTENT_TYPES[".json"])


def _write_latest(generation: Generation, copy: _Copy) -> bytes:
    tables = {
        ".".join(Path(name).with_suffix("").parts[-2:]): f"{copy.name}/{name}"
        for name in copy.files
        if name.startswith(f"{PARQUET_FOLDER}/")
    }
    manifest = generation.manifest
    facts = {
        "folder": copy.name,
        "generation": generation.name,
        "as_of": manifest.as_of.isoformat(),
        "created_at": manifest.created_at.isoformat(),
        "tables": tables,
    }
    return _encode(facts)


def _encode(values: dict[str, Any]) -> bytes:
    return f"{json.dumps(values, indent=1)}\n".encode()


def _read_latest(bucket: "Bucket", options: ObjectStorageOptions) -> str | None:
    """The folder that `latest.json` names; None when there is none, or it is not ours."""
    content = bucket.read(f"{options.folder}{LATEST_FILE}")
    try:
        return str(json.loads(content or b"")["folder"])
    except (ValueError, KeyError, TypeError):
        return None


def _remove_old_copies(bucket: "Bucket", options: ObjectStorageOptions, latest: str) -> None:
    """Remove all but the newest whole copies, and what killed deliveries left; never the latest."""
    keys: dict[str, list[str]] = {}
    for name in bucket.list_folders(options.folder):
        if COPY.fullmatch(name) and name != latest:
            keys[name] = [each.key for each in bucket.list_objects(f"{options.folder}{name}/")]
    whole = [name for name, of_copy in keys.items() if f"{options.folder}{name}/{CONTENTS_FILE}" in of_copy]
    kept = sorted(whole, key=_sort_by_number)[-(options.keep_generations - 1) :]
    for name in keys.keys() - set(kept):
        contents, files = _split(keys[name], f"{options.folder}{name}/{CONTENTS_FILE}")
        bucket.remove(contents)  # first, so that what a kill leaves is no whole copy
        bucket.remove(files)


def _sort_by_number(name: str) -> tuple[int, str]:
    return int(name[1:].partition("-")[0]), name


def _split(keys: Iterable[str], one: str) -> tuple[list[str], list[str]]:
    return [key for key in keys if key == one], [key for key in keys if key != one]


TARGET = TargetType(
    name="object_storage",
    options=ObjectStorageOptions,
    deliver=deliver_to_object_storage,
    example="""
publish:
  targets:
    lake:
      type: object_storage
      url: s3://analytics/regulars
      endpoint: https://minio.example.com            # without it, the cloud's own server
      region: eu-central-1
      key_id_variable: LAKE_KEY_ID
      secret_variable: LAKE_SECRET_KEY
      keep_generations: 3
      report: true
    azure:
      type: object_storage
      url: az://analytics/regulars
      account: examplestorage
      secret_variable: AZURE_LAKE_KEY
""",
    check=check_object_storage,
)
