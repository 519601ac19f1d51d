/* The class of a sequence, by an accelerator and an AXI DMA engine under Linux.

     pascaline generate digits-ternary --ports axi -o out
     cc -O2 -I out run.c -o run
     ./run /dev/uio0 /dev/uio1 /dev/udmabuf0 0x3F000000 < features.csv

   Arguments: registers of the accelerator; registers of the engine (AMD's AXI DMA, PG021, in direct
   register mode); memory that both processor and engine see (u-dma-buf, or a reserved region), and
   its address as the engine sees it. Each is a device to map, and may have an offset behind an @:
   /dev/mem@0xA0000000. Features come a step a line, with commas between them. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "digits_ternary.h"

enum {
    PAGE = 4096,
    HALF = DIGITS_TERNARY_LONGEST_VALUE * DIGITS_TERNARY_VECTOR_BYTES, /* of the memory */
    SECONDS = 5,
};

/* Of the engine: to the accelerator at 0x00, from it at 0x30. */
enum { TO = 0x00, FROM = 0x30 };
enum { CONTROL = 0x00, STATUS = 0x04, ADDRESS = 0x18, ADDRESS_HIGH = 0x1C, LENGTH = 0x28 };
enum { RUN = 0x1, RESET = 0x4, DONE = 0x1000, FAULTS = 0x70 };

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "run: %s: %s\n", what, why);
    exit(2);
}

static volatile void *map(const char *device, size_t size)
{
    char path[256];
    const char *at = strchr(device, '@');
    const size_t length = at ? (size_t)(at - device) : strlen(device);
    if (length >= sizeof path)
        fail(device, "must be shorter");
    memcpy(path, device, length);
    path[length] = 0;
    const int file = open(path, O_RDWR | O_SYNC);
    if (file < 0)
        fail(device, strerror(errno));
    void *found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                       at ? (off_t)strtoull(at + 1, NULL, 0) : 0);
    if (found == MAP_FAILED)
        fail(device, strerror(errno));
    close(file);
    return found;
}

static volatile uint32_t *engine;

/* Wait until a register of the engine has these bits, or has them not. */
static void wait_for(unsigned at, uint32_t bits, uint32_t wanted, const char *what)
{
    for (const time_t end = time(NULL) + SECONDS; (engine[at / 4] & bits) != wanted;)
        if (time(NULL) > end)
            fail(what, "has not ended");
}

static void begin(unsigned way, uint64_t address, uint32_t bytes)
{
    engine[(way + CONTROL) / 4] = RUN;
    engine[(way + ADDRESS) / 4] = (uint32_t)address;
    engine[(way + ADDRESS_HIGH) / 4] = (uint32_t)(address >> 32);
    __sync_synchronize();
    engine[(way + LENGTH) / 4] = bytes; /* This starts it. */
}

/* The steps on the standard input as bytes of a packet; how many. */
static unsigned read_steps(volatile uint8_t *packet)
{
    double features[DIGITS_TERNARY_FEATURES];
    int32_t x[DIGITS_TERNARY_FEATURES];
    uint8_t bytes[DIGITS_TERNARY_VECTOR_BYTES];
    char line[4096];
    unsigned steps = 0;
    while (fgets(line, sizeof line, stdin)) {
        char *place = line, *end;
        for (int k = 0; k < DIGITS_TERNARY_FEATURES; k++, place = end + (*end == ',')) {
            features[k] = strtod(place, &end);
            if (end == place)
                fail("a step", "must have a number for each feature");
        }
        if (steps == DIGITS_TERNARY_LONGEST_VALUE)
            fail("the sequence", "has too many steps");
        if (digits_ternary_quantize(features, x) < 0)
            fail("a feature", "must be finite");
        digits_ternary_encode(x, bytes);
        for (unsigned k = 0; k < sizeof bytes; k++)
            packet[steps * sizeof bytes + k] = bytes[k];
        steps++;
    }
    if (!steps)
        fail("the sequence", "must have a step");
    return steps;
}

int main(int count, char **words)
{
    if (count != 5)
        fail("usage", "run ACCELERATOR ENGINE MEMORY ADDRESS < features.csv");
    volatile uint32_t *machine = map(words[1], PAGE);
    engine = map(words[2], PAGE);
    volatile uint8_t *memory = map(words[3], 2 * HALF);
    const uint64_t address = strtoull(words[4], NULL, 0);

    if (digits_ternary_start(machine))
        fail(words[1], "is another machine");
    engine[(TO + CONTROL) / 4] = RESET; /* Of both ways. */
    wait_for(TO + CONTROL, RESET, 0, "the reset of the engine");

    const unsigned steps = read_steps(memory);
    begin(FROM, address + HALF, DIGITS_TERNARY_RESULT_BYTES(steps));
    begin(TO, address, steps * DIGITS_TERNARY_VECTOR_BYTES);
    wait_for(TO + STATUS, DONE, DONE, "the packet");
    for (const time_t end = time(NULL) + SECONDS; !(engine[(FROM + STATUS) / 4] & DONE);) {
        const uint32_t errors = digits_ternary_errors(machine);
        if (errors) {
            fprintf(stderr, "run: the packet was dropped: error 0x%x\n", (unsigned)errors);
            return 1;
        }
        if (time(NULL) > end)
            fail("the result", "has not come");
    }
    if ((engine[(TO + STATUS) / 4] | engine[(FROM + STATUS) / 4]) & FAULTS)
        fail(words[2], "has failed");
    __sync_synchronize();
    uint8_t result[DIGITS_TERNARY_RESULT_BYTES(1)];
    for (unsigned k = 0; k < sizeof result; k++)
        result[k] = memory[HALF + k];
    printf("%d\n", (int)digits_ternary_result(result, 0));
    return 0;
}
