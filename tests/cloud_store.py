"""What the test servers of Azure and Google have in common: obstore reads and writes past their proxy."""

import obstore
from obstore.store import ObjectStore

from tests.storage_proxy import BreakableStore


class CloudStore(BreakableStore):
    """A server whose buckets `open` opens."""

    def open(self, bucket: str) -> ObjectStore:
        """A client that goes past the proxy."""
        raise NotImplementedError

    def put(self, bucket: str, key: str, content: bytes | str) -> None:
        obstore.put(self.open(bucket), key, content.encode() if isinstance(content, str) else content)

    def read(self, bucket: str, key: str) -> bytes:
        return bytes(obstore.get(self.open(bucket), key).bytes())

    def keys(self, bucket: str) -> list[str]:
        return sorted(each["path"] for page in obstore.list(self.open(bucket)) for each in page)

    def delete(self, bucket: str) -> None:
        """Delete every object of a bucket."""
        obstore.delete(self.open(bucket), self.keys(bucket))
