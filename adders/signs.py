"""The sign in which each sum is made, so that few outputs have to be negated.

An adder or a subtracter cannot have two operands that are subtracted. A sum of terms of both signs
can be made as it is, or as its negative; one whose terms have the same sign only in that sign.
"""

from __future__ import annotations

from pascaline.adders.sums import Sums

__all__ = ["made_negative"]


def made_negative(sums: Sums) -> list[bool]:
    """Whether each sum is made as its negative.

    Outputs are made as they are wanted, where that can be. Then terms of the others are turned, so
    that more of them have terms of both signs.
    """
    return _Signs(sums).run()


class _Signs:
    def __init__(self, sums: Sums) -> None:
        self.inputs = sums.inputs
        self.lists = sums.lists
        self.order = sums.order()
        self.turned = [False] * len(sums)
        self.wanted: dict[int, bool] = {}
        for c in sums.outputs.tolist():
            if c >> 7 >= self.inputs:
                self.wanted.setdefault((c >> 7) - self.inputs, bool(c & 1))
        # Symbols that have a pinned sum in them; and which are to be negative.
        self.pinned = {sums.inputs + k for k in sums.pinned}
        self.lean: dict[int, bool] = {}
        for symbol in self.pinned:
            self._signs_of(symbol, False)
        self.users: list[list[int]] = [[] for _ in self.lists]
        for k in self.order:
            for c in self.lists[k]:
                if c >> 7 >= self.inputs:
                    self.users[(c >> 7) - self.inputs].append(k)

    def run(self) -> list[bool]:
        for k in self.order:
            forced, usual = self._forced(k), self._less(k)
            self.turned[k] = self.wanted.get(k, usual) if forced is None else forced
        for k, wanted in self.wanted.items():
            if self.turned[k] != wanted and self._free(k):
                self.turned[k] = wanted
        return self.turned

    def _less(self, k: int) -> bool:
        """Whether a sum is to be made as its negative, if nothing else says so.

        Where there is a pinned sum, outputs have it with both signs, less others: all sums are made
        with the sign that the pinned one has in them, or their inputs in it.
        """
        if not self.pinned:
            return False
        terms = [(c >> 7, bool(c & 1)) for c in self.lists[k]]
        leads = [one for one in terms if one[0] in self.pinned] or terms
        if leads is not terms:
            self.pinned.add(self.inputs + k)
        symbol, negative = leads[0]
        self.lean[self.inputs + k] = negative ^ self.lean.get(symbol, False)
        return self.lean[self.inputs + k]

    def _signs_of(self, symbol: int, negative: bool) -> None:
        """Note the signs of the inputs of a sum."""
        if symbol < self.inputs:
            self.lean[symbol] = negative
            return
        for c in self.lists[symbol - self.inputs]:
            self._signs_of(c >> 7, bool(c & 1) ^ negative)

    def _forced(self, k: int) -> bool | None:
        """The sign in which a sum has to be made; None if there is a choice."""
        found = {bool(c & 1) ^ self._made(c >> 7) for c in self.lists[k]}
        return found.pop() if len(found) == 1 else None

    def _made(self, symbol: int) -> bool:
        return symbol >= self.inputs and self.turned[symbol - self.inputs]

    def _free(self, k: int) -> bool:
        """Turn a term of a sum whose terms have the same sign, if no other sum minds."""
        for c in self.lists[k]:
            child = (c >> 7) - self.inputs
            if child < 0 or child in self.wanted or self._forced(child) is not None:
                continue
            if len(self.lists[k]) == 1:
                continue
            self.turned[child] ^= True
            if all(self._forced(u) in (None, self.turned[u]) for u in self.users[child]):
                return True
            self.turned[child] ^= True
        return False
