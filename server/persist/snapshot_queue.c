#include "persist/snapshot_queue.h"

#include "base/memory.h"

#define WORTH_WRITING ((size_t)64 << 10) /* bytes that are written with one system call, at least */

struct snapshot_chunk {
    struct snapshot_chunk *next;
    struct text text;
};

void snapshot_queue_init(struct snapshot_queue *queue, struct rdb_file *file, size_t limit)
{
    *queue = (struct snapshot_queue){.open = TEXT_EMPTY, .limit = limit, .file = file};
    queue->last = &queue->first;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_mutex_init(&queue->file_lock, NULL);
}

/* ---- under the lock ---- */

/* Takes the text. */
static void append(struct snapshot_queue *queue, struct text *text)
{
    struct snapshot_chunk *chunk = mem_alloc(sizeof *chunk);
    *chunk = (struct snapshot_chunk){.text = *text};
    *queue->last = chunk;
    queue->last = &chunk->next;
    *text = TEXT_EMPTY;
}

static struct snapshot_chunk *take(struct snapshot_queue *queue, bool at_end)
{
    if (queue->open.len >= WORTH_WRITING || (at_end && queue->open.len > 0))
        append(queue, &queue->open);
    struct snapshot_chunk *chunk = queue->first;
    if (!chunk)
        return NULL;
    queue->first = chunk->next;
    if (!queue->first)
        queue->last = &queue->first;
    queue->bytes -= chunk->text.len;
    return chunk;
}

/* ---- putting in, and writing ---- */

void snapshot_queue_put(struct snapshot_queue *queue, struct text *text)
{
    pthread_mutex_lock(&queue->lock);
    queue->bytes += text->len;
    if (text->len >= WORTH_WRITING)
        append(queue, text);
    else
        text_add_bytes(&queue->open, text->data, text->len);
    bool is_full = queue->bytes > queue->limit;
    pthread_mutex_unlock(&queue->lock);
    text_deinit(text);
    *text = TEXT_EMPTY;
    if (is_full)
        snapshot_queue_write(queue, false);
}

bool snapshot_queue_write(struct snapshot_queue *queue, bool at_end)
{
    pthread_mutex_lock(&queue->file_lock);
    pthread_mutex_lock(&queue->lock);
    struct snapshot_chunk *chunk = take(queue, at_end);
    pthread_mutex_unlock(&queue->lock);
    if (chunk)
        rdb_file_append(queue->file, chunk->text.data, chunk->text.len);
    pthread_mutex_unlock(&queue->file_lock);
    if (!chunk)
        return false;
    text_deinit(&chunk->text);
    mem_free(chunk);
    return true;
}

bool snapshot_queue_has_failed(struct snapshot_queue *queue)
{
    pthread_mutex_lock(&queue->file_lock);
    bool failed = queue->file->error != 0;
    pthread_mutex_unlock(&queue->file_lock);
    return failed;
}

void snapshot_queue_deinit(struct snapshot_queue *queue)
{
    for (struct snapshot_chunk *chunk; (chunk = take(queue, true)) != NULL;) {
        text_deinit(&chunk->text);
        mem_free(chunk);
    }
    text_deinit(&queue->open);
    pthread_mutex_destroy(&queue->lock);
    pthread_mutex_destroy(&queue->file_lock);
}
