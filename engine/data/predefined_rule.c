/* The column says it. */
#include "engine/data/csv_field.h"
#include "engine/data/split_rule.h"

#include <stdlib.h>
#include <string.h>

static signed char set_of(struct csv_field field)
{
    if (!csv_field_unquote(&field))
        return SPLIT_IGNORED;
    for (int set = 0; set < SPLIT_SETS; set++) {
        const char *name = split_set_name((enum split_set)set);

        if (field.size == strlen(name) && memcmp(field.text, name, field.size) == 0)
            return (signed char)set;
    }
    return SPLIT_IGNORED;
}

static bool choose(struct split_rule *rule, const struct csv_rows *rows, signed char *sets,
                   struct assay_error *err)
{
    (void)rule;
    (void)err;
    for (size_t i = 0; i < rows->count; i++)
        sets[i] =
            set_of(csv_field_at(rows->text + rows->rows[i].key, rows->text + rows->rows[i].end));
    return true;
}

static void predefined_free(struct split_rule *rule)
{
    free(rule);
}

static const struct split_rule_ops predefined_ops = { .choose = choose, .free = predefined_free };

struct split_rule *predefined_rule_new(struct assay_error *err)
{
    struct split_rule *rule = calloc(1, sizeof *rule);

    if (!rule)
        (void)assay_fail_memory(err);
    else
        rule->ops = &predefined_ops;
    return rule;
}
