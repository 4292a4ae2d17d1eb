"""What a company may set about object storage: where its buckets are, and who opens them.

Put here: the keys that a source and a target in a bucket share. Keep out: opening a bucket
(`pipelines/servers/buckets/`).
"""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from regulars.pipelines.settings.part import WEB_ADDRESS_PATTERN, Part

SCHEMES = {"s3": "S3", "gs": "Google Cloud Storage", "az": "Azure Blob Storage"}
"""How the address of a bucket begins -> whose it is; `s3` is also that of MinIO, Ceph, R2, Wasabi and others."""


def check_bucket_url(url: str) -> str:
    """The address, if it is that of a bucket or of something in it.

    Raises:
        ValueError: It is not.
    """
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in SCHEMES or not rest.partition("/")[0]:
        raise ValueError("write an address such as s3://bucket/folder, gs://bucket/folder or az://container/folder")
    if "@" in rest.partition("/")[0]:
        raise ValueError("no name and no secret belongs into the address; `secret_variable` names a variable")
    return url


BucketUrl = Annotated[str, AfterValidator(check_bucket_url)]
Text = Annotated[str, Field(min_length=1)]


class BucketAccess(Part):
    """Where buckets are, and who opens them.

    Without `secret_variable`, what the cloud's own tools take holds: the variables `AWS_ACCESS_KEY_ID` and
    `AWS_SECRET_ACCESS_KEY`, `GOOGLE_APPLICATION_CREDENTIALS` or `AZURE_STORAGE_ACCOUNT_KEY`, else the role of the
    machine.
    """

    endpoint: Annotated[str, Field(pattern=WEB_ADDRESS_PATTERN)] | None = None
    """The server, where it is not the cloud's own: `https://minio.example.com` of an S3-compatible one; of Azure in
    another cloud with the account in it, such as `https://examplestorage.blob.core.usgovcloudapi.net`, and of the
    emulator Azurite with the account behind it, `http://127.0.0.1:10000/devstoreaccount1`."""
    region: Text | None = None
    """The region of an S3 bucket, such as `eu-central-1`."""
    account: Text | None = None
    """The storage account of an Azure container."""
    key_id_variable: Text | None = None
    """The environment variable that holds the id of the access key (S3)."""
    secret_variable: Text | None = None
    """The environment variable that holds the secret: the secret access key (S3), the JSON of a service account's key
    (Google), the account's key or a SAS token (Azure)."""

    @model_validator(mode="after")
    def _names_a_whole_key(self) -> Self:
        if self.key_id_variable and not self.secret_variable:
            raise ValueError("`key_id_variable` needs `secret_variable` beside it")
        return self

    @property
    def is_public(self) -> bool:
        """Whether the bucket is opened without signing in."""
        return False


def require_fitting_keys(access: BucketAccess, scheme: str) -> None:
    """Check that the keys are those of the cloud.

    Raises:
        ValueError: One is missing, or belongs to another cloud.
    """
    if scheme == "s3" and access.secret_variable and not access.key_id_variable:
        raise ValueError("`secret_variable` needs `key_id_variable` beside it")
    if scheme != "s3" and (access.key_id_variable or access.region):
        raise ValueError(f"{SCHEMES[scheme]} has no `key_id_variable` and no `region`; remove it")
    if scheme != "az" and access.account:
        raise ValueError(f"{SCHEMES[scheme]} has no `account`; remove it")
    if scheme == "az" and not access.account:
        raise ValueError("a container of Azure needs `account`")
