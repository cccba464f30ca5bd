/*
 * Secrets among arguments. Few commands carry them, so they are known by name here: by the one in the table, since
 * rename-command may have given them another. A request is looked at before it is known to be well-formed, so nothing
 * is assumed of its shape.
 */
#include "record/redact.h"

#include "command/command_table.h"

#include <string.h>

static bool is_secret_directive(const struct arg *name)
{
    return arg_is(name, "requirepass") || arg_is(name, "masterauth") || arg_is(name, "masteruser") ||
           arg_is(name, "tls-key-file-pass") || arg_is(name, "tls-client-key-file-pass");
}

bool redact_is_secret(int argc, const struct arg *argv, int index)
{
    if (index < 1 || index >= argc)
        return false;
    const struct command *command = command_find(argv[0].data, argv[0].len);
    const char *name = command ? command->name : "";
    if (strcmp(name, "auth") == 0)
        return true;
    if (strcmp(name, "hello") == 0) /* HELLO 3 AUTH user password SETNAME name */
        return (index >= 3 && arg_is(&argv[index - 1], "auth")) || (index >= 4 && arg_is(&argv[index - 2], "auth"));
    if (strcmp(name, "config") == 0 && arg_is(&argv[1], "set")) /* CONFIG SET name value name value ... */
        return index >= 3 && index % 2 == 1 && is_secret_directive(&argv[index - 1]);
    if (strcmp(name, "acl") == 0 && arg_is(&argv[1], "setuser")) /* ACL SETUSER name rule ... */
        return index >= 2;
    return false;
}
