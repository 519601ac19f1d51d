// Rows of -1 and 1 as full trees: all columns of a row are leaves of the same depth, so that it is as
// shallow as it can be.
//
// Each four columns have a few sums, up to the sign, of which a row has one: its leaves here. What two
// rows have in common is a node of the same leaves, with the same signs or all opposite ones. Leaves of
// a row change places until there are few different nodes.

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "draws.h"
#include "pairs.h"

namespace {

// Levels above the leaves whose nodes are counted: sums of 8, 16 and 32 columns. Above them hardly any
// can be shared.
constexpr int LEVELS = 3;

// Leaves of nodes that two rows take together.
constexpr int QUAD = 4, OCT = 8;

// Parts of the moves: two rows take the same node; of these, one of eight leaves. Pairs of a row drawn
// anew; and of the others, in which nodes of a row change places, those of pairs and of quads.
constexpr double TOGETHER = 0.5, OF_EIGHT = 0.125, ANEW = 0.04, PAIRS = 0.125, QUADS = 0.125;

// Two rows whose leaves of a node are in more nodes than this take it together only with this chance:
// it would break most of what they have.
constexpr int NEAR = 5;
constexpr double FAR = 0.02;

// Pairs that are drawn anew at once.
constexpr int PAIRS_ANEW = 4;

class Full {
  public:
    // `classes` has which of its four's sums each row has, doubled, and 1 if it is negative.
    Full(int64_t rows, int64_t leaves, const int32_t *classes, uint64_t seed)
        : rows(static_cast<int32_t>(rows)), leaves(static_cast<int32_t>(leaves)), draws(seed) {
        for (int l = 0, from = 0; l <= LEVELS; from += this->leaves >> l++) first[l] = from;
        size = first[LEVELS] + (this->leaves >> LEVELS);
        value.assign(rows * size, 0);
        at.resize(rows * leaves);
        place.resize(rows * leaves);
        vector<uint64_t> symbols(leaves * 8);
        for (uint64_t &one : symbols) one = draws.next();
        for (int32_t r = 0; r < rows; r++) {
            int16_t *leaf = &at[r * leaves];
            std::iota(leaf, leaf + leaves, int16_t{0});
            draws.shuffle(leaf, leaves);
            for (int32_t k = 0; k < leaves; k++) {
                const int32_t one = classes[r * leaves + leaf[k]];
                const uint64_t symbol = symbols[leaf[k] * 8 + (one >> 1)];
                node(r, 0, k) = one & 1 ? -symbol : symbol;
                place[r * leaves + leaf[k]] = static_cast<int16_t>(k);
            }
            for (int l = 1; l <= LEVELS; l++)
                for (int32_t k = 0; k < this->leaves >> l; k++) {
                    node(r, l, k) = node(r, l - 1, 2 * k) + node(r, l - 1, 2 * k + 1);
                    counts[l].add(key(node(r, l, k)));
                }
        }
        find_alike(classes);
        for (int k = 0; k < 2; k++) saved[k].resize(size), saved_at[k].resize(leaves);
        price.resize(rows + 1);
        weight.resize(rows + 1);
    }

    // Try so many moves at a temperature, in adders. A node that n rows have costs n to the power of
    // `evenness`: 0 counts nodes; more makes one that many rows have less sudden a gain.
    void anneal(int64_t moves, double heat, double evenness) {
        this->heat = heat;
        for (int32_t n = 0; n <= rows; n++) {
            const double before = n ? power(n, evenness) : 0;
            price[n] = power(n + 1, evenness) - before;
            weight[n] = decay(price[n] / heat);
        }
        for (int64_t k = 0; k < moves; k++) {
            change = 0;
            const double kind = draws.real();
            if (kind < TOGETHER)
                together();
            else if (kind < TOGETHER + ANEW)
                anew(draws.below(rows));
            else
                exchange();
        }
    }

    int64_t nodes() const {
        int64_t found = 0;
        for (int l = 1; l <= LEVELS; l++) found += static_cast<int64_t>(counts[l].size());
        return found;
    }

    // The leaf at each place of each row.
    void give(int32_t *found) const { std::copy(at.begin(), at.end(), found); }

  private:
    // Two rows that have these leaves alike, all with the same signs or all with opposite ones.
    struct Alike {
        int32_t one, other;
        uint64_t leaves;
    };

    int32_t rows, leaves;
    std::array<int32_t, LEVELS + 1> first{}; // Where the nodes of a level begin.
    int32_t size = 0;                        // Nodes of a row on these levels.
    Draws draws;
    vector<uint64_t> value;      // Of each node of each row, the sum of its leaves' random numbers.
    vector<int16_t> at, place;   // The leaf at each place of a row; the place of each leaf.
    std::array<Counts, LEVELS + 1> counts;
    std::array<vector<vector<Alike>>, 2> alike;  // For quads and octs, by the number of leaves.
    std::array<vector<double>, 2> chances;
    std::array<vector<uint64_t>, 2> saved;       // Nodes of two rows before a move, and
    std::array<vector<int16_t>, 2> saved_at;     // their leaves.
    vector<double> price, weight;                // Of one more of a node; its chance.
    std::array<double, 1 << (2 * PAIRS_ANEW)> ways{};
    double heat = 1, change = 0;

    uint64_t &node(int32_t r, int l, int32_t k) { return value[r * size + first[l] + k]; }

    // The same of a number and its negative, which fits `Counts`.
    static uint64_t key(uint64_t value) { return std::min(value, -value) >> 15 | 1; }

    void lose(int l, uint64_t value) { change -= price[counts[l].remove(key(value))]; }
    void gain(int l, uint64_t value) { change += price[counts[l].add(key(value)) - 1]; }

    bool kept() { return change <= 0 || draws.real() < decay(change / heat); }

    // Let two nodes of a level change places.
    void swap_nodes(int32_t r, int level, int32_t p, int32_t q) {
        const uint64_t more = node(r, level, q) - node(r, level, p);
        int32_t a = p >> 1, b = q >> 1;
        for (int l = level + 1; l <= LEVELS && a != b; l++, a >>= 1, b >>= 1) {
            uint64_t &x = node(r, l, a), &y = node(r, l, b);
            lose(l, x);
            lose(l, y);
            x += more;
            y -= more;
            gain(l, x);
            gain(l, y);
        }
        int32_t count = 1;
        for (int l = level; l >= 0; l--, count *= 2)
            for (int32_t k = 0; k < count; k++)
                std::swap(node(r, l, p * count + k), node(r, l, q * count + k));
        count >>= 1;
        int16_t *leaf = &at[r * leaves];
        for (int32_t k = 0; k < count; k++) {
            std::swap(leaf[p * count + k], leaf[q * count + k]);
            place[r * leaves + leaf[p * count + k]] = static_cast<int16_t>(p * count + k);
            place[r * leaves + leaf[q * count + k]] = static_cast<int16_t>(q * count + k);
        }
    }

    void exchange() {
        const int32_t r = static_cast<int32_t>(draws.below(rows));
        const double kind = draws.real();
        const int level = kind < PAIRS ? 1 : kind < PAIRS + QUADS ? 2 : 0;
        const uint32_t count = leaves >> level;
        const int32_t p = static_cast<int32_t>(draws.below(count));
        const int32_t q = static_cast<int32_t>(draws.below(count));
        if (p >> 1 == q >> 1) return;
        swap_nodes(r, level, p, q);
        if (!kept()) swap_nodes(r, level, p, q);
    }

    // Two rows take the same node of leaves that they have alike.
    void together() {
        const int kind = draws.real() < OF_EIGHT;
        const int count = kind ? OCT : QUAD;
        if (chances[kind].empty()) return;
        const double drawn = draws.real() * chances[kind].back();
        const size_t bucket =
            std::upper_bound(chances[kind].begin(), chances[kind].end(), drawn) - chances[kind].begin();
        const auto &group = alike[kind][std::min(bucket, chances[kind].size() - 1)];
        const Alike &two = group[draws.below(group.size())];
        int32_t found[64], n = 0;
        for (uint64_t left = two.leaves; left; left &= left - 1) found[n++] = __builtin_ctzll(left);
        for (int k = 0; k < count; k++) std::swap(found[k], found[k + draws.below(n - k)]);
        const int nodes = spans(two.one, found, count) + spans(two.other, found, count);
        if (!kind && nodes > NEAR && draws.real() >= FAR) return;
        save(two.one, 0);
        save(two.other, 1);
        put(two.one, found, count);
        put(two.other, found, count);
        if (!kind && nodes > 2) {
            anew(two.one);
            anew(two.other);
        }
        if (kept()) return;
        restore(two.one, 0);
        restore(two.other, 1);
    }

    // Of how many nodes of so many leaves these are.
    int spans(int32_t r, const int32_t *found, int count) const {
        uint32_t seen = 0;
        for (int k = 0; k < count; k++) seen |= 1u << place[r * leaves + found[k]] / count;
        return __builtin_popcount(seen);
    }

    // Bring leaves together as a node, where most of them are.
    void put(int32_t r, const int32_t *found, int count) {
        const int32_t *end = found + count;
        int32_t best = 0, most = 0;
        const int32_t nodes = leaves / count, from = static_cast<int32_t>(draws.below(nodes));
        for (int32_t k = 0; k < nodes; k++) {
            const int32_t one = (from + k) % nodes;
            const int32_t here = static_cast<int32_t>(std::count_if(
                found, end, [&](int32_t leaf) { return place[r * leaves + leaf] / count == one; }));
            if (here > most) most = here, best = one;
        }
        for (int k = 0; k < count; k++) {
            const int32_t to = best * count + k, now = place[r * leaves + found[k]];
            if (to != now) swap_nodes(r, 0, to, now);
        }
    }

    // Draw some pairs of a row anew, each way with its right chance, of those whose quads no other has.
    void anew(int32_t r) {
        int32_t pairs[64], found = 0;
        for (int32_t k = 0; k < leaves >> 1; k++)
            if (counts[2].of(key(node(r, 2, k >> 1))) == 1 && counts[3].of(key(node(r, 3, k >> 2))) == 1)
                pairs[found++] = k;
        const int count = std::min(found, PAIRS_ANEW), ends = 2 * count, full = (1 << ends) - 1;
        if (count < 2) return;
        uint64_t value[2 * PAIRS_ANEW];
        int16_t leaf[2 * PAIRS_ANEW];
        for (int k = 0; k < count; k++) {
            std::swap(pairs[k], pairs[k + draws.below(found - k)]);
            for (int j = 0; j < 2; j++) {
                value[2 * k + j] = node(r, 0, 2 * pairs[k] + j);
                leaf[2 * k + j] = at[r * leaves + 2 * pairs[k] + j];
            }
            lose(1, node(r, 1, pairs[k]));
        }
        // What all ways to pair the leaves that a set has not weigh together.
        double weights[2 * PAIRS_ANEW][2 * PAIRS_ANEW];
        for (int i = 0; i < ends; i++)
            for (int j = i + 1; j < ends; j++)
                weights[i][j] = weight[counts[1].of(key(value[i] + value[j]))];
        ways[full] = 1;
        for (int set = full - 1; set >= 0; set--) {
            if (__builtin_parity(set)) continue;
            const int i = __builtin_ctz(~set);
            double total = 0;
            for (int left = full & ~set & ~(1 << i); left; left &= left - 1) {
                const int j = __builtin_ctz(left);
                total += weights[i][j] * ways[set | 1 << i | 1 << j];
            }
            ways[set] = total;
        }
        uint32_t quads = 0, octs = 0;
        for (int k = 0, set = 0; k < count; k++) {
            const int i = __builtin_ctz(~set);
            double drawn = draws.real() * ways[set];
            int j = i;
            for (int left = full & ~set & ~(1 << i); left && drawn >= 0; left &= left - 1) {
                j = __builtin_ctz(left);
                drawn -= weights[i][j] * ways[set | 1 << i | 1 << j];
            }
            set |= 1 << i | 1 << j;
            const int32_t pair = pairs[k];
            for (int end = 0; end < 2; end++) {
                const int from = end ? j : i, to = 2 * pair + end;
                node(r, 0, to) = value[from];
                at[r * leaves + to] = leaf[from];
                place[r * leaves + leaf[from]] = static_cast<int16_t>(to);
            }
            node(r, 1, pair) = value[i] + value[j];
            gain(1, node(r, 1, pair));
            quads |= 1u << (pair >> 1);
            octs |= 1u << (pair >> 2);
        }
        renew(r, 2, quads);
        renew(r, 3, octs);
    }

    // Let nodes of a level follow those below.
    void renew(int32_t r, int l, uint32_t which) {
        for (; which; which &= which - 1) {
            const int32_t k = __builtin_ctz(which);
            lose(l, node(r, l, k));
            node(r, l, k) = node(r, l - 1, 2 * k) + node(r, l - 1, 2 * k + 1);
            gain(l, node(r, l, k));
        }
    }

    void save(int32_t r, int which) {
        std::copy_n(&node(r, 0, 0), size, saved[which].begin());
        std::copy_n(&at[r * leaves], leaves, saved_at[which].begin());
    }

    void restore(int32_t r, int which) {
        uint64_t *now = &node(r, 0, 0);
        const uint64_t *before = saved[which].data();
        for (int l = 1; l <= LEVELS; l++) {
            const int32_t end = first[l] + (leaves >> l);
            for (int32_t k = first[l]; k < end; k++)
                if (now[k] != before[k]) counts[l].remove(key(now[k]));
            for (int32_t k = first[l]; k < end; k++)
                if (now[k] != before[k]) counts[l].add(key(before[k]));
        }
        std::copy_n(before, size, now);
        std::copy_n(saved_at[which].begin(), leaves, &at[r * leaves]);
        for (int32_t k = 0; k < leaves; k++)
            place[r * leaves + at[r * leaves + k]] = static_cast<int16_t>(k);
    }

    void find_alike(const int32_t *classes) {
        for (int32_t r = 0; r < rows; r++)
            for (int32_t s = 0; s < r; s++) {
                uint64_t found[2] = {0, 0};
                for (int32_t k = 0; k < leaves; k++) {
                    const int32_t differ = classes[r * leaves + k] ^ classes[s * leaves + k];
                    if (differ < 2) found[differ] |= uint64_t{1} << k;
                }
                for (uint64_t one : found)
                    for (int kind = 0; kind < 2; kind++) {
                        const size_t count = __builtin_popcountll(one);
                        if (count < static_cast<size_t>(kind ? OCT : QUAD)) continue;
                        if (alike[kind].size() <= count) alike[kind].resize(count + 1);
                        alike[kind][count].push_back({r, s, one});
                    }
            }
        // A pair of rows is drawn as often as there are nodes that they could take.
        for (int kind = 0; kind < 2; kind++) {
            double total = 0;
            for (size_t count = 0; count < alike[kind].size(); count++) {
                double choices = static_cast<double>(alike[kind][count].size());
                for (int k = 0; k < (kind ? OCT : QUAD); k++)
                    choices *= (static_cast<double>(count) - k) / (k + 1);
                total += std::max(choices, 0.0);
                chances[kind].push_back(total);
            }
        }
    }
};

}  // namespace
