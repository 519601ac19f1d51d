// Terms, and pairs of them that sums have in common.
//
// A term is an input or a sum, shifted and with a sign.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

    // Returns how many are left.
    int32_t remove(uint64_t key) {
        size_t hole = find(key);
        if (const int32_t left = count(--places[hole])) return left;
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
        return 0;
    }

    size_t size() const { return filled; }

    int32_t of(uint64_t key) const { return count(places[find(key)]); }

    // Pairs that at least so many sums have.
    void collect(int32_t least, vector<uint64_t> &found) const {
        for (uint64_t place : places)
            if (count(place) >= least) found.push_back(place >> BITS);
    }

    // Take no more room than what is there needs, so that most of it is in a cache.
    void shrink() {
        size_t size = size_t{1} << 12;
        while (size < filled * 4) size *= 2;
        if (size < places.size()) resize(size);
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

}  // namespace
