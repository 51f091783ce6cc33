/* SPDX-License-Identifier: MIT */
#include "tools/gemctl/top_screen.h"

#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/gemctl/command.h"

enum { COLOUR_SUMMARY = 1, COLOUR_WARNING };

struct screen {
    struct top_options *options;
    json_t *before, *now;
    int line;
    bool quit, help, again; /* again: look at once */
    char message[80];
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = 1;
}

static void catch_signals(void)
{
    /* Without SA_RESTART: poll() returns, and the terminal is put back as it was. */
    const struct sigaction action = {.sa_handler = on_signal};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGHUP, &action, NULL);
}

static bool wants_colour(void)
{
    const char *no = getenv("NO_COLOR");
    return has_colors() && (no == NULL || *no == '\0');
}

static void begin(void)
{
    initscr();
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    (void)curs_set(0);
    if (wants_colour()) {
        start_color();
        use_default_colors();
        init_pair(COLOUR_SUMMARY, COLOR_CYAN, -1);
        init_pair(COLOUR_WARNING, COLOR_YELLOW, -1);
    }
}

static const char help_lines[][72] = {
    "q        end",
    "space    look at once",
    "s or d   another delay",
    "P        sort by GPU time",
    "M        sort by memory",
    "N        sort by number",
    "c        names or command lines",
    "u        only one user's sessions; nothing: all",
    "h or ?   this text",
    "",
    "Columns: C class, %GPU and %VAL of the time, MEM bytes, GTT pages,",
    "B/s batches, W/s waits, FPS frames shown, REF batches refused.",
};

static void draw_help(void)
{
    int width = getmaxx(stdscr), height = getmaxy(stdscr);
    int lines = (int)(sizeof(help_lines) / sizeof(help_lines[0]));
    for (int i = 0; i < lines && i < height; i++) {
        mvaddnstr(i, 0, help_lines[i], width);
    }
}

static void put_line(void *data, enum top_line kind, const char *text)
{
    struct screen *screen = data;
    const bool colour = wants_colour();
    attr_t attributes = A_NORMAL;
    if (kind == TOP_TITLE) {
        attributes = A_REVERSE;
    } else if (colour && kind == TOP_ROW_WARNING) {
        attributes = (attr_t)COLOR_PAIR(COLOUR_WARNING);
    } else if (colour && kind == TOP_SUMMARY) {
        attributes = (attr_t)COLOR_PAIR(COLOUR_SUMMARY);
    }
    attrset((int)attributes);
    mvaddstr(screen->line, 0, text);
    for (int x = getcurx(stdscr);
         kind == TOP_TITLE && x < getmaxx(stdscr) && getcury(stdscr) == screen->line; x++) {
        addch(' ');
    }
    attrset(A_NORMAL);
    screen->line++;
}

static void draw(struct screen *screen)
{
    struct top top;
    erase();
    if (screen->help) {
        draw_help();
    } else if (top_make(&top, screen->before, screen->now, &screen->options->view) == 0) {
        screen->line = 0;
        top_print(&top, &screen->options->view, (unsigned)getmaxx(stdscr),
                  (unsigned)getmaxy(stdscr), put_line, screen);
        top_free(&top);
    }
    if (screen->message[0] != '\0') {
        attrset(A_BOLD);
        mvaddnstr(getmaxy(stdscr) - 1, 0, screen->message, getmaxx(stdscr));
        attrset(A_NORMAL);
    }
    refresh();
}

/* Asks for a line at the bottom; false when nothing was typed. */
static bool ask(const char *question, char *answer, int size)
{
    move(getmaxy(stdscr) - 1, 0);
    clrtoeol();
    addstr(question);
    echo();
    (void)curs_set(1);
    timeout(-1);
    int result = getnstr(answer, size - 1);
    noecho();
    (void)curs_set(0);
    return result == OK && answer[0] != '\0';
}

static void ask_delay(struct screen *screen)
{
    char answer[32] = "";
    if (ask("Seconds between two looks: ", answer, sizeof(answer)) &&
        !top_parse_delay(answer, &screen->options->delay)) {
        snprintf(screen->message, sizeof(screen->message), "0.05 to 3600 seconds");
    }
}

static void ask_user(struct screen *screen)
{
    char answer[64] = "";
    int64_t uid = -1;
    if (ask("User (nothing: all): ", answer, sizeof(answer)) && !top_parse_user(answer, &uid)) {
        snprintf(screen->message, sizeof(screen->message), "there is no such user");
        return;
    }
    screen->options->view.uid = uid;
}

static void press(struct screen *screen, int key)
{
    struct top_view *view = &screen->options->view;
    screen->message[0] = '\0';
    if (screen->help && key != KEY_RESIZE) {
        screen->help = false;
        screen->quit = key == 'q';
        return;
    }
    switch (key) {
    case 'q':
        screen->quit = true;
        break;
    case ' ':
    case '\n':
        screen->again = true;
        break;
    case 'h':
    case '?':
        screen->help = true;
        break;
    case 's':
    case 'd':
        ask_delay(screen);
        break;
    case 'u':
        ask_user(screen);
        break;
    case 'c':
        view->command = !view->command;
        break;
    case 'P':
        view->order = TOP_BY_GPU;
        break;
    case 'M':
        view->order = TOP_BY_MEMORY;
        break;
    case 'N':
        view->order = TOP_BY_ID;
        break;
    default:
        break; /* KEY_RESIZE: all is drawn anew anyway */
    }
}

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Until the next look is due: keys, each of which draws the screen anew. */
static void wait(struct screen *screen, double since)
{
    screen->again = false;
    while (!screen->quit && !screen->again && !interrupted) {
        double left = since + screen->options->delay - now_seconds();
        if (left <= 0) {
            return;
        }
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        int ready = poll(&input, 1, (int)(left * 1000) + 1);
        timeout(0);
        int key = ready != 0 ? getch() : ERR;
        if (key != ERR) {
            press(screen, key);
            draw(screen);
        } else if (ready > 0) {
            screen->quit = true; /* readable, and nothing there: the terminal has gone */
        }
    }
}

static bool look(struct screen *screen)
{
    json_t *status = screen->options->look(screen->options->data);
    if (status == NULL) {
        return false;
    }
    json_decref(screen->before);
    screen->before = screen->now;
    screen->now = status;
    return true;
}

int top_screen_run(struct top_options *options)
{
    struct screen screen = {.options = options};
    bool fine = look(&screen);
    double since = now_seconds();
    if (!fine) {
        return COMMAND_FAILED;
    }
    catch_signals();
    begin();
    for (long i = 0; fine && !screen.quit && !interrupted; i++) {
        draw(&screen);
        if (options->count != 0 && i >= options->count) {
            break;
        }
        wait(&screen, since);
        since = now_seconds();
        fine = screen.quit || look(&screen);
    }
    endwin();
    json_decref(screen.before);
    json_decref(screen.now);
    return fine ? COMMAND_DONE : COMMAND_FAILED;
}
