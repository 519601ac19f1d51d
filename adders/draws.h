// What is drawn at random, and functions for it.
//
// No number here depends on the machine: draws are integers, and real numbers are only added,
// multiplied, divided, and drawn roots of, which have one result everywhere.

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace {

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
    // Put elements into any order.
    template <typename Element>
    void shuffle(Element *elements, size_t count) {
        for (size_t k = count; k > 1; k--) std::swap(elements[k - 1], elements[below(k)]);
    }
    double real() { return static_cast<double>(next() >> 11) * 0x1p-53; }

  private:
    uint64_t state;
};

// e to the -x, for x of at least 0.
double decay(double x) {
    if (x > 60) return 0;
    const double y = x / 256;
    double found = 1 - y * (1 - y / 2 * (1 - y / 3 * (1 - y / 4)));
    for (int k = 0; k < 8; k++) found *= found;
    return found;
}

// n to the power of x, for n of at least 1 and x of at least 0.
double power(double n, double x) {
    // The logarithm of a root that is near 1.
    double root = n;
    for (int k = 0; k < 10; k++) root = std::sqrt(root);
    const double s = (root - 1) / (root + 1), square = s * s;
    const double log = 1024 * 2 * s * (1 + square * (1.0 / 3 + square / 5));
    return 1 / decay(x * log);
}

}  // namespace
