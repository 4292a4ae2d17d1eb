"""An S3 server on loopback that checks signatures, with a proxy before it that breaks what a test wants broken."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import settings as moto_settings
from moto.server import ThreadedMotoServer

from tests.storage_proxy import BreakableStore, run_proxy

KEY_ID_VARIABLE, SECRET_VARIABLE = "SHOP_KEY_ID", "SHOP_SECRET_KEY"
REGION = "eu-central-1"
ALL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass
class ObjectStore(BreakableStore):
    """The server with the proxy before it."""

    key_id: str
    secret: str
    scheme: str = "s3"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that hold its secrets."""
        return {KEY_ID_VARIABLE: self.key_id, SECRET_VARIABLE: self.secret}

    @property
    def access(self) -> dict[str, Any]:
        """The keys of the settings that open it."""
        return {
            "endpoint": self.endpoint,
            "region": REGION,
            "key_id_variable": KEY_ID_VARIABLE,
            "secret_variable": SECRET_VARIABLE,
        }

    @property
    def client(self) -> Any:
        """A client that goes past the proxy."""
        return boto3.client(
            "s3",
            endpoint_url=self.address,
            region_name=REGION,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
        )

    def make_bucket(self, name: str) -> None:
        # the client asks again when a busy machine takes long to answer, and the first request may have made it
        with contextlib.suppress(self.client.exceptions.BucketAlreadyOwnedByYou):
            self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, bucket: str, key: str, content: bytes | str) -> None:
        self.client.put_object(Bucket=bucket, Key=key, Body=content)

    def keys(self, bucket: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=bucket).get("Contents", [])
        return sorted(each["Key"] for each in found)

    def read(self, bucket: str, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())

    def delete(self, bucket: str) -> None:
        """Delete every object of a bucket."""
        for key in self.keys(bucket):
            self.client.delete_object(Bucket=bucket, Key=key)


@contextlib.contextmanager
def run_object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """A server with one key that may do everything, which stands in the environment."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        iam = boto3.client(
            "iam", endpoint_url=address, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        )
        user = f"regulars-{port}"  # servers of one process share their users
        iam.create_user(UserName=user)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        iam.put_user_policy(UserName=user, PolicyName="all", PolicyDocument=json.dumps(ALL))
        monkeypatch.setenv(KEY_ID_VARIABLE, key["AccessKeyId"])
        monkeypatch.setenv(SECRET_VARIABLE, key["SecretAccessKey"])
        with pytest.MonkeyPatch.context() as checked:
            checked.setattr(moto_settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
            store = ObjectStore(address, key["AccessKeyId"], key["SecretAccessKey"])
            with run_proxy(store):
                yield store
    finally:
        server.stop()
