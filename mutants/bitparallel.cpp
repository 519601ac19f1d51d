/* A graph of conjunctions over time, 64 machines side by side in each of 8 words.

The machines of a word have the same inputs; the first of them is what the others are compared with.
*/
#include <cstdint>

namespace {

constexpr int WORDS = 8;
typedef uint64_t Words __attribute__((vector_size(8 * WORDS)));

inline void read(Words &into, const Words *values, int32_t literal)
{
    into = values[literal >> 1] ^ (Words{} - uint64_t(literal & 1));
}

/* Which bits are not as the first of their word. */
inline void add_different(Words &into, const Words &value)
{
    into |= value ^ (Words{} - (value & 1));
}

}

extern "C" void run(
    long cycles, long inputs, const int32_t *input, const uint8_t *bits,
    long ands, const int32_t (*conjunction)[3],
    long latches, const int32_t *latch, const int32_t *following,
    long outputs, const int32_t *output,
    Words *values, Words *next, Words *infected, Words *different, uint8_t *seen)
{
    Words a, b;
    for (long cycle = 0; cycle < cycles; cycle++) {
        for (long k = 0; k < inputs; k++, bits++)
            for (int word = 0; word < WORDS; word++)
                values[input[k]][word] = -uint64_t(*bits >> word & 1);
        for (long k = 0; k < ands; k++) {
            read(a, values, conjunction[k][1]);
            read(b, values, conjunction[k][2]);
            values[conjunction[k][0]] = a & b;
        }
        different[cycle] = Words{};
        for (long k = 0; k < outputs; k++, seen++) {
            read(a, values, output[k]);
            add_different(different[cycle], a);
            *seen = 0;
            for (int word = 0; word < WORDS; word++)
                *seen |= (a[word] & 1) << word;
        }
        for (long k = 0; k < latches; k++) {
            read(next[k], values, following[k]);
            add_different(infected[k], next[k]);
        }
        for (long k = 0; k < latches; k++)
            values[latch[k]] = next[k];
    }
}
