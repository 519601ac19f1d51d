// Sums that share terms, and the steps that change them and can be undone.
//
// What costs is the number of terms of all sums less the number of sums: the adders.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "pairs.h"

namespace {

int32_t depth_of(int64_t load) {
    int32_t depth = 0;
    while (int64_t{1} << depth < load) depth++;
    return depth;
}

// Adders in a row beyond which nothing is followed.
constexpr int32_t DEEPEST = 40;

// Parts of an adder in which moves are weighed, and the price of a unit of load of an output, within
// its depth and beyond it.
constexpr int64_t ADDER = 16, STRAIN = 1, EXCESS = 2;

class State {
  public:
    // `kept` is 1 of an output and 2 of a sum that is never written out where it is used.
    State(int64_t inputs, int64_t count, const int64_t *first, const int64_t *terms,
          const int8_t *kept, int64_t limit)
        : inputs(static_cast<int32_t>(inputs)), limit(static_cast<int32_t>(limit)) {
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
        if (limit >= 0) {
            for (bool changed = true; changed;) {
                changed = false;
                for (int32_t k = 0; k < count; k++) changed |= settle(k);
            }
        }
        undoing = false;
    }

    int64_t size() const { return static_cast<int64_t>(sums.size()); }
    int64_t price() const { return cost; }
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
    enum Kind : int32_t { PUT, DROP, NEW, FREE, DEPTH };
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
    int64_t strain = 0;  // Loads of all outputs,
    int64_t excess = 0;  // and what of them is more than the depth allows.
    int64_t goal;
    bool failed = false;
    bool undoing = false;

    void burden(int32_t k, int64_t more) {
        const int64_t before = load[k], now = before + more;
        load[k] = now;
        if (keep[k] != 1 || limit < 0) return;
        strain += more;
        excess += std::max<int64_t>(now - goal, 0) - std::max<int64_t>(before - goal, 0);
    }

    int64_t energy() const { return ADDER * cost + STRAIN * strain + EXCESS * excess; }

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
            }
        }
        undoing = false;
        untidy.clear();
    }

    void deepen(int32_t k, int32_t now) {
        const int32_t symbol = inputs + k;
        const int64_t more = (int64_t{1} << now) - (int64_t{1} << depth[symbol]);
        for (const Use &use : users[symbol]) burden(use.sum, more);
        depth[symbol] = now;
    }

    // Let the depth of a sum follow its terms, and those of the sums that it is in.
    bool settle(int32_t k) {
        if (limit < 0) return false;
        const int32_t now = depth_of(load[k]), before = depth[inputs + k];
        if (now == before) return false;
        if (now > limit) {
            failed = true;
            if (now > DEEPEST) return false;
        }
        note(DEPTH, k, before);
        deepen(k, now);
        for (size_t at = 0; at < users[inputs + k].size(); at++) settle(users[inputs + k][at].sum);
        return true;
    }

    // Whether a sum may have a greater load, as far as one way to an output shows.
    bool bears(int32_t k, int64_t more) const {
        const int64_t now = load[k] + more;
        const int32_t before = depth[inputs + k];
        if (now <= int64_t{1} << before) return true;
        const int32_t after = depth_of(now);
        if (after > limit) return false;
        const int64_t rise = (int64_t{1} << after) - (int64_t{1} << before);
        for (const Use &use : users[inputs + k])
            if (!bears(use.sum, rise)) return false;
        return true;
    }

    // Write a sum out in one place where it is used.
    void write_out(int32_t k, int32_t slot) {
        const Term term = sums[k][slot];
        drop(k, slot);
        for (const Term &one : sums[term.symbol - inputs])
            put(k, one.symbol, (one.form + (term.form & ~1)) ^ (term.form & 1));
        settle(k);
    }

    // Sums that are used once are no longer shared, and those that are not used are gone.
    void tidy() {
        while (!untidy.empty()) {
            const int32_t symbol = untidy.back(), k = symbol - inputs;
            untidy.pop_back();
            if (!alive[k] || keep[k]) continue;
            if (users[symbol].size() == 1) {
                const Use use = users[symbol][0];
                write_out(use.sum, use.slot);
            } else if (sums[k].size() == 1) {
                while (!users[symbol].empty()) {
                    const Use use = users[symbol].back();
                    write_out(use.sum, use.slot);
                }
            }
            if (users[symbol].empty()) {
                while (!sums[k].empty()) drop(k, static_cast<int32_t>(sums[k].size()) - 1);
                if (limit >= 0 && depth[symbol] != 0) {
                    note(DEPTH, k, depth[symbol]);
                    depth[symbol] = 0;
                }
                release(k);
            }
        }
    }

    struct Place {
        int32_t sum, one, other;  // Forms of both terms.
    };
    vector<Place> places;

    // Make a sum of its own of a pair, wherever it is. Returns whether there was anything to do.
    bool share(uint64_t key) {
        if (counts.of(key) < 2) return false;
        const int32_t x = first_of(key), y = second_of(key), apart = apart_of(key),
                      differ = differ_of(key);
        places.clear();
        const bool by_first = users[x].size() <= users[y].size();
        const int32_t near = by_first ? x : y, far = by_first ? y : x;
        const int32_t step = by_first ? 2 * apart : -2 * apart;
        int32_t exact = -1;
        for (const Use &use : users[near]) {
            const auto &terms = sums[use.sum];
            const int32_t form = terms[use.slot].form, wanted = (form + step) ^ differ;
            for (const Term &term : terms) {
                if (term.symbol != far || term.form != wanted) continue;
                const Place place = by_first ? Place{use.sum, form, wanted} : Place{use.sum, wanted, form};
                if (x == y && overlaps(place)) break;
                // What is shifted as a whole cannot stand for what is not.
                if (terms.size() == 2 && base(place, apart) < 2 && (exact < 0 || keep[use.sum]))
                    exact = use.sum;
                places.push_back(place);
                break;
            }
        }
        if (limit >= 0) {
            const int32_t low = std::min(depth[x], depth[y]), high = std::max(depth[x], depth[y]);
            const int64_t more = (int64_t{1} << high) - (int64_t{1} << low);
            size_t left = 0;
            for (const Place &place : places)
                if (place.sum == exact || more == 0 || bears(place.sum, more)) places[left++] = place;
            places.resize(left);
        }
        if (places.size() < 2) return false;
        int32_t form;  // Of the pair as the new symbol has it, of the first term.
        if (exact >= 0) {
            form = 0;
            for (const Place &place : places)
                if (place.sum == exact) form = base(place, apart);
        } else {
            exact = fresh();
            put(exact, x, apart < 0 ? -2 * apart : 0);
            put(exact, y, (apart < 0 ? 0 : 2 * apart) ^ differ);
            form = 0;
            settle(exact);
        }
        const int32_t symbol = inputs + exact;
        // What is put is looked for again only in what has changed.
        for (const Place place : places) {
            if (place.sum == exact) continue;
            const int32_t own = base(place, apart);
            drop(place.sum, slot_of(place.sum, x, place.one));
            drop(place.sum, slot_of(place.sum, y, place.other));
            put(place.sum, symbol, ((own & ~1) - (form & ~1)) | ((own ^ form) & 1));
            settle(place.sum);
            if (sums[place.sum].size() == 1) untidy.push_back(inputs + place.sum);
        }
        return true;
    }

    // Common shift and sign of a pair, as the form of a term.
    static int32_t base(const Place &place, int32_t apart) {
        return apart < 0 ? (place.other & ~1) | (place.one & 1) : place.one;
    }

    bool overlaps(const Place &place) const {
        for (const Place &other : places)
            if (other.sum == place.sum && (other.one == place.other || other.other == place.one ||
                                           other.one == place.one))
                return true;
        return false;
    }
};

}  // namespace
