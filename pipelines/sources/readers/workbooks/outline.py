"""Takes the cells out of the XML of a sheet while that is unpacked, so that merged cells are looked for without them.

Put here: what stands around the cells, and whether all of it was surely understood. Keep out: the zip file
(`package.py`). The XML is searched and never parsed: nothing in it is expanded.
"""

from regulars.pipelines.sources.readers.decoding import CHUNK

_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_NO_MERGED = b"<mergeCells></mergeCells>"
"""What a reader that looks for merged cells finds at once, where it stands before the cells."""
_DEPTH = b"</z></z><z><z>"
"""Behind the cells: an error for the reader, where more was ended among them than begun."""
_UNUSUAL = (b"<!", b"sheetData", b"mergeCell")
"""What stands before or among the cells of no usual sheet."""
_LONGEST = 8 * CHUNK


class Outline:
    """The XML of a sheet without its cells, taken while the whole goes by.

    Attributes:
        is_sure: Whether all merged cells stand in the outline, or the sheet was left as it is.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.is_sure = True
        self._is_begun, self._has_cells, self._has_ended = False, False, False
        self._around: list[bytes] = []
        self._rest = b""
        self._size = 0

    @property
    def xml(self) -> bytes:
        """The outline; of a sheet that was left as it is, for its reader to find its merged cells, an empty one."""
        return b"".join(self._around) if self._has_cells else b"<worksheet/>"

    def add(self, piece: bytes) -> bytes:
        """Take the next piece of the XML; what is to be written in its place comes back."""
        if self._is_begun:
            return self._add_cells(piece) if self._has_cells and not self._has_ended else self._add_behind(piece)
        self._is_begun = True
        before, begin, cells = piece.partition(_BEGIN)
        if not begin or any(word in before for word in _UNUSUAL):
            return piece
        self._has_cells = True
        self._around = [before, begin, _END]
        return b"".join((before, _NO_MERGED, begin, self._add_cells(cells)))

    def close(self) -> None:
        """Say that no piece is left."""
        self.is_sure &= self._has_ended or not self._has_cells

    def _add_cells(self, piece: bytes) -> bytes:
        text = self._rest + piece
        end = text.find(_END) if b"h" in text else -1
        cut = end if end >= 0 else max(text.rfind(b"<"), 0)
        cells, self._rest = text[:cut], text[cut:]
        # one rare letter is looked for at the speed of memory; each word that holds it takes ten times as long
        is_unusual = any(word in cells for sign, word in zip(b"!hg", _UNUSUAL, strict=True) if sign in cells)
        self.is_sure &= not is_unusual and len(self._rest) < _LONGEST
        if end < 0:
            return cells
        self._has_ended = True
        return b"".join((cells, _DEPTH, _END, self._add_behind(self._rest.removeprefix(_END))))

    def _add_behind(self, piece: bytes) -> bytes:
        self._size += len(piece)
        self.is_sure &= not self._has_cells or self._size < _LONGEST
        if self._has_cells and self.is_sure:
            self._around.append(piece)
        return piece
