/*
 * One loop waits for the keyboard, signals and the server together, and each is served as it comes. The first
 * connection is the session's, which says what is wrong in the words of the rest of kvs-cli; the screen opens when that
 * worked.
 */
#include "top/top.h"

#include "core/monotonic.h"
#include "session/session.h"
#include "top/model.h"
#include "top/sampler.h"
#include "top/screen.h"
#include "top/signals.h"
#include "top/ui.h"
#include "top/view.h"

#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST_INTERVAL 0.1 /* seconds */

struct top {
    const struct options *options;
    struct model model;
    struct ui ui;
    struct sampler *sampler;
    int signal_fd;
    bool is_stale;   /* the screen is to be drawn */
    double drawn;    /* when it last was */
    bool is_leaving; /* by a key, or because the terminal is gone */
    int deadly;      /* the signal that ends it; 0: none */
};

/* ---- what is waited for ---- */

static void take_signals(struct top *top)
{
    int number;
    while ((number = signals_take(top->signal_fd)) != 0) {
        top->is_stale = true;
        if (number == SIGWINCH) {
            screen_resize();
        } else if (number == SIGTSTP) {
            screen_suspend();
            sampler_spoil(top->sampler);
        } else if (number == SIGCONT) {
            screen_resume();
            sampler_spoil(top->sampler);
        } else if (number == SIGINT) {
            top->is_leaving = true;
        } else {
            top->is_leaving = true;
            top->deadly = number;
        }
    }
}

static void take_keys(struct top *top, short events)
{
    int key, waiting = 0;
    bool is_gone = ioctl(STDIN_FILENO, FIONREAD, &waiting) < 0 || waiting == 0 || events & (POLLERR | POLLNVAL);
    if (is_gone)
        top->is_leaving = true;
    while (!top->is_leaving && screen_take_key(&key)) {
        top->is_stale = true;
        top->is_leaving = !ui_take_key(&top->ui, &top->model, top->sampler, key);
    }
}

static void wait_for_events(struct top *top)
{
    struct pollfd waits[3] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = top->signal_fd, .events = POLLIN},
        {.fd = sampler_fd(top->sampler), .events = POLLIN},
    };
    double seconds = sampler_wait(top->sampler, monotonic_seconds());
    if (poll(waits, 3, (int)ceil(seconds * 1000)) <= 0)
        return;
    if (waits[1].revents != 0)
        take_signals(top);
    if (waits[0].revents != 0)
        take_keys(top, waits[0].revents);
}

static void draw(struct top *top)
{
    double now = monotonic_seconds();
    bool shows_clients = view_draw(&top->ui, &top->model, top->options->socket_path, now);
    sampler_want_clients(top->sampler, shows_clients);
    sampler_spoil(top->sampler);
    top->is_stale = false;
    top->drawn = now;
}

static void run(struct top *top)
{
    while (!top->is_leaving && !sampler_refusal(top->sampler)) {
        double now = monotonic_seconds();
        int changes = sampler_run(top->sampler, now);
        ui_follow(&top->ui, &top->model, changes, now);
        if (changes != 0 || top->is_stale || now - top->drawn >= 1)
            draw(top);
        wait_for_events(top);
    }
}

/* ---- beginning and end ---- */

static enum exit_code try_connection(const struct options *options)
{
    struct session *session = session_create(options, SESSION_BATCH);
    enum exit_code code = session_connect(session);
    session_destroy(session);
    return code;
}

static enum exit_code run_on_screen(const struct options *options, struct top *top)
{
    const char *reason;
    if (!screen_open(options->color, &reason)) {
        fprintf(stderr, "kvs-cli: --top: %s\n", reason);
        return EXIT_CODE_USAGE;
    }
    model_init(&top->model);
    ui_init(&top->ui, options->has_interval ? fmax(options->interval, LEAST_INTERVAL) : 1);
    top->sampler = sampler_create(options, &top->model);
    sampler_set_interval(top->sampler, top->ui.interval);
    run(top);
    screen_close();
    const char *refusal = sampler_refusal(top->sampler);
    enum exit_code code = refusal ? EXIT_CODE_REFUSED : EXIT_CODE_OK;
    if (refusal)
        fprintf(stderr, "AUTH failed: %s\n", refusal);
    sampler_destroy(top->sampler);
    ui_deinit(&top->ui);
    model_deinit(&top->model);
    return code;
}

enum exit_code top_run(const struct options *options)
{
    struct top top = {.options = options, .is_stale = true};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        fprintf(stderr, "kvs-cli: --top draws on a terminal, and standard %s is none; --stat prints lines\n",
                isatty(STDIN_FILENO) ? "output" : "input");
        return EXIT_CODE_USAGE;
    }
    enum exit_code code = try_connection(options);
    if (code != EXIT_CODE_OK)
        return code;
    top.signal_fd = signals_open();
    if (top.signal_fd < 0) {
        fprintf(stderr, "kvs-cli: --top: no descriptor for signals: %s\n", strerror(-top.signal_fd));
        return EXIT_CODE_LOCAL;
    }
    code = run_on_screen(options, &top);
    close(top.signal_fd);
    if (top.deadly != 0)
        signals_die(top.deadly);
    return code;
}
