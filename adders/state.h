// Sums of terms, what they cost, and the steps that change them and can be undone.
//
// What costs is the number of terms of all sums less the number of sums: the adders; or the bits of
// these adders.

#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "pairs.h"
#include "widths.h"

namespace {

// What moves are weighed in: the price of an adder, or of a bit of one, if bits are to be few; and of a
// unit of load of an output that is more than its depth allows. An adder of 16 bits has one price.
constexpr int64_t ADDER = 16, BIT = 1, EXCESS = 8;

class State {
  public:
    // `kept` is 1 of an output and 2 of a sum that is never written out where it is used. `bounds` has
    // the least and the largest number of each symbol; without them, adders are to be few, not bits.
    State(int64_t inputs, int64_t count, const int64_t *first, const int64_t *terms,
          const int8_t *kept, int64_t limit, const int64_t *bounds)
        : inputs(static_cast<int32_t>(inputs)),
          limit(static_cast<int32_t>(limit)),
          measured(bounds != nullptr) {
        goal = limit < 0 ? 0 : int64_t{1} << limit;
        users.resize(inputs + count);
        depth.assign(inputs + count, 0);
        sums.resize(count);
        load.assign(count, 0);
        alive.assign(count, 1);
        keep.assign(kept, kept + count);
        cost = -count;
        undoing = true;
        for (int64_t k = 0; k < count; k++)
            for (int64_t at = first[k]; at < first[k + 1]; at++)
                put(static_cast<int32_t>(k), static_cast<int32_t>(terms[at] >> 7),
                    static_cast<int32_t>(terms[at] & 127));
        range.resize(inputs + count);
        price.assign(count, 0);
        seen.assign(count, 0);
        for (int64_t k = 0; measured && k < inputs + count; k++)
            range[k] = {bounds[2 * k], bounds[2 * k + 1]};
        undoing = false;
    }

    int64_t size() const { return static_cast<int64_t>(sums.size()); }
    int64_t adders() const { return cost; }
    int64_t count_terms() const {
        int64_t total = 0;
        for (const auto &terms : sums) total += static_cast<int64_t>(terms.size());
        return total;
    }
    void give(int64_t *first, int64_t *terms) const {
        int64_t at = 0;
        for (size_t k = 0; k < sums.size(); k++) {
            first[k] = at;
            for (const Term &term : sums[k])
                terms[at++] = static_cast<int64_t>(term.symbol) << 7 | term.form;
        }
        first[sums.size()] = at;
    }

  protected:
    enum Kind : int32_t { PUT, DROP, NEW, FREE, DEPTH, RANGE };
    struct Step {
        Kind kind;
        int32_t sum, symbol, form;
    };

    int32_t inputs, limit;
    Counts counts;
    vector<vector<Term>> sums;
    vector<vector<Use>> users;
    vector<int32_t> depth;
    vector<int64_t> load;
    vector<int8_t> alive, keep;  // keep: 1 of an output, 2 of what is never written out.
    vector<int32_t> unused;
    vector<Step> journal;
    vector<uint64_t> work;   // Pairs that have come to be in several sums.
    vector<int32_t> untidy;  // Symbols that have lost a use.
    int64_t cost = 0;
    int64_t excess = 0;  // Of the loads of all outputs, what is more than the depth allows.
    int64_t goal;
    const bool measured;  // Whether bits are to be few.
    vector<Range> range;  // Of each symbol, as if terms did not depend on each other.
    vector<Range> ranges_before;
    vector<int32_t> price;  // Bits of the adders of each sum, as `reckon` has found them.
    vector<std::pair<int32_t, int32_t>> prices_before;
    int64_t bits = 0;
    bool failed = false;
    bool undoing = false;

    void burden(int32_t k, int64_t more) {
        const int64_t before = load[k], now = before + more;
        load[k] = now;
        if (keep[k] != 1 || limit < 0) return;
        excess += std::max<int64_t>(now - goal, 0) - std::max<int64_t>(before - goal, 0);
    }

    int64_t energy() const { return (measured ? BIT * bits : ADDER * cost) + EXCESS * excess; }

    // Begin steps that can be undone together.
    void begin() {
        journal.clear();
        work.clear();
        ranges_before.clear();
        prices_before.clear();
        failed = false;
    }

    void note(Kind kind, int32_t sum, int32_t symbol = 0, int32_t form = 0) {
        if (!undoing) journal.push_back({kind, sum, symbol, form});
    }

    void put(int32_t k, int32_t symbol, int32_t form) {
        auto &terms = sums[k];
        auto &uses = users[symbol];
        const Term term{symbol, form, static_cast<int32_t>(uses.size())};
        for (const Term &other : terms) {
            const uint64_t key = pair_key(term, other);
            if (counts.add(key) >= 2 && !undoing) work.push_back(key);
        }
        uses.push_back({k, static_cast<int32_t>(terms.size())});
        terms.push_back(term);
        burden(k, int64_t{1} << depth[symbol]);
        cost++;
        note(PUT, k, symbol, form);
    }

    void drop(int32_t k, int32_t slot) {
        auto &terms = sums[k];
        const Term term = terms[slot];
        auto &uses = users[term.symbol];
        uses[term.back] = uses.back();
        sums[uses[term.back].sum][uses[term.back].slot].back = term.back;
        uses.pop_back();
        const int32_t last = static_cast<int32_t>(terms.size()) - 1;
        if (slot != last) {
            terms[slot] = terms[last];
            users[terms[slot].symbol][terms[slot].back].slot = slot;
        }
        terms.pop_back();
        for (const Term &other : terms) counts.remove(pair_key(term, other));
        burden(k, -(int64_t{1} << depth[term.symbol]));
        cost--;
        note(DROP, k, term.symbol, term.form);
        if (!undoing && term.symbol >= inputs) untidy.push_back(term.symbol);
    }

    int32_t slot_of(int32_t k, int32_t symbol, int32_t form) const {
        const auto &terms = sums[k];
        for (size_t at = 0; at < terms.size(); at++)
            if (terms[at].symbol == symbol && terms[at].form == form) return static_cast<int32_t>(at);
        return -1;
    }

    int32_t fresh() {
        int32_t k;
        if (unused.empty()) {
            k = static_cast<int32_t>(sums.size());
            sums.emplace_back();
            users.emplace_back();
            depth.push_back(0);
            load.push_back(0);
            range.emplace_back();
            price.push_back(0);
            seen.push_back(0);
            alive.push_back(0);
            keep.push_back(0);
        } else {
            k = unused.back();
            unused.pop_back();
        }
        revive(k);
        note(NEW, k);
        return k;
    }

    void revive(int32_t k) {
        alive[k] = 1;
        cost--;
    }

    void bury(int32_t k) {
        alive[k] = 0;
        cost++;
        unused.push_back(k);
    }

    void release(int32_t k) {
        bury(k);
        note(FREE, k);
    }

    void undo() {
        undoing = true;
        while (!journal.empty()) {
            const Step step = journal.back();
            journal.pop_back();
            switch (step.kind) {
                case PUT: drop(step.sum, slot_of(step.sum, step.symbol, step.form)); break;
                case DROP: put(step.sum, step.symbol, step.form); break;
                case NEW: bury(step.sum); break;
                case FREE:
                    unused.erase(std::find(unused.rbegin(), unused.rend(), step.sum).base() - 1);
                    revive(step.sum);
                    break;
                case DEPTH: deepen(step.sum, step.symbol); break;
                case RANGE:
                    range[inputs + step.sum] = ranges_before.back();
                    ranges_before.pop_back();
                    break;
            }
        }
        for (const auto &[k, before] : prices_before) charge(k, before);
        prices_before.clear();
        undoing = false;
        untidy.clear();
    }

    // Let the range of a sum, which has another value now, follow its terms.
    void measure(int32_t k) {
        if (!measured) return;
        note(RANGE, k);
        ranges_before.push_back(range[inputs + k]);
        Range total;
        for (const Term &term : sums[k]) {
            const Range one = range_of(term);
            total.low += one.low;
            total.high += one.high;
        }
        range[inputs + k] = total;
    }

    // Let bits follow the sums that have changed since `begin`.
    void reckon() {
        if (!measured) return;
        round++;
        for (const Step &step : journal) {
            reckon(step.sum);
            if (step.kind == DEPTH)
                for (const Use &use : users[inputs + step.sum]) reckon(use.sum);
        }
    }

    // Let bits follow all sums.
    void reckon_all() {
        if (!measured) return;
        round++;
        for (int32_t k = 0; k < static_cast<int32_t>(sums.size()); k++) reckon(k);
        prices_before.clear();
    }

    void deepen(int32_t k, int32_t now) {
        const int32_t symbol = inputs + k;
        const int64_t more = (int64_t{1} << now) - (int64_t{1} << depth[symbol]);
        for (const Use &use : users[symbol]) burden(use.sum, more);
        depth[symbol] = now;
    }

  private:
    vector<int64_t> seen;  // The round in which a sum has been reckoned last.
    int64_t round = 0;
    vector<Addend> addends;

    Range range_of(const Term &term) const {
        const Range &of = range[term.symbol];
        const int64_t factor = int64_t{1} << (term.form >> 1);
        if (term.form & 1) return {-of.high * factor, -of.low * factor};
        return {of.low * factor, of.high * factor};
    }

    void charge(int32_t k, int32_t now) {
        bits += now - price[k];
        price[k] = now;
    }

    void reckon(int32_t k) {
        if (seen[k] == round) return;
        seen[k] = round;
        addends.clear();
        for (const Term &term : sums[k])
            addends.push_back({range_of(term), term.form >> 1, depth[term.symbol], 0});
        const int32_t now = alive[k] ? bits_of(addends, limit >= 0) : 0;
        if (now == price[k]) return;
        prices_before.emplace_back(k, price[k]);
        charge(k, now);
    }
};

}  // namespace
