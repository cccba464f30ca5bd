#include "modes/copy_writer.h"

#include "core/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#define PIECES_OF_KEY 3    /* what stands before the value, the value, what stands after it */
#define PIECES_AT_ONCE 192 /* in one call */

/* What stands before the value: RESTORE name moment, and the value's length. */
static void write_head(struct copy_key *key, int words, long long expires)
{
    char moment[24], before[96], behind[96];
    int moment_length = snprintf(moment, sizeof moment, "%lld", expires);
    size_t before_length =
        (size_t)snprintf(before, sizeof before, "*%d\r\n$7\r\nRESTORE\r\n$%zu\r\n", words, key->name_length);
    size_t behind_length =
        (size_t)snprintf(behind, sizeof behind, "\r\n$%d\r\n%s\r\n$%zu\r\n", moment_length, moment, key->value->length);
    key->head_length = before_length + key->name_length + behind_length;
    key->head = memory_alloc(key->head_length);
    memcpy(key->head, before, before_length);
    memcpy(key->head + before_length, key->name, key->name_length);
    memcpy(key->head + before_length + key->name_length, behind, behind_length);
}

void copy_writer_add(struct copy_writer *writer, struct copy_key *key, long long expires)
{
    write_head(key, writer->replace ? 6 : 5, expires);
    key->value_length = key->value->length;
    writer->held += key->value_length;
    copy_queue_append(&writer->keys, key);
    if (!writer->writing) {
        writer->writing = key;
        writer->writing_at = 0;
    }
}

bool copy_writer_has_work(const struct copy_writer *writer)
{
    return writer->writing && !writer->is_deaf;
}

static struct iovec piece_of(const struct copy_writer *writer, const struct copy_key *key, int number)
{
    static char tail[] = "\r\n$6\r\nABSTTL\r\n", tail_replacing[] = "\r\n$6\r\nABSTTL\r\n$7\r\nREPLACE\r\n";
    if (number == 0)
        return (struct iovec){key->head, key->head_length};
    if (number == 1)
        return (struct iovec){key->value->text, key->value->length};
    return writer->replace ? (struct iovec){tail_replacing, sizeof tail_replacing - 1}
                           : (struct iovec){tail, sizeof tail - 1};
}

/* What is to be written next, without the bytes that already are. Returns how many pieces. */
static int gather(const struct copy_writer *writer, struct iovec *pieces)
{
    size_t gone = writer->writing_at;
    int count = 0;
    for (const struct copy_key *key = writer->writing; key && count + PIECES_OF_KEY <= PIECES_AT_ONCE;
         key = key->next) {
        for (int i = 0; i < PIECES_OF_KEY; i++) {
            struct iovec piece = piece_of(writer, key, i);
            size_t less = gone < piece.iov_len ? gone : piece.iov_len;
            gone -= less;
            piece.iov_base = (char *)piece.iov_base + less;
            piece.iov_len -= less;
            pieces[count++] = piece;
        }
    }
    return count;
}

static size_t size_of(const struct copy_writer *writer, const struct copy_key *key)
{
    return key->head_length + key->value_length + piece_of(writer, key, PIECES_OF_KEY - 1).iov_len;
}

static void note_written(struct copy_writer *writer, size_t size)
{
    writer->writing_at += size;
    while (writer->writing && writer->writing_at >= size_of(writer, writer->writing)) {
        struct copy_key *key = writer->writing;
        writer->writing_at -= size_of(writer, key);
        writer->held -= key->value_length;
        copy_key_drop_value(key);
        writer->writing = key->next;
    }
}

void copy_writer_write(struct copy_writer *writer, int fd)
{
    struct iovec pieces[PIECES_AT_ONCE];
    while (copy_writer_has_work(writer)) {
        int count = gather(writer, pieces);
        ssize_t size = writev(fd, pieces, count);
        if (size >= 0)
            note_written(writer, (size_t)size);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            writer->is_deaf = true;
    }
}

struct copy_key *copy_writer_take_answered(struct copy_writer *writer)
{
    if (writer->keys.first == writer->writing) /* so too when there is none */
        return NULL;
    return copy_queue_take(&writer->keys);
}

void copy_writer_clear(struct copy_writer *writer)
{
    writer->writing = NULL;
    writer->held = 0;
    copy_queue_clear(&writer->keys);
}
