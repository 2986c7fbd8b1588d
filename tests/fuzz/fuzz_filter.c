/*
 * A filter of a list: it is refused with a place and a reason, or it answers rows of all kinds, and
 * with NOT before it the other way round.
 */
#include "engine/api/list/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct enum_word states[] = { { "JOB_STATE_FAILED", 5, 5 }, { "ACTIVE", 2, 2 } };

static const struct filter_field fields[] = {
    { .name = "display_name", .kind = FILTER_TEXT, .comparators = FILTER_SAME | FILTER_HAS },
    { .name = "state",
      .kind = FILTER_ENUM,
      .comparators = FILTER_SAME,
      .id = 1,
      FIELD_WORDS(states) },
    { .name = "create_time", .kind = FILTER_TIME, .comparators = FILTER_ORDER, .id = 2 },
    { .name = "labels", .kind = FILTER_MAP, .comparators = FILTER_SAME | FILTER_HAS, .id = 3 },
};

enum { TABLE_SIZE = sizeof fields / sizeof fields[0] };

/* row 0 has nothing; of the others, key and text tell the values. */
static bool get(const void *context, int id, const char *key, struct filter_value *value)
{
    static const char *const texts[] = { "", "a", "tune_tune_7", "aaaaaaaaaaaaaaaaaaaaaaaab" };
    int row = *(const int *)context;

    if ((id == 3) != (key != NULL))
        abort();
    value->text = texts[key ? (row + (int)strlen(key)) % 4 : row];
    value->number = row * 3 - 1;
    return row > 0;
}

static void check_refusal(const struct assay_error *err)
{
    if (err->code != ASSAY_INVALID || strcmp(err->field, "filter") != 0 || !err->message[0])
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct assay_error err = { 0 };
    char *text = malloc(2 * size + 16);
    struct filter *filter = NULL;
    struct filter *opposite = NULL;

    if (!text)
        return 0;
    (void)snprintf(text, size + 16, "NOT (%.*s", (int)size, (const char *)data);
    filter = filter_parse(text + 5, fields, TABLE_SIZE, &err);
    if (!filter)
        check_refusal(&err);
    (void)snprintf(text + strlen(text), 2, ")");
    opposite = filter_parse(text, fields, TABLE_SIZE, &err);
    if (!opposite)
        check_refusal(&err);
    for (int row = 0; filter && row < 4; row++)
        if (opposite && filter_matches(filter, get, &row) == filter_matches(opposite, get, &row))
            abort();
    filter_free(filter);
    filter_free(opposite);
    free(text);
    return 0;
}
