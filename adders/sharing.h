// What is done with sums: terms that several have made a sum of their own, sums written out where they
// are used, and depths that follow.

#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "state.h"

namespace {

int32_t depth_of(int64_t load) {
    int32_t depth = 0;
    while (int64_t{1} << depth < load) depth++;
    return depth;
}

// Adders in a row beyond which nothing is followed.
constexpr int32_t DEEPEST = 40;

class Sharing : public State {
  public:
    Sharing(int64_t inputs, int64_t count, const int64_t *first, const int64_t *terms,
            const int8_t *kept, int64_t limit, const int64_t *bounds)
        : State(inputs, count, first, terms, kept, limit, bounds) {
        undoing = true;
        for (bool changed = limit >= 0; changed;) {
            changed = false;
            for (int32_t k = 0; k < count; k++) changed |= settle(k);
        }
        undoing = false;
    }

  protected:
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
            measure(exact);
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
