#include "launcher/shim/late_words.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static const struct replica_address addresses[] = {
    { "node1", 20001, 20002 },
    { "node2", 20003, 20004 },
};

/* The one string, filled in. */
static void check(const char *text, const char *expected)
{
    char *strings[] = { (char *)text, NULL };
    char **filled = late_words_fill(strings, addresses, 2);

    cr_assert(filled != NULL);
    cr_assert(eq(str, filled[0], (char *)expected));
    cr_assert(filled[1] == NULL);
    free(filled);
}

Test(late_words, hosts_and_ports_are_filled_in)
{
    check("[\"@ASSAY_HOST_0@:@ASSAY_PORT_0@\",\"@ASSAY_HOST_1@:@ASSAY_PORT_1@\"]",
          "[\"node1:20001\",\"node2:20003\"]");
    check("MASTER_PORT=@ASSAY_OPEN_PORT_1@", "MASTER_PORT=20004");
}

Test(late_words, what_is_no_late_word_stays)
{
    check("", "");
    check("user@host", "user@host");
    check("@@ASSAY_PORT_0@@", "@20001@");
    check("@ASSAY_PORT_@", "@ASSAY_PORT_@");
    check("@ASSAY_PORT_0", "@ASSAY_PORT_0");
    check("@ASSAY_PORT_2@", "@ASSAY_PORT_2@");
    check("@ASSAY_PORT_12345678901@", "@ASSAY_PORT_12345678901@");
}

Test(late_words, every_string_keeps_its_place)
{
    char *strings[] = { (char *)"a", (char *)"", (char *)"@ASSAY_HOST_1@", NULL };
    char **filled = late_words_fill(strings, addresses, 2);

    cr_assert(eq(str, filled[0], (char *)"a"));
    cr_assert(eq(str, filled[1], (char *)""));
    cr_assert(eq(str, filled[2], (char *)"node2"));
    cr_assert(filled[3] == NULL);
    free(filled);
}

Test(late_words, they_are_found_where_they_are)
{
    char *with[] = { (char *)"x", (char *)"A=@ASSAY_HOST_0@", NULL };
    char *without[] = { (char *)"@ASSAY_HOST_0", (char *)"@ASSAY_", NULL };

    cr_assert(late_words_are_in(with));
    cr_assert(not(late_words_are_in(without)));
}
