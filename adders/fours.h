// Columns of a matrix of -1 and 1 put together by fours, so that rows have the same sums of them.

#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "draws.h"

namespace {

using std::vector;

// Two rows that have so many sums of four alike can share ever larger sums of these, which makes
// each one more worth `WORTH` times the one before, up to a number of them.
constexpr double WORTH = 1.6;
constexpr int32_t ALIKE = 12;

class Fours {
  public:
    Fours(int64_t rows, int64_t columns, const int8_t *matrix, uint64_t seed)
        : rows(rows), words((rows + 63) / 64), order(columns), draws(seed) {
        const int64_t most = columns / 4 + 1;
        double worth = 1;
        for (int64_t k = 0; k < most; k++) {
            const double next = k < ALIKE ? worth * WORTH : worth;
            gain.push_back(next - worth);
            worth = next;
        }
        differs.assign(columns * rows * words, 0);
        for (int64_t k = 0; k < columns; k++)
            for (int64_t r = 0; r < rows; r++)
                for (int64_t s = 0; s < r; s++)
                    if (matrix[r * columns + k] != matrix[s * columns + k])
                        differs[(k * rows + r) * words + s / 64] |= uint64_t{1} << s % 64;
        std::iota(order.begin(), order.end(), 0);
        draws.shuffle(order.data(), order.size());
        same.assign(rows * rows, 0);
        opposite.assign(rows * rows, 0);
        for (size_t k = 0; k < order.size(); k += 4) {
            const int32_t *of = &order[k];
            for (int64_t r = 0; r < rows; r++)
                for (int64_t s = 0; s < r; s++) {
                    int32_t count = 0;
                    for (int j = 0; j < 4; j++) count += differ(of[j], r, s);
                    same[r * rows + s] += count == 0;
                    opposite[r * rows + s] += count == 4;
                }
        }
        spread = spread_of_changes();
    }

    // Try to let so many pairs of columns change places; what is lost by one is kept with a chance of
    // e to its negative, by a temperature that is so many times what a change makes at random.
    void anneal(int64_t moves, double from, double to) {
        for (int64_t k = 0; k < moves; k++) {
            const double part = static_cast<double>(k) / static_cast<double>(moves);
            const double heat = spread * (from + (to - from) * part);
            const size_t a = draws.below(order.size()), b = draws.below(order.size());
            if (a / 4 == b / 4) continue;
            const double first = exchange<true>(a, order[b]);
            const double all = first + exchange<false>(b, order[a]);
            if (all >= 0 || draws.real() < decay(-all / heat)) {
                exchange<true>(b, order[a]);
                std::swap(order[a], order[b]);
            } else {
                std::swap(order[a], order[b]);
                exchange<true>(a, order[b]);
                std::swap(order[a], order[b]);
            }
        }
    }

    void give(int32_t *found) const { std::copy(order.begin(), order.end(), found); }

  private:
    int64_t rows, words;
    vector<int32_t> order;          // Columns; each four of them are together.
    vector<uint64_t> differs;       // Of each column and row, the rows before with the other sign.
    vector<uint8_t> same, opposite; // Sums of four that two rows have alike, or with other signs.
    vector<double> gain;            // What one more of them is worth.
    Draws draws;
    double spread = 1;

    bool differ(int64_t k, int64_t r, int64_t s) const {
        return differs[(k * rows + r) * words + s / 64] >> s % 64 & 1;
    }

    // What is gained if a column takes the place of another; counts follow only if `kept`.
    template <bool kept>
    double exchange(size_t at, int32_t column) {
        const int32_t *of = &order[at & ~size_t{3}];
        const uint64_t *others[3];
        for (size_t j = 0, k = 0; j < 4; j++)
            if (j != (at & 3)) others[k++] = &differs[of[j] * rows * words];
        const uint64_t *before = &differs[order[at] * rows * words];
        const uint64_t *after = &differs[column * rows * words];
        double found = 0;
        for (int64_t r = 1; r < rows; r++)
            for (int64_t w = 0; w <= (r - 1) / 64; w++) {
                const int64_t at_word = r * words + w;
                const uint64_t a = others[0][at_word], b = others[1][at_word], c = others[2][at_word];
                const uint64_t was = before[at_word], is = after[at_word], changed = was ^ is;
                const int64_t first = r * rows + w * 64;
                const int64_t last = r - w * 64;
                const uint64_t there = last < 64 ? (uint64_t{1} << last) - 1 : ~uint64_t{0};
                const uint64_t alike = ~(a | b | c) & changed & there, other = a & b & c & changed;
                found += moved<kept>(&same[first], alike & is, alike & was);
                found += moved<kept>(&opposite[first], other & was, other & is);
            }
        return found;
    }

    // Some counts are less by one, others more.
    template <bool kept>
    double moved(uint8_t *counts, uint64_t less, uint64_t more) const {
        double found = 0;
        for (; less; less &= less - 1) {
            uint8_t &count = counts[__builtin_ctzll(less)];
            found -= gain[count - 1];
            if (kept) count--;
        }
        for (; more; more &= more - 1) {
            uint8_t &count = counts[__builtin_ctzll(more)];
            found += gain[count];
            if (kept) count++;
        }
        return found;
    }

    double spread_of_changes() {
        constexpr int COUNT = 500;
        double squares = 0;
        for (int k = 0; k < COUNT; k++) {
            const size_t a = draws.below(order.size()), b = draws.below(order.size());
            if (a / 4 == b / 4) continue;
            const double change = exchange<false>(a, order[b]);
            squares += change * change;
        }
        return std::sqrt(2 * squares / COUNT) + 1e-9;
    }
};

}  // namespace
