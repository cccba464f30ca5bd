/* The parser: any bytes, cut anyhow, give the same requests as in one piece, and nothing is read that didn't come. */
#include "base/siphash.h"
#include "resp/parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct parser_limits limits = {.max_bulk = 1 << 20, .max_arguments = 1 << 20};

/* What came out, as a chain of hashes. */
struct outcome {
    uint64_t hash;
    size_t requests, bytes;
    enum parse_result result;
};

static void note(struct outcome *outcome, const void *data, size_t len)
{
    outcome->hash = outcome->hash * 31 + siphash_bytes(data, len) + len;
}

static void drain(struct parser *parser, struct outcome *outcome)
{
    do {
        struct request *requests;
        unsigned count;
        outcome->result = parser_batch(parser, &limits, &requests, &count);
        for (unsigned i = 0; i < count; i++) {
            for (int a = 0; a < requests[i].argc; a++)
                note(outcome, requests[i].argv[a].data, requests[i].argv[a].len);
            note(outcome, &requests[i].argc, sizeof requests[i].argc);
            outcome->bytes += requests[i].bytes;
        }
        outcome->requests += count;
    } while (outcome->result == PARSE_DONE);
}

/* longest: bytes of a piece at most, 0 for all at once. seed decides the lengths, and when to move to a new parser. */
static struct outcome parse(const uint8_t *data, size_t size, size_t longest, unsigned seed)
{
    struct outcome outcome = {.result = PARSE_MORE};
    struct parser *parser = parser_create(longest ? 64 : size + 8192);
    for (size_t at = 0; at < size && outcome.result != PARSE_BAD;) {
        struct iovec vectors[2];
        size_t part = longest ? 1 + (size_t)rand_r(&seed) % longest : size, fed = 0;
        part = part < size - at ? part : size - at;
        int count = parser_target(parser, vectors);
        for (int i = 0; i < count && part > 0; i++) {
            size_t n = part < vectors[i].iov_len ? part : vectors[i].iov_len;
            memcpy(vectors[i].iov_base, data + at, n);
            at += n;
            part -= n;
            fed += n;
        }
        parser_fed(parser, fed);
        drain(parser, &outcome);
        if (longest && outcome.result == PARSE_MORE && seed % 4 == 0) {
            struct parser *split = parser_split_rest(parser);
            parser_destroy(parser);
            parser = split;
        }
    }
    if (outcome.result == PARSE_BAD)
        note(&outcome, parser_error(parser), strlen(parser_error(parser)));
    else if (outcome.bytes > size || parser_pending(parser) > size)
        abort();
    parser_destroy(parser);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    unsigned seed = data[0];
    size_t longest = 1 + (size_t)data[1] * data[1];
    struct outcome whole = parse(data + 2, size - 2, 0, 0), cut = parse(data + 2, size - 2, longest, seed);
    if (whole.hash != cut.hash || whole.requests != cut.requests || whole.bytes != cut.bytes ||
        whole.result != cut.result) {
        fprintf(stderr, "in one piece %zu requests, result %d; in pieces of up to %zu: %zu requests, result %d\n",
                whole.requests, whole.result, longest, cut.requests, cut.result);
        abort();
    }
    return 0;
}
