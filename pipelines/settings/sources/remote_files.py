"""What a company may set about files that lie in a bucket or on an SFTP server.

Put here: those two shapes of `sources.<name>.from`. Keep out: fetching (`pipelines/sources/fetching/remote/`).
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from regulars.pipelines.settings.bucket_access import BucketAccess, BucketUrl, require_fitting_keys
from regulars.pipelines.settings.part import FINGERPRINT_PATTERN, Part

Text = Annotated[str, Field(min_length=1)]


class BucketFiles(BucketAccess):
    """Files in a bucket of object storage: S3 and what is compatible with it, Google Cloud Storage, Azure.

    Each run fetches the objects that are new or have changed, by their e-tag, size and time. What was fetched is a
    delivery like any file: `format`, `options`, `member` and `delivery` hold as for `path`. Needs the extra
    `regulars[buckets]`.
    """

    type: Literal["bucket"]
    """This way in."""
    url: BucketUrl | Annotated[list[BucketUrl], Field(min_length=1)]
    """Where the files are: an address or a glob, or a list of them, as for `path`: `s3://exports/shop/orders-*.csv`.
    `gs://` is Google Cloud Storage, `az://` a container of Azure."""
    public: bool = False
    """Whether the bucket is read without signing in."""
    time_limit_minutes: Annotated[float, Field(gt=0)] = 30.0
    """How long fetching may take, with all attempts. After it the source counts as not delivered."""

    @model_validator(mode="after")
    def _fits_its_clouds(self) -> Self:
        if self.public and self.secret_variable:
            raise ValueError("a `public` bucket needs no `secret_variable`; remove one of them")
        for pattern in self.patterns:
            require_fitting_keys(self, pattern.partition("://")[0])
        return self

    @property
    def patterns(self) -> list[str]:
        """The addresses or globs, in the order of delivery."""
        return [self.url] if isinstance(self.url, str) else list(self.url)

    @property
    def what(self) -> str:
        """What is fetched, in words."""
        return " and ".join(self.patterns)

    @property
    def is_public(self) -> bool:
        """Whether the bucket is opened without signing in."""
        return self.public


class SftpFiles(Part):
    """Files on an SFTP server.

    Each run fetches the files that are new or have changed, by their size and time. What was fetched is a delivery like
    any file: `format`, `options`, `member` and `delivery` hold as for `path`. The server must prove by its host key who
    it is. Needs the extra `regulars[sftp]`.
    """

    type: Literal["sftp"]
    """This way in."""
    host: Text
    """The server."""
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    """Its port."""
    user: Text
    """Who signs in."""
    path: Text | Annotated[list[Text], Field(min_length=1)]
    """Where the files are on the server: a path or a glob, or a list of them, from the folder of the user."""
    password_variable: Text | None = None
    """The environment variable that holds the password. Give this, `key_variable` or both."""
    key_variable: Text | None = None
    """The environment variable that holds the private key, or the path of its file."""
    passphrase_variable: Text | None = None
    """The environment variable that holds the passphrase of the private key."""
    host_fingerprint: Annotated[str, Field(pattern=FINGERPRINT_PATTERN)] | None = None
    """The fingerprint of the server's host key, such as `SHA256:…`, from its operator. Without it, the key must be in
    `known_hosts`."""
    known_hosts: Text = "~/.ssh/known_hosts"
    """The file of known host keys, from the settings file's folder (or `--data`)."""
    time_limit_minutes: Annotated[float, Field(gt=0)] = 30.0
    """How long fetching may take, with all attempts. After it the source counts as not delivered."""

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if not self.password_variable and not self.key_variable:
            raise ValueError("name the variable of a secret: `password_variable` or `key_variable`")
        if self.passphrase_variable and not self.key_variable:
            raise ValueError("`passphrase_variable` needs `key_variable` beside it")
        return self

    @property
    def patterns(self) -> list[str]:
        """The paths or globs, in the order of delivery."""
        return [self.path] if isinstance(self.path, str) else list(self.path)

    @property
    def place(self) -> str:
        """The server in words, without a secret."""
        return f"sftp://{self.host}" if self.port == 22 else f"sftp://{self.host}:{self.port}"

    @property
    def what(self) -> str:
        """What is fetched, in words."""
        return " and ".join(f"{self.place}/{pattern.lstrip('/')}" for pattern in self.patterns)


RemoteFiles = BucketFiles | SftpFiles
"""Files that lie elsewhere, fetched as they are."""
