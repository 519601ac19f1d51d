// The inner loops of the golden model, for processors with AVX2. Every number is an integer, and
// each function gives what the NumPy code beside its call gives; tests compare the two.

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace {

constexpr int ROWS = 16;  // Of a block of weights: two registers of eight sums.

// Weights of 8 bits and elements of 16, two columns at a time.
struct Pairs {
    static constexpr int columns = 2;
    static constexpr int64_t span = INT64_MAX;
    static __m256i weights(const int8_t *at) {
        return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(at)));
    }
    static __m256i add(__m256i sums, __m256i weights, __m256i elements) {
        return _mm256_add_epi32(sums, _mm256_madd_epi16(weights, elements));
    }
    static __m256i widened(__m256i sums) { return sums; }
};

// Weights of -1, 0, 1 and elements of 0 to 255, four columns at a time. Sums of two columns have 16
// bits, for as many words as `span`.
struct Quads {
    static constexpr int columns = 4;
    static constexpr int64_t span = 64;
    static __m256i weights(const int8_t *at) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(at));
    }
    static __m256i add(__m256i sums, __m256i weights, __m256i elements) {
        return _mm256_add_epi16(sums, _mm256_maddubs_epi16(elements, weights));
    }
    static __m256i widened(__m256i sums) { return _mm256_madd_epi16(sums, _mm256_set1_epi16(1)); }
};

// Sums of a block of rows for `count` vectors, of which a word has the elements of some columns.
template <class Form, int count>
void block(const int8_t *weights, const int32_t *vectors, const int32_t *start, int64_t words,
           int32_t *sums, int64_t stride) {
    const auto *first_sums = reinterpret_cast<const __m256i *>(start);
    __m256i low[count], high[count];
    for (int k = 0; k < count; k++) {
        low[k] = _mm256_loadu_si256(first_sums);
        high[k] = _mm256_loadu_si256(first_sums + 1);
    }
    for (int64_t word = 0; word < words;) {
        __m256i now_low[count], now_high[count];
        for (int k = 0; k < count; k++) now_low[k] = now_high[k] = _mm256_setzero_si256();
        const int64_t end = words - word > Form::span ? word + Form::span : words;
        for (; word < end; word++, weights += ROWS * Form::columns) {
            const __m256i first = Form::weights(weights);
            const __m256i second = Form::weights(weights + ROWS / 2 * Form::columns);
            for (int k = 0; k < count; k++) {
                const __m256i elements = _mm256_set1_epi32(vectors[k * words + word]);
                now_low[k] = Form::add(now_low[k], first, elements);
                now_high[k] = Form::add(now_high[k], second, elements);
            }
        }
        for (int k = 0; k < count; k++) {
            low[k] = _mm256_add_epi32(low[k], Form::widened(now_low[k]));
            high[k] = _mm256_add_epi32(high[k], Form::widened(now_high[k]));
        }
    }
    for (int k = 0; k < count; k++) {
        auto *to = reinterpret_cast<__m256i *>(sums + k * stride);
        _mm256_storeu_si256(to, low[k]);
        _mm256_storeu_si256(to + 1, high[k]);
    }
}

template <class Form>
void all_blocks(const int8_t *weights, const int32_t *vectors, const int32_t *start, int32_t *sums,
                int64_t batch, int64_t blocks, int64_t words) {
    const int64_t stride = ROWS * blocks;
    for (; blocks > 0; blocks--, start += ROWS, sums += ROWS) {
        int64_t row = 0;
        for (; row + 4 <= batch; row += 4)
            block<Form, 4>(weights, vectors + words * row, start, words, sums + stride * row,
                           stride);
        for (; row < batch; row++)
            block<Form, 1>(weights, vectors + words * row, start, words, sums + stride * row,
                           stride);
        weights += ROWS * Form::columns * words;
    }
}

int32_t clamped(int32_t value, int32_t lo, int32_t hi) { return std::clamp(value, lo, hi); }

template <class Total>
void narrowed(const Total *first_scale, const Total *second_scale, const Total *bias, int64_t rows,
              int32_t shift, int32_t lo, int32_t hi, const int32_t *first, const int32_t *second,
              int32_t *out, int64_t batch) {
    const auto half = static_cast<Total>((int64_t{1} << shift) >> 1);
    for (; batch > 0; batch--, first += rows, out += rows) {
        for (int64_t r = 0; r < rows; r++) {
            Total total = first_scale[r] * first[r] + bias[r] + half;
            if (second) total += second_scale[r] * second[r];
            out[r] = static_cast<int32_t>(std::clamp<Total>(total >> shift, lo, hi));
        }
        if (second) second += rows;
    }
}

int bit_length(uint64_t value) { return value ? 64 - __builtin_clzll(value) : 0; }

uint64_t root(uint64_t value) {
    auto found = static_cast<uint64_t>(std::sqrt(static_cast<double>(value)));
    while (found * found > value) found--;
    while ((found + 1) * (found + 1) <= value) found++;
    return found;
}

}  // namespace

extern "C" {

int supported() { return __builtin_cpu_supports("avx2") != 0; }

// `golden.product.Product`: (batch, 16 * blocks), beginning with `start`.
void pairs(const int8_t *weights, const int32_t *start, int64_t blocks, int64_t words,
           const int32_t *vectors, int32_t *sums, int64_t batch) {
    all_blocks<Pairs>(weights, vectors, start, sums, batch, blocks, words);
}

void quads(const int8_t *weights, const int32_t *start, int64_t blocks, int64_t words,
           const int32_t *vectors, int32_t *sums, int64_t batch) {
    all_blocks<Quads>(weights, vectors, start, sums, batch, blocks, words);
}

// `golden.standard.Standardised`, of which `constants` are, in the order in which they are read.
void standardise(const int64_t *constants, const int32_t *sums, int32_t *normal, int64_t gates) {
    const int64_t hidden = constants[0], inverse = constants[1], mean_shift = constants[2];
    const int mean_frac = constants[3], precision = constants[4], mantissa = constants[5];
    const int least = constants[6], left = constants[7];
    const int32_t lo = constants[8], hi = constants[9], normal_lo = constants[10];
    const int32_t normal_hi = constants[11];
    const bool squares = constants[12];
    for (int64_t gate = 0; gate < gates; gate++, sums += hidden, normal += hidden) {
        int64_t total = 0, spread = 0;
        for (int64_t r = 0; r < hidden; r++) total += sums[r];
        const auto half_mean = (int64_t{1} << mean_shift) >> 1;
        const auto mean = static_cast<int32_t>((total * inverse + half_mean) >> mean_shift);
        for (int64_t r = 0; r < hidden; r++) {
            const int32_t apart = sums[r] * (1 << mean_frac) - mean;
            normal[r] = apart;
            spread += squares ? int64_t{apart} * apart : std::abs(apart);
        }
        const int per = squares ? 2 : 1;
        int bits = (bit_length(spread) + per - 1) / per;
        int64_t leading = int64_t{1} << (precision - 1);
        if (bits >= least) {
            const int drop = (bits - precision) * per;
            leading = drop > 0 ? spread >> drop : spread << -drop;
            if (squares) leading = root(leading);
        }
        bits = std::max(bits, least);
        const auto numerator = (int64_t{1} << (precision + mantissa)) - 1;
        const auto reciprocal = static_cast<int32_t>(numerator / leading);
        const int shift = bits - least;
        const auto half = static_cast<int32_t>((int64_t{1} << shift) >> 1);
        const int32_t half_normal = 1 << mantissa;
        for (int64_t r = 0; r < hidden; r++) {
            const int32_t moved = (normal[r] * (1 << left) + half) >> shift;
            const int32_t near = clamped(moved, lo, hi) * reciprocal;
            normal[r] = clamped((near + half_normal) >> (mantissa + 1), normal_lo, normal_hi);
        }
    }
}

// `golden.affine.Affine` with one addend, or with two; totals have the type of scales and biases.
void affine(const int32_t *first_scale, const int32_t *second_scale, const int32_t *bias,
            int64_t rows, int32_t shift, int32_t lo, int32_t hi, const int32_t *first,
            const int32_t *second, int32_t *out, int64_t batch) {
    narrowed(first_scale, second_scale, bias, rows, shift, lo, hi, first, second, out, batch);
}

void affine_wide(const int64_t *first_scale, const int64_t *second_scale, const int64_t *bias,
                 int64_t rows, int32_t shift, int32_t lo, int32_t hi, const int32_t *first,
                 const int32_t *second, int32_t *out, int64_t batch) {
    narrowed(first_scale, second_scale, bias, rows, shift, lo, hi, first, second, out, batch);
}

// `golden.activation.ActivationFunction` with a table, of rows that are `stride` apart.
void lookup(const int32_t *table, int32_t mask, const int32_t *values, int32_t *out,
            int64_t batch, int64_t count, int64_t stride) {
    for (; batch > 0; batch--, values += stride, out += count)
        for (int64_t k = 0; k < count; k++) out[k] = table[values[k] & mask];
}

// `golden.cells.lstm.Lstm` behind the pre-activations (batch, 4 * hidden), its functions by tables:
// (8, batch, hidden), which are i, f, g, o, c, u, tanh of u, h.
void gates(const int32_t *sigmoid, const int32_t *tanh, const int64_t *constants,
           const int32_t *pre, const int32_t *old, int32_t *made, int64_t batch) {
    const int64_t hidden = constants[0], all = batch * hidden;
    const int32_t mask = constants[1], fresh = 1 << constants[2];
    const auto narrow = [constants](int32_t value, int at) {
        const int32_t shift = constants[at], half = (int64_t{1} << shift) >> 1;
        return clamped((value + half) >> shift, constants[at + 1], constants[at + 2]);
    };
    for (; batch > 0; batch--, pre += 4 * hidden, old += hidden, made += hidden) {
        for (int64_t r = 0; r < hidden; r++) {
            const int32_t i = sigmoid[pre[r] & mask], f = sigmoid[pre[hidden + r] & mask];
            const int32_t g = tanh[pre[2 * hidden + r] & mask];
            const int32_t o = sigmoid[pre[3 * hidden + r] & mask];
            const int32_t c = narrow(i * g * fresh + f * old[r], 3), u = narrow(c, 6);
            const int32_t tanh_c = tanh[u & mask], h = narrow(o * tanh_c, 9);
            const int32_t found[] = {i, f, g, o, c, u, tanh_c, h};
            for (int k = 0; k < 8; k++) made[k * all + r] = found[k];
        }
    }
}

}  // extern "C"
