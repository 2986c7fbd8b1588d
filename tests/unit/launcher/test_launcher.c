#include "launcher/launcher.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <string.h>

Test(launcher, endings_are_described_for_a_person)
{
    static const struct {
        struct ending ending;
        const char *text;
    } cases[] = {
        { { .kind = ENDING_EXITED, .status = 3 }, "exit_status 3" },
        { { .kind = ENDING_SIGNALED, .status = SIGSEGV }, "killed by SIGSEGV" },
        { { .kind = ENDING_SIGNALED, .status = 63 }, "killed by signal 63" },
        { { .kind = ENDING_TIMEOUT }, "stopped at its timeout" },
        { { .kind = ENDING_OUT_OF_MEMORY }, "killed for exceeding its memory limit" },
        { { .kind = ENDING_STOPPED }, "stopped on request" },
        { { .kind = ENDING_NOT_FOUND, .detail = "x: no such program in PATH" },
          "the command cannot be run: x: no such program in PATH" },
        { { .kind = ENDING_NOT_STARTED }, "never started" },
        { { .kind = ENDING_LOST, .detail = "why" }, "lost: why" },
        { { .kind = (enum ending_kind)77 }, "ended in an unknown way" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];

        ending_describe(&cases[i].ending, text, sizeof text);
        cr_assert(eq(str, text, (char *)cases[i].text));
    }
}

Test(launcher, a_description_fits_into_any_room)
{
    struct ending ending = { .kind = ENDING_LOST, .detail = "some words" };
    char text[64];

    for (size_t size = 1; size < sizeof text; size++) {
        memset(text, 'x', sizeof text);
        ending_describe(&ending, text, size);
        cr_assert(strlen(text) < size);
    }
}
