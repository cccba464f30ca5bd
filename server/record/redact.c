/*
 * Few commands carry secrets, so they are known by name here: by their name in the command table, since rename-command
 * may have given them another. The table of directives says which directives are secret. A request is examined before
 * it is known to be well-formed, so nothing is assumed about its shape.
 */
#include "record/redact.h"

#include "command/command_table.h"
#include "config/config.h"

#include <string.h>

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
        return index >= 3 && index % 2 == 1 && config_is_secret(argv[index - 1].data, argv[index - 1].len);
    if (strcmp(name, "acl") == 0 && arg_is(&argv[1], "setuser")) /* ACL SETUSER name rule ... */
        return index >= 2;
    return false;
}
