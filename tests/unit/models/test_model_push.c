#include "engine/models/model_push.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(model_push, tries_are_further_and_further_apart_up_to_an_hour)
{
    cr_assert(eq(i64, model_push_pause_us(1), 10000000));
    cr_assert(eq(i64, model_push_pause_us(2), 20000000));
    cr_assert(eq(i64, model_push_pause_us(9), 2560000000));
    cr_assert(eq(i64, model_push_pause_us(10), 3600000000));
    cr_assert(eq(i64, model_push_pause_us(1000000), 3600000000));
}
