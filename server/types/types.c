#include "types/types.h"

#include "store/value_type.h"
#include "types/string.h"
#include "types/type_number.h"

void types_register(void)
{
    value_type_register(TYPE_STRING, &string_type);
}
