#include "config/remarks.h"

#include "config/reading.h"

void config_remark(struct config *config, const char *place, const char *format, ...)
{
    struct reading *reading = reading_of(config);
    va_list args;
    va_start(args, format);
    findings_add(reading, &reading->remarks, place, format, args);
    va_end(args);
}

void config_remarks_tell(const struct config *config, config_remark_visit *tell, void *context)
{
    findings_tell(&reading_of(config)->remarks, "remark", context, tell);
}
