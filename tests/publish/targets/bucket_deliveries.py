"""Deliveries to a bucket of any cloud, and what a reader finds in it afterwards.

A store is one of the test servers: `tests/object_store.py`, `tests/azure_storage.py` or `tests/google_door.py`.
"""

import hashlib
import json
import subprocess
import sys
import urllib.parse

from regulars.pipelines.publish.targets.object_storage import ObjectStorageOptions, deliver_to_object_storage
from tests.publish.builders import publish_run
from tests.publish.trials import ENVIRONMENT, ROOT


def publish(home, run):
    """A generation whose orders all have this number as their `run`."""
    return publish_run(home, run).generation


def make_options(store, bucket, **changed):
    url = f"{store.scheme}://{bucket}/regulars"
    return ObjectStorageOptions.model_validate({"url": url, **store.access, **changed})


def deliver(generation, store, bucket, **changed):
    """Deliver a generation, and say whether anything was written."""
    return deliver_to_object_storage(generation, make_options(store, bucket, **changed), generation.path).is_new


def deliver_until_killed(generation, store, bucket, number):
    """Deliver in a process that is killed at the request with this number, and return the process's exit code."""
    running = []
    count = iter(range(1, 1000))

    def kill(method, path):
        if next(count) == number:
            running[0].kill()
            running[0].wait()

    access = json.dumps({"url": f"{store.scheme}://{bucket}/regulars", **store.access})
    script = [sys.executable, "-m", "tests.publish.targets.killed_upload", str(generation.path), access]
    with store.broken(kill):
        running.append(subprocess.Popen(script, env={**ENVIRONMENT, **store.environment}, cwd=ROOT))
        return running[0].wait()


def read_latest(store, bucket, prefix="regulars/"):
    """What `latest.json` leads to, after every file of it was compared with `contents.json`."""
    latest = json.loads(store.read(bucket, f"{prefix}latest.json"))
    contents = json.loads(store.read(bucket, f"{prefix}{latest['folder']}/contents.json"))
    for name, facts in contents["files"].items():
        content = store.read(bucket, f"{prefix}{latest['folder']}/{name}")
        assert (len(content), hashlib.sha256(content).hexdigest()) == (facts["bytes"], facts["sha256"])
    return latest


def list_copies(store, bucket):
    """The generations of which the bucket holds files, and other folders beside them."""
    return sorted({key.split("/")[1].partition("-")[0] for key in store.keys(bucket) if key.count("/") > 1})


def list_writes(store):
    """The paths that were written, in order."""
    return [urllib.parse.unquote(path) for method, path in store.requests if method == "PUT"]
