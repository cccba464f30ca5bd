/*
 * What tests of config/ share: a folder, a configuration that is loaded from files and arguments, and what CONFIG GET
 * and SET say of it. One test uses it at a time.
 */
#ifndef KVS_UNIT_CONFIG_FIXTURE_H
#define KVS_UNIT_CONFIG_FIXTURE_H

#include "config/config.h"

#include <check.h>
#include <stddef.h>

extern char test_folder[];
extern struct config test_config;

void config_set_up(void);
void config_tear_down(void);

/* The path of a file in the test's folder; good until the next but three calls. */
const char *config_path(const char *name);

/* Makes or replaces a file; returns its path. */
const char *config_write_file(const char *name, const char *content);
void config_expect_file(const char *name, const char *expected);

/* Loads arguments into the test's configuration, made anew; NULL, or the message. */
char *config_load_arguments(const char *const *arguments);
#define CONFIG_LOAD(...) config_load_arguments((const char *const[]){__VA_ARGS__, NULL})

/* There is no message, of CONFIG_LOAD() or CONFIG_SET(). */
void config_expect_loaded(char *error);

/* The message has both parts and is one line; or it is just this. Both free it. */
void config_expect_message(char *error, const char *first, const char *second);
void config_expect_refused(char *error, const char *expected);

/* What CONFIG GET answers, as "name=value;..."; good until the next call. */
const char *config_answer(const char *pattern);
const char *config_answers(const char *const *patterns, size_t count);

/* CONFIG SET with a name, a value and so on; NULL, or its error. */
char *config_set_words(const char *const *words, size_t count);
#define CONFIG_SET(...)                                                                                                \
    config_set_words((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

#define FAILED(name) "CONFIG SET failed (possibly related to argument '" name "') - "

#endif
