// The functions that Python calls; `moves.h` has the search, and `full.h` that of full trees.

#include "fours.h"
#include "full.h"
#include "moves.h"

extern "C" {

int supported() { return __builtin_cpu_supports("avx2") != 0; }

void *adders_new(int64_t inputs, int64_t count, const int64_t *first, const int64_t *terms,
                 const int8_t *kept, int64_t limit, const int64_t *bounds, uint64_t seed) {
    return new Search(inputs, count, first, terms, kept, limit, bounds, seed);
}
void adders_greedy(void *search) { static_cast<Search *>(search)->greedy(); }
void adders_anneal(void *search, int64_t moves, double from, double to, double out) {
    static_cast<Search *>(search)->anneal(moves, from, to, out);
}
void adders_loosen(void *search, int64_t more) {
    static_cast<Search *>(search)->loosen(static_cast<int32_t>(more));
}
void adders_tighten(void *search, int64_t less) {
    static_cast<Search *>(search)->tighten(static_cast<int32_t>(less));
}
int64_t adders_cost(void *search) { return static_cast<Search *>(search)->adders(); }
int64_t adders_sums(void *search) { return static_cast<Search *>(search)->size(); }
int64_t adders_terms(void *search) { return static_cast<Search *>(search)->count_terms(); }
void adders_give(void *search, int64_t *first, int64_t *terms) {
    static_cast<Search *>(search)->give(first, terms);
}
void adders_end(void *search) { delete static_cast<Search *>(search); }

void *fours_new(int64_t rows, int64_t columns, const int8_t *matrix, uint64_t seed) {
    return new Fours(rows, columns, matrix, seed);
}
void fours_anneal(void *fours, int64_t moves, double from, double to) {
    static_cast<Fours *>(fours)->anneal(moves, from, to);
}
void fours_give(void *fours, int32_t *order) { static_cast<Fours *>(fours)->give(order); }
void fours_end(void *fours) { delete static_cast<Fours *>(fours); }

void *full_new(int64_t rows, int64_t leaves, const int32_t *classes, uint64_t seed) {
    return new Full(rows, leaves, classes, seed);
}
void full_anneal(void *full, int64_t moves, double heat, double evenness) {
    static_cast<Full *>(full)->anneal(moves, heat, evenness);
}
int64_t full_nodes(void *full) { return static_cast<Full *>(full)->nodes(); }
void full_give(void *full, int32_t *leaves) { static_cast<Full *>(full)->give(leaves); }
void full_end(void *full) { delete static_cast<Full *>(full); }
}
