// The search: pairs shared as greedily as can be, then moves, of which those are kept that do not cost
// much.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "draws.h"
#include "sharing.h"

namespace {

// How much chance there is in which pair is shared: less than two sums that have it.
constexpr double NOISE = 1.5;

// Parts of the moves: looking again for pairs, writing out two terms. Others write out one, if they
// do not take a term out of a sum.
constexpr double AGAIN = 0.08, TWO = 0.05;

class Search : public Sharing {
  public:
    Search(int64_t inputs, int64_t count, const int64_t *first, const int64_t *terms,
           const int8_t *kept, int64_t limit, const int64_t *bounds, uint64_t seed)
        : Sharing(inputs, count, first, terms, kept, limit, bounds), draws(seed) {}

    // Share pairs, those first that most sums have.
    void greedy() {
        vector<uint64_t> found;
        for (int32_t level = counts.most(); level >= 2; level--) {
            found.clear();
            counts.collect(level, found);
            draws.shuffle(found.data(), found.size());
            for (size_t k = 0; k < found.size(); k++) {
                begin();
                while (!failed && counts.of(found[k]) >= level && share(found[k])) tidy();
                if (failed) {
                    undo();
                    continue;
                }
                for (uint64_t key : work)
                    if (counts.of(key) >= level) found.push_back(key);
            }
        }
        begin();
        counts.shrink();
    }

    // Try so many moves; a move that costs n adders is kept with a chance of `chance` to the n,
    // which goes from `from` to `to`. Of the moves, `out` is the part that takes a term out of a sum.
    void anneal(int64_t moves, double from, double to, double out) {
        reckon_all();
        for (int64_t k = 0; k < moves; k++) {
            const double chance = from + (to - from) * (static_cast<double>(k) / static_cast<double>(moves));
            const double part = std::sqrt(std::sqrt(std::sqrt(std::sqrt(chance))));
            const int64_t before = energy();
            begin();
            int64_t spare = 0;
            for (double left = draws.real(); spare < 8 * ADDER && left < part; spare++) left /= part;
            if (!perturb(spare, out)) continue;
            while (!work.empty() && !failed) {
                share(take());
                if (!failed) tidy();
            }
            if (!failed) reckon();
            if (failed || energy() - before > spare) undo();
        }
        begin();
    }

    // Let outputs be deeper by so much, at a price for each excess.
    void loosen(int32_t more) {
        if (limit >= 0) limit += more;
    }

    // Bring the outputs back to a depth: write out what wastes most of them.
    void tighten(int32_t less) {
        if (limit < 0) return;
        for (int32_t k = 0; k < static_cast<int32_t>(sums.size()); k++)
            while (keep[k] == 1 && load[k] > goal) {
                int32_t worst = -1;
                int64_t most = -1;
                for (size_t at = 0; at < sums[k].size(); at++) {
                    const int32_t symbol = sums[k][at].symbol;
                    if (symbol < inputs || keep[symbol - inputs] == 2) continue;
                    const int64_t waste = (int64_t{1} << depth[symbol]) - load[symbol - inputs];
                    const int64_t rank = (waste << 20) + depth[symbol];
                    if (rank > most) most = rank, worst = static_cast<int32_t>(at);
                }
                if (worst < 0) break;
                write_out(k, worst);
                tidy();
            }
        limit -= less;
        begin();
    }

  private:
    Draws draws;
    vector<uint64_t> barred;  // Pairs that a move has just parted.

    // One of the pairs that wait, drawn among those that most sums have.
    uint64_t take() {
        size_t best = 0;
        double score = -1;
        for (size_t at = 0; at < work.size();) {
            const int32_t count = counts.of(work[at]);
            if (count < 2 || std::find(barred.begin(), barred.end(), work[at]) != barred.end()) {
                work[at] = work.back();
                work.pop_back();
                continue;
            }
            const double now = count + NOISE * draws.real();
            if (now > score) {
                score = now;
                best = at;
            }
            at++;
        }
        if (work.empty()) return 0;
        const uint64_t key = work[best];
        work[best] = work.back();
        work.pop_back();
        return key;
    }

    // A change that costs adders, unless other pairs come of it. `spare` adders are allowed in the end.
    bool perturb(int64_t spare, double out) {
        if (sums.empty()) return false;
        barred.clear();
        const int32_t k = static_cast<int32_t>(draws.below(sums.size()));
        if (!alive[k]) return false;
        const int32_t symbol = inputs + k;
        const double kind = draws.real();
        if (kind < AGAIN) {
            const int32_t slot = static_cast<int32_t>(draws.below(sums[k].size()));
            for (const Term &term : sums[k]) {
                if (&term == &sums[k][slot]) continue;
                const uint64_t key = pair_key(term, sums[k][slot]);
                if (counts.of(key) >= 2) work.push_back(key);
            }
            return !work.empty();
        }
        if (keep[k] == 2 || users[symbol].empty()) return false;
        if (kind < AGAIN + out) {
            if (keep[k] || sums[k].size() < 2) return false;
            const int32_t slot = static_cast<int32_t>(draws.below(sums[k].size()));
            const Term term = sums[k][slot];
            // Of each use, whether its sum has a pair with the term that others have.
            int64_t hopeless = -1;
            for (const Use &use : users[symbol])
                hopeless += !promises(sums[k].size() == 2 ? -1 : slot, k, use);
            if (ADDER * hopeless > spare) return false;
            if (sums[k].size() == 2) barred.push_back(pair_key(sums[k][0], sums[k][1]));
            drop(k, slot);
            for (size_t at = 0; at < users[symbol].size(); at++) {
                const Use use = users[symbol][at];
                const int32_t form = sums[use.sum][use.slot].form;
                put(use.sum, term.symbol, (term.form + (form & ~1)) ^ (form & 1));
                if (at == 0) barred.push_back(pair_key(sums[use.sum][use.slot], sums[use.sum].back()));
                settle(use.sum);
            }
            settle(k);
            measure(k);
            untidy.push_back(symbol);
        } else if (kind < AGAIN + out + TWO) {
            return regroup(k, users[symbol][draws.below(users[symbol].size())], spare);
        } else {
            const Use use = users[symbol][draws.below(users[symbol].size())];
            if (spare < ADDER && !promises(-1, k, use)) return false;
            for (size_t a = 1; a < sums[k].size(); a++)
                for (size_t b = 0; b < a; b++) barred.push_back(pair_key(sums[k][a], sums[k][b]));
            write_out(use.sum, use.slot);
        }
        tidy();
        return true;
    }

    // Write sum k out where it is used, and another of two terms there, if theirs fit crosswise.
    bool regroup(int32_t k, const Use &use, int64_t spare) {
        if (sums[k].size() != 2) return false;
        const int32_t d = use.sum;
        const Term term = sums[d][use.slot];
        const int64_t wanted = spare >= ADDER ? 1 : 2;
        const Term a = shifted(sums[k][0], term), b = shifted(sums[k][1], term);
        int32_t found = 0, chosen = -1;
        for (size_t at = 0; at < sums[d].size(); at++) {
            const Term other = sums[d][at];
            const int32_t m = other.symbol - inputs;
            if (m < 0 || m == k || keep[m] == 2 || sums[m].size() != 2) continue;
            if (limit >= 0 && depth[other.symbol] != depth[term.symbol]) continue;
            const Term x = shifted(sums[m][0], other), y = shifted(sums[m][1], other);
            if ((has(a, x) + has(b, y) >= wanted || has(a, y) + has(b, x) >= wanted) &&
                draws.below(++found) == 0)
                chosen = static_cast<int32_t>(at);
        }
        if (chosen < 0) return false;
        const Term other = sums[d][chosen];
        const auto &terms = sums[other.symbol - inputs];
        barred.push_back(pair_key(sums[k][0], sums[k][1]));
        barred.push_back(pair_key(terms[0], terms[1]));
        write_out(d, slot_of(d, term.symbol, term.form));
        write_out(d, slot_of(d, other.symbol, other.form));
        tidy();
        return true;
    }

    bool has(const Term &one, const Term &other) const { return counts.of(pair_key(one, other)) > 0; }

    static Term shifted(const Term &one, const Term &by) {
        return {one.symbol, (one.form + (by.form & ~1)) ^ (by.form & 1), -1};
    }

    // Whether a term of sum k, or any if `slot` is -1, has a pair that others have where k is used.
    bool promises(int32_t slot, int32_t k, const Use &use) const {
        const Term &term = sums[use.sum][use.slot];
        size_t wanted = slot < 0 ? sums[k].size() - 1 : 1;
        const size_t first = slot < 0 ? 0 : slot, last = slot < 0 ? sums[k].size() : slot + 1;
        for (size_t at = first; at < last; at++) {
            Term one = sums[k][at];
            one.form = (one.form + (term.form & ~1)) ^ (term.form & 1);
            for (const Term &other : sums[use.sum])
                if (&other != &term && counts.of(pair_key(one, other)) > 0) {
                    if (--wanted == 0) return true;
                    break;
                }
        }
        return false;
    }
};

}  // namespace
