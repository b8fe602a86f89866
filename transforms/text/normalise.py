"""Normalised text: `clean.clean` for whole Arrow arrays, at the speed of a scan where nothing is amiss.

The scan says per row what it needs: trimmed ends, an edit (done by a kernel), composition (`unicodedata`), or a look
for misread UTF-8 (`clean.clean`). Rows that need nothing are not touched.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from transforms.text.buffers import Text, assemble, large, view
from transforms.text.clean import clean
from transforms.text.kernels import ACCENTED, COMPOSE, EDIT, MISREAD, TRIM, edit, scan
from transforms.text.signs import signs


def normalise(text: Text) -> pa.LargeStringArray:
    """Clean text, row by row; nulls stay null; rows that are clean already keep their bytes.

    What clean means stands in `transforms.text.clean`. `normalise(normalise(t))` equals `normalise(t)`.
    """
    array = large(text)
    needs = scan(view(array), signs())
    needs[(needs & MISREAD) > 0] = MISREAD  # what an edit would remove may be half of what was misread
    array = _replace(array, (needs & (TRIM | EDIT)) == TRIM, _trimmed)
    array = _replace(array, (needs & EDIT) > 0, _edited)
    array = _replace(array, (needs & COMPOSE) > 0, _composed)
    changed = ((needs & COMPOSE) > 0) | ((needs & (EDIT | ACCENTED)) == EDIT | ACCENTED)
    if changed.any():  # an edit or a composition may have put a misread run together
        needs[changed] |= scan(view(array.filter(pa.array(changed))), signs()) & MISREAD
    return _replace(array, (needs & MISREAD) > 0, _repaired)


def _replace(
    array: pa.LargeStringArray,
    mask: npt.NDArray[np.bool_],
    treat: Callable[[pa.LargeStringArray], pa.LargeStringArray],
) -> pa.LargeStringArray:
    if not mask.any():
        return array
    chosen = pa.array(mask)
    return pc.replace_with_mask(array, chosen, treat(array.filter(chosen)))


def _trimmed(array: pa.LargeStringArray) -> pa.LargeStringArray:
    return pc.ascii_rtrim(pc.ascii_ltrim(array, "\n"), " \t\n")


def _edited(array: pa.LargeStringArray) -> pa.LargeStringArray:
    rows = view(array)
    offsets, data = edit(rows, signs())
    return assemble(offsets, data, rows.valid)


def _composed(array: pa.LargeStringArray) -> pa.LargeStringArray:
    return pa.array([unicodedata.normalize("NFC", row) for row in array.to_pylist()], pa.large_string())


def _repaired(array: pa.LargeStringArray) -> pa.LargeStringArray:
    return pa.array([clean(row) for row in array.to_pylist()], pa.large_string())
