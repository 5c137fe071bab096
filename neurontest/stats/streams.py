"""Random streams that hang on names, so that order, selection and workers change nothing."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


class Stream:
    """An endless sequence of random words, decided by a seed and a name.

    The words are the raw output of the Philox counter-based generator (Salmon et al. 2011) keyed by sha256. Draws are
    made from words, not by methods of ``numpy.random.Generator``, whose streams may change between releases (NEP 19).

    Parameters
    ----------
    seed : int
        The suite's seed.
    *name : str
        What the stream is for, such as the claim's node and a purpose.
    """

    def __init__(self, seed: int, *name: str) -> None:
        text = "\x1f".join((str(seed), *name))
        digest = hashlib.sha256(text.encode()).digest()
        self.digest = digest.hex()
        self._bits = np.random.Philox(key=np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64))

    def words(self, *shape: int) -> npt.NDArray[np.uint64]:
        """The next words of the stream, in C order."""
        count = int(np.prod(shape))
        return np.asarray(self._bits.random_raw(count), dtype=np.uint64).reshape(shape)

    def permutations(self, *shape: int) -> npt.NDArray[np.intp]:
        """Independent random permutations along the last axis: ``shape[-1]`` items each."""
        # The order of equal words is the sort's own, but no two of so few words of 64 bits are equal.
        return np.argsort(self.words(*shape), axis=-1)

    def generator(self) -> np.random.Generator:
        """A Generator over the same bits, for libraries that ask for one; for descriptions, never for decisions."""
        return np.random.Generator(self._bits)
