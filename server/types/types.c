#include "types/types.h"

#include "store/value_type.h"
#include "types/hash.h"
#include "types/list.h"
#include "types/set.h"
#include "types/stream.h"
#include "types/string.h"
#include "types/type_number.h"
#include "types/zset.h"

void types_register(void)
{
    value_type_register(TYPE_STRING, &string_type);
    value_type_register(TYPE_LIST, &list_type);
    value_type_register(TYPE_SET, &set_type);
    value_type_register(TYPE_ZSET, &zset_type);
    value_type_register(TYPE_HASH, &hash_type);
    value_type_register(TYPE_STREAM, &stream_type);
    stream_register();
}
