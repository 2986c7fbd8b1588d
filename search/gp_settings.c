#include "search/gp_settings.h"

#include "assay/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct gp_settings defaults = {
    .start_count = 0,
    .has_middle = 1,
    .warp = WARP_HALF_RANK,
    .prior = PRIOR_TWO_SIDED,
    .length_stretch = 1,
    .noise = GP_NOISE_SMALL,
    .reach = 0,
    .ucb_every = 0,
    .confidence = 1.8,
    .endgame_share = 0.3,
    .endgame_box = 0.2,
    .mean_share = 0,
    .trust_from = 2,
    .stuck_every = 4,
    .candidates = 512,
    .climbs = 4,
    .leaders = 3,
    .refit_share = 0.04,
    .evaluations = 60,
    .feasible_min = 3,
    .stop_noise = 0.25,
    .rows_max = 500,
};

enum { WORDS_MAX = 5 };

struct setting {
    const char *name;
    size_t offset;
    bool is_real;
    const char *words[WORDS_MAX]; /* of an enumeration */
};

#define WHOLE(member) #member, offsetof(struct gp_settings, member), false
#define REAL(member) #member, offsetof(struct gp_settings, member), true
#define WORD(member) #member, offsetof(struct gp_settings, member), false

static const struct setting settings_table[] = {
    { WHOLE(start_count), { NULL } },
    { WORD(has_middle), { "no", "yes" } },
    { WORD(warp), { "standardize", "half-rank", "half-rank-log" } },
    { WORD(prior), { "two-sided", "flat", "scaled", "weak" } },
    { REAL(length_stretch), { NULL } },
    { WORD(noise), { "free", "low", "high", "small" } },
    { WORD(reach), { "no", "yes" } },
    { WHOLE(ucb_every), { NULL } },
    { REAL(confidence), { NULL } },
    { REAL(endgame_share), { NULL } },
    { REAL(endgame_box), { NULL } },
    { REAL(mean_share), { NULL } },
    { WHOLE(trust_from), { NULL } },
    { WHOLE(stuck_every), { NULL } },
    { WHOLE(candidates), { NULL } },
    { WHOLE(climbs), { NULL } },
    { WHOLE(leaders), { NULL } },
    { REAL(refit_share), { NULL } },
    { WHOLE(evaluations), { NULL } },
    { WHOLE(feasible_min), { NULL } },
    { REAL(stop_noise), { NULL } },
    { WHOLE(rows_max), { NULL } },
};

enum { SETTING_COUNT = sizeof settings_table / sizeof settings_table[0] };

static const struct setting *find_setting(const char *name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(settings_table[i].name, name) == 0)
            return &settings_table[i];
    return NULL;
}

static bool read_word(const struct setting *setting, const char *text, int64_t *number)
{
    for (int64_t i = 0; i < WORDS_MAX && setting->words[i]; i++)
        if (strcmp(setting->words[i], text) == 0) {
            *number = i;
            return true;
        }
    return false;
}

/* Counts and shares: nothing below 0, nothing absurd. */
static bool is_in_range(const struct setting *setting, const char *place)
{
    const double most = 1e6;
    double number = setting->is_real ? *(const double *)(const void *)place
                                     : (double)*(const int64_t *)(const void *)place;

    return number >= 0 && number <= most;
}

static bool read_value(const struct setting *setting, const char *text, void *record)
{
    char *end = NULL;
    char *place = (char *)record + setting->offset;

    if (setting->words[0])
        return read_word(setting, text, (int64_t *)(void *)place);
    if (setting->is_real)
        *(double *)(void *)place = strtod(text, &end);
    else
        *(int64_t *)(void *)place = strtoll(text, &end, 10);
    return end != text && *end == '\0' && is_in_range(setting, place);
}

static bool fail_name(const char *name, struct assay_error *err)
{
    const char *names[SETTING_COUNT];
    const char *nearest = NULL;

    for (size_t i = 0; i < SETTING_COUNT; i++)
        names[i] = settings_table[i].name;
    nearest = assay_nearest_word(name, names, SETTING_COUNT);
    return assay_fail(err, ASSAY_INVALID, "settings", "there is no setting \"%s\"%s%s%s", name,
                      nearest ? " (did you mean \"" : "", nearest ? nearest : "",
                      nearest ? "\"?)" : "");
}

/* One "name=value". */
static bool read_setting(struct gp_settings *settings, char *text, struct assay_error *err)
{
    char *value = strchr(text, '=');
    const struct setting *setting = NULL;

    if (!value)
        return assay_fail(err, ASSAY_INVALID, "settings", "\"%s\" is not name=value", text);
    *value++ = '\0';
    setting = find_setting(text);
    if (!setting)
        return fail_name(text, err);
    if (!read_value(setting, value, settings))
        return assay_fail(err, ASSAY_INVALID, "settings", "%s cannot be \"%s\"", text, value);
    return true;
}

bool gp_settings_read(struct gp_settings *settings, const char *text, struct assay_error *err)
{
    char *copy = NULL, *rest = NULL;
    bool is_ok = true;

    *settings = defaults;
    if (!text)
        return true;
    copy = strdup(text);
    if (!copy)
        return assay_fail_memory(err);
    rest = copy;
    for (char *item = strsep(&rest, ","); item && is_ok; item = strsep(&rest, ","))
        is_ok = *item == '\0' || read_setting(settings, item, err);
    free(copy);
    return is_ok;
}
