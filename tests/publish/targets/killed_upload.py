"""Delivers a generation to a bucket in a process of its own, which a test kills."""

import json
import sys
from pathlib import Path

from regulars.pipelines.home.generation import Generation
from regulars.pipelines.publish.targets.object_storage import ObjectStorageOptions, deliver_to_object_storage

if __name__ == "__main__":
    path = Path(sys.argv[1])
    options = ObjectStorageOptions.model_validate(json.loads(sys.argv[2]))
    deliver_to_object_storage(Generation(int(path.name.removeprefix("g")), path), options, path)
