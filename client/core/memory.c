#include "core/memory.h"

#include "core/exit_codes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void memory_fail(void)
{
    fputs("kvs-cli: out of memory\n", stderr);
    exit(EXIT_CODE_LOCAL);
}

static void *memory_require(void *pointer)
{
    if (!pointer)
        memory_fail();
    return pointer;
}

void *memory_alloc(size_t size)
{
    return memory_require(malloc(size ? size : 1));
}

void *memory_alloc_zeroed(size_t size)
{
    return memory_require(calloc(1, size ? size : 1));
}

void *memory_resize(void *pointer, size_t size)
{
    return memory_require(realloc(pointer, size ? size : 1));
}

char *memory_copy_text(const char *bytes, size_t size)
{
    char *copy = memory_alloc(size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

FILE *memory_stream_open(char **text_out, size_t *length_out)
{
    return memory_require(open_memstream(text_out, length_out));
}

void memory_stream_close(FILE *stream)
{
    if (fclose(stream) != 0)
        memory_fail();
}
