"""The arrays that numbers travel in, by what their elements are; the names of axes stand with whatever takes one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Real numbers, in which all statistics are computed.
Floats = npt.NDArray[np.float64]
#: Places in another array.
Indices = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
#: Which group each row is of, under a relabeling.
Labels = npt.NDArray[np.int8]
