"""Texts as numbers: a column of a million texts takes a few bytes a row, and is compared and grouped as numbers.

Both kinds only ever grow, so that a number means the same text for as long as the process lives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Codes = NDArray[np.int32]
TEXT = pa.large_string()
NONE = -1
"""The number of a text that is null."""

_MERGE_FROM = 0.1


class Words:
    """Few texts that many rows share. The number of a text is its place in `words`."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words: list[str] = list(words)
        self._code = {word: code for code, word in enumerate(self.words)}

    def codes(self, column: pa.ChunkedArray) -> Codes:
        """The number of each text; those that are new get one."""
        found = column.combine_chunks().dictionary_encode()
        code = np.array([self._add(word) for word in found.dictionary.to_pylist()] + [NONE], np.int32)
        return np.asarray(code[found.indices.fill_null(len(code) - 1).to_numpy(zero_copy_only=False)])

    def code(self, word: str) -> int:
        """The number of a text, NONE where it has none."""
        return self._code.get(word, NONE)

    def those(self, words: Iterable[str]) -> list[int]:
        """The numbers of those texts that have one."""
        return [self._code[word] for word in words if word in self._code]

    def rank(self) -> NDArray[np.int64]:
        """Where each text stands in the order of their bytes, as SQL sorts."""
        rank = np.empty(len(self.words), np.int64)
        rank[np.array(sorted(range(len(self.words)), key=self.words.__getitem__), np.int64)] = np.arange(len(rank))
        return rank

    def dictionary(self, codes: Codes) -> pa.DictionaryArray:
        """The texts of these numbers; its dictionary holds only them, sorted."""
        there = np.zeros(len(self.words) + 1, bool)
        there[codes] = True
        used = sorted(np.flatnonzero(there[:-1]).tolist(), key=self.words.__getitem__)
        place = np.full(len(self.words) + 1, NONE, np.int32)
        place[used] = np.arange(len(used), dtype=np.int32)
        indices = place[codes]
        nulls = indices < 0
        return pa.DictionaryArray.from_arrays(
            pa.array(indices, mask=nulls if nulls.any() else None), pa.array([self.words[code] for code in used], TEXT)
        )

    def _add(self, word: str | None) -> int:
        if word is None:
            return NONE
        code = self._code.setdefault(word, len(self.words))
        if code == len(self.words):
            self.words.append(word)
        return code


class Pool:
    """Texts of which nearly every row has its own, one after the other; the number of a text is its place."""

    def __init__(self, texts: pa.ChunkedArray | None = None) -> None:
        self._chunks: list[pa.Array] = [] if texts is None else [texts.combine_chunks().cast(TEXT)]

    def __len__(self) -> int:
        return sum(map(len, self._chunks))

    @property
    def texts(self) -> pa.ChunkedArray:
        """All of them."""
        return pa.chunked_array(self._chunks, TEXT)

    def with_more(self, texts: pa.Array) -> Pool:
        """These after those that are there; memory of the many is shared."""
        more = Pool()
        chunks = [*self._chunks, texts.cast(TEXT)]
        while len(chunks) > 1 and len(chunks[-1]) > _MERGE_FROM * len(chunks[-2]):
            chunks[-2:] = [pa.concat_arrays(chunks[-2:])]
        more._chunks = chunks
        return more

    def take(self, codes: NDArray[np.integer]) -> pa.Array:
        """The texts of these numbers, null for NONE."""
        nulls = codes < 0
        taken = self.texts.take(pa.array(codes, mask=nulls if nulls.any() else None))
        return taken.combine_chunks()


def codes_of(texts: Sequence[pa.Array]) -> tuple[list[NDArray[np.int64]], pa.Array]:
    """Each column as numbers of one list of distinct texts, and that list; -1 for null."""
    found = pa.concat_arrays([column.cast(TEXT) for column in texts]).dictionary_encode()
    codes = found.indices.fill_null(NONE).to_numpy(zero_copy_only=False).astype(np.int64)
    ends = np.cumsum([len(column) for column in texts])[:-1]
    return np.split(codes, ends), found.dictionary
