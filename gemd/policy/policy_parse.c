/* SPDX-License-Identifier: MIT */
/* Rules from text: one a line, "allow|deny CONDITION... SETTING...". */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gemd/policy/internal.h"

#define WORDS_MAX 64

/* One line at work. */
struct line {
    const struct policy_names *names;
    const char *source;
    unsigned number;
    char text[POLICY_LINE_MAX + 1];
    char *words[WORDS_MAX + 1]; /* of 'text'; NULL behind the last */
    unsigned count, next;
    uint64_t seen; /* settings, one bit each */
    struct policy_rule *rule;
    char *reason;
};

__attribute__((format(printf, 2, 3))) static int fault(const struct line *line, const char *format,
                                                       ...)
{
    va_list args;
    int length =
        snprintf(line->reason, POLICY_REASON_MAX, "%.100s:%u: ", line->source, line->number);
    va_start(args, format);
    vsnprintf(line->reason + length, POLICY_REASON_MAX - (size_t)length, format, args);
    va_end(args);
    return -EINVAL;
}

static const char *next_word(struct line *line)
{
    return line->next < line->count ? line->words[line->next++] : NULL;
}

/* ---- numbers ---- */

/* Decimal digits up to 'most'; *end: behind them. */
static bool parse_digits(const char *text, uint64_t most, uint64_t *number, const char **end)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (value > (most - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    *number = value;
    *end = at;
    return at != text;
}

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    const char *end;
    return parse_digits(text, most, number, &end) && *end == '\0' && *number >= least;
}

/* "17", "64K", "2M", "4G" or "none", up to 'end' */
static bool parse_amount(const char *text, const char *end, uint64_t *amount)
{
    static const char units[] = "KMG";
    const char *at;
    if (end - text == 4 && strncmp(text, "none", 4) == 0) {
        *amount = LIMIT_NONE;
        return true;
    }
    if (!parse_digits(text, INT64_MAX, amount, &at)) {
        return false;
    }
    const char *unit = at < end ? strchr(units, *at) : NULL;
    if (unit != NULL) {
        unsigned shift = 10 * (unsigned)(unit - units + 1);
        if (*amount > (uint64_t)INT64_MAX >> shift) {
            return false;
        }
        *amount <<= shift;
        at++;
    }
    return at == end;
}

/* ---- conditions ---- */

/* "7" or "7-9", of numbers that the kernel gives: the largest is none. */
static int parse_range(struct line *line, const char *word, struct policy_condition *condition)
{
    const char *text = next_word(line), *end = NULL;
    uint64_t first, last;
    if (text == NULL) {
        return fault(line, "\"%s\" needs a number", word);
    }
    if (!parse_digits(text, UINT32_MAX - 1, &first, &end)) {
        return fault(line, "%s %.40s: not a number below 4294967295", word, text);
    }
    last = first;
    if (*end == '-' && !parse_number(end + 1, 0, UINT32_MAX - 1, &last)) {
        return fault(line, "%s %.40s: not a range of numbers", word, text);
    }
    if (*end != '-' && *end != '\0') {
        return fault(line, "%s %.40s: not a number", word, text);
    }
    if (last < first) {
        return fault(line, "%s %.40s: %" PRIu64 " is before %" PRIu64, word, text, last, first);
    }
    condition->first = (uint32_t)first;
    condition->last = (uint32_t)last;
    return 0;
}

static int take_name(struct line *line, const char *word, struct policy_condition *condition)
{
    const char *name = next_word(line);
    uint32_t number = 0;
    if (name == NULL) {
        return fault(line, "\"%s\" needs a name", word);
    }
    int error = condition->kind == POLICY_UID ? line->names->user(name, &number)
                                              : line->names->group(name, &number);
    if (error == -ENOENT) {
        return fault(line, "there is no %s \"%.40s\"", word, name);
    }
    if (error != 0) {
        return fault(line, "%s \"%.40s\": %s", word, name, strerror(-error));
    }
    condition->first = condition->last = number;
    return 0;
}

static int take_self(struct line *line, const char *word, struct policy_condition *condition)
{
    condition->first = condition->last = line->names->self;
    return 0;
}

static int take_any(struct line *line, const char *word, struct policy_condition *condition)
{
    return 0;
}

static const struct condition_word {
    const char *word;
    enum policy_condition_kind kind;
    int (*take)(struct line *line, const char *word, struct policy_condition *condition);
} condition_words[] = {
    {"any", POLICY_ANY, take_any},    {"self", POLICY_UID, take_self},
    {"uid", POLICY_UID, parse_range}, {"user", POLICY_UID, take_name},
    {"gid", POLICY_GID, parse_range}, {"group", POLICY_GID, take_name},
};

/* 1: it was a condition; 0: it was none; -EINVAL */
static int take_condition(struct line *line)
{
    const char *word = line->words[line->next];
    struct policy_rule *rule = line->rule;
    for (unsigned i = 0; i < sizeof(condition_words) / sizeof(condition_words[0]); i++) {
        const struct condition_word *row = &condition_words[i];
        if (strcmp(word, row->word) != 0) {
            continue;
        }
        if (rule->condition_count == POLICY_CONDITIONS) {
            return fault(line, "more than %u conditions", POLICY_CONDITIONS);
        }
        struct policy_condition *condition = &rule->conditions[rule->condition_count];
        *condition = (struct policy_condition){.kind = row->kind};
        line->next++;
        int error = row->take(line, row->word, condition);
        if (error != 0) {
            return error;
        }
        rule->condition_count++;
        return 1;
    }
    return 0;
}

/* ---- settings ---- */

/* The index of 'text' in names, which end with NULL; -1 */
static int find_word(const char *const *names, const char *text)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            return i;
        }
    }
    return -1;
}

static int take_role(struct line *line, const char *value)
{
    static const char *const roles[] = {"client", "operator", NULL};
    int role = find_word(roles, value);
    line->rule->grant.operates = role == 1;
    return role >= 0 ? 0 : fault(line, "role %.40s: neither client nor operator", value);
}

static int take_sees(struct line *line, const char *value)
{
    static const char *const seen[] = {"own", "all", NULL};
    int sees = find_word(seen, value);
    line->rule->grant.sees_all = sees == 1;
    return sees >= 0 ? 0 : fault(line, "sees %.40s: neither own nor all", value);
}

static int take_view(struct line *line, const char *value)
{
    static const char *const views[] = {"no", "yes", NULL};
    int view = find_word(views, value);
    line->rule->grant.views = view == 1;
    return view >= 0 ? 0 : fault(line, "view %.40s: neither yes nor no", value);
}

static int take_class(struct line *line, const char *value)
{
    if (sched_class_parse(value, &line->rule->grant.class)) {
        return 0;
    }
    return fault(line, "class %.40s: not compositor, normal or background", value);
}

static int take_weight(struct line *line, const char *value)
{
    uint64_t number;
    if (!parse_number(value, 1, SCHED_WEIGHT_MAX, &number)) {
        return fault(line, "weight %.40s: not from 1 to %u", value, SCHED_WEIGHT_MAX);
    }
    line->rule->grant.weight = (uint32_t)number;
    return 0;
}

static int take_sessions(struct line *line, const char *value)
{
    uint64_t number;
    if (!parse_number(value, 1, POLICY_SESSIONS_MAX, &number)) {
        return fault(line, "sessions %.40s: not from 1 to %u", value, POLICY_SESSIONS_MAX);
    }
    line->rule->grant.sessions = (uint32_t)number;
    return 0;
}

static int take_ban(struct line *line, const char *word, const char *value, struct ban_rule *rule)
{
    if (ban_rule_parse(value, rule)) {
        return 0;
    }
    return fault(line,
                 "%s %.40s: not off or HANGS[,WITHIN[,FOR]], from 1 to %u hangs and 86400 seconds",
                 word, value, BAN_HANGS_MAX);
}

static int take_hang_ban(struct line *line, const char *value)
{
    struct policy_grant *grant = &line->rule->grant;
    grant->has_ban = true;
    return take_ban(line, "hang_ban", value, &grant->ban);
}

static int take_user_hang_ban(struct line *line, const char *value)
{
    return take_ban(line, "user-hang_ban", value, &line->rule->grant.user_ban);
}

static const struct setting_word {
    const char *word;
    int (*take)(struct line *line, const char *value);
} setting_words[] = {
    {"role", take_role},
    {"sees", take_sees},
    {"view", take_view},
    {"class", take_class},
    {"weight", take_weight},
    {"sessions", take_sessions},
    {"hang_ban", take_hang_ban},
    {"user-hang_ban", take_user_hang_ban},
};

enum { SETTING_WORDS = sizeof(setting_words) / sizeof(setting_words[0]) };

/* "HARD" or "SOFT:HARD" */
static int take_limit(struct line *line, const char *word, const char *value, struct limit *limit)
{
    const char *colon = strchr(value, ':');
    const char *hard = colon != NULL ? colon + 1 : value;
    struct limit taken = {.soft = LIMIT_NONE};
    if ((colon != NULL && !parse_amount(value, colon, &taken.soft)) ||
        !parse_amount(hard, hard + strlen(hard), &taken.hard)) {
        return fault(line, "%s %.40s: not HARD or SOFT:HARD of numbers, with K, M, G, or none",
                     word, value);
    }
    if (colon != NULL && taken.soft > taken.hard) {
        return fault(line, "%s %.40s: the soft limit is above the hard one", word, value);
    }
    *limit = taken;
    return 0;
}

static int settle_once(struct line *line, unsigned bit, const char *word)
{
    if ((line->seen & (uint64_t)1 << bit) != 0) {
        return fault(line, "%s is said twice", word);
    }
    line->seen |= (uint64_t)1 << bit;
    return 0;
}

/* "bytes", or "user-bytes": of all sessions of the user together. 0 when it is neither. */
static int take_limit_named(struct line *line, const char *word, const char *value)
{
    static const char prefix[] = "user-";
    struct limits *limits = &line->rule->grant.limits;
    bool of_user = strncmp(word, prefix, sizeof(prefix) - 1) == 0;
    const char *name = of_user ? word + sizeof(prefix) - 1 : word;
    for (unsigned kind = 0; kind < LIMIT_KINDS; kind++) {
        if (strcmp(name, limit_kind_name(kind)) == 0) {
            unsigned bit = SETTING_WORDS + 2 * kind + of_user;
            int error = settle_once(line, bit, word);
            if (error == 0) {
                error = take_limit(line, word, value,
                                   of_user ? &limits->uid[kind] : &limits->session[kind]);
            }
            return error != 0 ? error : 1;
        }
    }
    return 0;
}

_Static_assert(SETTING_WORDS + 2 * LIMIT_KINDS <= 64, "settings fit the bits of 'seen'");

static int take_setting(struct line *line)
{
    const char *word = next_word(line);
    const char *value = next_word(line);
    if (value == NULL) {
        return fault(line, "\"%.40s\" is no condition, and no setting with a value", word);
    }
    for (unsigned i = 0; i < SETTING_WORDS; i++) {
        if (strcmp(word, setting_words[i].word) == 0) {
            int error = settle_once(line, i, word);
            return error != 0 ? error : setting_words[i].take(line, value);
        }
    }
    int result = take_limit_named(line, word, value);
    if (result == 0) {
        return fault(line, "\"%.40s\" is neither a condition nor a setting", word);
    }
    return result < 0 ? result : 0;
}

/* ---- lines ---- */

static int take_conditions(struct line *line)
{
    int result = 1;
    while (result == 1 && line->next < line->count) {
        result = take_condition(line);
    }
    if (result < 0) {
        return result;
    }
    if (line->rule->condition_count == 0) {
        return fault(line, "\"%s\" whom? any, self, uid, user, gid or group", line->words[0]);
    }
    return 0;
}

static int parse_rule(struct line *line)
{
    struct policy_grant *grant = &line->rule->grant;
    const char *verb = next_word(line);
    *line->rule = (struct policy_rule){
        .grant = {.class = SCHED_NORMAL,
                  .weight = SCHED_WEIGHT,
                  .sessions = POLICY_SESSIONS_MAX,
                  .user_ban = {.of_user = true},
                  .line = line->number},
    };
    limits_default(&grant->limits);
    grant->connects = strcmp(verb, "allow") == 0;
    if (!grant->connects && strcmp(verb, "deny") != 0) {
        return fault(line, "\"%.40s\": a rule begins with allow or deny", verb);
    }
    int error = take_conditions(line);
    if (error == 0 && !grant->connects && line->next < line->count) {
        return fault(line, "\"%.40s\": deny takes no settings", line->words[line->next]);
    }
    while (error == 0 && line->next < line->count) {
        error = take_setting(line);
    }
    return error;
}

/* Words of the line up to a comment. */
static int split(struct line *line, const char *text, size_t size)
{
    line->count = line->next = 0;
    line->seen = 0;
    for (size_t i = 0; i < size; i++) {
        if (((unsigned char)text[i] < 0x20 && text[i] != '\t' && text[i] != '\r') ||
            text[i] == 0x7f) {
            return fault(line, "byte %zu is a control character, 0x%02x", i + 1,
                         (unsigned char)text[i]);
        }
    }
    if (size > POLICY_LINE_MAX) {
        return fault(line, "%zu bytes, at most %u are taken", size, POLICY_LINE_MAX);
    }
    memcpy(line->text, text, size);
    line->text[size] = '\0';
    char *rest = line->text, *word;
    while ((word = strsep(&rest, " \t\r")) != NULL && *word != '#') {
        if (*word == '\0') {
            continue;
        }
        if (line->count == WORDS_MAX) {
            return fault(line, "more than %d words", WORDS_MAX);
        }
        line->words[line->count++] = word;
    }
    return 0;
}

static bool is_for_all(const struct policy_rule *rule)
{
    for (unsigned i = 0; i < rule->condition_count; i++) {
        if (rule->conditions[i].kind != POLICY_ANY) {
            return false;
        }
    }
    return true;
}

/* Room for one more rule, at the end. */
static int grow(const struct line *line, struct policy *policy)
{
    if (policy->count == POLICY_RULES_MAX) {
        return fault(line, "more than %u rules", POLICY_RULES_MAX);
    }
    if (policy->count > 0 && is_for_all(&policy->rules[policy->count - 1])) {
        return fault(line, "is never reached: line %u is for everybody",
                     policy->rules[policy->count - 1].grant.line);
    }
    if (policy->count == policy->room) {
        size_t room = policy->room > 0 ? policy->room * 2 : 8;
        struct policy_rule *rules = realloc(policy->rules, room * sizeof(*rules));
        if (rules == NULL) {
            fault(line, "out of memory");
            return -ENOMEM;
        }
        policy->rules = rules;
        policy->room = room;
    }
    return 0;
}

static int parse_line(struct line *line, struct policy *policy, const char *text, size_t size)
{
    int error = split(line, text, size);
    if (error != 0 || line->count == 0) {
        return error;
    }
    error = grow(line, policy);
    if (error == 0) {
        line->rule = &policy->rules[policy->count];
        error = parse_rule(line);
    }
    if (error == 0) {
        policy->count++;
    }
    return error;
}

static int parse_lines(struct line *line, struct policy *policy, const char *text, size_t size)
{
    int error = 0;
    while (error == 0 && size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end != NULL ? (size_t)(end - text) : size;
        line->number++;
        error = parse_line(line, policy, text, length);
        size_t used = end != NULL ? length + 1 : length;
        text += used;
        size -= used;
    }
    if (error == 0 && policy->count == 0) {
        return fault(line, "there is no rule: nobody could connect");
    }
    return error;
}

struct policy *policy_parse(const char *source, const char *text, size_t size,
                            const struct policy_names *names, int *error,
                            char reason[POLICY_REASON_MAX])
{
    struct policy *policy = calloc(1, sizeof(*policy));
    struct line *line = calloc(1, sizeof(*line));
    *error = -ENOMEM;
    snprintf(reason, POLICY_REASON_MAX, "%.128s: out of memory", source);
    if (policy != NULL && line != NULL) {
        line->names = names;
        line->source = source;
        line->reason = reason;
        snprintf(policy->source, sizeof(policy->source), "%s", source);
        if (size > POLICY_TEXT_MAX) {
            *error = fault(line, "more than %u bytes", POLICY_TEXT_MAX);
        } else {
            *error = parse_lines(line, policy, text, size);
        }
    }
    free(line);
    if (*error != 0) {
        policy_free(policy);
        return NULL;
    }
    reason[0] = '\0';
    return policy;
}
