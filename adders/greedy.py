"""Sharing without a search, in Python: what there is where nothing can be compiled.

Two terms that several sums have are made a sum of their own, those first that most sums have
(C. Paar, "Optimized arithmetic for Reed-Solomon encoders", 1997), until no two terms are in
several sums.
"""

from __future__ import annotations

import heapq
from collections import Counter
from itertools import combinations

from pascaline.adders.sums import Sums, code, parts

__all__ = ["shared"]

Pair = tuple[int, int]
"""Codes of two terms, the first of shift 0 or the second, the first one positive."""


def shared(sums: Sums, limit: int | None = None) -> Sums:
    """The same outputs with terms shared by twos.

    Parameters
    ----------
    sums : Sums
        What to share.
    limit : int, optional
        Adders in a row that no sum exceeds, if it does not before.
    """
    return _Greedy(sums, limit).run()


class _Greedy:
    def __init__(self, sums: Sums, limit: int | None) -> None:
        self.given = sums
        self.sums = [set(terms) for terms in sums.lists]
        self.depth = sums.depth
        self.limit = limit
        self.users: dict[int, set[int]] = {}
        self.count: Counter[Pair] = Counter()
        for k, terms in enumerate(self.sums):
            for term in terms:
                self.users.setdefault(term >> 7, set()).add(k)
            self.count.update(pair(a, b) for a, b in combinations(terms, 2))
        self.heap = [(-n, p) for p, n in self.count.items() if n > 1]
        heapq.heapify(self.heap)

    def run(self) -> Sums:
        while self.heap:
            n, two = heapq.heappop(self.heap)
            now = self.count[two]
            if now != -n:
                if now > 1:
                    heapq.heappush(self.heap, (-now, two))
                continue
            self._share(two)
        lists = [sorted(terms) for terms in self.sums]
        return Sums.of(self.given.inputs, lists, self.given.outputs.tolist())

    def _share(self, two: Pair) -> None:
        a, b = two
        places = []
        for k in sorted(self.users[a >> 7] & self.users[b >> 7]):
            taken: set[int] = set()
            load = self._load(self.sums[k])
            for one, other in self._found(k, two):
                more = abs((1 << self.depth[one >> 7]) - (1 << self.depth[other >> 7]))
                if not taken & {one, other} and self._fits(k, load, more):
                    taken |= {one, other}
                    load += more
                    places.append((k, one, other))
        if len(places) < 2:
            self.count[two] = 0
            return
        exact = [k for k, *_ in places if len(self.sums[k]) == 2]
        if exact:
            symbol = self.given.inputs + exact[0]
            _, _, flipped = _normal(*self.sums[exact[0]])
            places = [place for place in places if place[0] != exact[0]]
        else:
            symbol = self.given.inputs + len(self.sums)
            flipped = False
            self.sums.append(set())
            self.depth.append(1 + max(self.depth[a >> 7], self.depth[b >> 7]))
            for term in two:
                self._put(symbol - self.given.inputs, term)
        for k, one, other in places:
            _, shift, minus = _normal(one, other)
            self._drop(k, one)
            self._drop(k, other)
            self._put(k, code((symbol, shift, minus ^ flipped)))
            self.depth[self.given.inputs + k] = (self._load(self.sums[k]) - 1).bit_length()

    def _found(self, k: int, two: Pair) -> list[Pair]:
        symbols = {term >> 7 for term in two}
        near = sorted(term for term in self.sums[k] if term >> 7 in symbols)
        return [(x, y) for x, y in combinations(near, 2) if pair(x, y) == two]

    def _fits(self, k: int, load: int, more: int) -> bool:
        """Whether a sum with so much more than its load stays as deep as it is allowed to be."""
        if self.limit is None or more == 0:
            return True
        own = self.depth[self.given.inputs + k]
        final = k < len(self.given) and self._unused(k)
        return load + more <= 1 << (max(own, self.limit) if final else own)

    def _unused(self, k: int) -> bool:
        return not self.users.get(self.given.inputs + k)

    def _load(self, terms: set[int]) -> int:
        """A sum of this many terms of depth 0 is as deep (Kraft's sum)."""
        return sum(1 << self.depth[term >> 7] for term in terms)

    def _put(self, k: int, term: int) -> None:
        for other in self.sums[k]:
            two = pair(term, other)
            self.count[two] += 1
            if self.count[two] > 1:
                heapq.heappush(self.heap, (-self.count[two], two))
        self.sums[k].add(term)
        self.users.setdefault(term >> 7, set()).add(k)

    def _drop(self, k: int, term: int) -> None:
        self.sums[k].remove(term)
        for other in self.sums[k]:
            self.count[pair(term, other)] -= 1
        if not any(other >> 7 == term >> 7 for other in self.sums[k]):
            self.users[term >> 7].remove(k)


def _normal(one: int, other: int) -> tuple[Pair, int, bool]:
    """Two terms without a common shift and sign, their common shift, and their common sign."""
    (a, a_shift, a_minus), (b, b_shift, b_minus) = sorted((parts(one), parts(other)))
    shift = min(a_shift, b_shift)
    two = code((a, a_shift - shift, False)), code((b, b_shift - shift, a_minus ^ b_minus))
    return two, shift, a_minus


def pair(one: int, other: int) -> Pair:
    """Two terms as all sums have them that can share their sum."""
    return _normal(one, other)[0]
