"""A graph of adders as sums of several terms, for adders of one bit."""

import heapq
from collections import Counter

from pascaline.spec.wires import OPERANDS

__all__ = ["Sums"]


class Sums:
    """The adders of a graph, those put together of which nothing else needs what is between them.

    No adder is lost or added: a sum of k terms is k - 1 of them. At least one term of a sum is not
    subtracted.

    Parameters
    ----------
    graph : Graph
        The graph.

    Attributes
    ----------
    inputs : int
        Elements of the vector.
    terms : list of list of (int, int, bool)
        Index, shift and sign of all that each sum adds up. Indices are those of inputs, and from
        there on those of sums, in order.
    outputs : list of (int, int, bool)
        Index, shift and sign of each output; index -1 for zeros.
    """

    def __init__(self, graph):
        self.inputs = graph.inputs
        self.terms = []
        self._depth = [0] * graph.inputs
        nodes, used = list(graph), graph.used
        needed = [place for place in range(graph.inputs, len(used)) if used[place]]
        ends = {of for of, _, _ in graph.outputs}
        uses = Counter()
        for place in needed:
            a, a_shift, _, b, b_shift, _ = nodes[place - graph.inputs]
            # What is used with a shift is kept, so that one bit is shifted, not each of its terms.
            uses.update({a: 1 + (a_shift > 0)})
            uses.update({b: 1 + (b_shift > 0)})
        known, open_ = {place: place for place in range(graph.inputs)}, {}
        for place in needed:
            a, a_shift, minus_a, b, b_shift, minus_b = nodes[place - graph.inputs]
            terms = []
            for of, shift, minus in ((a, a_shift, minus_a), (b, b_shift, minus_b)):
                if of in open_:
                    terms += [(one, by, sign != minus) for one, by, sign in open_.pop(of)]
                else:
                    terms.append((known[of], shift, minus))
            if uses[place] == 1 and place not in ends:
                open_[place] = terms
            else:
                known[place] = self._tree(terms)
        self.outputs = [(known.get(of, -1), shift, minus) for of, shift, minus in graph.outputs]

    def _tree(self, terms):
        """Sums that add these up, the shallowest first; returns the last one's index."""
        heap = [(self._depth[term[0]], number, term) for number, term in enumerate(terms)]
        heapq.heapify(heap)
        number = len(terms)
        while len(heap) > 1:
            # All sums are full but the first, which has the shallowest terms.
            count = (len(heap) - 2) % (OPERANDS - 1) + 2
            taken = [heapq.heappop(heap) for _ in range(count)]
            negative = all(term[2] for *_, term in taken)
            self.terms.append([(of, by, minus != negative) for *_, (of, by, minus) in taken])
            self._depth.append(1 + max(depth for depth, *_ in taken))
            index = self.inputs + len(self.terms) - 1
            heapq.heappush(heap, (self._depth[-1], number, (index, 0, negative)))
            number += 1
        return heap[0][2][0]
