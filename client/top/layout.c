#include "top/layout.h"

#define FIGURES 6
#define LARGE_WIDTH 160 /* from here on all tables stand beside the figures */
#define LARGE_HEIGHT 40
#define HIGH_HEIGHT 30    /* of the body; from here on tables have room below the figures */
#define COMMANDS_WIDTH 80 /* columns that the table of commands has a use for */

static int least(int left, int right)
{
    return left < right ? left : right;
}

/* Cuts some lines off the top of a rectangle. */
static struct rectangle cut_top(struct rectangle *area, int lines)
{
    struct rectangle top = *area;
    top.height = least(lines, area->height);
    area->top += top.height;
    area->height -= top.height;
    return top;
}

/* Cuts columns off the left, and one more that stays empty. */
static struct rectangle cut_left(struct rectangle *area, int columns)
{
    struct rectangle left = *area;
    left.width = columns;
    area->left += columns + 1;
    area->width -= columns + 1;
    return left;
}

static void choose_large(struct layout *layout, struct rectangle body, size_t socket_count)
{
    layout->figures = cut_left(&body, body.width * 9 / 20);
    layout->commands = cut_top(&body, body.height / 3);
    cut_top(&body, 1);
    if (socket_count > 0) {
        layout->sockets = cut_top(&body, (int)(socket_count < 8 ? socket_count : 8) + 1);
        cut_top(&body, 1);
    }
    layout->clients = body;
}

/* Wide and low. */
static void choose_wide(struct layout *layout, struct rectangle body)
{
    layout->figures = cut_left(&body, least(body.width * 9 / 20, body.width - 1 - LAYOUT_LEAST_WIDTH));
    layout->commands = cut_top(&body, body.height / 2);
    cut_top(&body, 1);
    layout->clients = body;
}

static void choose_overview(struct layout *layout, struct rectangle body)
{
    int tables = body.height >= HIGH_HEIGHT ? body.height / 3 : 3;
    int strip = (body.height - tables) / FIGURES;
    strip = strip < 2 ? 2 : strip > 5 ? 5 : strip;
    layout->figures = cut_top(&body, strip * FIGURES);
    if (body.height < 2)
        return;
    if (body.height >= 8 && body.width >= 2 * LAYOUT_LEAST_WIDTH)
        layout->commands = cut_left(&body, least(COMMANDS_WIDTH, body.width - 1 - LAYOUT_LEAST_WIDTH));
    else if (body.height >= 8)
        layout->commands = cut_top(&body, body.height / 2);
    else
        layout->commands = cut_top(&body, body.height);
    if (body.height >= 3 && body.width >= LAYOUT_LEAST_WIDTH)
        layout->clients = body;
}

bool layout_choose(struct layout *layout, struct rectangle screen, enum view view, size_t socket_count)
{
    *layout = (struct layout){0};
    if (screen.height < LAYOUT_LEAST_HEIGHT || screen.width < LAYOUT_LEAST_WIDTH)
        return false;
    struct rectangle body = screen;
    layout->bar = cut_top(&body, 1);
    layout->tabs = cut_top(&body, 1);
    body.height--;
    layout->foot = (struct rectangle){body.top + body.height, body.left, 1, body.width};
    switch (view) {
    case VIEW_OVERVIEW:
        if (body.width >= LARGE_WIDTH && body.height >= LARGE_HEIGHT)
            choose_large(layout, body, socket_count);
        else if (body.width >= 2 * LAYOUT_LEAST_WIDTH && body.height < HIGH_HEIGHT)
            choose_wide(layout, body);
        else
            choose_overview(layout, body);
        break;
    case VIEW_COMMANDS:
        layout->commands = body;
        break;
    case VIEW_CLIENTS:
        layout->clients = body;
        break;
    case VIEW_SOCKETS:
        layout->sockets = body;
        break;
    default:
        layout->workers = body;
    }
    return true;
}
