#include "metrics/report_list.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void report_list_clear(struct report_list *list)
{
    if (!list)
        return;
    free(list->items);
    *list = (struct report_list){ 0 };
}

bool report_list_reserve(struct report_list *list, size_t more, struct assay_error *err)
{
    size_t capacity = list->capacity ? list->capacity : 16;
    struct metric_report *items = NULL;

    if (list->capacity - list->count >= more)
        return true;
    while (capacity - list->count < more)
        capacity *= 2;
    items = realloc(list->items, capacity * sizeof *items);
    if (!items)
        return assay_fail_memory(err);
    list->items = items;
    list->capacity = capacity;
    return true;
}

void report_list_add(struct report_list *list, const struct metric_report *report)
{
    assert(list->count < list->capacity);
    list->items[list->count++] = *report;
}

void report_list_see(struct report_list *list, const char *name)
{
    size_t size = strlen(name);

    if (size >= METRIC_NAME_MAX || list->seen_count == METRIC_SEEN_MAX)
        return;
    for (size_t i = 0; i < list->seen_count; i++) {
        if (strcmp(list->seen[i], name) == 0)
            return;
    }
    memcpy(list->seen[list->seen_count++], name, size + 1);
}
