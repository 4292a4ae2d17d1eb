"""Lists the parts of a zip file, after a look at where each is said to begin.

Put here: what zip files have in common. Keep out: archives of exports (`archives/`) and workbooks (`workbooks/`).
"""

import zipfile
from pathlib import Path


def list_parts(package: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The parts of a zip file that was opened by its path.

    Raises:
        BadZipFile: One begins outside of the file; going there would be an error of the disk.
    """
    parts, size = package.infolist(), Path(str(package.filename)).stat().st_size
    if any(not 0 <= part.header_offset < size for part in parts):
        raise zipfile.BadZipFile("a part begins outside of the file")
    return parts
