#include "store/key_map.h"

#include "base/memory.h"

#include <string.h>

#define BUCKETS_MIN 4

static struct key_node **bucket_of(const struct key_map *map, uint64_t hash)
{
    return &map->buckets[hash & (map->bucket_count - 1)]; /* the shard is chosen by other bits */
}

static void set_bucket_count(struct key_map *map, size_t bucket_count)
{
    struct key_map old = *map;
    map->buckets = mem_calloc(bucket_count * sizeof(struct key_node *));
    map->bucket_count = bucket_count;
    for (size_t i = 0; i < old.bucket_count; i++) {
        while (old.buckets[i]) {
            struct key_node *node = old.buckets[i];
            old.buckets[i] = node->next;
            struct key_node **bucket = bucket_of(map, node->key.hash);
            node->next = *bucket;
            *bucket = node;
        }
    }
    mem_free(old.buckets);
}

static void settle(struct key_map *map)
{
    if (map->count == 0) {
        mem_free(map->buckets);
        *map = (struct key_map){0};
    } else if (map->count > map->bucket_count) {
        set_bucket_count(map, map->bucket_count ? map->bucket_count * 2 : BUCKETS_MIN);
    } else if (map->count < map->bucket_count / 8) {
        set_bucket_count(map, map->bucket_count / 2);
    }
}

void *key_map_find(const struct key_map *map, int db, const struct key *key)
{
    if (map->count == 0)
        return NULL;
    struct key_node *node = *bucket_of(map, key->hash);
    while (node && (node->key.hash != key->hash || node->db != db ||
                    !bytes_equal(node->key.name.data, node->key.name.len, key->name.data, key->name.len)))
        node = node->next;
    return node;
}

void *key_map_add(struct key_map *map, int db, const struct key *key, size_t size)
{
    struct key_node *node = mem_alloc(size + key->name.len);
    char *name = (char *)node + size;
    memset(node, 0, size);
    memcpy(name, key->name.data, key->name.len);
    *node = (struct key_node){.key = {{name, key->name.len}, key->hash}, .db = db};
    map->count++;
    settle(map);
    struct key_node **bucket = bucket_of(map, key->hash);
    node->next = *bucket;
    *bucket = node;
    return node;
}

void key_map_remove(struct key_map *map, struct key_node *node)
{
    struct key_node **link = bucket_of(map, node->key.hash);
    while (*link != node)
        link = &(*link)->next;
    *link = node->next;
    mem_free(node);
    map->count--;
    settle(map);
}

/* A node that goes may make the map smaller, and all others move to other buckets: hence the list. */
void key_map_each(struct key_map *map, void (*visit)(void *context, struct key_node *node), void *context)
{
    size_t at = 0;
    if (map->count == 0)
        return;
    struct key_node **nodes = mem_alloc(map->count * sizeof(struct key_node *));
    for (size_t i = 0; i < map->bucket_count; i++)
        for (struct key_node *node = map->buckets[i]; node; node = node->next)
            nodes[at++] = node;
    for (size_t i = 0; i < at; i++)
        visit(context, nodes[i]);
    mem_free(nodes);
}
