/*
 * Amounts in at most seven characters, for a screen where columns are scarce: 12.3k, 1.23G, 4h05m, 45us. What is not
 * known (NAN) is "-". Where there is room, core/quantity.h writes them in full.
 */
#ifndef KVS_CLIENT_TOP_AMOUNT_H
#define KVS_CLIENT_TOP_AMOUNT_H

/* By value, so that amount_count(x).text can stand among printf's arguments. */
struct amount {
    char text[16];
};

struct amount amount_count(double value);
struct amount amount_bytes(double bytes);
struct amount amount_percent(double percent);
struct amount amount_duration(double seconds);
struct amount amount_microseconds(double microseconds);

#endif
