/* Rows of datasets, in a real store. */

#include "engine/store/dataset_rows.h"
#include "tests/unit/engine/support.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct bench_store bench;

static void setup(void)
{
    bench_store_init(&bench);
}

static void teardown(void)
{
    bench_store_clear(&bench);
}

TestSuite(store_dataset, .init = setup, .fini = teardown);

static char parent[] = "projects/p/locations/l";
static char name[] = "n";
static char object[] = "{}";

static void put_dataset(int64_t id)
{
    const struct dataset_row row = { .id = id,
                                     .parent = parent,
                                     .display_name = name,
                                     .schema_uri = name,
                                     .metadata = object,
                                     .labels = object,
                                     .revision = 1,
                                     .create_us = 5 };
    struct assay_error err = { 0 };

    cr_assert(store_dataset_put(bench.store, &row, &err), "%s", err.message);
}

static void put_item(int64_t dataset, int64_t id)
{
    const struct data_item_row row = {
        .dataset = dataset, .id = id, .payload = object, .labels = object, .create_us = 5
    };
    const struct annotation_row annotation = { .dataset = dataset,
                                               .item = id,
                                               .id = 1,
                                               .schema_uri = name,
                                               .payload = object,
                                               .labels = object };
    struct assay_error err = { 0 };

    cr_assert(store_data_item_put(bench.store, &row, NULL, &err), "%s", err.message);
    cr_assert(store_annotation_put(bench.store, &annotation, &err), "%s", err.message);
}

static bool count_row(void *context, const struct data_item_row *row)
{
    int64_t *count = context;

    (void)row;
    ++*count;
    return true;
}

static int64_t count_items(int64_t dataset, int64_t after)
{
    struct assay_error err = { 0 };
    int64_t count = 0;

    cr_assert(store_data_item_each(bench.store, dataset, after, count_row, &count, &err));
    return count;
}

Test(store_dataset, an_item_is_counted_once_however_often_it_comes)
{
    struct dataset_row row;
    struct assay_error err = { 0 };

    begin(bench.store);
    put_dataset(7);
    put_item(7, 1);
    put_item(7, 2);
    put_item(7, 1);
    commit(bench.store);
    cr_assert(store_dataset_get(bench.store, 7, &row, &err), "%s", err.message);
    cr_assert_eq(row.item_count, 2);
    cr_assert_str_eq(row.encryption, "");
    dataset_row_clear(&row);
    cr_assert_eq(count_items(7, 0), 2);
    cr_assert_eq(count_items(7, 1), 1);
}

Test(store_dataset, a_sweep_takes_what_deleted_ones_have_left_and_nothing_else)
{
    struct assay_error err = { 0 };
    bool is_clean = false;
    int rounds = 0;

    begin(bench.store);
    put_dataset(7);
    put_dataset(8);
    put_dataset(9);
    for (int64_t id = 1; id <= 5000; id++)
        put_item(8, id);
    put_item(7, 1);
    put_item(9, 1);
    cr_assert(store_dataset_delete(bench.store, 8, &err));
    commit(bench.store);
    while (!is_clean && rounds++ < 100) {
        begin(bench.store);
        cr_assert(store_dataset_sweep(bench.store, &is_clean, &err), "%s", err.message);
        commit(bench.store);
    }
    cr_assert_gt(rounds, 2, "it is not to be done at once");
    cr_assert_lt(rounds, 10);
    cr_assert_eq(count_items(8, 0), 0);
    cr_assert_eq(count_items(7, 0), 1);
    cr_assert_eq(count_items(9, 0), 1);
}

Test(store_dataset, what_is_not_there_is_not_found)
{
    struct dataset_row row;
    struct data_item_row item;
    struct saved_query_row query;
    struct assay_error err = { 0 };

    cr_assert(not(store_dataset_get(bench.store, 7, &row, &err)));
    cr_assert_eq((int)err.code, ASSAY_NOT_FOUND);
    cr_assert(not(store_data_item_get(bench.store, 7, 1, &item, &err)));
    cr_assert(not(store_saved_query_get(bench.store, 7, 1, &query, &err)));
    cr_assert_eq((int)err.code, ASSAY_NOT_FOUND);
}
