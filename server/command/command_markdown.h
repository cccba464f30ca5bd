/*
 * docs/commands.md, drawn from the command table.
 */
#ifndef KVS_COMMAND_COMMAND_MARKDOWN_H
#define KVS_COMMAND_COMMAND_MARKDOWN_H

struct text;

/* Appends the whole page. After command_table_init(). */
void command_markdown(struct text *text);

/* Appends the syntax of a command's arguments: "key value [NX | XX] [GET]". */
struct command;
void command_syntax(struct text *text, const struct command *command);

#endif
