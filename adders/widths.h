// Ranges of numbers, and the bits of the adders of a sum.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

struct Range {
    int64_t low = 0, high = 0;
};

int32_t digits_of(int64_t value) {
    return value > 0 ? 64 - __builtin_clzll(static_cast<uint64_t>(value)) : 0;
}

// Bits that hold every value, as `Interval.width` has it.
int32_t width_of(const Range &range) {
    if (range.low < 0) return std::max(digits_of(range.high), digits_of(-range.low - 1)) + 1;
    return std::max(digits_of(range.high), 1);
}

// A number that is added, and its place in the order of `adders.trees`.
struct Addend {
    Range range;
    int32_t shift, depth, rank;
};

// Bits of the outputs of all adders of a sum, in the order in which `adders.trees` adds: the least
// deep first if `shallow`, else the narrowest. Bits that a common shift leaves 0 do not count.
int32_t bits_of(std::vector<Addend> &addends, bool shallow) {
    const auto rank = [shallow](const Addend &one) {
        constexpr int32_t MORE = 1 << 10;
        const int32_t width = width_of(one.range);
        return shallow ? one.depth * MORE + width : width * MORE + one.depth;
    };
    for (size_t k = 0; k < addends.size(); k++) {
        Addend one = addends[k];
        one.rank = rank(one);
        size_t at = k;
        for (; at > 0 && addends[at - 1].rank > one.rank; at--) addends[at] = addends[at - 1];
        addends[at] = one;
    }
    int32_t bits = 0;
    for (size_t at = 0; at + 1 < addends.size(); at++) {
        const Addend a = addends[at], b = addends[at + 1];
        Addend sum{{a.range.low + b.range.low, a.range.high + b.range.high},
                   std::min(a.shift, b.shift),
                   std::max(a.depth, b.depth) + 1,
                   0};
        bits += width_of(sum.range) - sum.shift;
        sum.rank = rank(sum);
        size_t to = at + 1;
        for (; to + 1 < addends.size() && addends[to + 1].rank <= sum.rank; to++)
            addends[to] = addends[to + 1];
        addends[to] = sum;
    }
    return bits;
}

}  // namespace
