// The search for sums to share: sums of terms, pairs of terms that several sums have, and moves that
// change both. A term is an input or a sum, shifted and with a sign. What costs is the number of
// terms of all sums less the number of sums: the adders.
//
// No number here depends on the machine: draws are integers, and the only operations on real numbers
// are additions and multiplications.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using std::vector;

struct Term {
    int32_t symbol;
    int32_t form;  // Shift, doubled, and 1 if it is negative.
    int32_t back;  // Where it is among the uses of its symbol.
};

struct Use {
    int32_t sum;
    int32_t slot;
};

// A pair of terms without common shift and sign, as a number that is not 0.
uint64_t pair_key(const Term &one, const Term &other) {
    const bool ordered = one.symbol < other.symbol ||
                         (one.symbol == other.symbol && one.form >> 1 < other.form >> 1);
    const Term &a = ordered ? one : other, &b = ordered ? other : one;
    const uint64_t apart = static_cast<uint64_t>((b.form >> 1) - (a.form >> 1) + 64);
    const uint64_t differ = static_cast<uint64_t>((a.form ^ b.form) & 1);
    return static_cast<uint64_t>(a.symbol) << 28 | static_cast<uint64_t>(b.symbol) << 8 |
           apart << 1 | differ;
}

int32_t first_of(uint64_t key) { return static_cast<int32_t>(key >> 28); }
int32_t second_of(uint64_t key) { return static_cast<int32_t>(key >> 8 & 0xfffff); }
int32_t apart_of(uint64_t key) { return static_cast<int32_t>(key >> 1 & 127) - 64; }
int32_t differ_of(uint64_t key) { return static_cast<int32_t>(key & 1); }

// How often sums have each pair: open addressing, without marks of what was there. A place has a key
// and, in its lowest bits, a count.
class Counts {
  public:
    Counts() { resize(1 << 12); }

    int32_t add(uint64_t key) {
        if (filled * 2 >= places.size()) resize(places.size() * 2);
        uint64_t &place = places[find(key)];
        if (place == 0) {
            place = key << BITS;
            filled++;
        }
        return count(++place);
    }

    void remove(uint64_t key) {
        size_t hole = find(key);
        if (count(--places[hole]) > 0) return;
        filled--;
        for (size_t at = hole;;) {
            at = (at + 1) & mask;
            if (places[at] == 0) break;
            const size_t home = hash(places[at] >> BITS);
            if (((at - home) & mask) >= ((at - hole) & mask)) {
                places[hole] = places[at];
                hole = at;
            }
        }
        places[hole] = 0;
    }

    int32_t of(uint64_t key) const { return count(places[find(key)]); }

    // Pairs that at least so many sums have.
    void collect(int32_t least, vector<uint64_t> &found) const {
        for (uint64_t place : places)
            if (count(place) >= least) found.push_back(place >> BITS);
    }

    int32_t most() const {
        int32_t found = 0;
        for (uint64_t place : places) found = std::max(found, count(place));
        return found;
    }

  private:
    static constexpr int BITS = 16;
    vector<uint64_t> places;
    size_t mask = 0, filled = 0;
    int bits = 0;

    static int32_t count(uint64_t place) { return static_cast<int32_t>(place & 0xffff); }

    size_t hash(uint64_t key) const { return (key * 0x9e3779b97f4a7c15ULL) >> (64 - bits); }

    size_t find(uint64_t key) const {
        size_t at = hash(key);
        while (places[at] >> BITS != key && places[at] != 0) at = (at + 1) & mask;
        return at;
    }

    void resize(size_t size) {
        vector<uint64_t> old(size);
        old.swap(places);
        mask = size - 1;
        for (bits = 0; size_t{1} << bits < size; bits++) {
        }
        for (uint64_t place : old)
            if (place) places[find(place >> BITS)] = place;
    }
};

class Draws {
  public:
    explicit Draws(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15ULL + 1) {}

    uint64_t next() {
        state += 0x9e3779b97f4a7c15ULL;
        uint64_t z = state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }
    uint32_t below(size_t count) {
        return static_cast<uint32_t>(((next() >> 32) * static_cast<uint64_t>(count)) >> 32);
    }
    double real() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  private:
    uint64_t state;
};

int32_t depth_of(int64_t load) {
    int32_t depth = 0;
    while (int64_t{1} << depth < load) depth++;
    return depth;
}

// Parts of an adder in which moves are weighed.
constexpr int64_t ADDER = 16;

class Search {
  public:
    // `kept` is 1 of an output and 2 of a sum that is never written out where it is used.
    Search(int64_t inputs, int64_t count, const int64_t *first, const int64_t *terms,
           const int8_t *kept, int64_t limit, uint64_t seed)
        : inputs(static_cast<int32_t>(inputs)), limit(static_cast<int32_t>(limit)), draws(seed) {
        goal = limit < 0 ? 0 : int64_t{1} << limit;
        users.resize(inputs + count);
        depth.assign(inputs + count, 0);
        sums.resize(count);
        load.assign(count, 0);
        alive.assign(count, 1);
        keep.assign(kept, kept + count);
        cost = -count;
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
        journal.clear();
    }

    // Share pairs, those first that most sums have.
    void greedy() {
        vector<uint64_t> found;
        for (int32_t level = counts.most(); level >= 2; level--) {
            found.clear();
            counts.collect(level, found);
            for (size_t k = found.size(); k > 1; k--) std::swap(found[k - 1], found[draws.below(k)]);
            for (size_t k = 0; k < found.size(); k++) {
                work.clear();
                journal.clear();
                failed = false;
                while (!failed && counts.of(found[k]) >= level && share(found[k])) tidy();
                if (failed) {
                    undo();
                    continue;
                }
                for (uint64_t key : work)
                    if (counts.of(key) >= level) found.push_back(key);
            }
        }
        work.clear();
        journal.clear();
    }

    // Try so many moves; a move that costs n adders is kept with a chance of `chance` to the n,
    // which goes from `from` to `to`.
    void anneal(int64_t moves, double from, double to) {
        for (int64_t k = 0; k < moves; k++) {
            const double chance = from + (to - from) * (static_cast<double>(k) / static_cast<double>(moves));
            const double part = std::sqrt(std::sqrt(std::sqrt(std::sqrt(chance))));
            const int64_t before = energy();
            journal.clear();
            work.clear();
            failed = false;
            int64_t spare = 0;
            for (double left = draws.real(); spare < 8 * ADDER && left < part; spare++) left /= part;
            if (!perturb(spare)) continue;
            while (!work.empty() && !failed) {
                share(take());
                if (!failed) tidy();
            }
            if (failed || energy() - before > spare) undo();
        }
        journal.clear();
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
        journal.clear();
        work.clear();
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

  private:
    enum Kind : int32_t { PUT, DROP, NEW, FREE, DEPTH };
    struct Step {
        Kind kind;
        int32_t sum, symbol, form;
    };

    int32_t inputs, limit;
    Draws draws;
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

    int64_t energy() const { return ADDER * cost + weight * strain + heavy * excess; }

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
            if (!undoing && now > 40) return false;
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
            const double now = count + noise * draws.real();
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

    vector<uint64_t> barred;  // Pairs that a move has just parted.

  public:
    double noise = 1.5;
    double whole = 0.08, peel = 0.5, two = 0.05;
    int64_t weight = 1, heavy = 2;
    int64_t stats[4][4] = {};

  private:
    // A change that costs adders, unless other pairs come of it. `spare` adders are allowed in the end.
    bool perturb(int64_t spare) {
        if (sums.empty()) return false;
        barred.clear();
        const int32_t k = static_cast<int32_t>(draws.below(sums.size()));
        if (!alive[k]) return false;
        const int32_t symbol = inputs + k;
        const double kind = draws.real();
        if (kind < whole) {
            const int32_t slot = static_cast<int32_t>(draws.below(sums[k].size()));
            for (const Term &term : sums[k]) {
                if (&term == &sums[k][slot]) continue;
                const uint64_t key = pair_key(term, sums[k][slot]);
                if (counts.of(key) >= 2) work.push_back(key);
            }
            return !work.empty();
        }
        if (keep[k] == 2 || users[symbol].empty()) return false;
        if (kind < whole + peel) {
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
            untidy.push_back(symbol);
        } else if (kind < whole + peel + two) {
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

extern "C" {

int supported() { return 1; }

void *adders_new(int64_t inputs, int64_t count, const int64_t *first, const int64_t *terms,
                 const int8_t *kept, int64_t limit, uint64_t seed) {
    return new Search(inputs, count, first, terms, kept, limit, seed);
}
void adders_set(void *search, double noise, double whole, double peel, double two, int64_t weight, int64_t heavy) {
    auto *s = static_cast<Search *>(search);
    s->noise = noise, s->whole = whole, s->peel = peel, s->two = two, s->weight = weight, s->heavy = heavy;
}
void adders_greedy(void *search) { static_cast<Search *>(search)->greedy(); }
void adders_anneal(void *search, int64_t moves, double from, double to) {
    static_cast<Search *>(search)->anneal(moves, from, to);
}
void adders_loosen(void *search, int64_t more) {
    static_cast<Search *>(search)->loosen(static_cast<int32_t>(more));
}
void adders_tighten(void *search, int64_t less) {
    static_cast<Search *>(search)->tighten(static_cast<int32_t>(less));
}
int64_t adders_cost(void *search) { return static_cast<Search *>(search)->price(); }
int64_t adders_sums(void *search) { return static_cast<Search *>(search)->size(); }
int64_t adders_terms(void *search) { return static_cast<Search *>(search)->count_terms(); }
void adders_give(void *search, int64_t *first, int64_t *terms) {
    static_cast<Search *>(search)->give(first, terms);
}
void adders_end(void *search) { delete static_cast<Search *>(search); }
}
