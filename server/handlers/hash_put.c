#include "handlers/hash_put.h"

#include "handlers/elements.h"
#include "server.h"

struct hash_terms hash_terms_of(const struct call *call)
{
    const struct config *config = &call->server->config;
    return (struct hash_terms){call->view.now_ms, (uint64_t)config->hash_max_listpack_entries,
                               config->hash_max_listpack_value};
}

int hash_put_arg(struct call *call, struct collection *hash, const struct arg *field, const struct arg *value,
                 int64_t expire_ms)
{
    struct element field_element, value_element;
    struct hash_terms terms = hash_terms_of(call);
    element_init_arg(&field_element, call, (int)(field - call->argv));
    element_init(&value_element, value->data, value->len);
    return hash_put(hash, (struct hash_part){&field_element, field}, (struct hash_part){&value_element, value},
                    expire_ms, &terms);
}
