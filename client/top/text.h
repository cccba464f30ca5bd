/*
 * Figures as people read them, in at most seven characters: 12.3k, 1.23G, 4h05m, 45us. What is not known (NAN) is "-".
 */
#ifndef KVS_CLIENT_TOP_TEXT_H
#define KVS_CLIENT_TOP_TEXT_H

/* By value, so that text_count(x).text can stand among printf's arguments. */
struct text {
    char text[16];
};

struct text text_count(double value);
struct text text_bytes(double bytes);
struct text text_percent(double percent);
struct text text_duration(double seconds);
struct text text_microseconds(double microseconds);

#endif
