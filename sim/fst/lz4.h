// LZ4's block format: what Verilator's writer of FST files calls of the library, under its names.
#ifndef PASCALINE_LZ4_H
#define PASCALINE_LZ4_H
#include <cstdint>
#include <cstring>
#include <vector>

namespace pascaline {

// What of a length does not fit into its four bits of the token.
inline uint8_t *rest(uint8_t *to, int length) {
    for (length -= 15; length >= 255; length -= 255) *to++ = 255;
    *to++ = static_cast<uint8_t>(length);
    return to;
}

// Literals, then a match of at least four bytes; none (length 0) at the end of a block.
inline uint8_t *sequence(uint8_t *to, const uint8_t *literals, int count, int offset, int length) {
    const int extra = length ? length - 4 : 0;
    *to++ = static_cast<uint8_t>((count < 15 ? count : 15) << 4 | (extra < 15 ? extra : 15));
    if (count >= 15) to = rest(to, count);
    if (count) std::memcpy(to, literals, count);
    to += count;
    if (length) {
        *to++ = static_cast<uint8_t>(offset);
        *to++ = static_cast<uint8_t>(offset >> 8);
        if (extra >= 15) to = rest(to, extra);
    }
    return to;
}

}  // namespace pascaline

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

// Greedy: a table says where four bytes like the next four were last.
inline int LZ4_compress_default(const char *source, char *target, int size, int) {
    const auto *data = reinterpret_cast<const uint8_t *>(source);
    auto *to = reinterpret_cast<uint8_t *>(target);
    std::vector<int> last(1 << 12, -1);
    int literals = 0, at = 0;
    // A rule of the format: no match starts in the last 12 bytes or covers any of the last 5.
    while (at < size - 12) {
        uint32_t word;
        std::memcpy(&word, data + at, 4);
        int &entry = last[word * 2654435761u >> 20];
        const int before = entry;
        entry = at;
        if (before < 0 || at - before > 65535 || std::memcmp(data + before, data + at, 4) != 0) {
            ++at;
            continue;
        }
        int length = 4;
        while (at + length < size - 5 && data[before + length] == data[at + length]) ++length;
        to = pascaline::sequence(to, data + literals, at - literals, at - before, length);
        literals = at += length;
    }
    to = pascaline::sequence(to, data + literals, size - literals, 0, 0);
    return static_cast<int>(to - reinterpret_cast<uint8_t *>(target));
}

#endif
