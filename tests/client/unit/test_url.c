/* URLs say what they say in every form that programs write; what is wrong is named without its own text. */
#include "connection/url.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static const struct {
    const char *text, *path, *user, *password;
    int database;
} good[] = {
    {"redis+unix:///tmp/kvs.sock", "/tmp/kvs.sock", NULL, NULL, -1},
    {"unix:///tmp/kvs.sock", "/tmp/kvs.sock", NULL, NULL, -1},
    {"unix:/tmp/kvs.sock", "/tmp/kvs.sock", NULL, NULL, -1},
    {"redis+socket:///s", "/s", NULL, NULL, -1},
    {"REDIS-Socket:///s", "/s", NULL, NULL, -1},
    {"redis:///tmp/kvs.sock", "/tmp/kvs.sock", NULL, NULL, -1},
    {"Redis:///s?dbindex=3", "/s", NULL, NULL, 3},
    {"redis://u:p@/0s", "/0s", "u", "p", -1},
    {"unix://localhost/s", "/s", NULL, NULL, -1},
    {"unix://u:p@LOCALHOST/s", "/s", "u", "p", -1},
    {"unix:///s?db=3", "/s", NULL, NULL, 3},
    {"unix:///s?database=3&", "/s", NULL, NULL, 3},
    {"unix:///s?virtual_host=0", "/s", NULL, NULL, 0},
    {"unix:///s?db=1&db=2", "/s", NULL, NULL, 2},
    {"unix:///s?db=%31%32", "/s", NULL, NULL, 12},
    {"unix:///s?", "/s", NULL, NULL, -1},
    {"unix:///s?db=1&timeout=5s", "/s", NULL, NULL, 1},
    {"unix:///s?database=0&weight=1&persistent=1", "/s", NULL, NULL, 0},
    {"unix:///s?&&db=1", "/s", NULL, NULL, 1},
    {"unix://carl@/s", "/s", "carl", NULL, -1},
    {"unix://carl@/s?user=alice", "/s", "alice", NULL, -1},
    {"unix://:secret@/s", "/s", NULL, "secret", -1},
    {"unix://alice:@/s", "/s", "alice", NULL, -1},
    {"unix://alice:se:cret@/s", "/s", "alice", "se:cret", -1},
    {"unix://alice:a@b@/s", "/s", "alice", "a@b", -1},
    {"unix://alice@/s?password=x", "/s", "alice", "x", -1},
    {"unix://alice:old@/s?pass=new&username=bob", "/s", "bob", "new", -1},
    {"unix:///s?auth=a%26b%3Dc&user=d", "/s", "d", "a&b=c", -1},
    {"unix://a%3ab:%2F%40%25@/x%20y%3fz", "/x y?z", "a:b", "/@%", -1},
};

START_TEST(every_good_form_is_understood)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct url url;
        const char *complaint = url_parse(good[i].text, &url);
        ck_assert_msg(!complaint, "%s: %s", good[i].text, complaint);
        ck_assert_msg(same(url.path, good[i].path) && same(url.user, good[i].user) &&
                          same(url.password, good[i].password) && url.database == good[i].database,
                      "misunderstood: %s", good[i].text);
        url_deinit(&url);
    }
}
END_TEST

static const struct {
    const char *text, *complaint; /* a part of it */
} bad[] = {
    {"", "has to begin with"},
    {"redis://SECRET@host:6379", "on the network"},
    {"redis://SECRET@localhost/s", "on the network"},
    {"redis://u:SECRET@", "on the network"},
    {"redis://", "on the network"},
    {"redis:///", "on the network"},
    {"redis:///0", "on the network"},
    {"redis:///12?password=SECRET", "on the network"},
    {"redis://:SECRET@/0", "on the network"},
    {"rediss://SECRET", "on the network"},
    {"rediss:///SECRET", "on the network"},
    {"/tmp/kvs.sock", "-s"},
    {"http://SECRET/", "has to begin with"},
    {"unix:", "no absolute path"},
    {"unix:SECRET", "no absolute path"},
    {"unix:///", "no absolute path"},
    {"unix://", "no absolute path"},
    {"unix://u:SECRET@", "no absolute path"},
    {"unix://SECRET/s", "host"},
    {"unix://u:SECRET@host/s", "host"},
    {"unix://u:SEC/RET@/s", "host"},
    {"unix://u:SECRET@/s#x", "%23"},
    {"unix:///s%", "two hexadecimal digits"},
    {"unix:///s%4", "two hexadecimal digits"},
    {"unix:///s%zz", "two hexadecimal digits"},
    {"unix:///s%00", "two hexadecimal digits"},
    {"unix://u:SECRET%2@/s", "two hexadecimal digits"},
    {"unix:///s?password=SECRET%", "two hexadecimal digits"},
    {"unix:///s?db=", "whole number"},
    {"unix:///s?db", "whole number"},
    {"unix:///s?db=-1", "whole number"},
    {"unix:///s?db=+1", "whole number"},
    {"unix:///s?db=1x", "whole number"},
    {"unix:///s?db=2147483648", "whole number"},
    {"unix:///s?db=99999999999999999999", "whole number"},
    {"unix:///s?DB=1", "unknown setting 'DB'"},
    {"unix:///s?db=1&prefix=SECRET", "unknown setting 'prefix'"},
    {"unix:///s?weight=1&client.name_x-1&db=1", "unknown setting 'client.name_x-1'"},
    {"unix:///s?password=SEC&RET=1", "written %26"},
    {"unix:///s?auth=a&SECRET", "written %26"},
    {"unix:///s?=SECRET", "after ? only db="},
    {"unix:///s?SECRET@x", "after ? only db="},
    {"unix:///s?a%53ECRET=1", "after ? only db="},
    {"unix:///s?SECRETSECRETSECRETSECRETSECRETSECRETSECRE=1", "after ? only db="},
};

START_TEST(a_url_is_told_from_a_path)
{
    static const char *const urls[] = {"unix:/s", "REDIS+unix:x", "redis:///s", "http://x", "a+b-c.1://"};
    static const char *const paths[] = {"/s", "//s", "./unix:/s", "s", "", "a//b", "://x", "a/b://c", "unix", "x:/s"};
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        ck_assert_msg(url_is_meant(urls[i]), "%s", urls[i]);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        ck_assert_msg(!url_is_meant(paths[i]), "%s", paths[i]);
}
END_TEST

START_TEST(every_fault_is_named_without_the_text_of_the_url)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct url url;
        const char *complaint = url_parse(bad[i].text, &url);
        ck_assert_msg(complaint, "taken: %s", bad[i].text);
        ck_assert_msg(strstr(complaint, bad[i].complaint), "%s: %s", bad[i].text, complaint);
        ck_assert_ptr_null(strstr(complaint, "SECRET"));
    }
}
END_TEST

/* Appends random bytes as they have to be written, and now and then as they need not be. */
static void write_encoded(FILE *out, struct dice *dice, char *plain, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)(1 + dice_below(dice, 255));
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        plain[i] = (char)c;
        if (is_plain && dice_chance(dice, 80))
            putc(c, out);
        else
            fprintf(out, dice_chance(dice, 50) ? "%%%02x" : "%%%02X", c);
    }
    plain[length] = '\0';
}

START_TEST(any_bytes_arrive_when_they_are_encoded)
{
    struct dice dice = dice_create(5);
    for (unsigned round = scratch_rounds(5000); round > 0; round--) {
        char user[20], password[20], path[20], text[300] = "";
        FILE *out = fmemopen(text, sizeof text, "w");
        fputs("unix://", out);
        write_encoded(out, &dice, user, 1 + dice_below(&dice, 15));
        putc(':', out);
        write_encoded(out, &dice, password, 1 + dice_below(&dice, 15));
        fputs("@/", out);
        write_encoded(out, &dice, path, 1 + dice_below(&dice, 15));
        fclose(out);
        struct url url;
        ck_assert_ptr_null(url_parse(text, &url));
        must(same(url.user, user) && same(url.password, password) && same(url.path + 1, path));
        url_deinit(&url);
    }
}
END_TEST

START_TEST(random_texts_do_no_harm)
{
    static const char alphabet[] = "unix://@:/?&=%#db12af";
    struct dice dice = dice_create(6);
    for (unsigned round = scratch_rounds(20000); round > 0; round--) {
        char text[40] = "unix:";
        size_t length = dice_below(&dice, 30);
        for (size_t i = 0; i < length; i++)
            text[5 + i] = alphabet[dice_below(&dice, sizeof alphabet - 1)];
        struct url url;
        if (!url_parse(text, &url)) {
            must(url.path[0] != '\0');
            url_deinit(&url);
        }
    }
}
END_TEST

Suite *suite_url(void);
Suite *suite_url(void)
{
    Suite *suite = suite_create("url");
    TCase *tcase = tcase_create("url");
    tcase_add_test(tcase, every_good_form_is_understood);
    tcase_add_test(tcase, every_fault_is_named_without_the_text_of_the_url);
    tcase_add_test(tcase, a_url_is_told_from_a_path);
    tcase_add_test(tcase, any_bytes_arrive_when_they_are_encoded);
    tcase_add_test(tcase, random_texts_do_no_harm);
    suite_add_tcase(suite, tcase);
    return suite;
}
